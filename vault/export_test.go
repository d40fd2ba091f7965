package vault

import (
	"time"

	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
)

// What tests look at from outside.

// ListDigest identifies the list of members present, as this vault knows it.
func (v *Vault) ListDigest() (digest [32]byte) {
	v.do(func(c *core) { digest = c.list.Digest() })
	return digest
}

// Known returns how many members are known, present or not.
func (v *Vault) Known() (n int) {
	v.do(func(c *core) { n = c.book.Len() })
	return n
}

// Pending returns how many requests are under way through this vault.
func (v *Vault) Pending() (n int) {
	v.do(func(c *core) { n = c.router.Pending() })
	return n
}

// Holders returns the vaults that are to hold a name.
func (v *Vault) Holders(name xorname.Name) []routing.Contact { return v.holders(name) }

// Has says whether the vault's store holds a chunk.
func (v *Vault) Has(name xorname.Name) bool { return v.store.Has(name) }

// Reachable is the choice of a peer's address.
var Reachable = reachable

// HoldBack has the last copies of chunks wait until a client hurries them.
func (v *Vault) HoldBack() { v.spread.delay.Store(int64(time.Hour)) }
