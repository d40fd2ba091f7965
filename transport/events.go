package transport

import (
	"fmt"
	"time"
)

// Events are callbacks, each of which may be nil. They are called one at a time, in order, together with Config.OnPeer, and under
// its conditions: they must not block, and may call the endpoint, except Close. While they lag behind, PeerUp and PeerDown wait,
// and the others are left out. Only endpoints from [Listen] call them.
type Events struct {
	// PeerUp: the first connection with an identity is there. addr is where the peer is seen, dialled who began it.
	PeerUp func(id PeerID, addr string, dialled bool)

	// PeerDown: the last one is gone. The reason wraps [ErrPeerGone], or is [ErrClosed].
	PeerDown func(id PeerID, reason error)

	// Refused: a connection from outside was turned away after its handshake. id is zero if it is not known.
	Refused func(id PeerID, addr string, reason error)

	// Limited: a call of the peer was refused for want of memory, or the peer is dropped for what it did.
	Limited func(id PeerID, reason error)

	// Strike: the peer did something that is forgiven a few times; offence says what. A ban other than zero is for how long it
	// cannot come back.
	Strike func(id PeerID, offence string, ban time.Duration)
}

// reportUp queues the calls for a peer that is there. The queue is bounded because register takes no peer while it is long.
func (ep *endpoint) reportUp(c *conn) {
	ep.report(c.id, true)
	if up := ep.cfg.Events.PeerUp; up != nil {
		addr := c.qc.RemoteAddr().String()
		ep.events.Add(func() { up(c.id, addr, c.dialed) })
	}
}

// reportDown is called with ep.mu held.
func (ep *endpoint) reportDown(c *conn) {
	ep.report(c.id, false)
	if down := ep.cfg.Events.PeerDown; down != nil {
		reason := fmt.Errorf("%w: it takes its leave", ErrPeerGone)
		switch {
		case ep.closed:
			reason = ErrClosed
		case c.qc.Context().Err() != nil:
			reason = c.lossError()
		}
		ep.events.Add(func() { down(c.id, reason) })
	}
}

// report queues a call of Config.OnPeer.
func (ep *endpoint) report(id PeerID, up bool) {
	if ep.cfg.OnPeer != nil {
		ep.events.Add(func() { ep.cfg.OnPeer(id, up) })
	}
}

// notice queues a call that peers can cause as often as they like, so it is left out while the queue is long.
func (ep *endpoint) notice(call func()) {
	if ep.events.Len() < ep.cfg.MaxPeers {
		ep.events.Add(call)
	}
}

func (ep *endpoint) noticeRefused(id PeerID, addr string, reason error) {
	if refused := ep.cfg.Events.Refused; refused != nil {
		ep.notice(func() { refused(id, addr, reason) })
	}
}

func (ep *endpoint) noticeLimited(id PeerID, reason error) {
	if limited := ep.cfg.Events.Limited; limited != nil {
		ep.notice(func() { limited(id, reason) })
	}
}

func (ep *endpoint) noticeStrike(id PeerID, o offence, ban time.Duration) {
	if strike := ep.cfg.Events.Strike; strike != nil {
		ep.notice(func() { strike(id, o.String(), ban) })
	}
}
