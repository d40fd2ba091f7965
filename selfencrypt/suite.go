package selfencrypt

import "fmt"

// A Suite is a format: how content is cut, compressed, encrypted and named,
// and how its data map is written. The caller chooses it for writing
// ([Options].Suite); every stored map and address records it, and nothing ever
// guesses it from bytes.
//
// SuiteSAFE is this package's own and the only one for a network. The others
// are what the published versions 0.30, 0.34 and 0.36 of the Rust crate
// self_encryption write, for local stores and for exchange: their chunks can
// exceed [MaxChunk], they have no address of one entry, no convergence secret,
// and need at least three bytes of content. The format pages are
// docs/spec/selfencrypt.md and docs/spec/selfencrypt-crates.md.
type Suite uint8

// The suites, by their numbers in stored forms.
const (
	SuiteSAFE Suite = 1 // SAFE version 1
	Suite030  Suite = 2 // crate 0.30: SHA3-256 names, AES-128-CBC, chunks of up to 1 MiB of content
	Suite034  Suite = 3 // crate 0.34: the same with 4 MiB and data maps that shrink
	Suite036  Suite = 4 // crate 0.36: BLAKE3 names, ChaCha20-Poly1305, 4,190,208 bytes of content
)

const (
	// MinCompatible is the least content that the compatible suites encrypt.
	MinCompatible = 3

	// maxCompatible is the most content of a chunk that a build of the crates
	// is accepted to have.
	maxCompatible = 4 << 20

	// maxCompatibleChunk is the most that such a chunk has after encryption.
	maxCompatibleChunk = maxCompatible + maxCompatible>>14 + 256
)

func (s Suite) String() string {
	switch s {
	case SuiteSAFE:
		return "SAFE"
	case Suite030:
		return "0.30"
	case Suite034:
		return "0.34"
	case Suite036:
		return "0.36"
	}
	return fmt.Sprintf("suite %d", uint8(s))
}

func (s Suite) known() bool { return SuiteSAFE <= s && s <= Suite036 }

// MaxPlain returns the most content in bytes that a chunk of the suite carries
// by default. (When the content of a compatible suite is one byte short of
// three full chunks, the last one has a byte more.)
func (s Suite) MaxPlain() int {
	switch s {
	case SuiteSAFE:
		return MaxPlain
	case Suite030:
		return 1 << 20
	case Suite034:
		return 4 << 20
	case Suite036:
		return 4<<20 - 4<<10
	}
	return 0
}

// MaxChunk returns the most bytes that a chunk of the suite has after
// encryption.
func (s Suite) MaxChunk() int {
	switch {
	case s == SuiteSAFE:
		return MaxChunk
	case s.known():
		return maxSealed(s.MaxPlain() + 1)
	}
	return 0
}

// maxSealed bounds the chunk that n bytes of content become in a compatible
// suite: incompressible data grows by 21 bytes a MiB in brotli, and by at most
// 16 in the encryption.
func maxSealed(n int) int { return n + n>>14 + 128 }

// A hash is a hash function of 32 bytes.
type hash uint8

const (
	hashSHA3 hash = iota // SHA3-256
	hashBLAKE3
)

// contentHash is what records the content of a chunk in the map.
func (s Suite) contentHash() hash {
	if s == SuiteSAFE || s == Suite036 {
		return hashBLAKE3
	}
	return hashSHA3
}

// nameHash is what names an encrypted chunk.
func (s Suite) nameHash() hash {
	if s == Suite036 {
		return hashBLAKE3
	}
	return hashSHA3
}
