package memnet

import "time"

// EventOptions says what an [EventNet] does to messages. The zero value is a perfect network. What is out of range counts as the
// nearest that is not.
type EventOptions[M any] struct {
	Seed uint64 // of all that is random

	Latency   time.Duration                     // how long a message travels
	Between   func(from, to Node) time.Duration // instead of Latency; must depend on nothing but its arguments
	Jitter    time.Duration                     // a message travels up to so much longer, evenly spread: they overtake each other
	Bandwidth int                               // bytes a second that pass from one node to another; needs Size; 0: no limit
	Loss      float64                           // share of messages that are lost
	Duplicate float64                           // share of messages, of those not lost, that arrive twice
	Size      func(m M) int                     // bytes of a message
	Sum       func(m M) uint64                  // hash of a message, for Digest; without, what a message says does not count
}

func (o *EventOptions[M]) latency(from, to Node) time.Duration {
	if o.Between != nil {
		return max(o.Between(from, to), 0)
	}
	return max(o.Latency, 0)
}
