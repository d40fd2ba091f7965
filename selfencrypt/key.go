package selfencrypt

import (
	"encoding/binary"
	"sync"

	"github.com/zeebo/blake3"
)

// A digest is the hash of the content of a chunk. It opens the chunk.
type digest = [32]byte

const (
	keyContext = "safenet selfencrypt SAFE v1 chunk"

	aesKeyLen = 32
	nonceLen  = 12
	keyLen    = aesKeyLen + nonceLen
)

// A place is all that the key of a chunk depends on. In SAFE and 0.36 its own
// content is among it, so that no key and nonce ever serve two contents.
type place struct {
	src, near1, near2 digest // its own content and its neighbours'
	index, level      int64
	secret            []byte // empty or secretLen bytes
}

// place returns what the key of chunk i of n depends on, but for level and
// secret; src tells the hash of a chunk's content.
func (s Suite) place(i, n int, src func(int) digest) place {
	near1, near2 := s.neighbours(i, n)
	return place{src: src(i), near1: src(near1), near2: src(near2), index: int64(i)}
}

// A keyer derives chunk keys by BLAKE3. It is not safe for concurrent use.
type keyer struct {
	kdf      *blake3.Hasher
	material []byte
}

// keyContextHash holds the state after the context string, which costs as much
// as a derivation.
var keyContextHash = sync.OnceValue(func() *blake3.Hasher { return blake3.NewDeriveKey(keyContext) })

func newKeyer() *keyer { return &keyer{kdf: keyContextHash().Clone()} }

// derive returns the key and nonce of a chunk of SAFE.
func (k *keyer) derive(p place) (key [keyLen]byte) {
	m := k.begin(p)
	m = append(m, byte(p.level), byte(SuiteSAFE), byte(len(p.secret)))
	m = append(m, p.secret...)
	k.finish(m, key[:])
	return key
}

// begin returns what the material of all suites begins with.
func (k *keyer) begin(p place) []byte {
	m := append(k.material[:0], p.src[:]...)
	m = append(m, p.near1[:]...)
	m = append(m, p.near2[:]...)
	return binary.LittleEndian.AppendUint64(m, uint64(p.index))
}

func (k *keyer) finish(material, out []byte) {
	k.material = material
	k.kdf.Reset()
	_, _ = k.kdf.Write(material) // neither can fail
	_, _ = k.kdf.Digest().Read(out)
}
