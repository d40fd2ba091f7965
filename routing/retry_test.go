package routing

import (
	"testing"
	"time"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

func TestTheEntryVaultTakesTheNextRouteWhenAHolderHasNothing(t *testing.T) {
	b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x40, 0xc0)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	require.EqualValues(t, 0, a.Forward.Route)
	a2 := b.forwarded(0x20, b.reply(a, StatusNotFound, denial(0x10)))
	require.EqualValues(t, 1, a2.Forward.Route)
	require.NotEqual(t, a.Forward.ID, a2.Forward.ID)
	require.Empty(t, b.reply(a, StatusOK), "a route that has failed has no second answer")
	a3 := b.forwarded(0x40, b.reply(a2, StatusNotFound, denial(0x20)))
	resp := b.answered(StatusNotFound, true, b.reply(a3, StatusNotFound, denial(0x40)))
	require.Equal(t, []Statement{denial(0x10), denial(0x20), denial(0x40)}, resp.Statements)
	require.Equal(t, ID{1}, resp.ID)
}

func TestTheEntryVaultIsOneOfTheRoutes(t *testing.T) {
	b := newBench(t, Config{Copies: 3}, 0x81, 0x82)
	a := b.forwarded(0x82, b.ask(request(1, OpGet, 0x82)))
	a = b.delivered(b.reply(a, StatusNotFound))
	a = b.forwarded(0x81, b.reply(a, StatusNotFound))
	b.answered(StatusNotFound, true, b.reply(a, StatusNotFound))
}

func TestTheEntryVaultTakesTheNextRouteWhenARequestCannotBeSent(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	require.Empty(t, b.Failed(b.now, ID{99}))
	a2 := b.forwarded(0x20, b.Failed(b.now, a.Forward.ID))
	require.Empty(t, b.Failed(b.now, a.Forward.ID), "once")
	require.True(t, b.Suspected(vault(0x10).Key))
	b.answered(StatusUnreachable, true, b.Failed(b.now, a2.Forward.ID))
	require.Empty(t, b.Failed(b.now, a2.Forward.ID))
}

func TestTheEntryVaultTakesASecondRouteWhenOneIsSilent(t *testing.T) {
	b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x40)
	slow := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	require.Empty(t, b.later(499*time.Millisecond))
	b.forwarded(0x20, b.later(time.Millisecond))
	require.True(t, b.Suspected(vault(0x10).Key))
	require.Empty(t, b.later(499*time.Millisecond))
	b.forwarded(0x40, b.later(time.Millisecond))
	require.Empty(t, b.later(5*time.Second), "each route is taken once")
	b.answered(StatusOK, true, b.reply(slow, StatusOK)) // the first still counts
	require.False(t, b.Suspected(vault(0x10).Key), "it has answered")
	require.True(t, b.Suspected(vault(0x20).Key))
}

// A client that asks for what is not there need not wait out a silent vault.
func TestASilentVaultDoesNotHoldUpADenialForLong(t *testing.T) {
	b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x40)
	b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	a := b.forwarded(0x20, b.later(500*time.Millisecond))
	a = b.forwarded(0x40, b.reply(a, StatusNotFound, denial(0x20)))
	require.Empty(t, b.reply(a, StatusNotFound, denial(0x40)))
	require.Empty(t, b.later(4499*time.Millisecond), "it may be slow")
	resp := b.answered(StatusNotFound, true, b.later(time.Millisecond))
	require.Equal(t, []Statement{denial(0x20), denial(0x40)}, resp.Statements)
}

func TestSilentVaultsAreAskedLast(t *testing.T) {
	b := newBench(t, Config{Copies: 4}, 0x10, 0x20, 0x40, 0x41)
	b.Suspect(vault(0x10).Key)
	b.Suspect(vault(0x40).Key)
	a := b.forwarded(0x20, b.ask(request(1, OpGet, 0x11)))
	require.EqualValues(t, 1, a.Forward.Route, "it is still the second closest and serves itself")
	a = b.forwarded(0x41, b.reply(a, StatusNotFound))
	a = b.forwarded(0x10, b.reply(a, StatusNotFound))
	a = b.forwarded(0x40, b.reply(a, StatusNotFound))
	b.answered(StatusNotFound, true, b.reply(a, StatusNotFound))
	b.forwarded(0x10, b.ask(request(2, OpGet, 0x11))) // they have answered since
}

func TestTheClientsRouteIsTheFirstToBeTaken(t *testing.T) {
	for number, order := range map[uint8][]byte{
		0: {0x10, 0x20, 0x40}, 1: {0x20, 0x40, 0x10}, 2: {0x40, 0x10, 0x20}, 3: {0x10, 0x20, 0x40}, 254: {0x40, 0x10, 0x20},
	} {
		b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x40)
		req := request(1, OpGet, 0x11)
		req.Route = number
		actions := b.ask(req)
		for _, to := range order {
			actions = b.reply(b.forwarded(to, actions), StatusNotFound)
		}
		b.answered(StatusNotFound, true, actions)
	}
}

