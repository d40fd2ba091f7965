package transport

import (
	"fmt"
	"slices"
)

// peer is an identity that is connected now. Normally it has one connection; for a moment it has two, when both sides dialled.
type peer struct {
	conns []*conn // not retired; the first is used for new calls
}

// register adds a connection whose peer said hello. Both sides prefer the connection that the smaller identity dialled; the one
// who dialled the preferred connection retires the other. That side knows that both sides have the preferred one.
func (ep *endpoint) register(c *conn) error {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return ErrClosed
	}
	p := ep.peers[c.id]
	if p == nil {
		if len(ep.peers) >= ep.cfg.MaxPeers || ep.events.Len() > 2*ep.cfg.MaxPeers {
			return fmt.Errorf("%w: %d peers are connected", ErrBusy, len(ep.peers))
		}
		p = &peer{}
		ep.peers[c.id] = p
		ep.reportUp(c)
	}
	ep.conns[c] = struct{}{}
	ep.byQUIC.Store(c.qc, c)
	p.conns = append(p.conns, c)
	p.sort()
	if best := p.conns[0]; best.dialed && len(p.conns) > 1 {
		for _, other := range p.conns[1:] {
			ep.wg.Go(other.retire)
		}
		p.conns = p.conns[:1:1]
	}
	return nil
}

// sort puts the preferred connection first; of two dialled by the same side, the newer one, since the other side accepted it
// only because the older one was dead to it.
func (p *peer) sort() {
	last := len(p.conns) - 1
	if last > 0 && !p.conns[0].betterThan(p.conns[last]) {
		p.conns[0], p.conns[last] = p.conns[last], p.conns[0]
	}
}

// betterThan compares with a newer connection of the same pair of identities.
func (c *conn) betterThan(newer *conn) bool {
	if c.dialed == newer.dialed {
		return false
	}
	return c.dialed == c.ep.id.less(c.id)
}

// demote takes a connection out of use for new calls.
func (ep *endpoint) demote(c *conn) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	ep.demoteLocked(c)
}

func (ep *endpoint) demoteLocked(c *conn) {
	p := ep.peers[c.id]
	if p == nil {
		return
	}
	for i, other := range p.conns {
		if other != c {
			continue
		}
		p.conns = append(p.conns[:i:i], p.conns[i+1:]...)
		if len(p.conns) == 0 {
			delete(ep.peers, c.id)
			ep.reportDown(c)
		}
		return
	}
}

// remove forgets a connection that has ended.
func (ep *endpoint) remove(c *conn) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	ep.demoteLocked(c)
	delete(ep.conns, c)
	ep.byQUIC.Delete(c.qc)
	ep.total.give(int(c.window.Swap(windowClosed)))
	close(c.removed)
}

func (ep *endpoint) isClosed() bool {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.closed
}

// live is the connection to use for a peer, nil if there is none.
func (ep *endpoint) live(id PeerID) *conn {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if p := ep.peers[id]; p != nil {
		return p.conns[0]
	}
	return nil
}

// usable lists the connections with a peer that are not retired.
func (ep *endpoint) usable(id PeerID) []*conn {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if p := ep.peers[id]; p != nil {
		return slices.Clone(p.conns)
	}
	return nil
}

// connsOf lists all connections with a peer, retired ones too.
func (ep *endpoint) connsOf(id PeerID) []*conn {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	var conns []*conn
	for c := range ep.conns {
		if c.id == id {
			conns = append(conns, c)
		}
	}
	return conns
}

func (ep *endpoint) allConns() []*conn {
	conns := make([]*conn, 0, len(ep.conns))
	for c := range ep.conns {
		conns = append(conns, c)
	}
	return conns
}

func (ep *endpoint) Peers() []PeerID {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	ids := make([]PeerID, 0, len(ep.peers))
	for id := range ep.peers {
		ids = append(ids, id)
	}
	return ids
}

func (ep *endpoint) RemoteAddr(id PeerID) string {
	if c := ep.live(id); c != nil {
		return c.qc.RemoteAddr().String()
	}
	return ""
}
