package memnet

import (
	"math/bits"
	"time"
)

// Run handles all events up to a time and sets the clock to it. It returns how many messages and timers machines were called
// with.
func (n *EventNet[M]) Run(until time.Duration) (handled int) {
	for !n.queue.empty() && n.queue.next() <= until {
		if n.handleNext() {
			handled++
		}
	}
	n.now = max(n.now, until)
	return handled
}

// Step calls one machine with the next message or timer, and sets the clock to its time. It returns false when there is none.
func (n *EventNet[M]) Step() bool {
	for !n.queue.empty() {
		if n.handleNext() {
			return true
		}
	}
	return false
}

// handleNext takes the next event and reports whether a machine was called: not for those lost on the way.
func (n *EventNet[M]) handleNext() bool {
	at, i := n.queue.pop()
	e := n.events[i]
	n.events[i] = event[M]{}
	n.free = append(n.free, i)
	n.now = at
	to := &n.nodes[e.to]
	switch {
	case !to.up || to.life != e.life:
		return false
	case e.isTimer:
		n.record(e, 1, e.timer)
		to.machine.Expire(at, e.timer)
		return true
	case n.separate(e.from, e.to):
		return false
	}
	var sum uint64
	if n.options.Sum != nil {
		sum = n.options.Sum(e.m)
	}
	n.record(e, 0, sum)
	to.machine.Receive(at, e.from, e.m)
	return true
}

// Digest is a hash of all that machines were called with so far: when, who, from whom, and Sum of the message or the number of
// the timer. Two runs with the same digest were the same; it is the same on every machine.
func (n *EventNet[M]) Digest() uint64 { return n.digest }

// record folds an event into the digest.
func (n *EventNet[M]) record(e event[M], kind, what uint64) {
	n.fold(uint64(n.now)<<1 | kind)
	n.fold(uint64(uint32(e.from))<<32 | uint64(uint32(e.to)))
	n.fold(what)
}

// fold multiplies to 128 bits and takes both halves, so that what came earlier is moved about by what comes later. The constant is
// 2^64 by the golden ratio: odd, and without a pattern.
func (n *EventNet[M]) fold(x uint64) {
	const odd = 0x9e3779b97f4a7c15
	hi, lo := bits.Mul64(n.digest^x^odd, odd)
	n.digest = hi ^ lo
}
