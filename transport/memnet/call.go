package memnet

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// result is the outcome of a request.
type result struct {
	m   transport.Message
	err error
}

func (e *endpoint) Send(ctx context.Context, to transport.PeerID, m transport.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l, size, err := e.begin(ctx, to, m)
	if err != nil {
		return err
	}
	m = clone(m)
	return e.carry(l, size, func(peer *endpoint) {
		transport.ServeMessage(l.serving[l.index(peer)], peer.cfg.Handler, e.id, m, peer.reportPanic)
	})
}

func (e *endpoint) Request(ctx context.Context, to transport.PeerID, m transport.Message) (transport.Message, error) {
	if err := ctx.Err(); err != nil {
		return transport.Message{}, err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.RequestTimeout)
		defer cancel()
	}
	l, size, err := e.begin(ctx, to, m)
	if err != nil {
		return transport.Message{}, err
	}
	m = clone(m)
	answer := make(chan result, 1)
	err = e.carry(l, size, func(peer *endpoint) {
		hctx, cancel := handlerContext(ctx, l.serving[l.index(peer)])
		defer cancel()
		got, err := transport.ServeRequest(hctx, peer.cfg.Handler, e.id, m, peer.reportPanic)
		if e.travel(l, peer, e) {
			answer <- result{clone(got), err}
		}
	})
	if err != nil {
		return transport.Message{}, err
	}
	select {
	case r := <-answer:
		return r.m, r.err
	case <-ctx.Done():
		return transport.Message{}, ctx.Err()
	case <-l.ctx.Done():
		return transport.Message{}, e.lossError()
	case <-e.ctx.Done():
		return transport.Message{}, transport.ErrClosed
	}
}

// handlerContext ends with the caller's interest in the answer, or with the link, but knows nothing of the caller's values.
func handlerContext(caller, serving context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := caller.Deadline()
	hctx, cancel := context.WithDeadline(serving, deadline)
	stop := context.AfterFunc(caller, cancel)
	return hctx, func() {
		stop()
		cancel()
	}
}

// begin finds the link and takes window for the call.
func (e *endpoint) begin(ctx context.Context, to transport.PeerID, m transport.Message) (*link, int, error) {
	if err := m.Check(); err != nil {
		return nil, 0, err
	}
	size := len(m.Head) + len(m.Body)
	for {
		l, err := e.reach(ctx, to)
		if err != nil {
			return nil, 0, err
		}
		switch err := l.windowTo(l.other(e)).Acquire(ctx, size); {
		case err == nil:
			return l, size, nil
		case ctx.Err() != nil:
			return nil, 0, ctx.Err()
		}
		// The link ended while we waited for it; nothing was sent, so a new one is as good.
	}
}

// carry brings a call to the other side and runs serve there. The window opens again when serve has returned, or when the call
// was lost on the way.
func (e *endpoint) carry(l *link, size int, serve func(peer *endpoint)) error {
	peer := l.other(e)
	if !e.enter(l, peer) {
		_ = l.windowTo(peer).Release(1, size)
		return e.lossError()
	}
	go func() {
		defer e.calls.Done()
		defer peer.calls.Done()
		if e.travel(l, e, peer) {
			serve(peer)
		}
		_ = l.windowTo(peer).Release(1, size)
	}()
	return nil
}

// enter counts a call at both ends, unless one of them has begun to close.
func (e *endpoint) enter(l *link, peer *endpoint) bool {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if l.ctx.Err() != nil || e.closed || peer.closed || e.crashed {
		return false
	}
	e.calls.Add(1)
	peer.calls.Add(1)
	return true
}

// travel spends the latency and reports whether the message arrived.
func (e *endpoint) travel(l *link, from, to *endpoint) bool {
	n := e.net
	n.mu.Lock()
	delay := n.delay(from.id, to.id)
	lost := n.loss > 0 && n.rng.Float64() < n.loss
	n.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.ctx.Done():
			return false
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return !lost && l.ctx.Err() == nil && n.hear(from, to)
}

func (n *Net) delay(from, to transport.PeerID) time.Duration {
	if n.latency == nil {
		return 0
	}
	return n.latency(from, to)
}

func (e *endpoint) lossError() error {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if e.closed || e.crashed {
		return transport.ErrClosed
	}
	return fmt.Errorf("%w: the link was lost", transport.ErrPeerGone)
}

func (e *endpoint) reportPanic(reason string) {
	e.cfg.Logger.Error("memnet: handler panicked", "panic", reason)
}

// clone copies a message: the two sides must not share memory.
func clone(m transport.Message) transport.Message {
	m.Head, m.Body = bytes.Clone(m.Head), bytes.Clone(m.Body)
	return m
}
