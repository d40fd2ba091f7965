package vault_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// alive checks that a network still does its work.
func (n *network) alive() {
	n.T.Helper()
	p := n.peer()
	chunk := random(500)
	name, r := p.put(n.Vaults[0], chunk)
	require.Equal(n.T, routing.StatusOK, r.Status)
	r, got := p.get(n.Vaults[0], name)
	require.Equal(n.T, routing.StatusOK, r.Status)
	require.Equal(n.T, chunk, got)
}

// join makes a peer a member as a newcomer becomes one.
func (p *peer) join(to *vaulttest.Node) (a wire.Allotment, signed wire.Signed) {
	p.t.Helper()
	var reply wire.JoinReply
	require.NoError(p.t, p.ask(to, wire.KindJoin, wire.Join{Network: to.Info().Network}, &reply, nil))
	require.NoError(p.t, reply.Allotment.Open(sign.Allotment, &a))
	return a, reply.Allotment
}

func TestUnknownKindsAreRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	p := net.peer()
	for _, kind := range []uint16{0, wire.KindPresence, wire.KindRequest, wire.KindResponse, 11, 0xffff} {
		require.Equal(t, routing.StatusMalformed, remote(t, p.ask(net.Vaults[0], kind, nil, nil, nil)), "kind %d", kind)
		p.tell(net.Vaults[0], kind, []byte{}, nil)
	}
	for _, kind := range []uint16{wire.KindHello, wire.KindJoin, wire.KindHold} {
		p.tell(net.Vaults[0], kind, []byte{}, nil) // requests, sent as if no answer were wanted
	}
	net.alive()
}

func TestMalformedHeadsAreRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	v := net.Vaults[0]
	p := net.peer()
	p.join(v) // so that the kinds for members are open too
	good := map[uint16][]byte{
		wire.KindHello:    wire.Marshal(wire.Hello{Version: wire.Version}),
		wire.KindJoin:     wire.Marshal(wire.Join{}),
		wire.KindAnnounce: wire.Marshal(wire.Announce{}),
		wire.KindMembers:  nil,
		wire.KindSession:  nil,
		wire.KindHold:     wire.Marshal(wire.Hold{}),
		wire.KindHave:     wire.Marshal(wire.Have{}),
		wire.KindPresence: wire.Marshal(wire.Presence{}),
		wire.KindRequest:  wire.Marshal(wire.Request{Op: routing.OpGet}),
		wire.KindResponse: wire.Marshal(wire.Response{}),
	}
	for kind, head := range good {
		bad := [][]byte{append(head[:len(head):len(head)], 0), {0xff}, {0x9f, 0xff}, random(300), make([]byte, transport.MaxHead)}
		if len(head) > 0 {
			bad = append(bad, nil, head[:len(head)-1])
		}
		for i, b := range bad {
			switch kind {
			case wire.KindPresence, wire.KindResponse:
				p.tell(v, kind, b, nil)
			case wire.KindRequest:
				p.tell(v, kind, b, nil)
				r, _ := p.answer()
				require.Equal(t, routing.StatusMalformed, r.Status)
			default:
				require.Equal(t, routing.StatusMalformed, remote(t, p.ask(v, kind, b, nil, nil)), "kind %d, head %d", kind, i)
			}
		}
	}
	net.alive()
}

func TestABodyWhereThereIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	p := net.peer()
	id := net.Vaults[0].Info().Network
	_, mine := p.join(net.Vaults[0])
	for kind, head := range map[uint16]any{
		wire.KindHello:    wire.Hello{Version: wire.Version},
		wire.KindJoin:     wire.Join{Network: id},
		wire.KindAnnounce: wire.Announce{Network: id, Allotment: mine, Addr: "me:1"},
		wire.KindMembers:  nil,
		wire.KindSession:  nil,
		wire.KindHave:     wire.Have{},
	} {
		require.NoError(t, p.ask(net.Vaults[0], kind, head, nil, nil))
		err := p.ask(net.Vaults[0], kind, head, nil, make([]byte, transport.MaxBody))
		require.Equal(t, routing.StatusMalformed, remote(t, err), "kind %d", kind)
	}
}

