package client_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault"
)

// liar is a member that joins as it should and then lies: it answers a request
// by itself when lie says so.
type liar struct {
	transport.Handler
	key ed25519.PrivateKey
	ep  transport.Endpoint
	on  *atomic.Bool
	lie func(l *liar, from transport.PeerID, req wire.Request, body []byte) bool
	// hold, if set, answers the requests of other vaults for holding and having.
	hold func(l *liar, ctx context.Context, m transport.Message) (any, error)
}

func lying(on *atomic.Bool, kind liar, who ...int) vaulttest.Tune {
	return func(i int, c *vault.Config) {
		if !slices.Contains(who, i) {
			return
		}
		l := kind
		l.on = on
		listen := c.Transport
		c.Transport = func(tc transport.Config) (_ transport.Endpoint, err error) {
			l.Handler, l.key, tc.Handler = tc.Handler, tc.Key, &l
			l.ep, err = listen(tc)
			return l.ep, err
		}
	}
}

func (l *liar) HandleMessage(ctx context.Context, from transport.PeerID, m transport.Message) {
	var req wire.Request
	if l.on.Load() && m.Kind == wire.KindRequest && wire.Unmarshal(m.Head, &req) == nil && l.lie(l, from, req, m.Body) {
		return
	}
	l.Handler.HandleMessage(ctx, from, m)
}

func (l *liar) HandleRequest(ctx context.Context, from transport.PeerID, m transport.Message) (transport.Message, error) {
	if !l.on.Load() || l.hold == nil || m.Kind != wire.KindHold && m.Kind != wire.KindHave {
		return l.Handler.HandleRequest(ctx, from, m)
	}
	reply, err := l.hold(l, ctx, m)
	if err != nil {
		return transport.Message{}, err
	}
	return transport.Message{Kind: m.Kind, Head: wire.Marshal(reply)}, nil
}

func (l *liar) answer(to transport.PeerID, r wire.Response, body []byte) bool {
	_ = l.ep.Send(context.Background(), to, transport.Message{Kind: wire.KindResponse, Head: wire.Marshal(r), Body: body})
	return true
}

// The lies.
var (
	wrongBytes = liar{lie: func(l *liar, from transport.PeerID, req wire.Request, _ []byte) bool {
		return req.Op == routing.OpGet && l.answer(from, wire.Response{ID: req.ID, Final: true}, random(1000))
	}}
	denies = liar{
		lie: func(l *liar, from transport.PeerID, req wire.Request, _ []byte) bool {
			r := wire.Response{ID: req.ID, Final: true, Status: routing.StatusNotFound}
			return req.Op == routing.OpGet && l.answer(from, r, nil)
		},
		hold: func(*liar, context.Context, transport.Message) (any, error) {
			return wire.HoldReply{Status: routing.StatusNotFound}, nil
		},
	}
	says = func(s routing.Status) liar {
		return liar{
			lie: func(l *liar, from transport.PeerID, req wire.Request, _ []byte) bool {
				return l.answer(from, wire.Response{ID: req.ID, Final: true, Status: s}, nil)
			},
			hold: func(*liar, context.Context, transport.Message) (any, error) { return nil, errors.New("no") },
		}
	}
	mute = liar{
		lie: func(*liar, transport.PeerID, wire.Request, []byte) bool { return true },
		hold: func(_ *liar, ctx context.Context, _ transport.Message) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
)

// forger returns a liar that has a receipt for everything from everybody: its
// own, many times; and others', with its own signature.
func forger(list *atomic.Pointer[members.List]) liar {
	receipts := func(l *liar, req wire.Request) (all []wire.Signed) {
		known := list.Load()
		r := wire.Receipt{Network: networkOf(l), Name: req.Target, Held: true, Members: known.Digest()}
		for _, h := range known.Holders(req.Target) {
			s := wire.NewSigned(l.key, sign.Receipt, &r)
			all = append(all, s)
			s.Signer = h.Key
			all = append(all, s)
		}
		return all
	}
	return liar{
		lie: func(l *liar, from transport.PeerID, req wire.Request, _ []byte) bool {
			if req.Op == routing.OpGet {
				return false
			}
			return l.answer(from, wire.Response{ID: req.ID, Final: true, Statements: receipts(l, req)}, nil)
		},
		hold: func(l *liar, _ context.Context, m transport.Message) (any, error) {
			var h wire.Hold // Have looks the same
			if err := wire.Unmarshal(m.Head, &h); err != nil {
				return nil, err
			}
			forged := receipts(l, wire.Request{Target: h.Name})[1]
			return wire.HoldReply{Receipt: &forged}, nil
		},
	}
}

var networks sync.Map // of liars, by key

func networkOf(l *liar) [32]byte {
	n, _ := networks.Load(transport.PeerID(l.key.Public().(ed25519.PublicKey)))
	return n.([32]byte)
}

// list asks a vault for its member list, as a client does.
func (n *network) list(i int) members.List {
	n.T.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(n.T, err)
	ep, err := n.Mem.Endpoint(transport.Config{Key: key})
	require.NoError(n.T, err)
	defer ep.Close()
	peer, err := ep.Connect(n.T.Context(), n.Vaults[i].Info().Addr, transport.PeerID{})
	require.NoError(n.T, err)
	m, err := ep.Request(n.T.Context(), peer, transport.Message{Kind: wire.KindHello, Head: wire.Marshal(wire.Hello{Version: wire.Version})})
	require.NoError(n.T, err)
	var hello wire.HelloReply
	require.NoError(n.T, wire.Unmarshal(m.Head, &hello))
	book, err := members.NewBook(hello.Genesis)
	require.NoError(n.T, err)
	m, err = ep.Request(n.T.Context(), peer, transport.Message{Kind: wire.KindMembers})
	require.NoError(n.T, err)
	var reply wire.MembersReply
	require.NoError(n.T, wire.Unmarshal(m.Head, &reply))
	for _, told := range book.AddAll(reply.Members) {
		told.Entry.Present = told.Present
	}
	return book.Present()
}

// Two of five vaults lie, in every way, and they are the clients' ways into the
// network: files are stored and read all the same, by what the three others
// sign. (Of those that are silent there is one: each costs a client's vaulttest.Patience.)
func TestLyingVaultsDoNotStopAnything(t *testing.T) {
	t.Parallel()
	var known atomic.Pointer[members.List]
	for what, kind := range map[string]liar{
		"wrong bytes":     wrongBytes,
		"denials":         denies,
		"silence":         mute,
		"failure":         says(routing.StatusInternal),
		"no space":        says(routing.StatusFull),
		"unknown status":  says(200),
		"empty success":   says(routing.StatusOK),
		"forged receipts": forger(&known),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var on atomic.Bool
			liars, ways := []int{1, 2}, []int{1, 2}
			if what == "silence" {
				liars, ways = []int{1}, []int{1, 0}
			}
			net := start(t, 5, lying(&on, kind, liars...))
			for _, v := range net.Vaults {
				networks.Store(v.Info().Key, [32]byte(v.Info().Network))
			}
			list := net.list(0)
			if what == "forged receipts" {
				known.Store(&list)
			}
			before := random(100_000)
			old := put(t, net.dial(), before)
			settled(t, old)
			had := net.Vaults[0].Info().Chunks

			writer, reader := net.dialThrough(ways[0]), net.dialThrough(ways[1])
			on.Store(true)
			get(t, reader, old.Address, before)
			data := random(70_000)
			res := put(t, writer, data)
			get(t, reader, res.Address, data)
			honest := int64(0) // copies of the new file's chunks
			for i, v := range net.Vaults {
				if !slices.Contains(liars, i) {
					honest += v.Info().Chunks - had
				}
			}
			// Three must sign. These liars sign for what they hold, or by their
			// own key; the others do not, so that three honest vaults have.
			least := map[string]int64{"wrong bytes": 1, "denials": 1, "forged receipts": 2}[what]
			if least == 0 {
				least = 3
			}
			require.GreaterOrEqual(t, honest, least*int64(res.Chunks))

			on.Store(false)
			_, err := net.dial().GetFile(t.Context(), nowhere(t, writer), io.Discard, nil)
			require.ErrorIs(t, err, client.ErrNotFound)
		})
	}
}

