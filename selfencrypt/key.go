package selfencrypt

import (
	"encoding/binary"
	"sync"

	"github.com/zeebo/blake3"
)

// suiteSAFE is the number of the format that this package writes: SAFE
// version 1. It is recorded in every map and address and never guessed.
const suiteSAFE = 1

// A digest is the BLAKE3-256 of the content of a chunk. It opens the chunk.
type digest = [32]byte

const (
	keyContext = "safenet selfencrypt SAFE v1 chunk"

	aesKeyLen = 32
	nonceLen  = 12
	keyLen    = aesKeyLen + nonceLen
)

// A place is all that the key of a chunk depends on. Its own content is among
// it, so that no key and nonce ever serve two contents.
type place struct {
	src, near1, near2 digest // its own content and its neighbours'
	index             int
	level             int
	secret            []byte // empty or secretLen bytes
}

// A keyer derives chunk keys. It is not safe for concurrent use.
type keyer struct {
	kdf      *blake3.Hasher
	material []byte
}

// keyContextHash holds the state after the context string, which costs as much
// as a derivation.
var keyContextHash = sync.OnceValue(func() *blake3.Hasher { return blake3.NewDeriveKey(keyContext) })

func newKeyer() *keyer { return &keyer{kdf: keyContextHash().Clone()} }

func (k *keyer) derive(p place) (key [keyLen]byte) {
	m := append(k.material[:0], p.src[:]...)
	m = append(m, p.near1[:]...)
	m = append(m, p.near2[:]...)
	m = binary.LittleEndian.AppendUint64(m, uint64(p.index))
	m = append(m, byte(p.level), suiteSAFE, byte(len(p.secret)))
	m = append(m, p.secret...)
	k.material = m

	k.kdf.Reset()
	_, _ = k.kdf.Write(m) // neither can fail
	_, _ = k.kdf.Digest().Read(key[:])
	return key
}
