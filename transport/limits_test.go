package transport

import (
	"context"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

func TestTooManyHandshakesAreRefused(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	for range maxHandshakes {
		b.handshakeSlots <- struct{}{}
	}
	_, err := a.Connect(testContext(t), b.Addr(), b.ID())
	require.ErrorIs(t, err, ErrBusy)
	<-b.handshakeSlots
	connect(t, a, b)
}

func TestTooManyDialsWait(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	for range maxDials {
		a.dialSlots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := a.Connect(ctx, b.Addr(), b.ID())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	<-a.dialSlots
	connect(t, a, b)
}

func TestStreamsAreLimited(t *testing.T) {
	ep := start(t, 1, Config{MaxStreams: 3})
	in := intrudeWithHello(t, ep, 2, nil)
	_, err := in.qc.OpenStream()
	require.Error(t, err, "there is one lane")
	for range 6 { // three calls, and three answers to ours
		_, err := in.qc.OpenUniStream()
		require.NoError(t, err)
	}
	_, err = in.qc.OpenUniStream()
	require.Error(t, err)
}

// An OnPeer that blocks stops new peers from coming in, so that what it has yet to hear is bounded.
func TestALaggingOnPeerStopsNewPeers(t *testing.T) {
	hold := make(chan struct{})
	b := start(t, 2, Config{MaxPeers: 1, OnPeer: func(PeerID, bool) { <-hold }})
	defer close(hold)
	refused := false
	for i := uint64(0); i < 10 && !refused; i++ {
		a := start(t, 10+i, Config{})
		_, err := a.Connect(testContext(t), b.Addr(), b.ID())
		if refused = err != nil; refused {
			require.ErrorIs(t, err, ErrBusy)
		}
		b.Disconnect(a.ID())
	}
	require.True(t, refused)
}

// A peer that comes back elsewhere, where nothing can say that the old connection is forgotten, waits for one ping.
func TestADeadConnectionIsReplacedAfterAPing(t *testing.T) {
	up := newUps()
	a, b := start(t, 1, Config{OnPeer: up.onPeer}), start(t, 2, Config{})
	connect(t, b, a)
	require.True(t, up.next(t))
	crash(b)
	again := start(t, 2, Config{})
	connect(t, again, a)
	require.False(t, up.next(t))
	require.True(t, up.next(t))
	require.Equal(t, again.Addr(), a.RemoteAddr(b.ID()))
}

// Connect to an address, whoever is there, does not rely on a connection that is dead.
func TestConnectByAddressNoticesARestart(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	connect(t, a, b)
	addr := b.Addr()
	crash(b)
	c := start(t, 3, Config{Listen: addr})
	id, err := a.Connect(testContext(t), addr, PeerID{})
	require.NoError(t, err)
	require.Equal(t, c.ID(), id)
}

func TestAnswersUnderWayAreLimited(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{BytesPerPeer: 4 << 20, BytesTotal: 16 << 20})
	connect(t, a, b)
	c := b.live(a.ID())
	require.True(t, c.holdAnswer(3<<20))
	require.False(t, c.holdAnswer(2<<20))
	_, err := a.Request(testContext(t), b.ID(), Message{Body: make([]byte, MaxBody)})
	require.ErrorIs(t, err, ErrBusy)
	c.dropAnswer(3 << 20)
	_, err = a.Request(testContext(t), b.ID(), Message{Body: make([]byte, MaxBody)})
	require.NoError(t, err)
}

func TestReceiveWindowsGrowWithinTheBudget(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	connect(t, a, b)
	c := b.live(a.ID())
	free := b.total.free.Load()
	require.True(t, b.allowWindow(c.qc, 1<<20))
	require.Equal(t, free-1<<20, b.total.free.Load())
	require.False(t, b.allowWindow(c.qc, 1<<40))
	require.False(t, b.allowWindow(&quic.Conn{}, 1), "not one of ours")
	b.total.free.Store(0)
	require.False(t, b.allowWindow(c.qc, 1))
	b.total.free.Store(free - 1<<20)
	b.Disconnect(a.ID())
	require.Equal(t, free, b.total.free.Load(), "it comes back with the end of the connection")
}

func TestAnAnswerThatStopsHalfWayIsAnError(t *testing.T) {
	ep := startPatient(t, 1, Config{}, 100*time.Millisecond)
	in := intrudeWithHello(t, ep, 2, nil)
	failed := make(chan error, 1)
	go func() {
		_, err := ep.Request(context.Background(), testID(2), Message{})
		failed <- err
	}()
	f, _ := in.hear()
	in.stream(append(frame{typ: frameResponse, id: f.id, body: 100}.append(nil), 1, 2, 3))
	require.ErrorIs(t, <-failed, ErrPeerGone)
	in.requireAlive()
}

func TestAnAnswerTooLargeIsRefusedFromItsHeader(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrudeWithHello(t, ep, 2, nil)
	failed := make(chan error, 1)
	go func() {
		_, err := ep.Request(context.Background(), testID(2), Message{})
		failed <- err
	}()
	f, _ := in.hear()
	in.stream(frame{typ: frameResponse, id: f.id, body: MaxBody + 1}.append(nil))
	require.ErrorIs(t, <-failed, ErrTooLarge)
	in.requireAlive()
}
