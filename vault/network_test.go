package vault_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// network is vaults, and the peers that a test adds.
type network struct{ *vaulttest.Network }

func start(t testing.TB, n int, tunes ...vaulttest.Tune) *network {
	t.Helper()
	net := &network{vaulttest.Start(t, n, tunes...)}
	net.settle()
	return net
}

func newNetwork(t testing.TB) *network { return &network{vaulttest.New(t)} }

// tap lets a test see, and change, what comes in. What gets the kind 0 is lost
// on the way.
func tap(in func(i int, from transport.PeerID, m transport.Message) transport.Message) func(int, *vault.Config) {
	return func(i int, c *vault.Config) {
		listen := c.Transport
		c.Transport = func(tc transport.Config) (transport.Endpoint, error) {
			tc.Handler = tapped{tc.Handler, func(from transport.PeerID, m transport.Message) transport.Message { return in(i, from, m) }}
			return listen(tc)
		}
	}
}

type tapped struct {
	transport.Handler
	in func(transport.PeerID, transport.Message) transport.Message
}

func (h tapped) HandleMessage(ctx context.Context, from transport.PeerID, m transport.Message) {
	if m = h.in(from, m); m.Kind != 0 {
		h.Handler.HandleMessage(ctx, from, m)
	}
}

func (h tapped) HandleRequest(ctx context.Context, from transport.PeerID, m transport.Message) (transport.Message, error) {
	if m = h.in(from, m); m.Kind == 0 {
		<-ctx.Done()
		return transport.Message{}, ctx.Err()
	}
	return h.Handler.HandleRequest(ctx, from, m)
}

// settle waits until all living vaults have one list: themselves.
func (n *network) settle() {
	n.T.Helper()
	live := n.Living()
	vaulttest.Eventually(n.T, func() bool {
		for _, v := range live {
			if v.Info().Members != len(live) || v.ListDigest() != live[0].ListDigest() {
				return false
			}
		}
		return true
	}, "all vaults have the same members")
}

// copies counts the living vaults that hold a chunk.
func (n *network) copies(name xorname.Name) (count int) {
	for _, v := range n.Living() {
		if v.Has(name) {
			count++
		}
	}
	return count
}

// byKey returns the vault of a key.
func (n *network) byKey(key [32]byte) *vaulttest.Node {
	for _, v := range n.Vaults {
		if v.Info().Key == key {
			return v
		}
	}
	n.T.Fatalf("no vault has the key %x", key)
	return nil
}

// peer is an endpoint in the hands of a test: a client, or worse.
type peer struct {
	transport.Endpoint
	t       testing.TB
	key     ed25519.PrivateKey
	answers chan transport.Message // the one-way messages that it was sent
}

func (n *network) peer() *peer {
	n.T.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(n.T, err)
	p := &peer{t: n.T, key: key, answers: make(chan transport.Message, 4096)}
	p.Endpoint, err = n.Mem.Endpoint(transport.Config{Key: key, Handler: p})
	require.NoError(n.T, err)
	n.T.Cleanup(func() { _ = p.Close() })
	for _, v := range n.Living() {
		_, err := p.Connect(n.T.Context(), v.Info().Addr, v.Info().Key)
		require.NoError(n.T, err)
	}
	return p
}

func (p *peer) HandleMessage(_ context.Context, _ transport.PeerID, m transport.Message) {
	p.answers <- m
}

func (p *peer) HandleRequest(context.Context, transport.PeerID, transport.Message) (transport.Message, error) {
	return transport.Message{}, &transport.RemoteError{Code: uint16(routing.StatusDenied)}
}

func (p *peer) ctx() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), vaulttest.Patience)
	p.t.Cleanup(cancel)
	return ctx
}

// ask sends a request to a vault and decodes the answer into reply.
func (p *peer) ask(to *vaulttest.Node, kind uint16, head, reply any, body []byte) error {
	m := transport.Message{Kind: kind, Body: body}
	switch h := head.(type) {
	case nil:
	case []byte:
		m.Head = h
	default:
		m.Head = wire.Marshal(h)
	}
	m, err := p.Request(p.ctx(), to.Info().Key, m)
	if err == nil && reply != nil {
		err = wire.Unmarshal(m.Head, reply)
	}
	return err
}

// tell sends a one-way message to a vault.
func (p *peer) tell(to *vaulttest.Node, kind uint16, head any, body []byte) {
	p.t.Helper()
	h, ok := head.([]byte)
	if !ok {
		h = wire.Marshal(head)
	}
	require.NoError(p.t, p.Send(p.ctx(), to.Info().Key, transport.Message{Kind: kind, Head: h, Body: body}))
}

// answer returns the next answer to a routed request.
func (p *peer) answer() (wire.Response, []byte) {
	p.t.Helper()
	select {
	case m := <-p.answers:
		var r wire.Response
		require.Equal(p.t, wire.KindResponse, m.Kind)
		require.NoError(p.t, wire.Unmarshal(m.Head, &r))
		return r, m.Body
	case <-time.After(vaulttest.Patience):
		require.FailNow(p.t, "no answer")
	}
	return wire.Response{}, nil
}

// route sends a routed request and returns its first answer.
func (p *peer) route(to *vaulttest.Node, req wire.Request, body []byte) (wire.Response, []byte) {
	p.t.Helper()
	if req.ID == (routing.ID{}) {
		rand.Read(req.ID[:])
	}
	req.TTL = uint32(vaulttest.Patience / time.Millisecond)
	p.tell(to, wire.KindRequest, req, body)
	r, got := p.answer()
	require.Equal(p.t, req.ID, r.ID)
	return r, got
}

// put stores a chunk through a vault and waits until its holders have it.
func (p *peer) put(to *vaulttest.Node, chunk []byte) (xorname.Name, wire.Response) {
	p.t.Helper()
	name := xorname.FromContent(chunk)
	r, _ := p.route(to, wire.Request{Op: routing.OpPut, Target: name}, chunk)
	for last := r; !last.Final; r = last {
		last, _ = p.answer()
	}
	return name, r
}

func (p *peer) get(to *vaulttest.Node, name xorname.Name) (wire.Response, []byte) {
	p.t.Helper()
	return p.route(to, wire.Request{Op: routing.OpGet, Target: name, Nonce: [16]byte{7}}, nil)
}

// receipts returns the valid statements of an answer.
func (n *network) receipts(r wire.Response) []members.Statement {
	return members.Verify(n.Vaults[0].Info().Network, r.Statements)
}

func random(size int) []byte {
	chunk := make([]byte, size)
	rand.Read(chunk)
	return chunk
}

// remote is the status with which a vault refused a request.
func remote(t testing.TB, err error) routing.Status {
	t.Helper()
	var r *transport.RemoteError
	require.ErrorAs(t, err, &r)
	return routing.Status(r.Code)
}

// copies begins a network with so many holders of each chunk.
func copies(n int) func(int, *vault.Config) {
	return func(_ int, c *vault.Config) { c.Copies = n }
}