func TestARequestMustFitItsOperation(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	p := net.peer()
	name := xorname.FromContent([]byte("x"))
	for what, c := range map[string]struct {
		op   routing.Op
		body []byte
		want routing.Status
	}{
		"no operation":       {0, nil, routing.StatusMalformed},
		"unknown operation":  {9, nil, routing.StatusMalformed},
		"get with a body":    {routing.OpGet, []byte("x"), routing.StatusMalformed},
		"offer with a body":  {routing.OpOffer, []byte("x"), routing.StatusMalformed},
		"put without a body": {routing.OpPut, nil, routing.StatusMalformed},
		"put of other bytes": {routing.OpPut, []byte("y"), routing.StatusCorrupt},
		"put of too many":    {routing.OpPut, make([]byte, vault.MaxChunk+1), routing.StatusCorrupt},
		"get of what is not": {routing.OpGet, nil, routing.StatusNotFound},
	} {
		r, _ := p.route(net.Vaults[0], wire.Request{Op: c.op, Target: name}, c.body)
		require.Equal(t, c.want, r.Status, what)
		require.True(t, r.Final, what)
	}
	require.Zero(t, net.Vaults[0].Info().Chunks)
	net.alive()
}

func TestAClientMayNotSendWhatMembersSend(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	p := net.peer()
	chunk := []byte("chunk")
	name := xorname.FromContent(chunk)
	require.Equal(t, routing.StatusDenied, remote(t, p.ask(net.Vaults[0], wire.KindHold, wire.Hold{Name: name}, nil, chunk)))
	require.Equal(t, routing.StatusDenied, remote(t, p.ask(net.Vaults[0], wire.KindHave, wire.Have{Name: name}, nil, nil)))
	p.tell(net.Vaults[0], wire.KindPresence, wire.Presence{}, nil)
	p.tell(net.Vaults[0], wire.KindPresence, wire.Presence{Leaving: true}, nil)
	p.tell(net.Vaults[0], wire.KindResponse, wire.Response{Final: true}, nil)
	net.alive()
	require.False(t, net.Vaults[0].Has(name))
	require.Equal(t, 2, net.Vaults[0].Info().Members)
}

func TestAMemberMayNotHaveAVaultHoldAnything(t *testing.T) {
	t.Parallel()
	net := start(t, 5, func(_ int, c *vault.Config) { c.Copies = 1 })
	p := net.peer()
	p.join(net.Vaults[0])
	hold := func(name xorname.Name, chunk []byte) routing.Status {
		var r wire.HoldReply
		require.NoError(t, p.ask(net.Vaults[0], wire.KindHold, wire.Hold{Name: name}, &r, chunk))
		require.Equal(t, r.Status == routing.StatusOK, r.Receipt != nil)
		return r.Status
	}
	near, far := random(10), random(10)
	for ; net.place(near) > 0; near = random(10) {
	}
	for ; net.place(far) < 4; far = random(10) {
	}
	name := xorname.FromContent(near)
	require.Equal(t, routing.StatusCorrupt, hold(name, far))
	require.Equal(t, routing.StatusCorrupt, hold(name, nil))
	require.Equal(t, routing.StatusCorrupt, hold(xorname.FromContent(make([]byte, vault.MaxChunk+1)), make([]byte, vault.MaxChunk+1)))
	require.Equal(t, routing.StatusDenied, hold(xorname.FromContent(far), far))
	require.Zero(t, net.Vaults[0].Info().Chunks)
	require.Equal(t, routing.StatusOK, hold(name, near))

	var r wire.HoldReply
	require.NoError(t, p.ask(net.Vaults[0], wire.KindHave, wire.Have{Name: xorname.FromContent(far)}, &r, nil))
	require.Equal(t, routing.StatusNotFound, r.Status)
	require.Nil(t, r.Receipt)
}

// place is how many vaults are closer to a chunk than the first one.
func (n *network) place(chunk []byte) (closer int) {
	name := xorname.FromContent(chunk)
	for _, v := range n.Vaults[1:] {
		if xorname.CompareDistance(name, v.Info().Name, n.Vaults[0].Info().Name) < 0 {
			closer++
		}
	}
	return closer
}

