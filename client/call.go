package client

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
)

// calls are the routed requests under way.
type calls struct {
	mu sync.Mutex
	by map[routing.ID]*call
}

// call is one of them. Its answers come on the channel; the channel is closed
// after the last, or when the entry vault is lost.
type call struct {
	id      routing.ID
	to      transport.PeerID
	answers chan answer
}

type answer struct {
	wire.Response
	body []byte
}

// maxAnswers bounds the answers to one request; a put has two.
const maxAnswers = 4

func (s *calls) start(to transport.PeerID) *call {
	c := &call{id: newID(), to: to, answers: make(chan answer, maxAnswers)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[routing.ID]*call)
	}
	s.by[c.id] = c
	return c
}

func (s *calls) end(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by[c.id] == c {
		delete(s.by, c.id)
		close(c.answers)
	}
}

// take hands an answer to its call. One from another vault than the one asked
// is passed over, and so is what is too much.
func (s *calls) take(from transport.PeerID, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.by[a.ID]
	if c == nil || c.to != from || len(c.answers) == maxAnswers {
		return
	}
	c.answers <- a
	if a.Final {
		delete(s.by, a.ID)
		close(c.answers)
	}
}

func (s *calls) lost(peer transport.PeerID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.by {
		if c.to == peer {
			delete(s.by, id)
			close(c.answers)
		}
	}
}

func newID() (id routing.ID) {
	rand.Read(id[:]) // never fails (crypto/rand)
	return id
}

// send starts a routed request through the entry vault.
func (c *Client) send(ctx context.Context, to transport.PeerID, req wire.Request, ttl time.Duration, body []byte) (*call, error) {
	k := c.calls.start(to)
	req.ID, req.TTL = k.id, uint32(ttl/time.Millisecond)
	err := c.ep.Send(ctx, to, transport.Message{Kind: wire.KindRequest, Head: wire.Marshal(req), Body: body})
	if err != nil {
		c.calls.end(k)
		return nil, err
	}
	return k, nil
}

// next waits for the next answer. ok is false when none will come: the entry
// vault is lost or silent.
func (k *call) next(ctx context.Context, patience time.Duration) (a answer, ok bool) {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case a, ok = <-k.answers:
		return a, ok
	case <-t.C:
	case <-ctx.Done():
	}
	return answer{}, false
}

// receiver takes what vaults send.
type receiver struct{ c *Client }

// HandleMessage takes an answer to a routed request.
func (r receiver) HandleMessage(_ context.Context, from transport.PeerID, m transport.Message) {
	var a answer
	if m.Kind != wire.KindResponse || wire.Unmarshal(m.Head, &a.Response) != nil {
		return
	}
	a.body = m.Body
	r.c.calls.take(from, a)
}

// HandleRequest refuses: a client serves nothing.
func (r receiver) HandleRequest(context.Context, transport.PeerID, transport.Message) (transport.Message, error) {
	return transport.Message{}, &transport.RemoteError{Code: uint16(routing.StatusDenied), Text: "this is a client"}
}
