package transport

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/quic-go/quic-go"
)

// This file is the answering side: calls of the peer, from admission to the end of our handler.

// serve runs the handler for an admitted call and tells the peer that the call has ended.
func (c *conn) serve(in *incoming, m Message) {
	if in.kind == frameMessage {
		c.serveMessage(in, m)
		return
	}
	answer, err := Message{}, in.refused.err()
	if in.refused == codeDone {
		answer, err = ServeRequest(in.ctx, c.ep.cfg.Handler, c.id, m, c.reportPanic)
	}
	alone := c.uncount(in)
	if err == nil && len(answer.Head)+len(answer.Body) > laneMax {
		err = c.answerOnStream(in, answer)
		if err == nil {
			c.forget(in)
			return
		}
	}
	c.forget(in)
	c.answerOnLane(in.id, answer, err, alone)
}

func (c *conn) serveMessage(in *incoming, m Message) {
	if in.refused == codeDone {
		ServeMessage(in.ctx, c.ep.cfg.Handler, c.id, m, c.reportPanic)
	}
	c.leave(in)
	switch {
	case !in.stream:
		c.returnCredit(1, in.bytes)
	case in.refused != codeDone:
		c.write(frame{typ: frameRefusal, kind: uint16(in.refused), id: in.id}, nil, nil)
	default:
		c.write(frame{typ: frameEnded, id: in.id}, nil, nil)
	}
}

func (c *conn) reportPanic(reason string) {
	c.ep.cfg.Logger.Error("transport: handler panicked", "peer", c.id.short(), "panic", reason)
}

// returnCredit tells the peer about handled lane messages, a quarter of the window at a time: the peer can then not be out of
// window for long while nothing is in progress here.
func (c *conn) returnCredit(calls, bytes int) {
	c.mu.Lock()
	c.credit.calls += calls
	c.credit.bytes += bytes
	due := c.credit
	tell := due.calls > 0 && (c.retired || due.calls*4 >= c.ep.cfg.MaxStreams || due.bytes*4 >= c.ep.cfg.BytesPerPeer)
	if tell {
		c.credit = credit{}
	}
	c.mu.Unlock()
	if tell {
		c.write(frame{typ: frameCredit, id: uint32(due.calls), arg: uint32(due.bytes)}, nil, nil)
	}
}

func (c *conn) answerOnLane(id uint32, m Message, err error, alone bool) {
	f := frame{typ: frameResponse, kind: m.Kind, id: id}
	var remote *RemoteError
	switch {
	case err == nil:
	case errors.As(err, &remote):
		f.typ, f.kind, m = frameFailure, remote.Code, Message{Body: []byte(remote.Text)}
	default:
		f.typ, f.kind, m = frameRefusal, uint16(refusalCode(err)), Message{}
	}
	write := c.lane.write
	if alone {
		write = c.lane.writeAlone
	}
	if err := write(f, m.Head, m.Body); err != nil {
		c.laneBroken(err)
	}
}

// refusalCode is how an error of our own travels.
func refusalCode(err error) code {
	if errors.Is(err, errUnread) {
		return codeSlow
	}
	for _, c := range []code{codeBusy, codeNoHandler, codeDeadline, codeCanceled, codeTooLarge} {
		if errors.Is(err, c.err()) {
			return c
		}
	}
	return codeRefused
}

// answerOnStream sends a large answer. What the peer does not read is bounded in bytes by a quarter of BytesTotal, and in time:
// by the request's deadline, and by progress of the connection.
func (c *conn) answerOnStream(in *incoming, m Message) error {
	if !c.holdAnswer(m.size()) {
		return fmt.Errorf("%w: no memory left for the answer", ErrBusy)
	}
	defer c.dropAnswer(m.size())
	str, err := c.openStream(in.ctx)
	if err != nil {
		return c.streamError(in.ctx, err)
	}
	return c.writeStream(in.ctx, &answerStream{SendStream: str, c: c}, frame{typ: frameResponse, kind: m.Kind, id: in.id}, m)
}

// errUnread ends an answer that the peer does not read.
var errUnread = errors.New("transport: the peer does not read the answer")

// answerStream gives up when all answers of the connection together move slower than bodyRate for a while. The deadline of the
// request would not do: the peer chose it.
type answerStream struct {
	*quic.SendStream
	c *conn
}

func (s *answerStream) Write(b []byte) (written int, err error) {
	round := s.c.ep.patience
	enough := int64(round) * bodyRate / int64(time.Second)
	for idle := 0; idle < 2; { // another answer may be the one that moves, and say so only after its own round
		before := s.c.answered.Load()
		_ = s.SetWriteDeadline(time.Now().Add(round))
		n, err := s.SendStream.Write(b[written:])
		written += n
		s.c.answered.Add(int64(n))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		if idle++; s.c.answered.Load()-before >= enough {
			idle = 0
		}
	}
	s.c.strike(offenceUnread)
	return written, errUnread
}

func (c *conn) holdAnswer(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answerBytes+n > max(c.ep.cfg.BytesPerPeer, c.ep.cfg.BytesTotal/4) || !c.ep.total.take(n) {
		return false
	}
	c.answerBytes += n
	return true
}

func (c *conn) dropAnswer(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answerBytes -= n
	c.ep.total.give(n)
}