func TestJoiningTwiceGivesTheSameName(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	v := net.Vaults[0]
	p := net.peer()
	first, _ := p.join(v)
	again, _ := p.join(v)
	require.Equal(t, first, again)
	require.Equal(t, 2, v.Known())
	err := p.ask(v, wire.KindJoin, wire.Join{Network: [32]byte{1}}, nil, nil)
	require.Equal(t, routing.StatusNetwork, remote(t, err))
}

func TestAnAnnouncementMustBeTheSendersOwn(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	other := start(t, 1)
	v := net.Vaults[0]
	id := v.Info().Network
	p := net.peer()
	announce := func(a wire.Announce) routing.Status {
		a.Addr = "there:1"
		return remote(t, p.ask(v, wire.KindAnnounce, a, nil, nil))
	}
	self := func(network [32]byte, signer ed25519.PrivateKey) wire.Signed {
		return wire.NewSigned(signer, sign.Allotment, &wire.Allotment{Network: network, Key: p.ID(), Name: xorname.Random()})
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)

	require.Equal(t, routing.StatusDenied, announce(wire.Announce{Network: id, Allotment: self(id, p.key)}), "a name of one's own choice")
	require.Equal(t, routing.StatusDenied, announce(wire.Announce{Network: id, Allotment: self(id, stranger)}), "allotted by no member")
	require.Equal(t, routing.StatusDenied, announce(wire.Announce{Network: id}), "no allotment")

	forged := self(id, stranger)
	forged.Signer = v.Info().Key
	require.Equal(t, routing.StatusDenied, announce(wire.Announce{Network: id, Allotment: forged}), "a signature that is none")

	_, elsewhere := func() (wire.Allotment, wire.Signed) { q := other.peer(); return q.join(other.Vaults[0]) }()
	require.Equal(t, routing.StatusDenied, announce(wire.Announce{Network: id, Allotment: elsewhere}), "of another network")
	require.Equal(t, routing.StatusNetwork, announce(wire.Announce{Network: other.Vaults[0].Info().Network, Allotment: elsewhere}))

	q := net.peer()
	_, theirs := q.join(v)
	require.Equal(t, routing.StatusDenied, announce(wire.Announce{Network: id, Allotment: theirs}), "another's")
	_, mine := p.join(v)
	renamed := wire.NewSigned(p.key, sign.Allotment, &wire.Allotment{Network: id, Key: p.ID(), Name: xorname.Random()})
	require.Equal(t, routing.StatusDenied, announce(wire.Announce{Network: id, Allotment: renamed}), "a second name")
	require.Equal(t, 2, v.Info().Members, "none of this made anybody present")

	require.NoError(t, p.ask(v, wire.KindAnnounce, wire.Announce{Network: id, Allotment: mine, Addr: "there:1"}, nil, nil))
}

// Who has a name but told no address cannot be asked for chunks: it is not
// present, whatever it says, else the lists of the others would never agree.
func TestAMemberWithoutAnAddressIsNotPresent(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	p := net.peer()
	p.join(net.Vaults[0])
	for range 50 {
		p.tell(net.Vaults[0], wire.KindPresence, wire.Presence{}, nil)
		require.NoError(t, p.ask(net.Vaults[0], wire.KindMembers, nil, nil, nil))
		require.Equal(t, 2, net.Vaults[0].Info().Members)
	}
	net.alive()
}

func TestAnswersNeverAskedForArePassedOver(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	p := net.peer()
	p.join(net.Vaults[0])
	for range 100 {
		r := wire.Response{Final: true}
		rand.Read(r.ID[:])
		p.tell(net.Vaults[0], wire.KindResponse, r, random(100))
	}
	net.alive()
	vaulttest.Eventually(t, func() bool { return net.Vaults[0].Pending() == 0 }, "nothing is under way")
	require.Empty(t, p.answers)
}

