// Package members keeps what a vault or a client knows of a network's vaults:
// the signed allotments of their names, and the list of those present.
//
// Until sections agree on their membership in an ordered log, the list is each
// vault's own view, learned by gossip. An allotment counts when a member
// signed it, back to the genesis.
package members

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
)

// Max bounds the members of a network whose vaults all know each other.
const Max = 4096

// The reasons for refusing an allotment.
var (
	ErrAllotter = errors.New("allotted by no member")
	ErrConflict = errors.New("key or name is allotted otherwise")
	ErrNetwork  = errors.New("another network")
	ErrFull     = errors.New("member list is full")
)

// Entry is a member.
type Entry struct {
	routing.Contact
	Allotment wire.Signed
	Addr      string // where it listens, "" if not known
	Present   bool   // heard of lately: counts for placement
}

// Book holds the members of one network. It is not safe for concurrent use.
type Book struct {
	genesis wire.Signed
	network [32]byte
	copies  int
	byKey   map[routing.Key]*Entry
	byName  map[xorname.Name]routing.Key
}

// NewBook checks a genesis and returns a book with the founder in it, not
// present. Errors wrap wire.ErrMalformed or wire.ErrSignature.
func NewBook(genesis wire.Signed) (*Book, error) {
	var g wire.Genesis
	if err := genesis.Open(sign.Genesis, &g); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if g.Version != wire.Version || g.Copies == 0 {
		return nil, fmt.Errorf("genesis of version %d with %d copies: %w", g.Version, g.Copies, wire.ErrMalformed)
	}
	b := &Book{
		genesis: genesis,
		network: wire.NetworkID(genesis),
		copies:  int(g.Copies),
		byKey:   make(map[routing.Key]*Entry),
		byName:  make(map[xorname.Name]routing.Key),
	}
	b.put(routing.Contact{Name: g.Name, Key: genesis.Signer}, genesis)
	return b, nil
}

// Genesis returns the signed genesis.
func (b *Book) Genesis() wire.Signed { return b.genesis }

// Network returns the network's identifier.
func (b *Book) Network() [32]byte { return b.network }

// Copies returns the number of holders of a chunk.
func (b *Book) Copies() int { return b.copies }

// Len returns the number of members known, present or not.
func (b *Book) Len() int { return len(b.byKey) }

// Add takes an allotment and returns its member. One whose key and name are
// known already is not checked again: the entry says what is true, not the
// allotment. Errors: ErrNetwork, ErrConflict, ErrAllotter, ErrFull, and those of
// wire.Signed.Open.
func (b *Book) Add(s wire.Signed) (*Entry, error) { return b.add(s, false) }

// AddUsed is Add for an allotment that its vault is known to use. It replaces
// one that was never used: a newcomer that did not hear its contact's answer
// gets another name from the next.
func (b *Book) AddUsed(s wire.Signed) (*Entry, error) { return b.add(s, true) }

func (b *Book) add(s wire.Signed, replace bool) (*Entry, error) {
	var a wire.Allotment
	if s.Signer == b.genesis.Signer && string(s.Body) == string(b.genesis.Body) {
		return b.byKey[s.Signer], nil
	}
	if err := s.Peek(&a); err != nil {
		return nil, fmt.Errorf("allotment: %w", err)
	}
	if a.Network != b.network {
		return nil, ErrNetwork
	}
	if e := b.byKey[a.Key]; e != nil && (e.Name == a.Name || !replace || !e.unused()) {
		if e.Name != a.Name {
			return nil, ErrConflict
		}
		return e, nil
	}
	if _, taken := b.byName[a.Name]; taken {
		return nil, ErrConflict
	}
	if b.byKey[s.Signer] == nil || b.byKey[a.Key] != nil && b.owes(s.Signer, a.Key) {
		return nil, ErrAllotter
	}
	if err := s.Open(sign.Allotment, &a); err != nil {
		return nil, err
	}
	if b.byKey[a.Key] == nil && len(b.byKey) >= Max && !b.makeRoom(s.Signer) {
		return nil, ErrFull
	}
	return b.put(routing.Contact{Name: a.Name, Key: a.Key}, s), nil
}

