package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ups records calls of Config.OnPeer.
type ups struct {
	mu  sync.Mutex
	all []bool
	c   chan bool
}

func newUps() *ups { return &ups{c: make(chan bool, 100)} }

func (u *ups) onPeer(_ PeerID, up bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all = append(u.all, up)
	u.c <- up
}

func (u *ups) next(t *testing.T) bool {
	t.Helper()
	select {
	case up := <-u.c:
		return up
	case <-testContext(t).Done():
		require.FailNow(t, "no call of OnPeer")
		return false
	}
}

// crash stops an endpoint as a killed process would: nobody is told.
func crash(ep *endpoint) { _ = ep.socket.Close() }

func TestAKilledPeerIsNoticedWithinTheIdleTimeout(t *testing.T) {
	up := newUps()
	quick := Config{IdleTimeout: time.Second, KeepAlive: 200 * time.Millisecond, OnPeer: up.onPeer}
	a, b := start(t, 1, quick), start(t, 2, Config{IdleTimeout: time.Second, Handler: blocking()})
	connect(t, a, b)
	require.True(t, up.next(t))
	crash(b)
	_, err := a.Request(testContext(t), b.ID(), Message{})
	require.ErrorIs(t, err, ErrPeerGone)
	require.False(t, up.next(t))
	require.Empty(t, a.Peers())
}

func TestAQuietConnectionIsKeptAlive(t *testing.T) {
	t.Parallel()
	up := newUps()
	a := start(t, 1, Config{IdleTimeout: 3 * time.Second, KeepAlive: 300 * time.Millisecond, OnPeer: up.onPeer})
	b := start(t, 2, Config{IdleTimeout: 3 * time.Second})
	connect(t, a, b)
	time.Sleep(4 * time.Second)
	_, err := a.Request(testContext(t), b.ID(), Message{})
	require.NoError(t, err)
	require.Len(t, up.c, 1, "it never was down")
}

// A peer that was killed and comes back on the same port has forgotten its connections; it says so (stateless reset), and both
// sides find each other again without waiting for a timeout.
func TestARestartedPeerIsReachedAgain(t *testing.T) {
	for name, who := range map[string]int{"we call it": 0, "it calls us": 1} {
		t.Run(name, func(t *testing.T) {
			up := newUps()
			a := start(t, 1, Config{OnPeer: up.onPeer})
			b := start(t, 2, Config{})
			connect(t, a, b)
			require.True(t, up.next(t))
			addr := b.Addr()
			crash(b)
			b2 := start(t, 2, Config{Listen: addr})
			begin := time.Now()
			if who == 0 {
				for {
					_, err := a.Request(testContext(t), b.ID(), Message{})
					if err == nil {
						break
					}
					require.ErrorIs(t, err, ErrPeerGone)
				}
			} else {
				connect(t, b2, a)
			}
			require.Less(t, time.Since(begin), a.cfg.IdleTimeout, "nobody waited for silence")
			require.False(t, up.next(t))
			require.True(t, up.next(t))
			require.Equal(t, []PeerID{b.ID()}, a.Peers())
		})
	}
}

func TestASecondProcessWithTheSameKeyIsRefused(t *testing.T) {
	up := newUps()
	a, b := start(t, 1, Config{OnPeer: up.onPeer}), start(t, 2, Config{})
	connect(t, b, a)
	twin := start(t, 2, Config{})
	_, err := twin.Connect(testContext(t), a.Addr(), a.ID())
	require.ErrorIs(t, err, ErrRefused)
	_, err = b.Request(testContext(t), a.ID(), Message{})
	require.NoError(t, err)
	require.Len(t, up.c, 1)
}

func TestNobodyAtTheAddress(t *testing.T) {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer func() { _ = socket.Close() }()
	a := start(t, 1, Config{HandshakeTimeout: 200 * time.Millisecond})
	_, err = a.Connect(testContext(t), socket.LocalAddr().String(), PeerID{})
	require.ErrorIs(t, err, ErrPeerGone)
	require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's deadline has not passed")
	_, err = a.Connect(testContext(t), "", PeerID{})
	require.ErrorIs(t, err, ErrUnknownPeer)
	for _, bad := range []string{"nonsense", "127.0.0.1", "127.0.0.1:notaport", "[::1"} {
		_, err = a.Connect(testContext(t), bad, PeerID{})
		require.ErrorIs(t, err, ErrPeerGone, "%q", bad)
	}
}

