package routing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func receipt(of byte) Statement { return Statement{Body: []byte("held"), Signer: vault(of).Key} }

// signed has the vault asked say that a majority has signed and more follows.
func (b *bench) signed(a Action, statements ...Statement) []Action {
	return b.Response(b.now, a.To, Response{ID: a.Forward.ID, Statements: statements}, nil)
}

func TestAPutHasAnAnswerForTheMajorityAndOneForTheRest(t *testing.T) {
	for name, ask := range map[string]func(*bench, Request, ...byte) []Action{"entry": (*bench).ask, "relay": (*bench).relay} {
		b := newBench(t, Config{}, 0x10, 0x20)
		a := b.forwarded(0x10, ask(b, request(1, OpPut, 0x11), 1, 2, 3))
		resp := b.answered(StatusOK, false, b.signed(a, receipt(0x10)))
		require.Equal(t, Response{ID: ID{1}, Statements: []Statement{receipt(0x10)}}, resp, name)
		require.Empty(t, b.signed(a, receipt(0x20)), "one is enough")
		require.Empty(t, b.later(9*time.Second), "it is stored: no other route")
		resp = b.answered(StatusOK, true, b.reply(a, StatusOK, receipt(0x10), receipt(0x20)))
		require.Equal(t, []Statement{receipt(0x10), receipt(0x20)}, resp.Statements)
	}
}

func TestWhatAMajorityHasSignedStaysSigned(t *testing.T) {
	for name, end := range map[string]func(*bench, Action) []Action{
		"the rest fails":          func(b *bench, a Action) []Action { return b.reply(a, 3) },
		"the rest takes too long": func(b *bench, _ Action) []Action { return b.later(10 * time.Second) },
		"the vault is lost":       func(b *bench, a Action) []Action { return b.Lost(b.now, a.To) },
		"nothing more was sent":   func(b *bench, a Action) []Action { return b.Failed(b.now, a.Forward.ID) },
	} {
		for _, ask := range []func(*bench, Request, ...byte) []Action{(*bench).ask, (*bench).relay} {
			b := newBench(t, Config{}, 0x10, 0x20)
			a := b.forwarded(0x10, ask(b, request(1, OpPut, 0x11), 1, 2, 3))
			b.answered(StatusOK, false, b.signed(a, receipt(0x10), receipt(0x20)))
			resp := b.answered(StatusOK, true, end(b, a))
			require.Equal(t, []Statement{receipt(0x10), receipt(0x20)}, resp.Statements, name)
		}
	}
}

func TestAFailureAfterTheMajorityMayTellOfMoreHolders(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20)
	a := b.forwarded(0x10, b.ask(request(1, OpPut, 0x11), 1))
	b.answered(StatusOK, false, b.signed(a, receipt(0x10)))
	resp := b.answered(StatusOK, true, b.reply(a, 3, receipt(0x10), receipt(0x20)))
	require.Len(t, resp.Statements, 2)
}

func TestAfterTheMajorityOnlyItsRouteCounts(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20)
	first := b.forwarded(0x10, b.ask(request(1, OpPut, 0x11), 1))
	second := b.forwarded(0x20, b.later(5*time.Second))
	b.answered(StatusOK, false, b.signed(first, receipt(0x10)))
	require.Zero(t, b.held-len(receipt(0x10).Body)-96, "the body is not needed any more")
	require.Empty(t, b.reply(second, 3), "the other route does not end it")
	require.Empty(t, b.Lost(b.now, second.To))
	require.Empty(t, b.reply(second, StatusOK))
	b.answered(StatusOK, true, b.reply(first, StatusOK))
}

func TestReceiptsOfAFailedRouteAreNotThoseOfTheMajority(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20)
	a := b.forwarded(0x10, b.ask(request(1, OpPut, 0x11), 1))
	a = b.forwarded(0x20, b.reply(a, 2, receipt(0x40)))
	b.answered(StatusOK, false, b.signed(a, receipt(0x20)))
	resp := b.answered(StatusOK, true, b.later(time.Minute))
	require.Equal(t, []Statement{receipt(0x20)}, resp.Statements)
}

func TestAPutThatTooFewSignTellsWhoDid(t *testing.T) {
	b := newBench(t, Config{}, 0x10, 0x20)
	actions := b.ask(request(1, OpPut, 0x11), 1)
	actions = b.reply(b.forwarded(0x10, actions), 2, receipt(0x40))
	actions = b.reply(b.forwarded(0x20, actions), 2, receipt(0x41))
	resp := b.answered(2, true, b.reply(b.delivered(actions), 2, receipt(0x80)))
	require.Equal(t, []Statement{receipt(0x40), receipt(0x41), receipt(0x80)}, resp.Statements)
}
