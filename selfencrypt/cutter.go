package selfencrypt

import (
	"fmt"
	"io"
)

// A cutter cuts a stream whose length it does not know. It reads blocks of
// MaxPlain and holds back those whose size may still change: up to three
// blocks and one byte until it knows that the content does not fit in three
// equal chunks, later the two that may become the tail.
type cutter struct {
	r     io.Reader
	level int

	held []*chunkBuf // read and not handed out; all full save the last
	skip int         // bytes of held[0] that were handed out
	read int64
	cut  int64
	next int64  // index of the next chunk
	done bool   // the end of the stream was seen
	plan layout // valid when done
}

// chunk returns the next chunk, which then belongs to the caller, or io.EOF
// after the last one. There is at least one.
func (c *cutter) chunk() (*chunkBuf, error) {
	hold := int64(2 * MaxPlain)
	if c.next == 0 {
		hold = 3 * MaxPlain
	}
	for !c.done && c.read-c.cut <= hold {
		if err := c.readBlock(); err != nil {
			return nil, err
		}
	}
	n := MaxPlain
	if c.done {
		if c.next == c.plan.chunks() {
			return nil, io.EOF
		}
		n = c.plan.length(c.next)
	}
	c.next++
	c.cut += int64(n)
	return c.take(n), nil
}

// readBlock reads until a block is full or the stream ends. Only io.EOF itself
// is an end: a reader that wraps it, or reports io.ErrUnexpectedEOF, failed.
func (c *cutter) readBlock() error {
	b := getBuf()
	c.held = append(c.held, b)
	for idle := 0; b.n < MaxPlain; {
		room := b.space()
		n, err := c.r.Read(room)
		if n < 0 || n > len(room) {
			return fmt.Errorf("selfencrypt: reader returned %d bytes for a buffer of %d", n, len(room))
		}
		b.n += n
		c.read += int64(n)
		if err == io.EOF {
			c.done = true
			c.plan = layoutOf(c.level, c.read)
			return nil
		}
		if err == nil && n == 0 {
			if idle++; idle == 100 {
				err = io.ErrNoProgress
			}
		} else {
			idle = 0
		}
		if err != nil {
			return fmt.Errorf("selfencrypt: reading content, after %d bytes: %w", c.read, err)
		}
	}
	return nil
}

// take removes n bytes from the front of what is held. A block of just that
// length is passed on as it is; only the tail is ever copied.
func (c *cutter) take(n int) *chunkBuf {
	if c.skip == 0 && c.held[0].n == n {
		b := c.held[0]
		c.held = c.held[1:]
		return b
	}
	b := getBuf()
	for b.n < n {
		front := c.held[0]
		k := copy(b.space()[:n-b.n], front.plain()[c.skip:])
		b.n += k
		if c.skip += k; c.skip == front.n {
			putBuf(front)
			c.held, c.skip = c.held[1:], 0
		}
	}
	return b
}

func (c *cutter) release() {
	for _, b := range c.held {
		putBuf(b)
	}
	c.held = nil
}