// makeRoom drops a member that was never used and allotted nobody's name, and
// reports whether there was one. Anybody may ask for names for as many keys as he
// likes: they must not keep out those that come to stay. Whoever was dropped and
// does come shows his allotment again.
func (b *Book) makeRoom(keep routing.Key) bool {
	allotters := map[routing.Key]bool{keep: true}
	for _, e := range b.byKey {
		allotters[e.Allotment.Signer] = true
	}
	var drop *Entry
	for key, e := range b.byKey {
		if e.unused() && !allotters[key] && (drop == nil || e.Name.Less(drop.Name)) {
			drop = e
		}
	}
	if drop == nil {
		return false
	}
	delete(b.byKey, drop.Key)
	delete(b.byName, drop.Name)
	return true
}

// owes reports whether a member has its name, by however many steps, from
// another. Nobody may have a name from one that has its own from him: newcomers
// could check neither.
func (b *Book) owes(member, to routing.Key) bool {
	for member != to {
		next := b.byKey[member].Allotment.Signer
		if next == member {
			return false // the founder
		}
		member = next
	}
	return true
}

func (b *Book) put(c routing.Contact, s wire.Signed) *Entry {
	e := b.byKey[c.Key]
	if e == nil {
		e = new(Entry)
		b.byKey[c.Key] = e
	} else {
		delete(b.byName, e.Name)
	}
	e.Contact, e.Allotment = c, s
	b.byName[c.Name] = c.Key
	return e
}

// unused reports whether a member never told an address, so that nobody but
// its allotter can have met it. The founder, who allotted himself, is not.
func (e *Entry) unused() bool {
	return e.Addr == "" && !e.Present && e.Allotment.Signer != e.Key
}

// AddAll takes members in any order, at most Max of them, and returns those
// that could be added or were known, as the sender sees them. An allotment
// whose allotter comes later in the list waits for it; what is not valid is
// passed over. Each is looked at twice at most, whatever the order.
func (b *Book) AddAll(list []wire.Member) []Told {
	var told []Told
	waiting := make(map[routing.Key][]wire.Member) // by allotter
	for _, m := range list[:min(len(list), Max)] {
		for next := []wire.Member{m}; len(next) > 0; next = next[1:] {
			m := next[0]
			e, err := b.add(m.Allotment, m.Addr != "")
			switch {
			case err == nil:
				told = append(told, Told{Entry: e, Addr: m.Addr, Present: m.Present})
				next = append(next, waiting[e.Key]...)
				delete(waiting, e.Key)
			case errors.Is(err, ErrAllotter):
				waiting[m.Allotment.Signer] = append(waiting[m.Allotment.Signer], m)
			}
		}
	}
	return told
}

// Told is what another says of a member.
type Told struct {
	*Entry
	Addr    string
	Present bool
}

// Get returns the member of a key, or nil.
func (b *Book) Get(key routing.Key) *Entry { return b.byKey[key] }

// All returns the members in the order of their names.
func (b *Book) All() []*Entry {
	all := make([]*Entry, 0, len(b.byKey))
	for _, e := range b.byKey {
		all = append(all, e)
	}
	slices.SortFunc(all, func(x, y *Entry) int { return x.Name.Compare(y.Name) })
	return all
}

// Wire returns the members as they are sent to others.
func (b *Book) Wire() []wire.Member {
	all := b.All()
	out := make([]wire.Member, len(all))
	for i, e := range all {
		out[i] = wire.Member{Allotment: e.Allotment, Addr: e.Addr, Present: e.Present}
	}
	return out
}

// Present returns the list of the members present.
func (b *Book) Present() List {
	var present []routing.Contact
	for _, e := range b.All() {
		if e.Present {
			present = append(present, e.Contact)
		}
	}
	return newList(b.network, b.copies, present)
}

// Closest returns the members closest to the target of those for which keep is
// true, the closest first, at most n.
func (b *Book) Closest(target xorname.Name, n int, keep func(*Entry) bool) []*Entry {
	var some []*Entry
	for _, e := range b.byKey {
		if keep(e) {
			some = append(some, e)
		}
	}
	slices.SortFunc(some, func(x, y *Entry) int {
		return cmp.Or(xorname.CompareDistance(target, x.Name, y.Name), slices.Compare(x.Key[:], y.Key[:]))
	})
	return some[:min(n, len(some))]
}