func TestOffersAndPutsTakeThreeRoutes(t *testing.T) {
	for _, op := range []Op{OpOffer, OpPut} {
		b := newBench(t, Config{}, 0x10, 0x20, 0x40, 0x41, 0x42)
		actions := b.ask(request(1, op, 0x11))
		for _, to := range []byte{0x10, 0x20, 0x41} {
			actions = b.reply(b.forwarded(to, actions), 3)
		}
		b.answered(3, true, actions)
	}
}

func TestAVaultFurtherOnPassesAFailureBackAndDoesNotRetry(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20)
	a := b.forwarded(0x10, b.relay(request(1, OpGet, 0x11)))
	resp := b.answered(StatusNotFound, true, b.reply(a, StatusNotFound, denial(0x10)))
	require.Equal(t, []Statement{denial(0x10)}, resp.Statements)

	a = b.forwarded(0x10, b.relay(request(2, OpGet, 0x11)))
	b.answered(StatusUnreachable, true, b.Failed(b.now, a.Forward.ID))

	b.forwarded(0x20, b.relay(request(3, OpGet, 0x11))) // 0x10 is under suspicion now
	require.Empty(t, b.later(9*time.Second))
	b.answered(StatusTimeout, true, b.later(time.Second))
}

func TestNotFoundIsSaidOnlyAfterAllHaveAnsweredOrTheTimeIsUp(t *testing.T) {
	b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x40)
	first := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	second := b.forwarded(0x20, b.later(time.Second))
	third := b.forwarded(0x40, b.reply(first, StatusNotFound, denial(0x10)))
	require.Empty(t, b.reply(third, StatusNotFound, denial(0x40)), "0x20 has not answered yet")
	resp := b.answered(StatusNotFound, true, b.later(9*time.Second))
	require.Equal(t, []Statement{denial(0x10), denial(0x40)}, resp.Statements)
	require.Empty(t, b.reply(second, StatusOK))
}

func TestAFailureDoesNotHideTheDenials(t *testing.T) {
	for name, statuses := range map[string][]Status{
		"first": {5, StatusNotFound, StatusNotFound}, "between": {StatusNotFound, StatusMalformed, StatusNotFound},
		"last": {StatusNotFound, StatusNotFound, StatusTimeout},
	} {
		b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x40)
		actions := b.ask(request(1, OpGet, 0x11))
		for _, s := range statuses {
			require.Len(t, actions, 1, name)
			actions = b.reply(actions[0], s)
		}
		b.answered(StatusNotFound, true, actions)
	}
}

func TestTheMostTellingFailureIsPassedOn(t *testing.T) {
	for _, c := range []struct {
		op       Op
		statuses []Status
		want     Status
	}{
		{OpPut, []Status{StatusTimeout, 3, StatusUnreachable}, 3},
		{OpPut, []Status{3, 2, StatusTimeout}, 3}, // of equals the first
		{OpPut, []Status{StatusUnreachable, StatusTimeout, StatusUnreachable}, StatusTimeout},
		{OpPut, []Status{3, StatusNotFound, StatusTimeout}, 3}, // makes no sense for a put
		{OpGet, []Status{StatusUnreachable, StatusUnreachable, StatusUnreachable}, StatusUnreachable},
	} {
		b := newBench(t, Config{Copies: 3}, 0x10, 0x20, 0x40)
		actions := b.ask(request(1, c.op, 0x11))
		for _, s := range c.statuses {
			require.Len(t, actions, 1)
			actions = b.reply(actions[0], s)
		}
		b.answered(c.want, true, actions)
	}
}

func TestStatementsAreBounded(t *testing.T) {
	many := make([]Statement, maxStatements)
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	a = b.forwarded(0x20, b.reply(a, StatusNotFound, many...))
	resp := b.answered(StatusNotFound, true, b.reply(a, StatusNotFound, many...))
	require.Len(t, resp.Statements, maxStatements)

	for _, bad := range [][]Statement{make([]Statement, maxStatements+1), {{Body: make([]byte, maxStatement+1)}}} {
		b := newBench(t, Config{Copies: 2}, 0x10, 0x20)
		a = b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
		a = b.forwarded(0x20, b.reply(a, StatusOK, bad...)) // counts as a failure
		require.True(t, b.Suspected(vault(0x10).Key))
		require.Empty(t, b.answered(StatusMalformed, true, b.reply(a, StatusNotFound, bad...)).Statements)
	}
}

func TestOnlyTheEntryVaultKeepsBodiesAndOnlyWhileItMayNeedThem(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20)
	a := b.forwarded(0x10, b.relay(request(1, OpPut, 0x11), 1, 2, 3))
	require.Equal(t, []byte{1, 2, 3}, a.Body)
	require.Zero(t, b.held)

	a = b.forwarded(0x10, b.ask(request(1, OpPut, 0x11), 1, 2, 3))
	require.Equal(t, []byte{1, 2, 3}, a.Body)
	require.Equal(t, 3, b.held)
	a = b.forwarded(0x20, b.reply(a, 3))
	require.Equal(t, []byte{1, 2, 3}, a.Body)
	require.Zero(t, b.held, "the last route was taken")
	b.answered(StatusOK, true, b.reply(a, StatusOK))
}

