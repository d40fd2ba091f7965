package transport

import "sync"

// events calls Config.OnPeer in the order in which peers came and went, from one goroutine that exists while there is something
// to report. The caller of add may hold locks that OnPeer needs.
type events struct {
	onPeer func(PeerID, bool)

	mu      sync.Mutex
	idle    sync.Cond
	queue   []event
	running bool
}

type event struct {
	id PeerID
	up bool
}

func newEvents(onPeer func(PeerID, bool)) *events {
	e := &events{onPeer: onPeer}
	e.idle.L = &e.mu
	return e
}

func (e *events) add(id PeerID, up bool) {
	if e.onPeer == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queue = append(e.queue, event{id, up})
	if !e.running {
		e.running = true
		go e.run()
	}
}

// overflow reports whether OnPeer lags by more than limit calls. No new peer is taken then, which bounds the queue.
func (e *events) overflow(limit int) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.queue) > limit
}

func (e *events) run() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.queue) > 0 {
		batch := e.queue
		e.queue = nil
		e.mu.Unlock()
		for _, ev := range batch {
			e.onPeer(ev.id, ev.up)
		}
		e.mu.Lock()
	}
	e.running = false
	e.idle.Broadcast()
}

// close waits until everything has been reported.
func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.running {
		e.idle.Wait()
	}
}
