package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// keepLists is how many member lists are remembered, and listAge for how long:
// receipts under way may still name the one before, but by a list of long ago
// a few vaults would be a majority. listPatience bounds the wait for a new one.
const (
	keepLists    = 8
	listAge      = 30 * time.Second
	listPatience = 3 * time.Second
)

// lists are the member lists seen, the newest last.
type lists struct {
	all   []seenList
	asked time.Time
	age   time.Duration // 0: listAge
}

// seenList is a member list and when it was last told.
type seenList struct {
	members.List
	at time.Time
}

// forget drops the lists that are too many or too old, but not the newest.
func (l *lists) forget(now time.Time) {
	for n := len(l.all); n > 1 && (n > keepLists || now.Sub(l.all[0].at) > l.maxAge()); n-- {
		l.all = l.all[1:]
	}
}

func (l *lists) maxAge() time.Duration {
	if l.age > 0 {
		return l.age
	}
	return listAge
}

// refresh asks the entry vault for its member list and checks every allotment
// in it back to the genesis.
func (c *Client) refresh(ctx context.Context) (members.List, error) {
	to, was := c.entryVault()
	c.mu.Lock()
	c.lists.asked = time.Now()
	genesis := c.genesis
	c.mu.Unlock()
	book, err := c.askMembers(ctx, to, genesis)
	if err != nil {
		c.failover(ctx, was)
		return members.List{}, err
	}
	list := book.Present()
	if list.Len() == 0 {
		return list, errors.New("the entry vault names no members")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.lists.all = slices.DeleteFunc(c.lists.all, func(l seenList) bool { return l.Digest() == list.Digest() })
	c.lists.all = append(c.lists.all, seenList{list, now})
	c.lists.forget(now)
	return list, nil
}

// askMembers asks a vault for the members that it knows. Only those count whose
// names were allotted by members, back to the genesis.
func (c *Client) askMembers(ctx context.Context, to transport.PeerID, genesis wire.Signed) (*members.Book, error) {
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	book, err := members.NewBook(genesis)
	if err != nil {
		return nil, err
	}
	var reply wire.MembersReply
	if err := c.ask(ctx, to, wire.KindMembers, nil, &reply); err != nil {
		return nil, err
	}
	for _, m := range book.AddAll(reply.Members) {
		m.Entry.Present = m.Present
	}
	return book, nil
}

// current returns the newest member list known, asking for one if there is
// none or it is old. An old one is better than none.
func (c *Client) current(ctx context.Context) (members.List, error) {
	now := time.Now()
	c.mu.Lock()
	var newest members.List
	old := true
	if n := len(c.lists.all); n > 0 {
		newest = c.lists.all[n-1].List
		old = now.Sub(c.lists.asked) > c.lists.maxAge()
	}
	c.lists.forget(now)
	c.mu.Unlock()
	if !old {
		return newest, nil
	}
	list, err := c.refresh(ctx)
	if err != nil && newest.Len() > 0 {
		return newest, nil
	}
	return list, err
}

// count is the judgement of a set of statements: how many holders, by the
// member list that suits them best, said what was asked.
type count struct {
	signed, need, of int
}

func (n count) enough() bool { return n.need > 0 && n.signed >= n.need }

// evidence is what holders signed about one chunk.
type evidence struct {
	c     *Client
	name  xorname.Name
	held  bool
	nonce [16]byte

	seen     map[[sign.Size]byte]bool
	verified []members.Statement
}

func (c *Client) evidence(name xorname.Name, held bool, nonce [16]byte) *evidence {
	return &evidence{c: c, name: name, held: held, nonce: nonce, seen: make(map[[sign.Size]byte]bool)}
}

// add verifies the statements that are new and counts all. When they name a
// member list that is not known, it is asked for once.
func (e *evidence) add(ctx context.Context, signed []wire.Signed) count {
	var fresh []wire.Signed
	for _, s := range signed {
		if !e.seen[s.Sig] {
			e.seen[s.Sig] = true
			fresh = append(fresh, s)
		}
	}
	e.verified = append(e.verified, members.Verify(e.c.Network(), fresh)...)
	n := e.count(ctx)
	if n.enough() || len(e.verified) == 0 || e.c.knowsAll(e.verified) {
		return n
	}
	if _, err := e.c.refresh(ctx); err != nil {
		return n
	}
	return e.count(ctx)
}

// count counts the holders by the newest member list, or, if they are not
// enough, by an older one by which they are.
func (e *evidence) count(ctx context.Context) count {
	newest, err := e.c.current(ctx)
	if err != nil {
		return count{}
	}
	n := e.by(newest)
	e.c.mu.Lock()
	defer e.c.mu.Unlock()
	for _, l := range slices.Backward(e.c.lists.all) {
		if n.enough() {
			break
		}
		if older := e.by(l.List); older.enough() || older.signed > n.signed {
			n = older
		}
	}
	return n
}

func (e *evidence) by(l members.List) count {
	return count{
		signed: l.Count(e.name, e.held, e.nonce, e.verified),
		need:   l.Majority(),
		of:     len(l.Holders(e.name)),
	}
}

func (c *Client) knowsAll(statements []members.Statement) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range statements {
		if !slices.ContainsFunc(c.lists.all, func(l seenList) bool { return l.Digest() == s.Members }) {
			return false
		}
	}
	return true
}
