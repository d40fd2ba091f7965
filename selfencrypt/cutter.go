package selfencrypt

import (
	"fmt"
	"io"
)

// A source yields the chunks of a content one by one.
type source interface {
	// chunk returns the next chunk, which then belongs to the caller, or io.EOF
	// after the last one. There is at least one.
	chunk() (*chunkBuf, error)

	// size is the length of the content, valid after io.EOF.
	size() int64

	// left is how many chunks are to come, or -1 if that is not known.
	left() int64

	release()
}

// A cutter cuts a stream whose length it does not know. It reads blocks of
// rule.max and holds back those whose size may still change: up to three
// blocks and one byte until it knows that the content does not fit in three
// equal chunks, later, for SAFE, the two that may become the tail.
type cutter struct {
	r    io.Reader
	rule cutting

	held []*chunkBuf // read and not handed out; all full save the last
	skip int         // bytes of held[0] that were handed out
	read int64
	cut  int64
	next int64  // index of the next chunk
	done bool   // the end of the stream was seen
	plan Layout // valid when done
}

func (c *cutter) size() int64 { return c.read }

func (c *cutter) left() int64 {
	if !c.done {
		return -1
	}
	return c.plan.Chunks() - c.next
}

func (c *cutter) chunk() (*chunkBuf, error) {
	for hold := c.rule.hold(c.cut); !c.done && c.read-c.cut < hold; {
		if err := c.readBlock(); err != nil {
			return nil, err
		}
	}
	n := c.rule.max
	if c.done {
		if c.next == c.plan.Chunks() {
			return nil, io.EOF
		}
		n = c.plan.Length(c.next)
	}
	c.next++
	c.cut += int64(n)
	return c.take(n), nil
}

// readBlock reads until a block is full or the stream ends. Only io.EOF itself
// is an end: a reader that wraps it, or reports io.ErrUnexpectedEOF, failed.
func (c *cutter) readBlock() error {
	b := getBuf(c.rule.max)
	c.held = append(c.held, b)
	for idle := 0; b.n < c.rule.max; {
		room := b.space(c.rule.max - b.n)
		n, err := c.r.Read(room)
		if n < 0 || n > len(room) {
			return fmt.Errorf("selfencrypt: reader returned %d bytes for a buffer of %d", n, len(room))
		}
		b.n += n
		c.read += int64(n)
		if err == io.EOF {
			c.done = true
			if err := c.rule.check(c.read); err != nil {
				return err
			}
			c.plan = c.rule.layout(c.read)
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
	b := getBuf(n)
	for b.n < n {
		front := c.held[0]
		k := copy(b.space(n-b.n), front.plain()[c.skip:])
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

// A slicer reads the chunks of a content of known length where they are.
type slicer struct {
	r    io.ReaderAt
	plan Layout
	next int64
}

func (s *slicer) size() int64 { return s.plan.size }

func (s *slicer) left() int64 { return s.plan.Chunks() - s.next }

func (s *slicer) release() {}

func (s *slicer) chunk() (*chunkBuf, error) {
	if s.next == s.plan.Chunks() {
		return nil, s.checkEnd()
	}
	s.next++
	return s.at(s.next - 1)
}

// at reads chunk i.
func (s *slicer) at(i int64) (*chunkBuf, error) {
	length, off := s.plan.Length(i), s.plan.Start(i)
	b := getBuf(length)
	n, err := s.r.ReadAt(b.space(length), off)
	if n == length {
		b.n = n
		return b, nil
	}
	putBuf(b)
	switch {
	case n < 0 || n > length:
		err = fmt.Errorf("selfencrypt: reader returned %d bytes for a buffer of %d", n, length)
	case err == io.EOF:
		err = fmt.Errorf("%w: it ends after %d bytes of %d", ErrSize, off+int64(n), s.plan.size)
	case err == nil:
		err = io.ErrNoProgress // against the contract of io.ReaderAt
		fallthrough
	default:
		err = fmt.Errorf("selfencrypt: reading content at %d: %w", off+int64(n), err)
	}
	return nil, err
}

// checkEnd returns io.EOF if there is nothing behind the end.
func (s *slicer) checkEnd() error {
	var one [1]byte
	switch n, err := s.r.ReadAt(one[:], s.plan.size); {
	case n > 0:
		return fmt.Errorf("%w: it goes on after %d bytes", ErrSize, s.plan.size)
	case err != nil && err != io.EOF:
		return fmt.Errorf("selfencrypt: reading content at %d: %w", s.plan.size, err)
	}
	return io.EOF
}
