package routing

import (
	"testing"
	"time"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

func TestARequestGoesToTheClosestVaultUnderAFreshID(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20, 0xc0)
	req := request(1, OpGet, 0x11)
	a := b.forwarded(0x10, b.ask(req))
	require.NotEqual(t, req.ID, a.Forward.ID)

	want := req
	want.ID = a.Forward.ID
	require.Equal(t, want, *a.Forward, "nothing else is changed, nothing is added")
}

func TestTheClosestVaultServesItself(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20, 0xc0)
	a := b.delivered(b.ask(request(1, OpGet, 0x81)))
	require.NotEqual(t, ID{1}, a.Deliver.ID)
	out := b.Respond(b.now, Response{ID: a.Deliver.ID, Final: true}, []byte("chunk"))
	require.Equal(t, client, out[0].To)
	require.Equal(t, "chunk", string(out[0].Body))
	require.Equal(t, ID{1}, b.answered(StatusOK, true, out).ID)
}

func TestAVaultFurtherOnSendsToTheClosestOrServes(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20, 0x81, 0xc0)
	b.forwarded(0x10, b.relay(request(1, OpGet, 0x11))) // not of its group
	b.forwarded(0x81, b.relay(request(2, OpGet, 0x83))) // of its group, but another is closer
	b.delivered(b.relay(request(3, OpGet, 0x80)))       // it is the closest
}

func TestOtherRoutesEndAtOtherVaultsOfTheGroup(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20, 0x81, 0xc0)
	req := request(1, OpGet, 0x83)
	req.Route = 1
	b.delivered(b.relay(req)) // of the group, though 0x81 is closer

	req = request(2, OpGet, 0x11)
	for route, to := range map[uint8]byte{0: 0x10, 1: 0x20, 2: 0x10, 255: 0x20} {
		req.ID[1], req.Route = route, route
		a := b.forwarded(to, b.relay(req))
		require.Equal(t, route, a.Forward.Route, "the next hop takes the same route")
	}
}

func TestAVaultFurtherOnAvoidsThoseThatDoNotAnswer(t *testing.T) {
	b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x81, 0x82)
	b.Suspect(vault(0x10).Key)
	b.forwarded(0x20, b.relay(request(1, OpGet, 0x11)))
	b.Suspect(vault(0x81).Key)
	b.Suspect(vault(0x82).Key)
	b.delivered(b.relay(request(2, OpGet, 0x83))) // both that are closer are silent
	b.Suspect(vault(0x20).Key)
	b.Remove(vault(0x82).Key)
	b.Remove(vault(0x81).Key)
	b.Add(vault(0x11))
	b.Suspect(vault(0x11).Key)
	b.forwarded(0x11, b.relay(request(3, OpGet, 0x11))) // better a silent one than none
}

func TestARequestDoesNotGoBackToWhoSentIt(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x01, 0x10, 0x20)
	b.forwarded(0x10, b.relay(request(1, OpGet, 0x01))) // 0x01 is the sender
	alone := newBench(t, Config{Copies: 1}, 0x01)
	alone.delivered(alone.relay(request(2, OpGet, 0x01)))
}

func TestARequestUnderWayIsNotTakenTwice(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	req := request(1, OpGet, 0x11)
	a := b.forwarded(0x10, b.ask(req))
	require.Empty(t, b.ask(req))
	require.Equal(t, 1, b.Pending())
	require.Len(t, b.relay(req), 1, "the same identifier of another peer is another request")
	b.answered(StatusOK, true, b.reply(a, StatusOK))
	require.Len(t, b.ask(req), 1, "what was answered is forgotten")
}

func TestAnAnswerCountsOnlyFromTheVaultAskedAndOnce(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	resp := Response{ID: a.Forward.ID, Final: true}
	require.Empty(t, b.Response(b.now, vault(0x20).Key, resp, nil), "another vault")
	require.Empty(t, b.Response(b.now, client, resp, nil), "the client itself")
	require.Empty(t, b.Response(b.now, a.To, Response{ID: ID{1}, Final: true}, nil), "the client's identifier")
	require.Empty(t, b.Response(b.now, a.To, Response{ID: ID{77}, Final: true}, nil), "an unknown one")
	require.Empty(t, b.Respond(b.now, resp, nil), "this vault was not asked")
	b.answered(StatusOK, true, b.Response(b.now, a.To, resp, nil))
	require.Empty(t, b.Response(b.now, a.To, resp, nil), "twice")
}

func TestAnAnswerAfterTheDeadlineIsPassedOver(t *testing.T) {
	b := newBench(t, Config{Copies: 1}, 0x10)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	require.Empty(t, b.later(10*time.Second-1))
	b.answered(StatusTimeout, true, b.later(1))
	require.Empty(t, b.reply(a, StatusOK))
	require.Empty(t, b.later(time.Hour), "answered once")
}