// By a list of long ago, when the network was small, one vault was a majority.
// It can sign by that list for ever; the client has forgotten it.
func TestReceiptsByAStaleListDoNotCount(t *testing.T) {
	t.Parallel()
	var on atomic.Bool
	var stale atomic.Pointer[members.List]
	old := liar{lie: func(l *liar, from transport.PeerID, req wire.Request, _ []byte) bool {
		if req.Op == routing.OpGet {
			return false
		}
		r := wire.Receipt{Network: networkOf(l), Name: req.Target, Held: true, Members: stale.Load().Digest()}
		return l.answer(from, wire.Response{ID: req.ID, Final: true, Statements: []wire.Signed{wire.NewSigned(l.key, sign.Receipt, &r)}}, nil)
	}}
	net := start(t, 1, lying(&on, old, 0))
	networks.Store(net.Vaults[0].Info().Key, [32]byte(net.Vaults[0].Info().Network))
	c := net.dial()
	_, err := c.Members(t.Context())
	require.NoError(t, err)
	list := net.list(0)
	stale.Store(&list)
	for range 4 {
		net.Add()
	}
	net.Settle()
	c.SetListAge(50 * time.Millisecond)
	time.Sleep(60 * time.Millisecond) // the list ages
	on.Store(true)
	data := random(1000)
	res := put(t, c, data)
	require.Positive(t, res.Retries)
	honest := 0
	for _, v := range net.Vaults[1:] {
		honest += int(v.Info().Chunks)
	}
	require.GreaterOrEqual(t, honest, 2, "three of five signed, one of them the liar at most")
	get(t, net.dial(), res.Address, data)
}

// A stranger that passes every question on to a real vault is not taken for
// one: its key is no member's.
func TestAStrangerIsNoContact(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	s := &stranger{vault: net.Vaults[0].Info()}
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	s.ep, err = net.Endpoint(transport.Config{Key: key, Listen: "stranger:1", Handler: s})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.ep.Close()) })

	cfg := net.config()
	cfg.Contacts = []string{"stranger:1"}
	_, err = client.Dial(t.Context(), cfg)
	require.ErrorIs(t, err, client.ErrNoVault)
	require.ErrorContains(t, err, "no member of the network")
}

type stranger struct {
	vault vault.Info
	ep    transport.Endpoint
}

func (s *stranger) HandleMessage(context.Context, transport.PeerID, transport.Message) {}

func (s *stranger) HandleRequest(ctx context.Context, _ transport.PeerID, m transport.Message) (transport.Message, error) {
	if _, err := s.ep.Connect(ctx, s.vault.Addr, s.vault.Key); err != nil {
		return transport.Message{}, err
	}
	return s.ep.Request(ctx, s.vault.Key, m)
}
