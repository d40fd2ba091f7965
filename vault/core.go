package vault

import (
	"crypto/rand"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/routing"
)

// core is what the vault knows. Only the loop's goroutine touches it.
type core struct {
	book   *members.Book
	router *routing.Router
	list   members.List // the members present, this vault included
	heard  map[routing.Key]time.Time
	synced map[routing.Key]time.Time // when the member list of each was last asked for
	// pardoned is when a suspicion of each was last taken back by a heartbeat.
	pardoned map[routing.Key]time.Time
	dirty    bool // the book has news that are not on disk yet
}

func newCore(book *members.Book, self routing.Contact) *core {
	c := &core{
		book:     book,
		router:   routing.New(self, routing.Config{Copies: book.Copies(), NewID: func() routing.ID { return newID() }}),
		heard:    make(map[routing.Key]time.Time),
		synced:   make(map[routing.Key]time.Time),
		pardoned: make(map[routing.Key]time.Time),
	}
	book.Get(self.Key).Present = true
	c.list = book.Present()
	return c
}

func newID() (id [16]byte) {
	rand.Read(id[:]) // never fails (crypto/rand)
	return id
}

// setPresent records whether a member is there, and reports whether that is
// news.
func (c *core) setPresent(key routing.Key, present bool) bool {
	e := c.book.Get(key)
	if e == nil || e.Present == present || key == c.router.Self().Key {
		return false
	}
	e.Present = present
	if present {
		c.router.Add(e.Contact)
	} else {
		c.router.Remove(key)
		delete(c.heard, key)
	}
	c.list = c.book.Present()
	return true
}

// run is the loop. It ends with the vault.
func (v *Vault) run(c *core) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case f := <-v.loop:
			f(c)
		case <-tick.C:
			if c.router.Pending() > 0 {
				v.perform(c.router.Tick(time.Now()))
			}
		case <-v.ctx.Done():
			return
		}
	}
}

// do runs f in the loop and waits for it. It reports false, without running
// f, once the vault is closed.
func (v *Vault) do(f func(*core)) bool {
	done := make(chan struct{})
	select {
	case v.loop <- func(c *core) { f(c); close(done) }:
		<-done
		return true
	case <-v.ctx.Done():
		return false
	}
}
