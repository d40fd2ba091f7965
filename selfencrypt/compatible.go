package selfencrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/zeebo/blake3"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/safenet-go/safenet/selfencrypt/internal/brotli"
)

// A crateSealer seals chunks of the compatible suites.
type crateSealer struct {
	suite   Suite
	encoder brotli.Encoder
	packed  []byte
}

// seal encrypts the content of b. The result takes its room.
func (s *crateSealer) seal(b *chunkBuf) {
	s.packed = s.encoder.AppendCompressed(s.packed[:0], b.plain())
	if s.suite == Suite036 {
		s.packed = seal036(s.packed, b.at)
	} else {
		s.packed = seal030(s.packed, &b.at)
	}
	b.sealed = append(b.data[:0], s.packed...)
}

// 0.30 and 0.34 take all that is secret from the content hashes as they are:
// the nearer neighbour's is the AES key and the initial vector, the own and the
// other neighbour's are the pad. Nothing in them is authenticated, so the
// hashes in the map are the only check that there is.
const cbcKeyLen = 16

func cbcBlock(p *place) cipher.Block {
	block, err := aes.NewCipher(p.near1[:cbcKeyLen])
	if err != nil {
		panic(err) // the key has the right length
	}
	return block
}

func pad030(p *place) (pad [64]byte) {
	copy(pad[:], p.src[:])
	copy(pad[32:], p.near2[:])
	return pad
}

// seal030 encrypts b in place, but for the room that the padding needs.
func seal030(b []byte, p *place) []byte {
	fill := byte(aes.BlockSize - len(b)%aes.BlockSize) // PKCS #7 (RFC 5652, 6.3)
	for range fill {
		b = append(b, fill)
	}
	cipher.NewCBCEncrypter(cbcBlock(p), p.near1[cbcKeyLen:]).CryptBlocks(b, b)
	pad := pad030(p)
	xorPad(b, pad[:])
	return b
}

func open030(b []byte, p *place) ([]byte, error) {
	if len(b) == 0 || len(b)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of blocks", len(b))
	}
	pad := pad030(p)
	xorPad(b, pad[:])
	cipher.NewCBCDecrypter(cbcBlock(p), p.near1[cbcKeyLen:]).CryptBlocks(b, b)
	fill := int(b[len(b)-1])
	if fill == 0 || fill > aes.BlockSize {
		return nil, errors.New("bad padding")
	}
	for _, c := range b[len(b)-fill:] {
		if int(c) != fill {
			return nil, errors.New("bad padding")
		}
	}
	return b[:len(b)-fill], nil
}

const (
	keyContext036 = "self_encryption/chunk/v2"
	padLen036     = 52
)

var keyContextHash036 = sync.OnceValue(func() *blake3.Hasher { return blake3.NewDeriveKey(keyContext036) })

var keyers036 = sync.Pool{New: func() any { return &keyer{kdf: keyContextHash036().Clone()} }}

// key036 is what the key derivation of 0.36 yields for a chunk.
type key036 struct {
	pad   [padLen036]byte
	key   [chacha20poly1305.KeySize]byte
	nonce [chacha20poly1305.NonceSize]byte
}

func derive036(p place) (k key036) {
	keys := keyers036.Get().(*keyer)
	defer keyers036.Put(keys)
	var out [padLen036 + chacha20poly1305.KeySize + chacha20poly1305.NonceSize]byte
	keys.finish(binary.LittleEndian.AppendUint64(keys.begin(p), uint64(p.level)), out[:])
	copy(k.pad[:], out[:])
	copy(k.key[:], out[padLen036:])
	copy(k.nonce[:], out[padLen036+chacha20poly1305.KeySize:])
	return k
}

func (k *key036) aead() cipher.AEAD {
	a, err := chacha20poly1305.New(k.key[:])
	if err != nil {
		panic(err) // the key has the right length
	}
	return a
}

// seal036 encrypts b in place, but for the room that the tag needs. The pad
// covers the tag, too.
func seal036(b []byte, p place) []byte {
	k := derive036(p)
	b = k.aead().Seal(b[:0], k.nonce[:], b, nil)
	xorPad(b, k.pad[:])
	return b
}

func open036(b []byte, p place) ([]byte, error) {
	k := derive036(p)
	xorPad(b, k.pad[:])
	return k.aead().Open(b[:0], k.nonce[:], b, nil)
}

func decryptCompatible(s Suite, chunk []byte, p *place) (payload []byte, err error) {
	if s == Suite036 {
		return open036(chunk, *p)
	}
	return open030(chunk, p)
}

// padTile is how much of a repeated pad is laid out to be applied at once: one
// XOR of 4 KiB is fourteen times as fast as one for each pad.
const padTile = 4 << 10

// xorPad applies the endlessly repeated pad to b.
func xorPad(b, pad []byte) {
	var tile [padTile]byte
	n := copy(tile[:padTile-padTile%len(pad)], pad)
	for whole := padTile - padTile%len(pad); n < whole; {
		n += copy(tile[n:whole], tile[:n])
	}
	for len(b) > 0 {
		b = b[subtle.XORBytes(b, b, tile[:min(n, len(b))]):]
	}
}
