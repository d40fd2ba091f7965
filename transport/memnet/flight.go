package memnet

import "time"

// launch sends what a call carries, c.m, from one end of its link to the other. It returns true if that is there at once: the
// caller has to see to call.arrive. Otherwise arrive is called when it arrives; if it never does, the call ends.
func (n *Net) launch(c *call, from *endpoint) (arrived bool) {
	if c.link.over || from.crashed {
		c.end()
		return false
	}
	w, now := c.link.wayFrom(from), n.now()
	c.from = from
	c.lost = w.vanishes(&n.options)
	c.travel = w.travel(c.link.idle(), &n.options)
	c.link.add(c)
	at := after(w.leave(now, size(c.m), &n.options), c.time)
	if at == now {
		return n.attempt(c)
	}
	n.schedule(at, c)
	return false
}

// schedule has a call looked at later. There is one timer for all of them: each with its own would cost more than all the rest.
func (n *Net) schedule(at time.Duration, c *call) {
	n.flights.push(at, c)
	if n.flights.next() == at {
		n.wake()
	}
}

// wake sets the timer to the first arrival.
func (n *Net) wake() {
	wait := n.flights.next() - n.now()
	if n.timer == nil {
		n.timer = time.AfterFunc(wait, n.arrivals)
		return
	}
	n.timer.Reset(wait)
}

// arrivals lets arrive what is due.
func (n *Net) arrivals() {
	if last := n.due(); last != nil {
		last.arrive()
	}
}

// due starts a goroutine for each call that has arrived, except for the last, which can have that of the timer.
func (n *Net) due() (last *call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for !n.flights.empty() && n.flights.next() <= n.now() {
		_, c := n.flights.pop()
		if c.over || !n.attempt(c) {
			continue
		}
		if last != nil {
			go last.arrive()
		}
		last = c
	}
	if !n.flights.empty() {
		n.wake()
	}
	return last
}

// attempt is the end of a transmission. It reports whether the call has arrived.
func (n *Net) attempt(c *call) bool {
	l, from := c.link, c.from
	to := l.other(from)
	heard := !to.crashed && !n.separate(from, to)
	switch {
	case c.hopeless, n.restarted(to):
		l.drop()
		return false
	case !heard && !from.crashed: // it is repeated until it arrives or the link is lost
		n.schedule(after(n.now(), n.options.probe(&l.wayFrom(from).direction, c.repeats)), c)
		c.repeats++
		return false
	}
	l.remove(c)
	if !heard || c.lost || from.crashed && c.repeats > 0 {
		c.end()
		return false
	}
	return true
}
