package vault_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// patience is how long tests wait for a condition. None waits for so long
// unless it fails.
const patience = 40 * time.Second

// network is vaults on a network in memory, and the peers that a test adds.
type network struct {
	t      testing.TB
	mem    *memnet.Net
	dir    string
	vaults []*node
}

// node is a vault that can be stopped and started again on its directory.
type node struct {
	*vault.Vault
	cfg  vault.Config
	live bool
}

// start begins a network of n vaults. tune changes their configurations.
func start(t testing.TB, n int, tune ...func(i int, c *vault.Config)) *network {
	t.Helper()
	net := newNetwork(t)
	for range n {
		net.add(tune...)
	}
	net.settle()
	return net
}

func newNetwork(t testing.TB) *network {
	net := &network{t: t, mem: memnet.New(1), dir: t.TempDir()}
	t.Cleanup(net.stop)
	return net
}

// add starts one vault more.
func (n *network) add(tune ...func(i int, c *vault.Config)) *node {
	n.t.Helper()
	i := len(n.vaults)
	cfg := vault.Config{
		Dir: filepath.Join(n.dir, strconv.Itoa(i)), Transport: n.endpoint, First: i == 0,
		Heartbeat: 100 * time.Millisecond, AwayAfter: 3 * time.Second, JoinTimeout: patience,
	}
	if i > 0 {
		cfg.Contacts = []string{n.vaults[0].Info().Addr}
	}
	for _, f := range tune {
		f(i, &cfg)
	}
	n.vaults = append(n.vaults, &node{cfg: cfg})
	n.start(i)
	n.vaults[i].cfg.First = false
	return n.vaults[i]
}

// endpoint makes vaults that ask for any port get an address of their own.
func (n *network) endpoint(c transport.Config) (transport.Endpoint, error) {
	if c.Listen == ":0" || c.Listen == "127.0.0.1:0" {
		c.Listen = ""
	}
	c.HandshakeTimeout = 200 * time.Millisecond // what it takes to see that nobody is there
	return n.mem.Endpoint(c)
}

func quickAway(_ int, c *vault.Config) {
	c.Heartbeat, c.AwayAfter = 50*time.Millisecond, 400*time.Millisecond
}

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

func (n *network) start(i int) {
	n.t.Helper()
	v, err := vault.Start(n.t.Context(), n.vaults[i].cfg)
	require.NoError(n.t, err)
	n.vaults[i].Vault, n.vaults[i].live = v, true
}

// kill ends a vault without a goodbye.
func (n *network) kill(i int) {
	n.mem.Kill(n.vaults[i].Info().Key)
	_ = n.vaults[i].Close()
	n.vaults[i].live = false
}

// close ends a vault as its operator would.
func (n *network) close(i int) {
	require.NoError(n.t, n.vaults[i].Close())
	n.vaults[i].live = false
}

func (n *network) stop() {
	for _, v := range n.vaults {
		if v.live {
			_ = v.Close()
		}
	}
}

func (n *network) living() (live []*node) {
	for _, v := range n.vaults {
		if v.live {
			live = append(live, v)
		}
	}
	return live
}

// settle waits until all living vaults have one list: themselves.
func (n *network) settle() {
	n.t.Helper()
	live := n.living()
	eventually(n.t, func() bool {
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
	for _, v := range n.living() {
		if v.Has(name) {
			count++
		}
	}
	return count
}

// byKey returns the vault of a key.
func (n *network) byKey(key [32]byte) *node {
	for _, v := range n.vaults {
		if v.Info().Key == key {
			return v
		}
	}
	n.t.Fatalf("no vault has the key %x", key)
	return nil
}

func eventually(t testing.TB, cond func() bool, what string) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			require.FailNow(t, "never came true: "+what)
		}
	}
}

// peer is an endpoint in the hands of a test: a client, or worse.
type peer struct {
	transport.Endpoint
	t       testing.TB
	key     ed25519.PrivateKey
	answers chan transport.Message // the one-way messages that it was sent
}

func (n *network) peer() *peer {
	n.t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(n.t, err)
	p := &peer{t: n.t, key: key, answers: make(chan transport.Message, 4096)}
	p.Endpoint, err = n.mem.Endpoint(transport.Config{Key: key, Handler: p})
	require.NoError(n.t, err)
	n.t.Cleanup(func() { _ = p.Close() })
	for _, v := range n.living() {
		_, err := p.Connect(n.t.Context(), v.Info().Addr, v.Info().Key)
		require.NoError(n.t, err)
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
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

// ask sends a request to a vault and decodes the answer into reply.
func (p *peer) ask(to *node, kind uint16, head, reply any, body []byte) error {
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
func (p *peer) tell(to *node, kind uint16, head any, body []byte) {
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
	case <-time.After(patience):
		require.FailNow(p.t, "no answer")
	}
	return wire.Response{}, nil
}

// route sends a routed request and returns its first answer.
func (p *peer) route(to *node, req wire.Request, body []byte) (wire.Response, []byte) {
	p.t.Helper()
	if req.ID == (routing.ID{}) {
		rand.Read(req.ID[:])
	}
	req.TTL = uint32(patience / time.Millisecond)
	p.tell(to, wire.KindRequest, req, body)
	r, got := p.answer()
	require.Equal(p.t, req.ID, r.ID)
	return r, got
}

// put stores a chunk through a vault and waits until its holders have it.
func (p *peer) put(to *node, chunk []byte) (xorname.Name, wire.Response) {
	p.t.Helper()
	name := xorname.FromContent(chunk)
	r, _ := p.route(to, wire.Request{Op: routing.OpPut, Target: name}, chunk)
	for last := r; !last.Final; r = last {
		last, _ = p.answer()
	}
	return name, r
}

func (p *peer) get(to *node, name xorname.Name) (wire.Response, []byte) {
	p.t.Helper()
	return p.route(to, wire.Request{Op: routing.OpGet, Target: name, Nonce: [16]byte{7}}, nil)
}

// receipts returns the valid statements of an answer.
func (n *network) receipts(r wire.Response) []members.Statement {
	return members.Verify(n.vaults[0].Info().Network, r.Statements)
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
