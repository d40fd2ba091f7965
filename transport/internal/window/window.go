// Package window counts what a peer allows: a number of calls and a number of bytes that may be unhandled at a time.
// Start with [New] and [Window.Acquire].
package window

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// ErrOverdrawn says that more was given back than is outstanding.
var ErrOverdrawn = errors.New("more credit returned than is outstanding")

// Window is a semaphore of two counters with waiters in order of arrival, so that a large call is not starved by small ones.
type Window struct {
	mu                    sync.Mutex
	freeCalls, freeBytes  int
	totalCalls, totalByte int
	waiters               list.List // of *waiter
	err                   error     // set by Close
}

type waiter struct {
	bytes int
	ready chan struct{} // closed when granted or failed
	err   error
}

// New returns a window of the given size.
func New(calls, bytes int) *Window {
	return &Window{freeCalls: calls, freeBytes: bytes, totalCalls: calls, totalByte: bytes}
}

// Acquire takes one call of n bytes, waiting until there is room. It returns the error of ctx, or that given to Close. An n
// larger than the whole window is an error of the caller and waits for ctx.
func (w *Window) Acquire(ctx context.Context, n int) error {
	w.mu.Lock()
	if w.err != nil {
		defer w.mu.Unlock()
		return w.err
	}
	if w.waiters.Len() == 0 && w.take(n) {
		w.mu.Unlock()
		return nil
	}
	wt := &waiter{bytes: n, ready: make(chan struct{})}
	el := w.waiters.PushBack(wt)
	w.mu.Unlock()

	select {
	case <-wt.ready:
		return wt.err
	case <-ctx.Done():
		return w.giveUp(el, wt, ctx.Err())
	}
}

// giveUp withdraws a waiter; one that was served in the meantime keeps what it got.
func (w *Window) giveUp(el *list.Element, wt *waiter, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-wt.ready:
		return wt.err
	default:
	}
	w.waiters.Remove(el)
	w.serve() // a large one may have held up smaller ones
	return err
}

// Release gives back calls and bytes. It changes nothing and returns [ErrOverdrawn] if that is more than is outstanding.
func (w *Window) Release(calls, bytes int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if calls < 0 || bytes < 0 || calls > w.totalCalls-w.freeCalls || bytes > w.totalByte-w.freeBytes {
		return ErrOverdrawn
	}
	w.freeCalls += calls
	w.freeBytes += bytes
	w.serve()
	return nil
}

// Idle reports whether nothing is outstanding.
func (w *Window) Idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.freeCalls == w.totalCalls
}

// Close fails all waiters, now and later, with err. What is outstanding can still be given back.
func (w *Window) Close(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.err = err
	for el := w.waiters.Front(); el != nil; el = el.Next() {
		wt := el.Value.(*waiter)
		wt.err = err
		close(wt.ready)
	}
	w.waiters.Init()
}

func (w *Window) take(n int) bool {
	if w.freeCalls < 1 || w.freeBytes < n {
		return false
	}
	w.freeCalls--
	w.freeBytes -= n
	return true
}

func (w *Window) serve() {
	for el := w.waiters.Front(); el != nil; el = w.waiters.Front() {
		wt := el.Value.(*waiter)
		if !w.take(wt.bytes) {
			return
		}
		w.waiters.Remove(el)
		close(wt.ready)
	}
}
