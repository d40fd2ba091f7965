package members

import (
	"crypto/ed25519"
	"encoding/binary"
	"testing"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// key returns the private key of person n.
func key(n int) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, uint64(n))
	return ed25519.NewKeyFromSeed(seed)
}

// public returns person n's public key.
func public(n int) routing.Key { return sign.Public(key(n)) }

// name returns the name that is allotted to person n.
func name(n int) xorname.Name {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return xorname.FromContent(b[:])
}

func contact(n int) routing.Contact { return routing.Contact{Name: name(n), Key: public(n)} }

// genesis is the network of founder 0 with that many copies.
func genesis(copies uint8) wire.Signed {
	return wire.NewSigned(key(0), sign.Genesis, &wire.Genesis{Version: wire.Version, Copies: copies, Name: name(0)})
}

func newBook(t testing.TB, copies uint8) *Book {
	b, err := NewBook(genesis(copies))
	require.NoError(t, err)
	return b
}

// allot has person by allot person n's name in the network of the book.
func (b *Book) allot(by, n int) wire.Signed {
	return wire.NewSigned(key(by), sign.Allotment, &wire.Allotment{Network: b.network, Key: public(n), Name: name(n)})
}

// full returns a book of n members, all present.
func full(t testing.TB, copies uint8, n int) *Book {
	b := newBook(t, copies)
	for i := range n {
		if i > 0 {
			_, err := b.Add(b.allot(i-1, i))
			require.NoError(t, err)
		}
		b.Get(public(i)).Present = true
	}
	return b
}
