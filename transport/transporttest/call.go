package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
)

type (
	message = transport.Message
	peerID  = transport.PeerID
)

// sizes of bodies around every boundary of a carrier.
var sizes = []int{0, 1, 64, 16<<10 - 3, 16 << 10, 16<<10 + 1, 200_000, transport.MaxBody}

func sample(size int) message {
	body := make([]byte, size)
	for i := range body {
		body[i] = byte(i ^ i>>8 ^ size)
	}
	return message{Kind: uint16(size), Head: []byte("head"), Body: body}
}

func answersOfEverySize(w *world) {
	a, b := w.pair(Funcs{Request: func(_ context.Context, _ peerID, m message) (message, error) {
		return message{Kind: m.Kind + 1, Head: m.Body, Body: m.Head}, nil
	}})
	head := bytes.Repeat([]byte("h"), transport.MaxHead)
	got, err := a.Request(w.ctx, b.ID(), message{Head: head})
	require.NoError(w, err)
	require.True(w, bytes.Equal(head, got.Body))
	for _, size := range sizes {
		m := sample(size)
		got, err := b.Request(w.ctx, a.ID(), m) // a echoes
		require.NoError(w, err)
		require.Equal(w, m.Kind, got.Kind)
		require.Equal(w, m.Head, got.Head)
		require.True(w, bytes.Equal(m.Body, got.Body))
	}
}

