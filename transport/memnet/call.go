package memnet

import (
	"bytes"
	"context"
	"fmt"

	"github.com/safenet-go/safenet/transport"
)

// call is a message, or a request and its answer, from the sending until the handler has returned or the answer has arrived. What
// it carries is under way in one direction at a time.
type call struct {
	link   *link
	to     *endpoint // whose handler is called
	window int       // bytes taken of the window

	m      transport.Message // the message or request; then the answer
	err    error             // instead of an answer
	ctx    context.Context   // of the request
	answer chan result       // nil: nobody waits for one
	back   bool              // m is the answer

	from *endpoint // which m comes from
	travel
	lost  bool // for good, when m would have arrived
	place int  // in link.flights
	over  bool // the link has ended while m was under way
}

// result is the outcome of a request.
type result struct {
	m   transport.Message
	err error
}

func (e *endpoint) Send(ctx context.Context, to transport.PeerID, m transport.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := e.begin(ctx, to, m)
	if err != nil {
		return err
	}
	return e.carry(c)
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
	c, err := e.begin(ctx, to, m)
	if err != nil {
		return transport.Message{}, err
	}
	c.ctx, c.answer = ctx, make(chan result, 1)
	if err := e.carry(c); err != nil {
		return transport.Message{}, err
	}
	select {
	case r := <-c.answer:
		return r.m, r.err
	case <-ctx.Done():
		return transport.Message{}, ctx.Err()
	case <-c.link.ctx.Done():
		return transport.Message{}, e.lossError()
	case <-e.ctx.Done():
		return transport.Message{}, transport.ErrClosed
	}
}

// arrive is what happens when m has arrived. It blocks while a handler runs.
func (c *call) arrive() {
	switch {
	case c.back:
		c.answer <- result{c.m, c.err}
	case c.answer == nil:
		transport.ServeMessage(c.link.servingAt(c.to), c.to.cfg.Handler, c.from.id, c.m, c.to.reportPanic)
	case c.ctx.Err() == nil:
		c.respond()
		return
	default: // withdrawn while it was under way
	}
	c.to.net.mu.Lock()
	defer c.to.net.mu.Unlock()
	c.end()
}

// respond has a request handled and sends the answer back.
func (c *call) respond() {
	ctx, cancel := handlerContext(c.ctx, c.link.servingAt(c.to))
	defer cancel()
	m, err := transport.ServeRequest(ctx, c.to.cfg.Handler, c.from.id, c.m, c.to.reportPanic)
	c.m, c.err, c.back = clone(m), err, true
	n := c.to.net
	n.mu.Lock()
	arrived := n.launch(c, c.to)
	n.mu.Unlock()
	if arrived {
		c.arrive()
	}
}

// end is called once for each call. The mutex of the network is held.
func (c *call) end() {
	_ = c.link.windowTo(c.to).Release(1, c.window)
	for _, e := range c.link.ends {
		e.calls--
		if e.calls == 0 && e.idle != nil {
			close(e.idle)
			e.idle = nil
		}
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

// begin finds the link, takes window for a call that carries m, and copies m.
func (e *endpoint) begin(ctx context.Context, to transport.PeerID, m transport.Message) (*call, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	for {
		l, err := e.reach(ctx, to)
		if err != nil {
			return nil, err
		}
		peer := l.other(e)
		switch err := l.windowTo(peer).Acquire(ctx, size(m)); {
		case err == nil:
			return &call{link: l, to: peer, window: size(m), m: clone(m)}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		// The link ended while we waited for it; nothing was sent, so a new one is as good.
	}
}

// carry sends what a call begins with.
func (e *endpoint) carry(c *call) error {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if c.link.over || e.closed || c.to.closed || e.crashed {
		_ = c.link.windowTo(c.to).Release(1, c.window)
		return e.lossErrorLocked()
	}
	e.calls++
	c.to.calls++
	if e.net.launch(c, e) {
		go c.arrive()
	}
	return nil
}

func (e *endpoint) lossError() error {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	return e.lossErrorLocked()
}

func (e *endpoint) lossErrorLocked() error {
	if e.closed || e.crashed {
		return transport.ErrClosed
	}
	return fmt.Errorf("%w: the link was lost", transport.ErrPeerGone)
}

func (e *endpoint) reportPanic(reason string) {
	e.cfg.Logger.Error("memnet: handler panicked", "panic", reason)
}

// size is what a message costs of windows and bandwidth.
func size(m transport.Message) int { return len(m.Head) + len(m.Body) }

// clone copies a message: the two sides must not share memory.
func clone(m transport.Message) transport.Message {
	m.Head, m.Body = bytes.Clone(m.Head), bytes.Clone(m.Body)
	return m
}