func TestAFailingAddressIsLeftAloneForAWhile(t *testing.T) {
	socket := newSocket(t)
	a := start(t, 1, Config{HandshakeTimeout: 50 * time.Millisecond})
	a.Learn(testID(2), socket.LocalAddr().String())
	_, err := a.Request(testContext(t), testID(2), Message{})
	require.ErrorIs(t, err, ErrPeerGone)
	require.NoError(t, a.book.mayDial(testID(2), time.Now().Add(maxBackoff)), "not for long")

	book, now := newBook(), time.Now()
	book.learn(testID(2), "127.0.0.1:1")
	for range 40 {
		book.failed(testID(2), now)
		require.ErrorIs(t, book.mayDial(testID(2), now), ErrPeerGone)
		require.NoError(t, book.mayDial(testID(2), now.Add(maxBackoff)))
	}
}

func TestAnAddressWithSomebodyElseIsForgotten(t *testing.T) {
	a, b, c := start(t, 1, Config{}), start(t, 2, Config{}), start(t, 3, Config{})
	a.Learn(c.ID(), c.Addr())
	a.Learn(c.ID(), b.Addr())
	_, err := a.Request(testContext(t), c.ID(), Message{})
	require.NoError(t, err, "the other address is tried too")
	require.Equal(t, []string{c.Addr()}, a.book.addrs(c.ID()))

	a.Learn(testID(9), b.Addr())
	_, err = a.Request(testContext(t), testID(9), Message{})
	require.ErrorIs(t, err, ErrIdentity)
	_, err = a.Request(testContext(t), testID(9), Message{})
	require.ErrorIs(t, err, ErrUnknownPeer)
}

func TestCallsDuringCloseFailAtOnce(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	a := start(t, 1, Config{DrainTimeout: time.Minute})
	b := start(t, 2, Config{Handler: handler{message: func(context.Context, PeerID, Message) {
		close(begun)
		<-release
	}}})
	connect(t, a, b)
	require.NoError(t, a.Send(testContext(t), b.ID(), Message{}))
	<-begun
	closed := make(chan error, 1)
	go func() { closed <- a.Close() }()
	require.Eventually(t, a.isClosed, 20*time.Second, time.Millisecond)
	require.ErrorIs(t, a.Send(testContext(t), b.ID(), Message{}), ErrClosed)
	close(release)
	require.NoError(t, <-closed)
}

func TestConcurrentCallsShareOneDial(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	a.Learn(b.ID(), b.Addr())
	var wg sync.WaitGroup
	errs := make(chan error, 50)
	for range 50 {
		wg.Go(func() {
			_, err := a.Request(testContext(t), b.ID(), Message{})
			errs <- err
		})
	}
	wg.Wait()
	for range 50 {
		require.NoError(t, <-errs)
	}
	require.Len(t, a.connsOf(b.ID()), 1)
	require.Len(t, b.connsOf(a.ID()), 1)
}

func TestACallerMayGiveUpOnADial(t *testing.T) {
	socket := newSocket(t)
	a := start(t, 1, Config{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := a.Connect(ctx, socket.LocalAddr().String(), PeerID{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = a.Connect(canceled, socket.LocalAddr().String(), PeerID{})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, a.Send(canceled, testID(2), Message{}), context.Canceled)
}

func TestTheSmallerIdentitysDialIsKept(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	ids := []*endpoint{a, b}
	slices.SortFunc(ids, func(x, y *endpoint) int {
		if x.ID().less(y.ID()) {
			return -1
		}
		return 1
	})
	small, large := ids[0], ids[1]
	connect(t, large, small)
	// A second dial, as if it had begun before the first connection was known.
	_, err := small.dialAddr(small.ctx, large.Addr(), large.ID())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return len(small.connsOf(large.ID())) == 1 && len(large.connsOf(small.ID())) == 1
	}, 20*time.Second, time.Millisecond)
	require.True(t, small.live(large.ID()).dialed)
	require.False(t, large.live(small.ID()).dialed)

	// In the other direction the new connection gives way.
	_, err = large.dialAddr(large.ctx, small.Addr(), small.ID())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return len(small.connsOf(large.ID())) == 1 && len(large.connsOf(small.ID())) == 1
	}, 20*time.Second, time.Millisecond)
	require.True(t, small.live(large.ID()).dialed)
}

