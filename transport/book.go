package transport

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/safenet-go/safenet/transport/internal/lru"
)

const (
	bookPeers    = 8192 // identities remembered
	addrsPerPeer = 4    // addresses of one

	// A peer that could not be reached is left alone for a random half to whole of a time that doubles with each failure. It
	// stays short, so that a peer that restarts is soon found again.
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = time.Second
)

// book remembers where peers listen and when they may be dialled again.
type book struct {
	mu      sync.Mutex
	entries *lru.Map[PeerID, *entry]
}

type entry struct {
	addrs    []string // best first
	failures int
	until    time.Time // no dial before
}

func newBook() *book { return &book{entries: lru.New[PeerID, *entry](bookPeers)} }

// entry finds or makes the entry of id.
func (b *book) entry(id PeerID) *entry {
	e, ok := b.entries.Get(id)
	if !ok {
		e = &entry{}
		b.entries.Put(id, e)
	}
	return e
}

// learn puts addr first: the caller has it from somewhere newer than what is known. It may be dialled at once.
func (b *book) learn(id PeerID, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entry(id)
	if !slices.Contains(e.addrs, addr) {
		e.failures, e.until = 0, time.Time{}
	}
	e.prefer(addr)
}

// reached notes that a connection with id exists, by way of addr.
func (b *book) reached(id PeerID, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entry(id)
	e.failures, e.until = 0, time.Time{}
	e.prefer(addr)
}

func (e *entry) prefer(addr string) {
	e.addrs = slices.DeleteFunc(e.addrs, func(a string) bool { return a == addr })
	e.addrs = slices.Insert(e.addrs, 0, addr)
	e.addrs = e.addrs[:min(len(e.addrs), addrsPerPeer)]
}

// failed notes that no address of id could be reached.
func (b *book) failed(id PeerID, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries.Get(id)
	if !ok {
		return
	}
	wait := min(firstBackoff<<min(e.failures, 16), maxBackoff)
	e.failures++
	e.until = now.Add(wait/2 + rand.N(wait/2))
}

// wrong forgets an address where somebody else answered.
func (b *book) wrong(id PeerID, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.entries.Get(id); ok {
		e.addrs = slices.DeleteFunc(e.addrs, func(a string) bool { return a == addr })
	}
}

// mayDial returns nil if there is an address of id to dial now.
func (b *book) mayDial(id PeerID, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries.Get(id)
	if !ok || len(e.addrs) == 0 {
		return fmt.Errorf("%w: %s", ErrUnknownPeer, id.short())
	}
	if now.Before(e.until) {
		return fmt.Errorf("%w: %d dials failed, the next is due in %v", ErrPeerGone, e.failures, e.until.Sub(now))
	}
	return nil
}

func (b *book) addrs(id PeerID) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.entries.Get(id); ok {
		return slices.Clone(e.addrs)
	}
	return nil
}
