// Package sign is the one place where signatures are made and checked.
//
// Every signature of the suite is Ed25519 (RFC 8032) over a domain-separated
// message, checked by the ZIP-215 rule, alone or in a batch. One rule for all
// matters more than which: if members of a section judged one odd signature
// differently, they would no longer hold the same state.
package sign

import (
	stded25519 "crypto/ed25519"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// Size is the length of a signature in bytes.
const Size = ed25519.SignatureSize

// PublicKey is an Ed25519 public key.
type PublicKey = [32]byte

// Domain says what a signature is for, so that a signature made for one
// purpose is worthless for every other. Its text carries the version.
type Domain string

// The domains in use. A new version of a statement is a new domain.
const (
	Genesis   Domain = "safenet/genesis/v1"
	Allotment Domain = "safenet/allotment/v1"
	Receipt   Domain = "safenet/receipt/v1"
)

var options = &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}

// Sign signs body for the domain.
func Sign(key stded25519.PrivateKey, d Domain, body []byte) [Size]byte {
	return [Size]byte(ed25519.Sign(ed25519.PrivateKey(key), message(d, body)))
}

// Verify reports whether sig is the signature by pub of body for the domain.
func Verify(pub PublicKey, d Domain, body []byte, sig [Size]byte) bool {
	return ed25519.VerifyWithOptions(pub[:], message(d, body), sig[:], options)
}

// Batch checks many signatures at once, at about half the cost of checking
// each alone. It accepts exactly what Verify accepts.
type Batch struct {
	v *ed25519.BatchVerifier
}

// NewBatch returns a batch with room for n signatures.
func NewBatch(n int) *Batch {
	return &Batch{v: ed25519.NewBatchVerifierWithCapacity(n)}
}

// Add adds one signature.
func (b *Batch) Add(pub PublicKey, d Domain, body []byte, sig [Size]byte) {
	b.v.AddWithOptions(pub[:], message(d, body), sig[:], options)
}

// Verify reports for each signature, in the order added, whether it is valid.
func (b *Batch) Verify() []bool {
	_, each := b.v.Verify(nil)
	return each
}

// Public returns the public key of a private key.
func Public(key stded25519.PrivateKey) PublicKey {
	return PublicKey(key.Public().(stded25519.PublicKey))
}

func message(d Domain, body []byte) []byte {
	m := make([]byte, 0, len(d)+1+len(body))
	m = append(m, d...)
	m = append(m, 0)
	return append(m, body...)
}