func TestCloseDoesNotWaitForStuckHandlers(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	begun := make(chan struct{})
	a := start(t, 1, Config{})
	b := start(t, 2, Config{Handler: handler{message: func(context.Context, PeerID, Message) {
		close(begun)
		<-release
	}}})
	connect(t, a, b)
	require.NoError(t, a.Send(testContext(t), b.ID(), Message{}))
	<-begun
	require.NoError(t, b.Close())
}

func TestNoMemoryLeftRefusesRequests(t *testing.T) {
	begun := make(chan struct{}, 10)
	release := make(chan struct{})
	b := start(t, 2, Config{BytesTotal: minBytesPerPeer, Handler: handler{request: func(_ context.Context, _ PeerID, m Message) (Message, error) {
		if m.Kind == 1 {
			begun <- struct{}{}
			<-release
		}
		return Message{Body: make([]byte, m.Kind)}, nil
	}}})
	greedy, other := start(t, 10, Config{}), start(t, 11, Config{})
	connect(t, greedy, b)
	connect(t, other, b)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { _, _ = greedy.Request(testContext(t), b.ID(), Message{Kind: 1, Body: make([]byte, MaxBody)}) })
		<-begun
	}
	_, err := other.Request(testContext(t), b.ID(), Message{Body: make([]byte, MaxBody)})
	require.ErrorIs(t, err, ErrBusy)
	_, err = other.Request(testContext(t), b.ID(), Message{})
	require.NoError(t, err, "small ones still fit")
	close(release)
	wg.Wait()
	_, err = other.Request(testContext(t), b.ID(), Message{Body: make([]byte, MaxBody)})
	require.NoError(t, err)
}

func TestAMessageIsRefusedWhenNoMemoryIsLeft(t *testing.T) {
	b := start(t, 2, Config{})
	a := start(t, 1, Config{})
	connect(t, a, b)
	b.total.free.Store(0)
	_, err := a.Request(testContext(t), b.ID(), Message{})
	require.ErrorIs(t, err, ErrBusy)
	for range 2 * a.cfg.MaxStreams { // the window opens again although they are dropped
		require.NoError(t, a.Send(testContext(t), b.ID(), Message{}))
	}
	err = a.Send(testContext(t), b.ID(), Message{Body: make([]byte, MaxBody)})
	require.True(t, err == nil || errors.Is(err, ErrBusy), "%v", err)
	b.total.give(b.cfg.BytesTotal)
	_, err = a.Request(testContext(t), b.ID(), Message{Body: make([]byte, MaxBody)})
	require.NoError(t, err)
}

func TestEveryReservationIsGivenBack(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{Handler: handler{request: func(ctx context.Context, _ PeerID, m Message) (Message, error) {
		select {
		case <-ctx.Done():
			return Message{}, ctx.Err()
		case <-time.After(time.Duration(m.Kind) * time.Millisecond):
			return m, nil
		}
	}}})
	connect(t, a, b)
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%7)*time.Millisecond)
			defer cancel()
			_, _ = a.Request(ctx, b.ID(), Message{Kind: uint16(i % 5), Body: make([]byte, i%4*30_000)})
		})
	}
	wg.Wait()
	ca, cb := a.live(b.ID()), b.live(a.ID())
	require.Eventually(t, func() bool {
		ca.mu.Lock()
		defer ca.mu.Unlock()
		cb.mu.Lock()
		defer cb.mu.Unlock()
		return ca.out.Idle() && len(ca.calls) == 0 && cb.inCalls == 0 && cb.inBytes == 0 && len(cb.serving) == 0 && cb.answerBytes == 0
	}, 20*time.Second, time.Millisecond)
	for _, ep := range []*endpoint{a, b} {
		require.NoError(t, ep.Close())
		require.EqualValues(t, ep.cfg.BytesTotal, ep.total.free.Load(), fmt.Sprint(ep.ID()))
	}
}
