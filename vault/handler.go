package vault

import (
	"context"
	"fmt"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
)

// handler sends each incoming message to its role.
type handler struct{ v *Vault }

// requests are the messages that are answered, each with its role and whether
// only members may send it. oneWay are the others. A test holds this table
// against docs/spec/messages.md.
var requests = map[uint16]struct {
	members bool
	serve   func(*Vault, context.Context, transport.PeerID, transport.Message) (any, error)
}{
	wire.KindHello:    {false, (*Vault).onHello},
	wire.KindSession:  {false, (*Vault).onSession},
	wire.KindMembers:  {false, (*Vault).onMembers},
	wire.KindJoin:     {false, (*Vault).onJoin},
	wire.KindAnnounce: {false, (*Vault).onAnnounce},
	wire.KindHold:     {true, (*Vault).onHold},
	wire.KindHave:     {true, (*Vault).onHave},
}

var oneWay = map[uint16]struct {
	members bool
	serve   func(*Vault, context.Context, transport.PeerID, transport.Message)
}{
	wire.KindPresence: {true, (*Vault).onPresence},
	wire.KindRequest:  {false, (*Vault).onRequest},
	wire.KindResponse: {true, (*Vault).onResponse},
}

// HandleRequest serves a request. A vault that has not joined yet serves none.
func (h handler) HandleRequest(ctx context.Context, from transport.PeerID, m transport.Message) (transport.Message, error) {
	role, ok := requests[m.Kind]
	if !ok {
		return transport.Message{}, refuse(routing.StatusMalformed, "unknown kind %d", m.Kind)
	}
	if err := h.v.await(ctx); err != nil {
		return transport.Message{}, err
	}
	if role.members && !h.v.isMember(from) {
		return transport.Message{}, refuse(routing.StatusDenied, "not a member")
	}
	if len(m.Body) > 0 && m.Kind != wire.KindHold {
		return transport.Message{}, refuse(routing.StatusMalformed, "kind %d has no body", m.Kind)
	}
	reply, err := role.serve(h.v, ctx, from, m)
	if err != nil {
		return transport.Message{}, err
	}
	return transport.Message{Kind: m.Kind, Head: wire.Marshal(reply)}, nil
}

// HandleMessage serves a one-way message.
func (h handler) HandleMessage(ctx context.Context, from transport.PeerID, m transport.Message) {
	role, ok := oneWay[m.Kind]
	if !ok || h.v.await(ctx) != nil || (role.members && !h.v.isMember(from)) {
		h.v.log.Debug("message passed over", "kind", m.Kind, "from", from)
		return
	}
	role.serve(h.v, ctx, from, m)
}

// await waits until the vault has a name.
func (v *Vault) await(ctx context.Context) error {
	select {
	case <-v.ready:
		return nil
	default:
	}
	select {
	case <-v.ready:
		return nil
	case <-ctx.Done():
		return refuse(routing.StatusUnreachable, "not joined yet")
	case <-v.ctx.Done():
		return refuse(routing.StatusUnreachable, "closing")
	}
}

func (v *Vault) isMember(id transport.PeerID) (yes bool) {
	v.do(func(c *core) { yes = c.book.Get(id) != nil })
	return yes
}

func refuse(s routing.Status, format string, args ...any) error {
	return &transport.RemoteError{Code: uint16(s), Text: fmt.Sprintf(format, args...)}
}

// headless refuses a head where a kind has none.
func headless(m transport.Message) error {
	if len(m.Head) > 0 {
		return refuse(routing.StatusMalformed, "kind %d has no head", m.Kind)
	}
	return nil
}

// decode reads the head of a message.
func decode(m transport.Message, v any) error {
	if err := wire.Unmarshal(m.Head, v); err != nil {
		return refuse(routing.StatusMalformed, "%v", err)
	}
	return nil
}