func TestTheAnswerCarriesThePreviousHopsIDAndNoMore(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	a := b.forwarded(0x10, b.relay(request(7, OpGet, 0x11)))
	out := b.Response(b.now, a.To, Response{ID: a.Forward.ID, Final: true, Statements: []Statement{denial(1)}}, []byte{1, 2})
	require.Equal(t, []Action{{
		To: vault(1).Key, Answer: &Response{ID: ID{7}, Final: true, Statements: []Statement{denial(1)}}, Body: []byte{1, 2},
	}}, out)
}

func TestABodyComesWithAPutAndWithTheAnswerToAGetOnly(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	for _, op := range []Op{OpGet, OpOffer} {
		b.answered(StatusMalformed, true, b.ask(request(1, op, 0x11), 1))
	}
	for _, op := range []Op{OpPut, OpOffer} {
		a := b.forwarded(0x10, b.ask(request(1, op, 0x11)))
		out := b.Response(b.now, a.To, Response{ID: a.Forward.ID, Final: true}, make([]byte, 1<<20))
		b.answered(StatusOK, true, out)
		require.Nil(t, out[0].Body, "an answer to a %s is small", op)
	}
}

func TestAnUnknownOperationIsRefused(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	for _, op := range []Op{0, 4, 255} {
		b.answered(StatusMalformed, true, b.ask(request(1, op, 0x11)))
	}
	require.Zero(t, b.Pending())
}

func TestTooMuchUnderWayIsRefusedAsBusy(t *testing.T) {
	b := newBench(t, Config{MaxPaths: 3, MaxPerPeer: 2}, 0x10)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	b.ask(request(2, OpGet, 0x11))
	require.Equal(t, ID{3}, b.answered(StatusBusy, true, b.ask(request(3, OpGet, 0x11))).ID)
	b.forwarded(0x10, b.relay(request(1, OpGet, 0x11))) // another peer has room of its own
	b.answered(StatusBusy, true, b.relay(request(2, OpGet, 0x11)))
	b.reply(a, StatusOK)
	b.forwarded(0x10, b.relay(request(2, OpGet, 0x11))) // there is room again
}

func TestTheTimeToLiveIsCapped(t *testing.T) {
	b := newBench(t, Config{MaxTTL: time.Minute, Copies: 1}, 0x10)
	req := request(1, OpGet, 0x11)
	req.TTL = 1<<63 - 1
	a := b.forwarded(0x10, b.ask(req))
	require.Equal(t, time.Minute, a.Forward.TTL)
	require.Empty(t, b.later(time.Minute-1))
	b.answered(StatusTimeout, true, b.later(1))

	for _, ttl := range []time.Duration{0, -1, -1 << 63} {
		req.TTL = ttl
		b.answered(StatusTimeout, true, b.ask(req))
	}
}

func TestTheNextRouteIsToldTheTimeThatIsLeft(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	b.now = b.now.Add(time.Second)
	a = b.forwarded(0x20, b.reply(a, StatusNotFound))
	require.Equal(t, 9*time.Second, a.Forward.TTL)
}

func TestARouterThatKnowsNobodyServesItself(t *testing.T) {
	b := newBench(t, Config{})
	b.delivered(b.ask(request(1, OpGet, 0x11)))
	b.delivered(b.relay(request(1, OpPut, 0x11), 1))
}

func TestThisVaultIsNeverAContactOfItself(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	require.False(t, b.Add(Contact{Name: xorname.Name{3}, Key: b.Self().Key}))
	require.Equal(t, []Contact{vault(0x80), vault(0x10)}, b.Group(xorname.Name{0x80}))
}

func TestTheGroupIsTheClosestOfAllWithThisVault(t *testing.T) {
	b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x81, 0xc0)
	for target, want := range map[byte][]Contact{
		0x80: {vault(0x80), vault(0x81), vault(0xc0)},
		0x81: {vault(0x81), vault(0x80), vault(0xc0)},
		0xc1: {vault(0xc0), vault(0x81), vault(0x80)},
		0x11: {vault(0x10), vault(0x20), vault(0x81)},
		0x00: {vault(0x10), vault(0x20), vault(0x80)},
	} {
		require.Equal(t, want, b.Group(xorname.Name{target}), "%x", target)
	}
}

func TestNewWithoutAnIdentifierSourceIsAProgrammingError(t *testing.T) {
	require.PanicsWithValue(t, "routing: Config.NewID is not set", func() { New(vault(1), Config{}) })
}

func TestNamesForLogs(t *testing.T) {
	require.Equal(t, "get offer put op 9", OpGet.String()+" "+OpOffer.String()+" "+OpPut.String()+" "+Op(9).String())
	for s, want := range map[Status]string{
		StatusOK: "ok", StatusNotFound: "not found", StatusMalformed: "malformed", StatusTimeout: "timeout",
		StatusUnreachable: "unreachable", StatusBusy: "busy", 99: "status 99",
	} {
		require.Equal(t, want, s.String())
	}
}
