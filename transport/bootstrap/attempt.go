package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// outcome is how an attempt ended.
type outcome struct {
	c       candidate
	targets []candidate // of a host name
	peer    Peer        // who was connected, zero if nobody
	value   any         // of the check
	twin    bool        // another attempt reached this peer first
	cut     bool        // the race was over before the attempt was
	err     *AttemptError
}

// attempt tries one address. It ends soon after ctx does.
func (r *race) attempt(ctx context.Context, c candidate) outcome {
	if r.self.ip && c.isName() {
		return r.resolve(ctx, c)
	}
	r.report(Event{State: Dialling, Addr: c.addr, ID: c.id})
	peer, made, err := r.connect(ctx, c)
	if err != nil {
		return outcome{c: c, cut: ctx.Err() != nil, err: c.fail(Dialling, err)}
	}
	if !r.claim(peer.ID, made) {
		return outcome{c: c, peer: peer, twin: true}
	}
	r.report(Event{State: Checking, Addr: c.addr, ID: peer.ID})
	value, err := within(ctx, r.o.CheckTimeout, func(ctx context.Context) (any, error) { return r.check(ctx, peer) })
	o := outcome{c: c, peer: peer, value: value}
	if err != nil {
		o.cut = ctx.Err() != nil
		o.err = c.fail(Checking, err)
		o.err.Peer = peer.ID
	}
	return o
}

// connect reaches the peer, and tells whether the connection is a new one. With a peer that was connected already, the address
// is the one at which it is, not the one that was to be tried.
func (r *race) connect(ctx context.Context, c candidate) (peer Peer, made bool, err error) {
	before := make(map[transport.PeerID]bool)
	for _, id := range r.ep.Peers() {
		before[id] = true
	}
	id, err := within(ctx, r.o.DialTimeout, func(ctx context.Context) (transport.PeerID, error) {
		return r.ep.Connect(ctx, c.addr, c.id)
	})
	if err == nil && id == r.self.id {
		err = ErrSelf
	}
	if err != nil {
		return Peer{}, false, err
	}
	peer = Peer{ID: id, Addr: c.addr}
	if at := r.ep.RemoteAddr(id); before[id] && at != "" {
		peer.Addr = at
	}
	return peer, !before[id], nil
}

// resolve looks up a host name.
func (r *race) resolve(ctx context.Context, c candidate) outcome {
	r.report(Event{State: Resolving, Addr: c.addr, ID: c.id})
	host, port, err := splitAddr(c.addr)
	if err != nil {
		return outcome{c: c, err: c.fail(Resolving, err)}
	}
	ips, err := within(ctx, r.o.DialTimeout, func(ctx context.Context) ([]netip.Addr, error) {
		return r.o.Resolver.LookupNetIP(ctx, "ip", host)
	})
	if err == nil && len(ips) == 0 {
		err = errors.New("the name has no address")
	}
	if err != nil {
		return outcome{c: c, cut: ctx.Err() != nil, err: c.fail(Resolving, err)}
	}
	o := outcome{c: c}
	for _, ip := range ips[:min(len(ips), MaxAddrs)] {
		o.targets = append(o.targets, candidate{addr: netip.AddrPortFrom(ip.Unmap(), port).String(), id: c.id, host: c.addr})
	}
	return o
}

// within gives f some time. An error for lack of it, or of time that f has set itself, wraps transport.ErrPeerGone: one of a
// context is for the end of ctx.
func within[T any](ctx context.Context, limit time.Duration, f func(context.Context) (T, error)) (T, error) {
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	v, err := f(timed)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		err = fmt.Errorf("%w: no answer in time: %v", transport.ErrPeerGone, err)
	}
	return v, err
}