func TestTheBytesHeldAreBounded(t *testing.T) {
	b := newBench(t, Config{Copies: 3, MaxBytes: 300}, 0x10, 0x20, 0x40)
	b.answered(StatusBusy, true, b.ask(request(1, OpPut, 0x11), make([]byte, 301)...))
	a := b.forwarded(0x10, b.ask(request(1, OpPut, 0x11), make([]byte, 200)...))
	b.answered(StatusBusy, true, b.ask(request(2, OpPut, 0x11), make([]byte, 101)...))
	b.forwarded(0x10, b.relay(request(2, OpPut, 0x11), make([]byte, 1000)...)) // held by nobody
	get := b.forwarded(0x10, b.ask(request(3, OpGet, 0x11)))
	get = b.forwarded(0x20, b.reply(get, StatusNotFound, denial(0x10))) // no room for it
	require.Equal(t, 200, b.held)
	b.answered(StatusOK, true, b.reply(a, StatusOK))
	get = b.forwarded(0x40, b.reply(get, StatusNotFound, denial(0x20)))
	require.Equal(t, []Statement{denial(0x20), denial(0x40)},
		b.answered(StatusNotFound, true, b.reply(get, StatusNotFound, denial(0x40))).Statements)
	require.Zero(t, b.held)
}

func TestAGetHasOneGoodAnswer(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	out := b.Response(b.now, a.To, Response{ID: a.Forward.ID, Status: StatusOK}, []byte("chunk"))
	b.answered(StatusOK, true, out) // though the holder said that more follows
}

func TestLostNextHopMeansAnotherRoute(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20)
	b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	b.forwarded(0x10, b.relay(request(1, OpGet, 0x11)))
	out := b.Lost(b.now, vault(0x10).Key)
	require.Len(t, out, 2)
	b.forwarded(0x20, out[:1])
	b.answered(StatusUnreachable, true, out[1:])
	require.True(t, b.Suspected(vault(0x10).Key))
	require.Empty(t, b.Lost(b.now, vault(0x10).Key))
}

func TestLostPreviousHopMeansForgotten(t *testing.T) {
	b := newBench(t, Config{}, 0x01, 0x10)
	a := b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	own := b.delivered(b.relay(request(1, OpPut, 0x80), 1))
	require.Empty(t, b.Lost(b.now, client))
	require.Empty(t, b.reply(a, StatusOK))
	require.Equal(t, 1, b.Pending())
	require.Empty(t, b.Lost(b.now, vault(1).Key))
	require.Empty(t, b.reply(own, StatusOK))
	requireEmpty(t, b.Router)
}

func TestThePatienceFollowsTheAnswers(t *testing.T) {
	b := newBench(t, Config{Copies: 2}, 0x10, 0x20)
	for i := range 50 {
		a := b.forwarded(0x10, b.ask(request(byte(i), OpGet, 0x11)))
		b.now = b.now.Add(10 * time.Millisecond)
		b.answered(StatusOK, true, b.reply(a, StatusOK))
	}
	b.forwarded(0x10, b.ask(request(1, OpGet, 0x11)))
	require.Empty(t, b.later(199*time.Millisecond))
	b.forwarded(0x20, b.later(time.Millisecond)) // the least for a get
}

func TestTheEstimateIsTheOneOfTCP(t *testing.T) {
	e := estimator{floor: time.Millisecond, limit: time.Second, first: time.Minute}
	require.Equal(t, time.Minute, e.delay())
	e.add(80 * time.Millisecond) // RFC 6298, 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR
	require.Equal(t, 240*time.Millisecond, e.delay())
	e.add(160 * time.Millisecond) // 2.3: RTTVAR = 3/4*40+1/4*80 = 50, SRTT = 7/8*80+1/8*160 = 90
	require.Equal(t, 290*time.Millisecond, e.delay())
	for range 100 {
		e.add(time.Hour)
	}
	require.Equal(t, time.Second, e.delay(), "no vault makes others wait for longer")
	for range 1000 {
		e.add(0)
	}
	require.Equal(t, time.Millisecond, e.delay())
}

func TestPathsGoOnInTheOrderInWhichTheyCame(t *testing.T) {
	b := newBench(t, Config{Copies: 1}, 0x10)
	for _, id := range []byte{5, 3, 9, 1} {
		b.ask(request(id, OpGet, 0x11))
	}
	var got []byte
	for _, a := range b.later(10 * time.Second) {
		got = append(got, a.Answer.ID[0])
	}
	require.Equal(t, []byte{5, 3, 9, 1}, got)
	require.Equal(t, xorname.Name{0x80}, b.Self().Name)
}
