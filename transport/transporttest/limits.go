package transporttest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
)

// gatedHandler blocks messages and requests of kind 1 until it is opened.
type gatedHandler struct {
	begun chan struct{}
	open  chan struct{}
	now   atomic.Int64
	most  atomic.Int64
}

func newGatedHandler() *gatedHandler {
	return &gatedHandler{begun: make(chan struct{}, 10_000), open: make(chan struct{})}
}

func (g *gatedHandler) HandleMessage(_ context.Context, _ peerID, m message) {
	if m.Kind != 1 {
		return
	}
	now := g.now.Add(1)
	for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
	}
	g.begun <- struct{}{}
	<-g.open
	g.now.Add(-1)
}

func (g *gatedHandler) HandleRequest(ctx context.Context, from peerID, m message) (message, error) {
	g.HandleMessage(ctx, from, m)
	return m, nil
}

// fill sends messages like m, of which the window takes just n.
func fill(w *world, a, b transport.Endpoint, m message, n int) {
	w.Helper()
	for range n {
		require.NoError(w, a.Send(w.ctx, b.ID(), m))
	}
	ctx, cancel := context.WithTimeout(w.ctx, 200*time.Millisecond)
	defer cancel()
	require.ErrorIs(w, a.Send(ctx, b.ID(), m), context.DeadlineExceeded, "the window is full")
}

func callWindow(w *world) {
	const limit = 8
	g := newGatedHandler()
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	b := w.endpoint(transport.Config{Handler: g, MaxStreams: limit})
	w.connect(a, b)
	fill(w, a, b, message{Kind: 1}, limit)
	sent := make(chan error, 1)
	go func() { sent <- a.Send(w.ctx, b.ID(), message{Kind: 1}) }()
	close(g.open)
	require.NoError(w, wait(w, sent), "the sender goes on when there is room")
	for range limit + 1 {
		wait(w, g.begun)
	}
	require.LessOrEqual(w, g.most.Load(), int64(limit))
	for range 10 * limit { // credit keeps coming
		require.NoError(w, a.Send(w.ctx, b.ID(), message{}))
	}
}

func byteWindow(w *world) {
	g := newGatedHandler()
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	b := w.endpoint(transport.Config{Handler: g, BytesPerPeer: 3 << 20})
	w.connect(a, b)
	fill(w, a, b, message{Kind: 1, Body: make([]byte, 1<<20+100)}, 2)
	close(g.open)
	for range 20 {
		require.NoError(w, a.Send(w.ctx, b.ID(), message{Body: make([]byte, transport.MaxBody)}))
	}
}

func slowLargeRequests(w *world) {
	g := newGatedHandler()
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	b := w.endpoint(transport.Config{Handler: g})
	w.connect(a, b)
	var wg sync.WaitGroup
	var failed atomic.Int64
	for range 10 {
		wg.Go(func() {
			if _, err := a.Request(w.ctx, b.ID(), message{Kind: 1, Body: make([]byte, 1<<20)}); err != nil {
				failed.Add(1)
			}
		})
	}
	for range 10 {
		wait(w, g.begun)
	}
	for _, size := range []int{5, 100_000} {
		_, err := a.Request(w.ctx, b.ID(), message{Body: make([]byte, size)})
		require.NoError(w, err)
	}
	close(g.open)
	wg.Wait()
	require.Zero(w, failed.Load())
}

func closeLetsCallsFinish(w *world) {
	for _, closer := range []int{0, 1} {
		g := newGatedHandler()
		eps := []transport.Endpoint{
			w.endpoint(transport.Config{Handler: Funcs{}, DrainTimeout: time.Minute}),
			w.endpoint(transport.Config{Handler: g, DrainTimeout: time.Minute}),
		}
		w.connect(eps[0], eps[1])
		done := make(chan error, 1)
		go func() {
			_, err := eps[0].Request(w.ctx, eps[1].ID(), message{Kind: 1})
			done <- err
		}()
		wait(w, g.begun)
		closed := make(chan error, 1)
		go func() { closed <- eps[closer].Close() }()
		close(g.open)
		require.NoError(w, wait(w, done))
		require.NoError(w, wait(w, closed))
	}
}

func closeLosesNoMessage(w *world) {
	var got atomic.Int64
	a := w.endpoint(transport.Config{Handler: Funcs{}, DrainTimeout: time.Minute})
	b := w.endpoint(transport.Config{Handler: Funcs{Message: func(context.Context, peerID, message) { got.Add(1) }}})
	w.connect(a, b)
	const n = 200
	for i := range n {
		require.NoError(w, a.Send(w.ctx, b.ID(), message{Body: make([]byte, i%4*20_000)}))
	}
	require.NoError(w, a.Close())
	require.EqualValues(w, n, got.Load(), "Close returns after the last message was handled")
}

func requestsRacingClose(w *world) {
	a := w.endpoint(transport.Config{Handler: Funcs{}, HandshakeTimeout: 500 * time.Millisecond})
	b := w.endpoint(transport.Config{Handler: Funcs{}})
	w.connect(a, b)
	var wg sync.WaitGroup
	var answered, failed atomic.Int64
	_, err := a.Request(w.ctx, b.ID(), message{})
	require.NoError(w, err)
	const n = 1000
	for i := range n {
		wg.Go(func() {
			if _, err := a.Request(w.ctx, b.ID(), message{}); err == nil {
				answered.Add(1)
			} else {
				failed.Add(1)
			}
		})
		if i == n/2 {
			wg.Go(func() { _ = b.Close() })
		}
	}
	wg.Wait()
	require.EqualValues(w, n, answered.Load()+failed.Load())
}

func afterClose(w *world) {
	a, b := w.pair(Funcs{})
	require.NoError(w, a.Close())
	_, err := a.Connect(w.ctx, b.Addr(), b.ID())
	require.ErrorIs(w, err, transport.ErrClosed)
	require.ErrorIs(w, a.Send(w.ctx, b.ID(), message{}), transport.ErrClosed)
	_, err = a.Request(w.ctx, b.ID(), message{})
	require.ErrorIs(w, err, transport.ErrClosed)
	require.ErrorIs(w, a.Close(), transport.ErrClosed)
	a.Disconnect(b.ID())
	require.Empty(w, a.Peers())
}
