package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/quic-go/quic-go"
)

// dialKey is what makes two dials the same: those for an identity at its known addresses, or at a given one.
type dialKey struct {
	want PeerID
	addr string
}

// dial is one attempt that any number of callers wait for. It ends when none is left, whoever began it.
type dial struct {
	ctx     context.Context
	cancel  context.CancelFunc
	waiting int // callers; guarded by the mutex of the endpoint
	done    chan struct{}
	id      PeerID
	err     error
}

func (ep *endpoint) Connect(ctx context.Context, addr string, want PeerID) (PeerID, error) {
	if err := ctx.Err(); err != nil {
		return PeerID{}, err
	}
	if want == ep.id {
		return PeerID{}, fmt.Errorf("%w: it is our own identity", ErrIdentity)
	}
	if !want.IsZero() && ep.live(want) != nil {
		return want, nil
	}
	if want.IsZero() {
		if c := ep.liveAt(ctx, addr); c != nil {
			return c.id, nil
		}
	}
	return ep.join(ctx, dialKey{want: want, addr: addr})
}

func (ep *endpoint) Learn(id PeerID, addr string) {
	if id != ep.id && !id.IsZero() {
		ep.book.learn(id, addr)
	}
}

// reach returns the connection with a peer, dialling it if need be.
func (ep *endpoint) reach(ctx context.Context, to PeerID) (*conn, error) {
	if ep.isClosed() { // its connections may still be finishing
		return nil, ErrClosed
	}
	if c := ep.live(to); c != nil {
		return c, nil
	}
	if err := ep.book.mayDial(to, time.Now()); err != nil {
		return nil, err
	}
	if _, err := ep.join(ctx, dialKey{want: to}); err != nil {
		return nil, err
	}
	if c := ep.live(to); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("%w: lost right after the dial", ErrPeerGone)
}

// join waits for the dial under way for key, or begins it.
func (ep *endpoint) join(ctx context.Context, key dialKey) (PeerID, error) {
	ep.mu.Lock()
	if ep.closed {
		ep.mu.Unlock()
		return PeerID{}, ErrClosed
	}
	d, under := ep.dials[key]
	if !under {
		d = &dial{done: make(chan struct{})}
		d.ctx, d.cancel = context.WithCancel(ep.ctx)
		ep.dials[key] = d
		ep.wg.Go(func() { ep.runDial(key, d) })
	}
	d.waiting++
	ep.mu.Unlock()
	select {
	case <-d.done:
		return d.id, d.err
	case <-ctx.Done():
		ep.leave(key, d)
		return PeerID{}, ctx.Err()
	}
}

// leave is called by who no longer waits for a dial. One that nobody waits for ends, and the next caller begins another.
func (ep *endpoint) leave(key dialKey, d *dial) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if d.waiting--; d.waiting > 0 {
		return
	}
	d.cancel()
	if ep.dials[key] == d {
		delete(ep.dials, key)
	}
}

func (ep *endpoint) runDial(key dialKey, d *dial) {
	defer d.cancel()
	d.id, d.err = ep.dialAddrs(d.ctx, key)
	ep.mu.Lock()
	if ep.dials[key] == d {
		delete(ep.dials, key)
	}
	ep.mu.Unlock()
	close(d.done)
}

// dialAddrs tries the addresses of key in turn. That the peer reached us in the meantime is as good.
func (ep *endpoint) dialAddrs(ctx context.Context, key dialKey) (PeerID, error) {
	select {
	case ep.dialSlots <- struct{}{}:
		defer func() { <-ep.dialSlots }()
	case <-ctx.Done():
		return PeerID{}, ep.dialEnded(ctx)
	}
	addrs := []string{key.addr}
	if key.addr == "" {
		addrs = ep.book.addrs(key.want)
	}
	if len(addrs) == 0 {
		return PeerID{}, fmt.Errorf("%w: %s", ErrUnknownPeer, key.want.short())
	}
	var errs []error
	for _, addr := range addrs {
		id, err := ep.dialAddr(ctx, addr, key.want)
		if err == nil {
			ep.book.reached(id, addr)
			return id, nil
		}
		if !key.want.IsZero() && ep.live(key.want) != nil {
			return key.want, nil
		}
		if key.addr == "" && errors.Is(err, ErrIdentity) {
			ep.book.wrong(key.want, addr)
		}
		errs = append(errs, fmt.Errorf("dialling %s: %w", addr, err))
	}
	if ctx.Err() != nil {
		return PeerID{}, ep.dialEnded(ctx)
	}
	if key.addr == "" {
		ep.book.failed(key.want, time.Now())
	}
	return PeerID{}, errors.Join(errs...)
}

// dialEnded is the error of a dial whose context has ended: with the endpoint, or as nobody waits for it.
func (ep *endpoint) dialEnded(ctx context.Context) error {
	if ep.ctx.Err() != nil {
		return ErrClosed
	}
	return ctx.Err()
}

// dialAddr tries each address that a host name stands for.
func (ep *endpoint) dialAddr(ctx context.Context, addr string, want PeerID) (PeerID, error) {
	ctx, cancel := context.WithTimeout(ctx, ep.cfg.HandshakeTimeout)
	defer cancel()
	targets, err := resolve(ctx, addr)
	if err != nil {
		return PeerID{}, fmt.Errorf("%w: %w", ErrPeerGone, err)
	}
	for _, target := range targets {
		var id PeerID
		if id, err = ep.dialTarget(ctx, target, want); err == nil {
			return id, nil
		}
	}
	return PeerID{}, err
}

func (ep *endpoint) dialTarget(ctx context.Context, addr *net.UDPAddr, want PeerID) (PeerID, error) {
	qcfg := ep.quicConfig(-1)
	qcfg.KeepAlivePeriod = ep.cfg.KeepAlive
	qc, err := ep.tr.Dial(ctx, addr, tlsConfig(ep.cert, verifier(ep.known, ep.id, want)), qcfg)
	if err != nil {
		return PeerID{}, dialError(err)
	}
	c, err := ep.introduce(ctx, qc)
	if err == nil {
		c.start(nil)
		return c.id, nil
	}
	id, _ := remoteID(qc)
	_ = qc.CloseWithError(quic.ApplicationErrorCode(acceptCode(err)), "")
	if isDuplicateRefusal(err) && ep.live(id) != nil {
		return id, nil
	}
	return PeerID{}, dialError(err)
}
