package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/quic-go/quic-go"
)

// This file is the calling side: messages and requests from here to the peer.

func (c *call) deliver(r result) {
	if c.answer != nil {
		c.answer <- r // never blocks: a call is delivered once, when it leaves the table
		c.answer = nil
	}
}

// send hands over a one-way message.
func (c *conn) send(ctx context.Context, m Message) error {
	if err := c.out.Acquire(ctx, m.size()); err != nil {
		return err
	}
	f := frame{typ: frameMessage, kind: m.Kind}
	if len(m.Head)+len(m.Body) <= laneMax {
		return c.writeCall(c.lane.write, f, m)
	}
	return c.callOnStream(ctx, f, m, &call{bytes: m.size()})
}

// request sends m and waits for the answer.
func (c *conn) request(ctx context.Context, m Message) (Message, error) {
	if err := c.out.Acquire(ctx, m.size()); err != nil {
		return Message{}, err
	}
	f := frame{typ: frameRequest, kind: m.Kind, arg: milliseconds(ctx)}
	answer := make(chan result, 1)
	cl := &call{bytes: m.size(), answer: answer}
	if len(m.Head)+len(m.Body) <= laneMax {
		write := c.lane.write
		if c.addLaneCall(cl) {
			write = c.lane.writeAlone
		}
		f.id = cl.id
		if err := c.writeCall(write, f, m); err != nil {
			return Message{}, err
		}
		return c.await(ctx, cl, answer)
	}
	if err := c.callOnStream(ctx, f, m, cl); err != nil {
		select {
		case r := <-answer: // the peer refused before it had read everything, and said why
			return Message{}, r.err
		default:
			return Message{}, err
		}
	}
	return c.await(ctx, cl, answer)
}

func (c *conn) await(ctx context.Context, cl *call, answer <-chan result) (Message, error) {
	select {
	case r := <-answer:
		return r.m, r.err
	case <-c.qc.Context().Done():
		select {
		case r := <-answer: // it came just before the end
			return r.m, r.err
		default:
			return Message{}, c.lossError()
		}
	case <-ctx.Done():
		c.mu.Lock()
		cl.dropped = true
		c.mu.Unlock()
		c.write(frame{typ: frameCancel, id: cl.id}, nil, nil)
		return Message{}, ctx.Err()
	}
}

// writeCall puts a call on the lane.
func (c *conn) writeCall(write func(frame, []byte, []byte) error, f frame, m Message) error {
	if err := write(f, m.Head, m.Body); err != nil {
		c.laneBroken(err)
		return fmt.Errorf("%w: %w", ErrPeerGone, err)
	}
	return nil
}

// milliseconds is the time left until the deadline of ctx, rounded up, as the peer is told it.
func milliseconds(ctx context.Context) uint32 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	ms := (time.Until(deadline) + time.Millisecond - 1) / time.Millisecond
	return uint32(min(max(ms, 1), math.MaxUint32))
}

// addLaneCall gives cl an id that no call in progress has, and reports whether it is the only call in progress.
func (c *conn) addLaneCall(cl *call) (alone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		c.nextID = (c.nextID + 1) &^ streamID
		if _, taken := c.calls[c.nextID]; !taken {
			cl.id = c.nextID
			c.calls[cl.id] = cl
			return len(c.calls) == 1
		}
	}
}

// callOnStream sends m on a stream of its own. The call counts against the window until the peer says that it ended, also if
// sending fails half-way.
func (c *conn) callOnStream(ctx context.Context, f frame, m Message, cl *call) error {
	str, err := c.openStream(ctx)
	if err != nil {
		_ = c.out.Release(1, cl.bytes)
		c.checkFinished()
		return c.streamError(ctx, err)
	}
	cl.id = idOf(str.StreamID())
	c.mu.Lock()
	c.calls[cl.id] = cl
	c.mu.Unlock()
	return c.writeStream(ctx, str, f, m)
}

// idOf names the call that has this stream.
func idOf(s quic.StreamID) uint32 { return streamID | uint32(s>>2)&^streamID }

// sendStream is a *quic.SendStream, or one that gives up earlier.
type sendStream interface {
	io.WriteCloser
	CancelWrite(quic.StreamErrorCode)
}

// writeStream writes header, head, body and end, straight from the caller's slices. The end of ctx resets the stream.
func (c *conn) writeStream(ctx context.Context, str sendStream, f frame, m Message) error {
	stop := context.AfterFunc(ctx, func() { str.CancelWrite(quic.StreamErrorCode(codeCanceled)) })
	f.head, f.body = uint32(len(m.Head)), uint32(len(m.Body))
	var header [frameSize]byte
	_, err := str.Write(f.append(header[:0]))
	if err == nil && len(m.Head) > 0 {
		_, err = str.Write(m.Head)
	}
	if err == nil && len(m.Body) > 0 {
		_, err = str.Write(m.Body)
	}
	if !stop() {
		return ctx.Err()
	}
	if err != nil {
		str.CancelWrite(quic.StreamErrorCode(codeCanceled))
		return c.streamError(ctx, err)
	}
	return str.Close()
}

// streamError is what the caller sees when a stream failed.
func (c *conn) streamError(ctx context.Context, err error) error {
	var reset *quic.StreamError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &reset) && reset.Remote:
		return fmt.Errorf("peer reset the stream: %w", code(min(reset.ErrorCode, quic.StreamErrorCode(codeCount))).err())
	case c.qc.Context().Err() != nil:
		return c.lossError()
	}
	return fmt.Errorf("%w: %w", ErrPeerGone, err)
}

// endCall takes a call out of the table, gives its window back and delivers the outcome. An id that is not there was ended
// before, by the caller's own decision or by a refusal that crossed the answer.
func (c *conn) endCall(id uint32, r result) {
	c.mu.Lock()
	cl, ok := c.calls[id]
	delete(c.calls, id)
	if ok {
		cl.deliver(r)
	}
	c.mu.Unlock()
	if ok {
		_ = c.out.Release(1, cl.bytes)
		c.checkFinished()
	}
}

// claim is called when the answer to request id has begun to arrive on a stream. It returns false if nobody waits for it.
func (c *conn) claim(id uint32) (wanted bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cl, ok := c.calls[id]
	if !ok || cl.dropped {
		return false, nil
	}
	if cl.claimed || cl.answer == nil {
		return false, fmt.Errorf("%w: second answer to a request", ErrMalformed)
	}
	cl.claimed = true
	return true, nil
}

// takeCredit opens our window by what the peer has handled.
func (c *conn) takeCredit(calls, bytes uint32) error {
	if err := c.out.Release(int(calls), int(bytes)); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	c.checkFinished()
	return nil
}
