package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/xorname"
)

// keepLists is how many member lists are remembered: receipts under way may
// still name the one before.
const keepLists = 8

// lists are the member lists seen, the newest last.
type lists struct {
	all   []members.List
	asked time.Time
}

// refresh asks the entry vault for its member list and checks every allotment
// in it back to the genesis.
func (c *Client) refresh(ctx context.Context) (members.List, error) {
	to, was := c.entryVault()
	var reply wire.MembersReply
	if err := c.ask(ctx, to, wire.KindMembers, nil, &reply); err != nil {
		c.failover(ctx, was)
		return members.List{}, err
	}
	c.mu.Lock()
	genesis := c.genesis
	c.mu.Unlock()
	book, err := members.NewBook(genesis)
	if err != nil {
		return members.List{}, err
	}
	for _, m := range book.AddAll(reply.Members) {
		m.Entry.Present = m.Present
	}
	list := book.Present()
	if list.Len() == 0 {
		return list, errors.New("the entry vault names no members")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists.asked = time.Now()
	c.lists.all = slices.DeleteFunc(c.lists.all, func(l members.List) bool { return l.Digest() == list.Digest() })
	c.lists.all = append(c.lists.all, list)
	if len(c.lists.all) > keepLists {
		c.lists.all = c.lists.all[1:]
	}
	return list, nil
}

// current returns the newest member list known, asking for one if there is
// none.
func (c *Client) current(ctx context.Context) (members.List, error) {
	c.mu.Lock()
	if n := len(c.lists.all); n > 0 {
		defer c.mu.Unlock()
		return c.lists.all[n-1], nil
	}
	c.mu.Unlock()
	return c.refresh(ctx)
}

// count is the judgement of a set of statements: how many holders, by the
// member list that suits them best, said what was asked.
type count struct {
	signed, need, of int
}

func (n count) enough() bool { return n.need > 0 && n.signed >= n.need }

// judge verifies statements and counts the holders behind them. When they name
// a list that is not known, the list is asked for once.
func (c *Client) judge(ctx context.Context, name xorname.Name, held bool, nonce [16]byte, signed []wire.Signed) count {
	statements := members.Verify(c.network, signed)
	n := c.count(ctx, name, held, nonce, statements)
	if n.enough() || len(statements) == 0 || c.knowsAll(statements) {
		return n
	}
	if _, err := c.refresh(ctx); err != nil {
		return n
	}
	return c.count(ctx, name, held, nonce, statements)
}

func (c *Client) count(ctx context.Context, name xorname.Name, held bool, nonce [16]byte, statements []members.Statement) (best count) {
	if _, err := c.current(ctx); err != nil {
		return best
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, l := range slices.Backward(c.lists.all) {
		n := count{
			signed: l.Count(name, held, nonce, statements),
			need:   l.Majority(), of: len(l.Holders(name)),
		}
		if i == len(c.lists.all)-1 || n.enough() && !best.enough() || n.signed > best.signed && !best.enough() {
			best = n
		}
	}
	return best
}

func (c *Client) knowsAll(statements []members.Statement) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range statements {
		if !slices.ContainsFunc(c.lists.all, func(l members.List) bool { return l.Digest() == s.Members }) {
			return false
		}
	}
	return true
}
