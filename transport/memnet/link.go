package memnet

import (
	"context"
	"fmt"
	"time"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/internal/window"
)

// link is the connection of two endpoints. Its fields are guarded by the mutex of the network.
type link struct {
	net    *Net
	ends   [2]*endpoint
	allows [2]*window.Window // what the endpoint with this index lets the other one have unhandled

	ctx     context.Context    // ends with the link
	serving [2]context.Context // of the handlers at an end; ends with the link or with that endpoint
	cancels [3]context.CancelFunc
	silent  *time.Timer // runs while the ends do not hear each other
}

// newLink joins two endpoints, ending an older link that one of them has forgotten in a crash.
func (n *Net) newLink(a, b *endpoint) *link {
	l := &link{net: n, ends: [2]*endpoint{a, b}}
	for i, e := range l.ends {
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

// windowTo is what limits calls towards e.
func (l *link) windowTo(e *endpoint) *window.Window { return l.allows[l.index(e)] }

// drop ends the link for both sides.
func (l *link) drop() {
	if l.ctx.Err() != nil {
		return
	}
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
}

// cut is called when the ends may have stopped hearing each other: the link is lost unless they hear again in time.
func (l *link) cut() {
	if l.silent != nil || l.net.hear(l.ends[0], l.ends[1]) {
		return
	}
	idle := min(l.ends[0].cfg.IdleTimeout, l.ends[1].cfg.IdleTimeout)
	l.silent = time.AfterFunc(idle, func() {
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

// hear reports whether what one endpoint says reaches the other.
func (n *Net) hear(a, b *endpoint) bool {
	return !a.crashed && !b.crashed && (n.partition == nil || n.partition[a.id] == n.partition[b.id])
}

func (e *endpoint) Connect(ctx context.Context, addr string, want transport.PeerID) (transport.PeerID, error) {
	if err := ctx.Err(); err != nil {
		return transport.PeerID{}, err
	}
	if want == e.id {
		return transport.PeerID{}, fmt.Errorf("%w: it is our own identity", transport.ErrIdentity)
	}
	e.net.mu.Lock()
	closed, live := e.closed || e.crashed, !want.IsZero() && e.links[want] != nil
	e.net.mu.Unlock()
	switch {
	case closed:
		return transport.PeerID{}, transport.ErrClosed
	case live:
		return want, nil
	}
	return e.dial(ctx, addr, want)
}

// dial takes the two round trips that QUIC takes, or Config.HandshakeTimeout if nobody answers.
func (e *endpoint) dial(ctx context.Context, addr string, want transport.PeerID) (transport.PeerID, error) {
	e.net.mu.Lock()
	peer := e.net.byAddr[addr]
	wait := e.cfg.HandshakeTimeout
	if peer != nil && e.net.hear(e, peer) {
		wait = min(wait, 2*(e.net.delay(e.id, peer.id)+e.net.delay(peer.id, e.id)))
	}
	e.net.mu.Unlock()
	if err := e.sleep(ctx, wait); err != nil {
		return transport.PeerID{}, err
	}
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	return e.join(addr, want)
}

// join makes the link at the end of a dial.
func (e *endpoint) join(addr string, want transport.PeerID) (transport.PeerID, error) {
	peer := e.net.byAddr[addr]
	switch {
	case e.closed || e.crashed:
		return transport.PeerID{}, transport.ErrClosed
	case peer == nil || !e.net.hear(e, peer):
		return transport.PeerID{}, fmt.Errorf("%w: nobody answers at %q", transport.ErrPeerGone, addr)
	case peer == e || !want.IsZero() && peer.id != want:
		return transport.PeerID{}, fmt.Errorf("%w: want %s, got %s", transport.ErrIdentity, want, peer.id)
	}
	if l := e.links[peer.id]; l != nil && l.other(e) == peer {
		return peer.id, nil
	}
	if peer.cfg.Handler == nil {
		return transport.PeerID{}, fmt.Errorf("%w: no handler at %q", transport.ErrRefused, addr)
	}
	if len(peer.links) >= peer.cfg.MaxPeers || len(e.links) >= e.cfg.MaxPeers {
		return transport.PeerID{}, fmt.Errorf("%w: too many peers", transport.ErrBusy)
	}
	e.net.newLink(e, peer)
	return peer.id, nil
}

// reach returns the link to a peer, dialling it if need be.
func (e *endpoint) reach(ctx context.Context, to transport.PeerID) (*link, error) {
	e.net.mu.Lock()
	l := e.links[to]
	if l != nil && l.other(e).crashed && e.net.byAddr[l.other(e).addr] != nil {
		l.drop() // who has restarted there says that it knows nothing of this link
		e.net.mu.Unlock()
		return nil, fmt.Errorf("%w: it has restarted", transport.ErrPeerGone)
	}
	addr, known := e.book.Get(to)
	closed := e.closed || e.crashed
	e.net.mu.Unlock()
	switch {
	case closed:
		return nil, transport.ErrClosed
	case l != nil:
		return l, nil
	case !known:
		return nil, fmt.Errorf("%w: %s", transport.ErrUnknownPeer, to)
	}
	if _, err := e.dial(ctx, addr, to); err != nil {
		return nil, err
	}
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if l := e.links[to]; l != nil {
		return l, nil
	}
	return nil, fmt.Errorf("%w: lost right after the dial", transport.ErrPeerGone)
}

// sleep waits for d, or for the end of ctx or the endpoint.
func (e *endpoint) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.ctx.Done():
		return transport.ErrClosed
	}
}
