package memnet

import (
	"context"
	"fmt"
	"time"

	"github.com/safenet-go/safenet/transport"
)

func (e *endpoint) Connect(ctx context.Context, addr string, want transport.PeerID) (transport.PeerID, error) {
	if err := ctx.Err(); err != nil {
		return transport.PeerID{}, err
	}
	if want == e.id {
		return transport.PeerID{}, fmt.Errorf("%w: it is our own identity", transport.ErrIdentity)
	}
	e.net.mu.Lock()
	closed, live := e.closed || e.crashed, !want.IsZero() && e.links[want] != nil
	known := addr != ""
	if !known {
		addr, known = e.book.Get(want)
	}
	e.net.mu.Unlock()
	switch {
	case closed:
		return transport.PeerID{}, transport.ErrClosed
	case live:
		return want, nil
	case !known:
		return transport.PeerID{}, fmt.Errorf("%w: %s", transport.ErrUnknownPeer, want)
	}
	return e.dial(ctx, addr, want)
}

// dial takes the two round trips that QUIC takes, or Config.HandshakeTimeout if nobody answers.
func (e *endpoint) dial(ctx context.Context, addr string, want transport.PeerID) (transport.PeerID, error) {
	e.net.mu.Lock()
	wait, answered := e.handshake(e.net.byAddr[addr])
	e.net.mu.Unlock()
	if err := e.sleep(ctx, wait); err != nil {
		return transport.PeerID{}, err
	}
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if !answered && !e.closed && !e.crashed {
		return transport.PeerID{}, fmt.Errorf("%w: nobody answers at %q", transport.ErrPeerGone, addr)
	}
	return e.join(addr, want)
}

// handshake returns how long one with a peer takes, or how long e waits for one that fails.
func (e *endpoint) handshake(peer *endpoint) (wait time.Duration, answered bool) {
	limit := e.cfg.HandshakeTimeout
	if peer == nil || !e.net.hear(e, peer) {
		return limit, false
	}
	there, back := e.net.way(e.id, peer.id), e.net.way(peer.id, e.id)
	for _, w := range []*way{there, back, there, back} {
		t := w.travel(limit, &e.net.options)
		wait = after(wait, t.time)
		if t.hopeless || wait > limit {
			return limit, false
		}
	}
	return wait, true
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
	switch {
	case e.closed || e.crashed:
		e.net.mu.Unlock()
		return nil, transport.ErrClosed
	case l != nil && e.net.restarted(l.other(e)):
		l.drop()
		e.net.mu.Unlock()
		return nil, fmt.Errorf("%w: it has restarted", transport.ErrPeerGone)
	case l != nil:
		e.net.mu.Unlock()
		return l, nil
	}
	addr, known := e.book.Get(to)
	e.net.mu.Unlock()
	if !known {
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
