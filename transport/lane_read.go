package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"
)

// laneBuffer is what is read ahead of a frame, in bytes.
const laneBuffer = 4 << 10

// laneReaders are shared: an idle connection holds none.
var laneReaders = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, laneBuffer) }}

// readLane handles the frames of the lane. It waits for nothing but the peer's bytes.
func (c *conn) readLane() {
	for {
		var first [1]byte
		if _, err := c.lane.str.Peek(first[:]); err != nil {
			c.laneBroken(err)
			return
		}
		if !c.readFrames() {
			return
		}
	}
}

// readFrames handles frames until what has been read ahead is used up. It returns false when the connection has ended.
func (c *conn) readFrames() bool {
	r := laneReaders.Get().(*bufio.Reader)
	r.Reset(c.lane.str)
	defer func() {
		r.Reset(nil)
		laneReaders.Put(r)
	}()
	for {
		header, err := r.Peek(frameSize)
		if err != nil {
			c.laneBroken(err)
			return false
		}
		f, err := parseLane(header)
		if err == nil {
			_, _ = r.Discard(frameSize)
			err = c.handleFrame(f, r)
		}
		if err != nil {
			if c.qc.Context().Err() == nil {
				c.fail(failCode(err), err)
			}
			return false
		}
		if r.Buffered() == 0 {
			return true
		}
	}
}

// failCode tells the peer what it did wrong.
func failCode(err error) code {
	if errors.Is(err, errOverLimit) {
		return codeLimit
	}
	return codeMalformed
}

func (c *conn) handleFrame(f frame, r io.Reader) error {
	if f.isCall() {
		return c.handleLaneCall(f, r)
	}
	switch f.typ {
	case frameResponse:
		m, err := readLanePayload(f, r)
		if err != nil {
			return err
		}
		c.endCall(f.id, result{m: m})
	case frameFailure:
		m, err := readLanePayload(f, r)
		if err != nil {
			return err
		}
		c.endCall(f.id, result{err: &RemoteError{Code: f.kind, Text: clip(string(m.Body))}})
	case frameRefusal:
		c.endCall(f.id, result{err: fmt.Errorf("request refused: %w", code(f.kind).err())})
	case frameCancel:
		c.cancelServing(f.id)
	case frameCredit:
		return c.takeCredit(f.id, f.arg)
	case frameEnded:
		c.endCall(f.id, result{})
	case framePing:
		c.write(frame{typ: framePong, id: f.id}, nil, nil)
	case framePong:
		c.pong(f.id)
	case frameRetire:
		c.ep.demote(c)
		c.retire()
	case frameStream:
		return c.expectStream()
	case frameFinished:
		c.mu.Lock()
		c.peerFinished = true
		c.mu.Unlock()
		c.checkFinished()
	}
	return nil
}

// readLanePayload reads the head and body of a lane frame into one new slice: they are small, and belong to the receiver.
func readLanePayload(f frame, r io.Reader) (Message, error) {
	m := Message{Kind: f.kind}
	if f.head|f.body == 0 {
		return m, nil
	}
	buf := make([]byte, f.head+f.body)
	if _, err := io.ReadFull(r, buf); err != nil {
		return m, fmt.Errorf("%w: lane ended inside a frame: %w", ErrMalformed, err)
	}
	m.Head, m.Body = buf[:f.head:f.head], buf[f.head:]
	return m, nil
}

// handleLaneCall admits a call and starts its handler.
func (c *conn) handleLaneCall(f frame, r io.Reader) error {
	m, err := readLanePayload(f, r)
	if err != nil {
		return err
	}
	in := &incoming{id: f.id, bytes: f.size(), kind: f.typ, timeout: c.ep.deadlineOf(f)}
	if err := c.admit(in); err != nil {
		return err
	}
	c.ep.wg.Go(func() { c.serve(in, m) })
	return nil
}
