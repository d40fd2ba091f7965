package vault

import (
	"context"
	"sync"
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// sendTimeout bounds the handing over of one message to a connection.
const sendTimeout = 15 * time.Second

// onRequest takes a request from a client or a vault and sends it on its way.
func (v *Vault) onRequest(_ context.Context, from transport.PeerID, m transport.Message) {
	var req wire.Request
	if decode(m, &req) != nil || (len(m.Body) != 0) != (req.Op == routing.OpPut) {
		v.answer(routing.Key(from), wire.Response{ID: req.ID, Status: routing.StatusMalformed, Final: true}, nil)
		return
	}
	v.do(func(c *core) {
		entry := c.book.Get(from) == nil
		v.perform(c.router.Request(time.Now(), routing.Key(from), entry, hopRequest(req), m.Body))
	})
}

// onResponse takes an answer and returns it the way the request came.
func (v *Vault) onResponse(_ context.Context, from transport.PeerID, m transport.Message) {
	var resp wire.Response
	if decode(m, &resp) != nil {
		return
	}
	v.do(func(c *core) { v.perform(c.router.Response(time.Now(), routing.Key(from), hopResponse(resp), m.Body)) })
}

// perform carries out what the router decided. It is called in the loop and
// does not wait.
func (v *Vault) perform(actions []routing.Action) {
	for _, a := range actions {
		switch {
		case a.Forward != nil:
			v.spawn(func() { v.forward(a) })
		case a.Deliver != nil:
			v.spawn(func() { v.deliver(wireRequest(*a.Deliver), a.Body) })
		case a.Answer != nil:
			v.spawn(func() { v.answer(a.To, wireResponse(*a.Answer), a.Body) })
		}
	}
}

func (v *Vault) forward(a routing.Action) {
	ctx, cancel := context.WithTimeout(v.ctx, sendTimeout)
	defer cancel()
	err := v.ep.Send(ctx, transport.PeerID(a.To), transport.Message{
		Kind: wire.KindRequest, Head: wire.Marshal(wireRequest(*a.Forward)), Body: a.Body,
	})
	if err != nil {
		v.log.Debug("request not sent on", "to", transport.PeerID(a.To), "error", err)
		v.do(func(c *core) { v.perform(c.router.Failed(time.Now(), a.Forward.ID)) })
	}
}

func (v *Vault) answer(to routing.Key, resp wire.Response, body []byte) {
	if to == routing.Key(v.id) {
		v.waiting.answer(resp, body)
		return
	}
	ctx, cancel := context.WithTimeout(v.ctx, sendTimeout)
	defer cancel()
	if err := v.ep.Send(ctx, transport.PeerID(to), transport.Message{
		Kind: wire.KindResponse, Head: wire.Marshal(resp), Body: body,
	}); err != nil {
		v.log.Debug("answer not sent", "to", transport.PeerID(to), "error", err)
	}
}

// respond hands this vault's answer to a delivered request to the router.
func (v *Vault) respond(id routing.ID, status routing.Status, final bool, statements []wire.Signed, body []byte) {
	resp := wire.Response{ID: id, Status: status, Final: final, Statements: statements}
	v.do(func(c *core) { v.perform(c.router.Respond(time.Now(), hopResponse(resp), body)) })
}

// fetch asks the network for a chunk, as a client would.
func (v *Vault) fetch(ctx context.Context, name xorname.Name, route uint8) ([]byte, routing.Status) {
	req := wire.Request{ID: newID(), Op: routing.OpGet, Target: name, Route: route, TTL: 10_000, Nonce: newID()}
	answer := v.waiting.expect(req.ID)
	defer v.waiting.forget(req.ID)
	v.do(func(c *core) { v.perform(c.router.Request(time.Now(), routing.Key(v.id), true, hopRequest(req), nil)) })
	select {
	case a := <-answer:
		return a.body, a.resp.Status
	case <-ctx.Done():
		return nil, routing.StatusTimeout
	}
}

// waiters are this vault's own requests.
type waiters struct {
	mu sync.Mutex
	by map[routing.ID]chan answer
}

type answer struct {
	resp wire.Response
	body []byte
}

func (w *waiters) expect(id routing.ID) <-chan answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = make(map[routing.ID]chan answer)
	}
	c := make(chan answer, 1)
	w.by[id] = c
	return c
}

func (w *waiters) forget(id routing.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.by, id)
}

func (w *waiters) answer(resp wire.Response, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c, ok := w.by[resp.ID]; ok && resp.Final {
		delete(w.by, resp.ID)
		c <- answer{resp, body}
	}
}
