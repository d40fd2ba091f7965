package bootstrap

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// MaxEntries is how many peers a book holds at most.
const MaxEntries = 512

// Entry is what a book knows about one peer that was good.
type Entry struct {
	ID       transport.PeerID
	Addrs    []string  // at most MaxAddrs; where it was last reached comes first
	Passed   time.Time // when it was last good; whole seconds, UTC
	Failures int       // since then
}

// better orders entries: who failed less often, then who was good last. It is total, so that the order is the same everywhere.
func (e *Entry) better(other *Entry) int {
	return cmp.Or(
		cmp.Compare(e.Failures, other.Failures),
		other.Passed.Compare(e.Passed),
		bytes.Compare(e.ID[:], other.ID[:]),
	)
}

// BookOptions govern a book. Zero means the default everywhere.
type BookOptions struct {
	Entries int           // peers held, at most and by default MaxEntries
	Delay   time.Duration // how long changes are gathered before they are written; negative: until Save or Close; default 10 s
	Logger  *slog.Logger  // damage found, and failures to write, at Warn; default: silent
}

// Book remembers peers that were good, in a file. Only those enter that somebody vouches for with Passed, as Join does for those
// that passed its check; the contacts that came with a program are not its business. A full book forgets its worst peer for a new
// one: the one that failed most often, among equals the one that was good longest ago.
//
// Its methods may be called concurrently. Processes may share a file: each write takes over what others have written since. If two
// write in the same moment, one may miss what the other has changed, and will find it again when the other writes next. What one
// forgets, the others must find useless for themselves. The file is replaced as a whole: after a crash or a loss of power it is
// the old one or the new one.
type Book struct {
	path   string
	o      BookOptions
	disk   disk
	damage error

	writing sync.Mutex // held while writing

	mu      sync.Mutex
	entries map[transport.PeerID]*Entry
	changed map[transport.PeerID]struct{} // since the last write; those without entry were forgotten
	timer   *time.Timer                   // runs until the next write, nil if none is due
	closed  bool
}

// OpenBook reads the book at path; there need not be one yet. An empty path makes a book that is in memory only.
//
// A file that is not of this format and version, or longer than any, is refused with [ErrNotBook] and left as it is. Of a damaged
// one, the lines that are whole are taken; see [Book.Damage]. The book should be closed.
func OpenBook(path string, o BookOptions) (*Book, error) { return openBook(path, o, osDisk{}) }

func openBook(path string, o BookOptions, d disk) (*Book, error) {
	if o.Entries < 0 || o.Entries > MaxEntries {
		return nil, fmt.Errorf("bootstrap: BookOptions.Entries is %d, want at most %d", o.Entries, MaxEntries)
	}
	o.Entries = cmp.Or(o.Entries, MaxEntries)
	o.Delay = cmp.Or(o.Delay, 10*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	b := &Book{
		path: path, o: o, disk: d,
		entries: make(map[transport.PeerID]*Entry), changed: make(map[transport.PeerID]struct{}),
	}
	if path == "" {
		return b, nil
	}
	d.sweep(path)
	entries, damage, err := b.read()
	if err != nil {
		return nil, err
	}
	if damage != nil {
		o.Logger.Warn("bootstrap: the peer book is damaged", "path", path, "error", damage)
	}
	b.damage = damage
	b.take(entries)
	return b, nil
}

// Damage is what was wrong with the file when it was opened, nil if nothing. The next write makes it whole, without the lines that
// were lost.
func (b *Book) Damage() error { return b.damage }

// Passed notes that a peer is good and was reached at addr. An address that can not be dialled is ignored.
func (b *Book) Passed(id transport.PeerID, addr string) {
	if _, _, err := splitAddr(addr); err != nil || id.IsZero() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	if e == nil {
		e = &Entry{ID: id}
		b.entries[id] = e
	}
	e.Passed, e.Failures = time.Unix(time.Now().Unix(), 0).UTC(), 0
	e.Addrs = slices.DeleteFunc(e.Addrs, func(a string) bool { return a == addr })
	e.Addrs = slices.Insert(e.Addrs, 0, addr)
	e.Addrs = e.Addrs[:min(len(e.Addrs), MaxAddrs)]
	b.evict()
	b.touch(id)
}

// Failed notes that a peer could not be reached or was not good. It does nothing for one that is not in the book.
func (b *Book) Failed(id transport.PeerID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[id]; e != nil && e.Failures < maxFailures {
		e.Failures++
		b.touch(id)
	}
}

// Forget removes a peer.
func (b *Book) Forget(id transport.PeerID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(id)
}

// ForgetAddr removes an address at which somebody else was found, and the peer with its last address.
func (b *Book) ForgetAddr(id transport.PeerID, addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	if e == nil || !slices.Contains(e.Addrs, addr) {
		return
	}
	e.Addrs = slices.DeleteFunc(e.Addrs, func(a string) bool { return a == addr })
	if len(e.Addrs) == 0 {
		b.forget(id)
		return
	}
	b.touch(id)
}

// Entries returns what the book knows, best first. The result is the caller's.
func (b *Book) Entries() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ranked()
}

func (b *Book) ranked() []Entry {
	list := make([]Entry, 0, len(b.entries))
	for _, e := range slices.SortedFunc(maps.Values(b.entries), (*Entry).better) {
		list = append(list, Entry{ID: e.ID, Addrs: slices.Clone(e.Addrs), Passed: e.Passed, Failures: e.Failures})
	}
	return list
}

func (b *Book) forget(id transport.PeerID) {
	if b.entries[id] != nil {
		delete(b.entries, id)
		b.touch(id)
	}
}

// evict forgets the worst peers until the book is not too full.
func (b *Book) evict() {
	if len(b.entries) <= b.o.Entries {
		return
	}
	for _, e := range slices.SortedFunc(maps.Values(b.entries), (*Entry).better)[b.o.Entries:] {
		delete(b.entries, e.ID)
	}
}

// take adds entries of the file, except where there are changes that it does not have yet.
func (b *Book) take(entries []Entry) {
	for _, e := range entries {
		if _, changed := b.changed[e.ID]; !changed {
			b.entries[e.ID] = &e
		}
	}
	b.evict()
}
