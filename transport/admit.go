package transport

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// errOverLimit is the fault of a peer that ignores the window it was given.
var errOverLimit = errors.New("transport: the peer exceeds its window")

// incoming is a call of the peer.
type incoming struct {
	id      uint32
	kind    frameType
	bytes   int
	stream  bool
	timeout time.Duration
	refused code // not codeDone: it is answered with this code instead of being handled
	ctx     context.Context
}

// budget is a number of bytes that may be held at a time.
type budget struct {
	free atomic.Int64
}

func (b *budget) take(n int) bool {
	if b.free.Add(-int64(n)) >= 0 {
		return true
	}
	b.give(n)
	return false
}

func (b *budget) give(n int) { b.free.Add(int64(n)) }

// deadlineOf is how long a request may take.
func (ep *endpoint) deadlineOf(f frame) time.Duration {
	if f.arg == 0 {
		return ep.cfg.RequestTimeout
	}
	return time.Duration(f.arg) * time.Millisecond
}

// admit counts a call against the peer's window. The peer knows the window, so going beyond it is a fault; that this endpoint
// as a whole is full is not, and only refuses the call.
func (c *conn) admit(in *incoming) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inCalls >= c.ep.cfg.MaxStreams || c.inBytes+in.bytes > c.ep.cfg.BytesPerPeer {
		return errOverLimit
	}
	in.ctx = c.qc.Context()
	if in.kind == frameRequest {
		if _, twice := c.serving[in.id]; twice {
			return fmt.Errorf("%w: request id used twice", ErrMalformed)
		}
		ctx, cancel := context.WithTimeout(in.ctx, in.timeout)
		in.ctx, c.serving[in.id] = ctx, cancel
	}
	if !c.ep.total.take(in.bytes) {
		in.refused = codeBusy
		c.ep.cfg.Logger.Warn("transport: no memory left for a call", "peer", c.id.short(), "bytes", in.bytes)
		c.ep.noticeLimited(c.id, fmt.Errorf("%w: no memory left for a call of %d bytes", ErrBusy, in.bytes))
	}
	c.inCalls++
	c.inBytes += in.bytes
	return nil
}

// leave ends what admit began.
func (c *conn) leave(in *incoming) {
	c.uncount(in)
	c.forget(in)
}

// uncount opens the window again: the peer may know that the call has ended. It reports whether no other one is in progress.
func (c *conn) uncount(in *incoming) (alone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inCalls--
	c.inBytes -= in.bytes
	if in.refused == codeDone {
		c.ep.total.give(in.bytes)
	}
	return c.inCalls == 0
}

// forget ends the context of a request.
func (c *conn) forget(in *incoming) {
	if in.kind != frameRequest {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving[in.id]()
	delete(c.serving, in.id)
}

func (c *conn) cancelServing(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, ok := c.serving[id]; ok {
		cancel()
	}
}