// A client asks for more than a vault remembers, of a holder that is silent.
// It is told that the vault is busy; others are served; when it is gone, so
// is all it asked for.
func TestAFloodOfRequestsMeetsALimit(t *testing.T) {
	t.Parallel()
	var silent atomic.Bool
	net := start(t, 2, tap(func(i int, _ transport.PeerID, m transport.Message) transport.Message {
		if i == 1 && silent.Load() && m.Kind == wire.KindRequest {
			m.Kind = 0
		}
		return m
	}))
	silent.Store(true)
	p := net.peer()
	for range 1500 {
		req := wire.Request{Op: routing.OpGet, Target: xorname.Random(), TTL: 600_000}
		rand.Read(req.ID[:])
		p.tell(net.Vaults[0], wire.KindRequest, req, nil)
	}
	r, _ := p.answer()
	require.Equal(t, routing.StatusBusy, r.Status)
	require.LessOrEqual(t, net.Vaults[0].Pending(), 1024)
	silent.Store(false)
	net.alive()
	silent.Store(true)

	net.Mem.Kill(p.ID()) // it vanishes
	vaulttest.Eventually(t, func() bool { return net.Vaults[0].Pending() == 0 }, "nothing is under way")
	silent.Store(false)
	net.alive()
}

// A client vanishes while its chunks travel.
func TestAClientThatVanishesLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	p := net.peer()
	for range 40 {
		chunk := random(50_000)
		req := wire.Request{Op: routing.OpPut, Target: xorname.FromContent(chunk), TTL: 40_000}
		rand.Read(req.ID[:])
		p.tell(net.Vaults[0], wire.KindRequest, req, chunk)
	}
	net.Mem.Kill(p.ID())
	for _, v := range net.Vaults {
		vaulttest.Eventually(t, func() bool { return v.Pending() == 0 }, "nothing is under way")
	}
	net.alive()
}

func TestGarbageAtAPortDoesNoHarm(t *testing.T) {
	t.Parallel()
	v, err := vault.Start(t.Context(), vault.Config{Dir: t.TempDir(), First: true})
	require.NoError(t, err)
	defer v.Close()
	conn, err := net.Dial("udp", v.Info().Addr)
	require.NoError(t, err)
	defer conn.Close()
	for i := range 2000 {
		b := random(1 + i%1400)
		if i%2 == 0 {
			b[0] |= 0xc0 // looks like the first packet of a connection
		}
		_, _ = conn.Write(b) // refused or not, the vault has to live with it
	}
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	ep, err := transport.Listen(transport.Config{Key: key})
	require.NoError(t, err)
	defer ep.Close()
	vaulttest.Eventually(t, func() bool {
		_, err := ep.Connect(t.Context(), v.Info().Addr, v.Info().Key)
		return err == nil
	}, "the vault answers")
	m, err := ep.Request(t.Context(), v.Info().Key, transport.Message{Kind: wire.KindHello, Head: wire.Marshal(wire.Hello{Version: wire.Version})})
	require.NoError(t, err)
	require.NoError(t, wire.Unmarshal(m.Head, new(wire.HelloReply)))
}

// Anybody may join, as often as he has keys. Those who never come after they
// got a name do not push the others out of the list that is told.
func TestAFloodOfNewcomersDoesNotStopTheNetwork(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	for range 600 {
		_, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		ep, err := net.Mem.Endpoint(transport.Config{Key: key})
		require.NoError(t, err)
		id := net.Vaults[0].Info()
		_, err = ep.Connect(t.Context(), id.Addr, id.Key)
		require.NoError(t, err)
		join := transport.Message{Kind: wire.KindJoin, Head: wire.Marshal(wire.Join{Network: id.Network})}
		_, err = ep.Request(t.Context(), id.Key, join)
		require.NoError(t, err)
		require.NoError(t, ep.Close())
	}
	var r wire.MembersReply
	p := net.peer()
	for _, v := range net.Vaults {
		require.NoError(t, p.ask(v, wire.KindMembers, nil, &r, nil))
		present := 0
		for _, m := range r.Members {
			if m.Present {
				present++
			}
		}
		require.Equal(t, 3, present)
	}
	net.Add()
	net.settle()
	net.Close(1)
	net.Run(1)
	net.settle()
	net.alive()
}
