package memnet

import (
	"math/rand/v2"
	"time"
)

// Node is a place in an [EventNet]: 0 is the first that was added, then 1, and so on.
type Node int32

// Machine is what runs at a node. Its methods are called by [EventNet.Run] and [EventNet.Step], one at a time. They must not
// block, and must do the same whenever they are called with the same: no clock but now, no order of a map, no randomness that is
// not seeded. They may call the network, except Run and Step.
type Machine[M any] interface {
	// Receive is called with a message that has arrived.
	Receive(now time.Duration, from Node, m M)

	// Expire is called when the time of a timer has come, with what was given to [EventNet.SetTimer].
	Expire(now time.Duration, timer uint64)
}

// EventNet carries messages of type M between state machines, in virtual time that begins at 0. It is not safe for concurrent use.
// Messages are passed on as they are: nobody may change what a message refers to once it has been sent. Sending, delivering and
// timers allocate nothing once the network has held as much before.
type EventNet[M any] struct {
	options         EventOptions[M]
	loss, duplicate uint64 // see share
	random          *rand.PCG
	now             time.Duration
	digest          uint64

	nodes []place[M]
	cuts  map[[2]Node]bool          // both directions of each pair
	busy  map[[2]Node]time.Duration // until when a direction is occupied by what was sent before
	swept int                       // entries of busy after it was last swept

	queue  heap[uint32] // of indices of events
	events []event[M]
	free   []uint32 // indices of events not in use
}

// place is what is at a node.
type place[M any] struct {
	machine Machine[M]
	life    uint32 // counts the machines that have been here; what was meant for an earlier one is lost
	group   int32  // of the partition
	up      bool
}

// event is a message or a timer that is due later.
type event[M any] struct {
	m        M
	timer    uint64
	from, to Node
	life     uint32 // of the receiver when it was sent
	isTimer  bool
}

// NewEventNet returns a network without nodes.
func NewEventNet[M any](o EventOptions[M]) *EventNet[M] {
	n := &EventNet[M]{
		random: rand.NewPCG(o.Seed, 0),
		cuts:   make(map[[2]Node]bool),
		busy:   make(map[[2]Node]time.Duration),
	}
	n.SetOptions(o)
	return n
}

// SetOptions changes what happens to messages sent from now on. The seed stays.
func (n *EventNet[M]) SetOptions(o EventOptions[M]) {
	n.options, n.loss, n.duplicate = o, share(o.Loss), share(o.Duplicate)
}

// Add adds a node at which m runs.
func (n *EventNet[M]) Add(m Machine[M]) Node {
	n.nodes = append(n.nodes, place[M]{machine: m, up: m != nil})
	return Node(len(n.nodes) - 1)
}

// Now is the time of the event that was last looked at, or up to which Run has run.
func (n *EventNet[M]) Now() time.Duration { return n.now }

// Send sends a message. It arrives later than now, by a nanosecond if the latency is 0, so that time goes by in every run. It is
// lost if the sender is dead now, the receiver dies before it arrives, or they do not hear each other at one of the two moments.
func (n *EventNet[M]) Send(from, to Node, m M) {
	if !n.hears(from, to) {
		return
	}
	delay := n.occupy(from, to, m)
	if n.loss > 0 && n.random.Uint64() < n.loss {
		return
	}
	delay = after(delay, n.options.latency(from, to))
	e := event[M]{m: m, from: from, to: to, life: n.nodes[to].life}
	n.schedule(after(delay, upTo(n.options.Jitter, n.random)), e)
	if n.duplicate > 0 && n.random.Uint64() < n.duplicate {
		n.schedule(after(delay, upTo(n.options.Jitter, n.random)), e)
	}
}

// SetTimer has Expire of the machine at a node called after a time, at least a nanosecond, with a number of the machine's choice.
// It can not be stopped: a machine lets those pass that it is not waiting for any more. A dead node has no timers.
func (n *EventNet[M]) SetTimer(at Node, delay time.Duration, timer uint64) {
	if n.alive(at) {
		n.schedule(delay, event[M]{timer: timer, from: at, to: at, life: n.nodes[at].life, isTimer: true})
	}
}

func (n *EventNet[M]) schedule(delay time.Duration, e event[M]) {
	var i uint32
	if last := len(n.free) - 1; last >= 0 {
		i = n.free[last]
		n.free = n.free[:last]
		n.events[i] = e
	} else {
		i = uint32(len(n.events))
		n.events = append(n.events, e)
	}
	n.queue.push(after(n.now, max(delay, 1)), i)
}

// occupy returns how long a message takes to leave, behind those sent before it.
func (n *EventNet[M]) occupy(from, to Node, m M) time.Duration {
	if n.options.Bandwidth <= 0 || n.options.Size == nil {
		return 0
	}
	direction := [2]Node{from, to}
	free := after(max(n.busy[direction], n.now), occupied(n.options.Size(m), n.options.Bandwidth))
	n.busy[direction] = free
	if len(n.busy) > 2*n.swept+1024 {
		n.sweep()
	}
	return free - n.now
}

// sweep forgets the directions that are not occupied, so that a long run holds no more than those that are.
func (n *EventNet[M]) sweep() {
	for direction, until := range n.busy {
		if until <= n.now {
			delete(n.busy, direction)
		}
	}
	n.swept = len(n.busy)
}