func messagesArriveOnce(w *world) {
	var mu sync.Mutex
	seen := make(map[int]int)
	arrived := make(chan struct{}, 10_000)
	a, b := w.pair(Funcs{Message: func(_ context.Context, _ peerID, m message) {
		mu.Lock()
		defer mu.Unlock()
		if bytes.Equal(m.Body, sample(len(m.Body)).Body) && string(m.Head) == "head" {
			seen[len(m.Body)]++
		}
		arrived <- struct{}{}
	}})
	const rounds = 5
	for range rounds {
		for _, size := range sizes {
			require.NoError(w, a.Send(w.ctx, b.ID(), sample(size)))
		}
	}
	for range rounds * len(sizes) {
		wait(w, arrived)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, size := range sizes {
		require.Equal(w, rounds, seen[size], "size %d", size)
	}
}

func senderKeepsItsSlices(w *world) {
	bodies := make(chan []byte, len(sizes))
	a, b := w.pair(Funcs{Message: func(_ context.Context, _ peerID, m message) { bodies <- m.Body }})
	for _, size := range sizes {
		m := sample(size)
		require.NoError(w, a.Send(w.ctx, b.ID(), m))
		clear(m.Body)
		require.True(w, bytes.Equal(sample(size).Body, wait(w, bodies)))
	}
}

func tooLargeIsRefusedHere(w *world) {
	a, b := w.pair(Funcs{})
	for _, m := range []message{
		{Head: make([]byte, transport.MaxHead+1)},
		{Body: make([]byte, transport.MaxBody+1)},
	} {
		require.ErrorIs(w, a.Send(w.ctx, b.ID(), m), transport.ErrTooLarge)
		_, err := a.Request(w.ctx, b.ID(), m)
		require.ErrorIs(w, err, transport.ErrTooLarge)
	}
	require.NotEmpty(w, a.Peers())
}

func handlerErrorsTravel(w *world) {
	long := strings.Repeat("é", 4000)
	a, b := w.pair(Funcs{Request: func(_ context.Context, _ peerID, m message) (message, error) {
		switch m.Kind {
		case 1:
			return message{}, errors.New("plain")
		case 2:
			return message{}, fmt.Errorf("wrapped: %w", &transport.RemoteError{Code: 42, Text: "coded"})
		}
		return message{}, errors.New(long)
	}})
	for _, size := range []int{0, 100_000} {
		var remote *transport.RemoteError
		_, err := a.Request(w.ctx, b.ID(), message{Kind: 1, Body: make([]byte, size)})
		require.ErrorAs(w, err, &remote)
		require.Equal(w, transport.RemoteError{Text: "plain"}, *remote)
		_, err = a.Request(w.ctx, b.ID(), message{Kind: 2, Body: make([]byte, size)})
		require.ErrorAs(w, err, &remote)
		require.Equal(w, transport.RemoteError{Code: 42, Text: "coded"}, *remote)
		_, err = a.Request(w.ctx, b.ID(), message{Kind: 3, Body: make([]byte, size)})
		require.ErrorAs(w, err, &remote)
		require.LessOrEqual(w, len(remote.Text), 1<<10)
		require.Contains(w, long, remote.Text)
	}
}

func panicHurtsOneRequest(w *world) {
	a, b := w.pair(Funcs{
		Message: func(context.Context, peerID, message) { panic("message") },
		Request: func(_ context.Context, _ peerID, m message) (message, error) {
			if m.Kind == 1 {
				panic("request")
			}
			return m, nil
		},
	})
	var remote *transport.RemoteError
	_, err := a.Request(w.ctx, b.ID(), message{Kind: 1})
	require.ErrorAs(w, err, &remote)
	require.Equal(w, transport.CodeInternal, remote.Code)
	require.NoError(w, a.Send(w.ctx, b.ID(), message{}))
	_, err = a.Request(w.ctx, b.ID(), message{Kind: 2})
	require.NoError(w, err)
}

func answerTooLarge(w *world) {
	a, b := w.pair(Funcs{Request: func(context.Context, peerID, message) (message, error) {
		return message{Body: make([]byte, transport.MaxBody+1)}, nil
	}})
	var remote *transport.RemoteError
	_, err := a.Request(w.ctx, b.ID(), message{})
	require.ErrorAs(w, err, &remote)
	require.Equal(w, transport.CodeInternal, remote.Code)
}

func deadlineTravels(w *world) {
	ended := make(chan error, 1)
	a, b := w.pair(Funcs{Request: func(ctx context.Context, _ peerID, _ message) (message, error) {
		<-ctx.Done()
		ended <- ctx.Err()
		return message{}, ctx.Err()
	}})
	ctx, cancel := context.WithTimeout(w.ctx, 50*time.Millisecond)
	defer cancel()
	_, err := a.Request(ctx, b.ID(), message{})
	require.ErrorIs(w, err, context.DeadlineExceeded)
	require.Error(w, wait(w, ended))
}

func cancellationTravels(w *world) {
	begun, ended := make(chan struct{}, 1), make(chan error, 1)
	a, b := w.pair(Funcs{Request: func(ctx context.Context, _ peerID, _ message) (message, error) {
		begun <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
		return message{}, ctx.Err()
	}})
	for _, size := range []int{0, 100_000} {
		ctx, cancel := context.WithCancel(w.ctx)
		done := make(chan error, 1)
		go func() {
			_, err := a.Request(ctx, b.ID(), sample(size))
			done <- err
		}()
		wait(w, begun)
		cancel()
		require.ErrorIs(w, wait(w, done), context.Canceled)
		require.ErrorIs(w, wait(w, ended), context.Canceled)
	}
}

func lossEndsTheHandler(w *world) {
	begun, ended := make(chan struct{}, 2), make(chan error, 2)
	block := func(ctx context.Context) {
		begun <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
	}
	a, b := w.pair(Funcs{
		Message: func(ctx context.Context, _ peerID, _ message) { block(ctx) },
		Request: func(ctx context.Context, _ peerID, m message) (message, error) {
			block(ctx)
			return m, nil
		},
	})
	require.NoError(w, a.Send(w.ctx, b.ID(), message{}))
	done := make(chan error, 1)
	go func() {
		_, err := a.Request(w.ctx, b.ID(), message{})
		done <- err
	}()
	wait(w, begun)
	wait(w, begun)
	a.Disconnect(b.ID())
	require.ErrorIs(w, wait(w, done), transport.ErrPeerGone)
	require.Error(w, wait(w, ended))
	require.Error(w, wait(w, ended))
}

func requestTimeoutIsDefault(w *world) {
	a := w.endpoint(transport.Config{Handler: Funcs{}, RequestTimeout: 50 * time.Millisecond})
	b := w.endpoint(transport.Config{Handler: Funcs{Request: func(ctx context.Context, _ peerID, m message) (message, error) {
		<-ctx.Done()
		return m, ctx.Err()
	}}})
	w.connect(a, b)
	_, err := a.Request(context.Background(), b.ID(), message{})
	require.ErrorIs(w, err, context.DeadlineExceeded)
}

func handlerMayAskBack(w *world) {
	var b transport.Endpoint
	ask := Funcs{Request: func(ctx context.Context, from peerID, m message) (message, error) {
		return b.Request(ctx, from, m)
	}}
	a := w.endpoint(transport.Config{Handler: Funcs{}})
	b = w.endpoint(transport.Config{Handler: ask})
	w.connect(a, b)
	var wg sync.WaitGroup
	var failed atomic.Int64
	for range 64 {
		wg.Go(func() {
			got, err := a.Request(w.ctx, b.ID(), sample(100_000))
			if err != nil || len(got.Body) != 100_000 {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	require.Zero(w, failed.Load())
}
