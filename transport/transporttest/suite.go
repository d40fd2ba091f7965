// Package transporttest is the behaviour that every implementation of transport.Endpoint must show. Start with [Run].
package transporttest

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
)

// Net makes endpoints that can reach each other.
type Net interface {
	Endpoint(cfg transport.Config) (transport.Endpoint, error)
}

// Run tests the implementation whose networks newNet makes, a fresh one for each test. Each test body runs inside in, which may
// put it into a testing/synctest bubble; nil runs it plainly. No test depends on time passing at a certain speed.
func Run(t *testing.T, newNet func() Net, in func(t *testing.T, body func(t *testing.T))) {
	if in == nil {
		in = func(t *testing.T, body func(t *testing.T)) { body(t) }
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in(t, func(t *testing.T) { test.run(newWorld(t, newNet())) })
		})
	}
}

var tests = []struct {
	name string
	run  func(w *world)
}{
	{"ConnectLearnsTheIdentity", connectLearnsTheIdentity},
	{"ConnectReusesALiveConnection", connectReuses},
	{"ConnectRefusesAnotherIdentity", connectRefusesAnotherIdentity},
	{"ConnectToOneself", connectToOneself},
	{"APureDiallerIsNotDialled", pureDiallerIsNotDialled},
	{"APureDiallerAnswersNoHandler", pureDiallerAnswersNoHandler},
	{"MaxPeersRefusesTheNext", maxPeersRefusesTheNext},
	{"SimultaneousConnectsGiveOnePeer", simultaneousConnects},
	{"OnPeerReportsUpAndDownOnce", onPeerOnce},
	{"AnswersOfEverySize", answersOfEverySize},
	{"MessagesOfEverySizeArriveOnce", messagesArriveOnce},
	{"TheSenderKeepsItsSlices", senderKeepsItsSlices},
	{"TooLargeIsRefusedHere", tooLargeIsRefusedHere},
	{"AnUnknownPeerIsAnError", unknownPeer},
	{"ALearnedPeerIsDialled", learnedPeerIsDialled},
	{"ADisconnectedPeerIsDialledAgain", disconnectedPeerIsDialledAgain},
	{"HandlerErrorsTravel", handlerErrorsTravel},
	{"APanicHurtsOneRequestOnly", panicHurtsOneRequest},
	{"AnAnswerTooLargeIsAnInternalError", answerTooLarge},
	{"TheDeadlineTravels", deadlineTravels},
	{"CancellationTravels", cancellationTravels},
	{"LossOfThePeerEndsTheHandler", lossEndsTheHandler},
	{"ARequestWithoutDeadlineHasOne", requestTimeoutIsDefault},
	{"AHandlerMayAskBack", handlerMayAskBack},
	{"TheCallWindowHoldsTheSender", callWindow},
	{"TheByteWindowHoldsTheSender", byteWindow},
	{"SlowLargeRequestsDelayNobody", slowLargeRequests},
	{"CloseLetsCallsFinish", closeLetsCallsFinish},
	{"CloseLosesNoMessage", closeLosesNoMessage},
	{"RequestsRacingCloseEndOnce", requestsRacingClose},
	{"AfterCloseEverythingFails", afterClose},
}

// world is one test's network and its helpers.
type world struct {
	*testing.T
	net  Net
	ctx  context.Context
	keys uint64
}

func newWorld(t *testing.T, net Net) *world {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return &world{T: t, net: net, ctx: ctx}
}

// endpoint adds one with a new key; it is closed with the test.
func (w *world) endpoint(cfg transport.Config) transport.Endpoint {
	w.Helper()
	w.keys++
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, w.keys)
	cfg.Key = ed25519.NewKeyFromSeed(seed)
	ep, err := w.net.Endpoint(cfg)
	require.NoError(w, err)
	w.Cleanup(func() { _ = ep.Close() })
	return ep
}

// pair returns two connected endpoints; the second one has the handler.
func (w *world) pair(h transport.Handler) (a, b transport.Endpoint) {
	w.Helper()
	a, b = w.endpoint(transport.Config{Handler: Funcs{}}), w.endpoint(transport.Config{Handler: h})
	w.connect(a, b)
	return a, b
}

func (w *world) connect(a, b transport.Endpoint) {
	w.Helper()
	id, err := a.Connect(w.ctx, b.Addr(), b.ID())
	require.NoError(w, err)
	require.Equal(w, b.ID(), id)
}

// wait receives from c, and fails the test if nothing comes.
func wait[T any](w *world, c <-chan T) T {
	w.Helper()
	select {
	case v := <-c:
		return v
	case <-w.ctx.Done():
		require.FailNow(w, "nothing came")
		panic("unreachable")
	}
}

// Funcs is a transport.Handler made of functions. Without Request it answers with the message it got; without Message it drops
// messages.
type Funcs struct {
	Message func(ctx context.Context, from transport.PeerID, m transport.Message)
	Request func(ctx context.Context, from transport.PeerID, m transport.Message) (transport.Message, error)
}

// HandleMessage calls f.Message.
func (f Funcs) HandleMessage(ctx context.Context, from transport.PeerID, m transport.Message) {
	if f.Message != nil {
		f.Message(ctx, from, m)
	}
}

// HandleRequest calls f.Request.
func (f Funcs) HandleRequest(ctx context.Context, from transport.PeerID, m transport.Message) (transport.Message, error) {
	if f.Request != nil {
		return f.Request(ctx, from, m)
	}
	return m, nil
}

// watch records calls of Config.OnPeer.
type watch struct {
	mu     sync.Mutex
	events []bool
	change chan bool
}

func newWatch() *watch { return &watch{change: make(chan bool, 1000)} }

func (p *watch) onPeer(_ transport.PeerID, up bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, up)
	p.change <- up
}

func (p *watch) seen() []bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]bool(nil), p.events...)
}
