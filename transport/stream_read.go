package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

const (
	// defaultPatience is how long a stream may take for its header, and for its body beside a second for each bodyRate bytes.
	defaultPatience = 5 * time.Second
	bodyRate        = 32 << 10
)

// announced counts the streams that the peer has opened and we have not yet taken. A goroutine waits for them only while there
// are any: QUIC has no other way to learn of a stream, and an idle connection should not cost one.
type announced struct {
	mu     sync.Mutex
	coming int
}

// expect adds n streams and reports whether nobody is waiting for them yet.
func (a *announced) expect(n int) (first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	first = a.coming == 0
	a.coming += n
	return first
}

// took counts one that came and reports whether it was the last.
func (a *announced) took() (last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.coming--
	return a.coming == 0
}

func (a *announced) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.coming
}

// expectStream is called for each stream that the peer announces. The peer cannot have more open than the stream limit.
func (c *conn) expectStream() error {
	if !c.announces {
		return fmt.Errorf("%w: stream announced after a hello of version %d", ErrMalformed, helloOldest)
	}
	if c.streams.count() >= c.ep.maxUniStreams() {
		return fmt.Errorf("%w: streams announced that do not come", errOverLimit)
	}
	if c.streams.expect(1) {
		c.ep.wg.Go(c.acceptStreams)
	}
	return nil
}

// acceptStreams takes the streams that are announced and gives each a goroutine, its own to the last; the stream limit bounds
// their number.
func (c *conn) acceptStreams() {
	for {
		str, err := c.qc.AcceptUniStream(context.Background())
		if err != nil {
			return
		}
		if c.streams.took() {
			c.takeStream(str)
			return
		}
		c.ep.wg.Go(func() { c.takeStream(str) })
	}
}

func (c *conn) takeStream(str *quic.ReceiveStream) {
	if err := c.readStream(str); err != nil {
		c.fail(failCode(err), err)
	}
}

// openStream opens a stream and lets the peer know.
func (c *conn) openStream(ctx context.Context) (*quic.SendStream, error) {
	str, err := c.qc.OpenUniStreamSync(ctx)
	if err == nil && c.announces {
		c.write(frame{typ: frameStream}, nil, nil)
	}
	return str, err
}

// readStream reads the header of a stream and what the header announces. An error it returns costs the peer the connection.
func (c *conn) readStream(str *quic.ReceiveStream) error {
	_ = str.SetReadDeadline(time.Now().Add(c.ep.patience))
	var header [frameSize]byte
	if _, err := io.ReadFull(str, header[:]); err != nil {
		return c.dropStream(str, idOf(str.StreamID()), err)
	}
	f, err := parseStream(header[:])
	if err != nil && !errors.Is(err, ErrTooLarge) {
		return err
	}
	if f.typ == frameResponse {
		return c.readResponse(str, f, err)
	}
	f.id = idOf(str.StreamID())
	if err != nil {
		c.strike(offenceTooLarge)
		return c.refuseStream(str, f.id, codeTooLarge)
	}
	return c.readCall(str, f)
}

// readCall admits the call before it takes memory for it.
func (c *conn) readCall(str *quic.ReceiveStream, f frame) error {
	in := &incoming{id: f.id, bytes: f.size(), kind: f.typ, stream: true, timeout: c.ep.deadlineOf(f)}
	if err := c.admit(in); err != nil {
		return err
	}
	if in.refused != codeDone {
		str.CancelRead(quic.StreamErrorCode(in.refused))
		c.serve(in, Message{})
		return nil
	}
	m, err := c.readBody(str, f)
	if err != nil {
		c.leave(in)
		return c.dropStream(str, f.id, err)
	}
	c.serve(in, m)
	return nil
}

// readResponse reads the answer to a request of ours; tooLarge is the verdict on its header.
func (c *conn) readResponse(str *quic.ReceiveStream, f frame, tooLarge error) error {
	wanted, err := c.claim(f.id)
	if err != nil {
		return err
	}
	switch {
	case !wanted:
		str.CancelRead(quic.StreamErrorCode(codeCanceled))
		c.endCall(f.id, result{})
		return nil
	case tooLarge != nil:
		c.strike(offenceTooLarge)
		str.CancelRead(quic.StreamErrorCode(codeTooLarge))
		c.endCall(f.id, result{err: tooLarge})
		return nil
	case !c.ep.total.take(f.size()):
		str.CancelRead(quic.StreamErrorCode(codeBusy))
		c.endCall(f.id, result{err: fmt.Errorf("%w: no memory left for the answer", ErrBusy)})
		return nil
	}
	defer c.ep.total.give(f.size())
	m, err := c.readBody(str, f)
	if err == nil {
		c.endCall(f.id, result{m: m})
		return nil
	}
	if errors.Is(err, ErrMalformed) {
		return err
	}
	str.CancelRead(quic.StreamErrorCode(codeSlow))
	var reset *quic.StreamError
	if errors.As(err, &reset) && reset.Remote {
		return nil // the peer says on the lane why
	}
	c.strike(offenceStalled)
	c.endCall(f.id, result{err: fmt.Errorf("%w: the answer stopped half-way: %w", ErrPeerGone, err)})
	return nil
}

// readBody reads exactly what the header announced, into slices of that size, and the end of the stream after it.
func (c *conn) readBody(str *quic.ReceiveStream, f frame) (Message, error) {
	allowed := c.ep.patience + time.Duration(f.size())*time.Second/bodyRate
	_ = str.SetReadDeadline(time.Now().Add(allowed))
	m := Message{Kind: f.kind}
	for _, part := range []struct {
		into *[]byte
		size uint32
	}{{&m.Head, f.head}, {&m.Body, f.body}} {
		if part.size == 0 {
			continue
		}
		*part.into = make([]byte, part.size)
		if _, err := io.ReadFull(str, *part.into); err != nil {
			return Message{}, endedEarly(err)
		}
	}
	var extra [1]byte
	switch n, err := str.Read(extra[:]); {
	case n > 0:
		return Message{}, fmt.Errorf("%w: stream goes on after its message", ErrMalformed)
	case err != io.EOF:
		return Message{}, err
	}
	return m, nil
}

// endedEarly tells the end of a stream inside a message from a reset or a timeout.
func endedEarly(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: stream ended inside its message", ErrMalformed)
	}
	return err
}

// dropStream ends a call whose bytes did not all come. Only a stream that ended in the wrong place costs the connection.
func (c *conn) dropStream(str *quic.ReceiveStream, id uint32, err error) error {
	if err = endedEarly(err); errors.Is(err, ErrMalformed) {
		return err
	}
	var reset *quic.StreamError
	if errors.As(err, &reset) && reset.Remote {
		c.strike(offenceReset)
		return c.refuseStream(str, id, codeCanceled)
	}
	c.strike(offenceStalled)
	return c.refuseStream(str, id, codeSlow)
}

func (c *conn) refuseStream(str *quic.ReceiveStream, id uint32, why code) error {
	str.CancelRead(quic.StreamErrorCode(why))
	c.write(frame{typ: frameRefusal, kind: uint16(why), id: id}, nil, nil)
	return nil
}
