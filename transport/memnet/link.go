package memnet

import (
	"context"
	"time"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/internal/window"
)

// link is the connection of two endpoints. Its fields are guarded by the mutex of the network.
type link struct {
	net    *Net
	ends   [2]*endpoint
	ways   [2]*way           // from the endpoint with this index
	allows [2]*window.Window // what the endpoint with this index lets the other one have unhandled

	ctx     context.Context    // ends with the link
	serving [2]context.Context // of the handlers at an end; ends with the link or with that endpoint
	cancels [3]context.CancelFunc
	over    bool
	silent  *time.Timer // runs while the ends do not hear each other
	flights []*call     // what is under way
}

// newLink joins two endpoints, ending an older link that one of them has forgotten in a crash.
func (n *Net) newLink(a, b *endpoint) *link {
	l := &link{net: n, ends: [2]*endpoint{a, b}}
	for i, e := range l.ends {
		l.ways[i] = n.way(e.id, l.other(e).id)
		l.allows[i] = window.New(e.cfg.MaxStreams, e.cfg.BytesPerPeer)
		l.serving[i], l.cancels[i] = context.WithCancel(e.ctx)
	}
	l.ctx, l.cancels[2] = context.WithCancel(context.Background())
	for _, e := range l.ends {
		peer := l.other(e)
		if old := e.links[peer.id]; old != nil {
			old.drop()
		}
		e.links[peer.id] = l
		e.book.Put(peer.id, peer.addr)
		e.report(peer.id, true)
	}
	return l
}

func (l *link) other(e *endpoint) *endpoint { return l.ends[1-l.index(e)] }

func (l *link) index(e *endpoint) int {
	if l.ends[0] == e {
		return 0
	}
	return 1
}

// servingAt is the context of the handlers at e.
func (l *link) servingAt(e *endpoint) context.Context { return l.serving[l.index(e)] }

// idle is the silence after which the link is lost.
func (l *link) idle() time.Duration { return min(l.ends[0].cfg.IdleTimeout, l.ends[1].cfg.IdleTimeout) }

// windowTo is what limits calls towards e.
func (l *link) windowTo(e *endpoint) *window.Window { return l.allows[l.index(e)] }

func (l *link) wayFrom(e *endpoint) *way { return l.ways[l.index(e)] }

func (l *link) add(c *call) {
	c.place = len(l.flights)
	l.flights = append(l.flights, c)
}

func (l *link) remove(c *call) {
	last := len(l.flights) - 1
	l.flights[c.place] = l.flights[last]
	l.flights[c.place].place = c.place
	l.flights[last] = nil
	l.flights = l.flights[:last]
}

// drop ends the link for both sides, and all calls that are under way on it.
func (l *link) drop() {
	if l.over {
		return
	}
	l.over = true
	for _, cancel := range l.cancels {
		cancel()
	}
	for i, e := range l.ends {
		l.allows[i].Close(transport.ErrPeerGone)
		peer := l.other(e)
		if e.links[peer.id] == l {
			delete(e.links, peer.id)
			e.report(peer.id, false)
		}
	}
	if l.silent != nil {
		l.silent.Stop()
	}
	for _, c := range l.flights {
		c.over = true
		c.end()
	}
	l.flights = nil
}

// cut is called when the ends may have stopped hearing each other: the link is lost unless they hear again in time.
func (l *link) cut() {
	if l.silent != nil || l.net.hear(l.ends[0], l.ends[1]) {
		return
	}
	l.silent = time.AfterFunc(l.idle(), func() {
		l.net.mu.Lock()
		defer l.net.mu.Unlock()
		if !l.net.hear(l.ends[0], l.ends[1]) {
			l.drop()
		}
	})
}

// mend is called when the ends may hear each other again.
func (l *link) mend() {
	if l.silent != nil && l.net.hear(l.ends[0], l.ends[1]) {
		l.silent.Stop()
		l.silent = nil
	}
}
