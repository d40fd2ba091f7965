package window

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBothCountersLimit(t *testing.T) {
	w, ctx := New(2, 100), context.Background()
	require.True(t, w.Idle())
	require.NoError(t, w.Acquire(ctx, 60))
	require.False(t, w.Idle())
	ended, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, w.Acquire(ended, 60), context.Canceled, "bytes")
	require.NoError(t, w.Acquire(ctx, 10))
	require.ErrorIs(t, w.Acquire(ended, 10), context.Canceled, "calls")
	require.NoError(t, w.Release(2, 70))
	require.True(t, w.Idle())
	require.NoError(t, w.Acquire(ctx, 100))
}

func TestReturningMoreThanOutstandingIsAnError(t *testing.T) {
	w := New(2, 100)
	require.NoError(t, w.Acquire(context.Background(), 10))
	for _, bad := range [][2]int{{2, 10}, {1, 11}, {-1, 0}, {0, -1}} {
		require.ErrorIs(t, w.Release(bad[0], bad[1]), ErrOverdrawn)
	}
	require.NoError(t, w.Release(1, 10))
}

func TestWaitersAreServedInOrder(t *testing.T) {
	w := New(10, 100)
	require.NoError(t, w.Acquire(context.Background(), 100))
	order := make(chan int, 3)
	var wg sync.WaitGroup
	for i, n := range []int{90, 20, 5} {
		wg.Go(func() {
			if w.Acquire(context.Background(), n) == nil {
				order <- i
			}
		})
		awaitWaiters(w, i+1)
	}
	require.NoError(t, w.Release(0, 50))
	require.Empty(t, order, "small ones do not overtake")
	require.NoError(t, w.Release(0, 40))
	require.Equal(t, 0, <-order)
	require.NoError(t, w.Release(1, 100))
	wg.Wait()
	require.Len(t, order, 2)
}

func awaitWaiters(w *Window, n int) {
	for {
		w.mu.Lock()
		waiting := w.waiters.Len()
		w.mu.Unlock()
		if waiting == n {
			return
		}
		runtime.Gosched()
	}
}

func TestGivingUpLetsTheNextPass(t *testing.T) {
	w := New(10, 100)
	require.NoError(t, w.Acquire(context.Background(), 50))
	ctx, cancel := context.WithCancel(context.Background())
	big, small := make(chan error, 1), make(chan error, 1)
	go func() { big <- w.Acquire(ctx, 80) }()
	awaitWaiters(w, 1)
	go func() { small <- w.Acquire(context.Background(), 10) }()
	awaitWaiters(w, 2)
	cancel()
	require.ErrorIs(t, <-big, context.Canceled)
	require.NoError(t, <-small)
}

func TestCloseFailsWaiters(t *testing.T) {
	w, gone := New(1, 100), errors.New("gone")
	require.NoError(t, w.Acquire(context.Background(), 1))
	failed := make(chan error, 1)
	go func() { failed <- w.Acquire(context.Background(), 1) }()
	awaitWaiters(w, 1)
	w.Close(gone)
	w.Close(errors.New("later"))
	require.ErrorIs(t, <-failed, gone)
	require.ErrorIs(t, w.Acquire(context.Background(), 1), gone)
	require.NoError(t, w.Release(1, 1), "what is outstanding comes back")
	require.True(t, w.Idle())
}

func TestConcurrentUseNeverExceedsTheWindow(t *testing.T) {
	w := New(3, 100)
	var mu sync.Mutex
	var calls, bytes int
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			n := i % 50
			if !assertNil(t, w.Acquire(context.Background(), n)) {
				return
			}
			mu.Lock()
			calls, bytes = calls+1, bytes+n
			if calls > 3 || bytes > 100 {
				t.Errorf("%d calls of %d bytes", calls, bytes)
			}
			mu.Unlock()
			mu.Lock()
			calls, bytes = calls-1, bytes-n
			mu.Unlock()
			assertNil(t, w.Release(1, n))
		})
	}
	wg.Wait()
	require.True(t, w.Idle())
}

func assertNil(t *testing.T, err error) bool {
	if err != nil {
		t.Error(err)
	}
	return err == nil
}
