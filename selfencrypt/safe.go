package selfencrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"sync"

	"github.com/safenet-go/safenet/selfencrypt/internal/frozen"
)

// The byte before the payload inside the encryption of SAFE.
const (
	flagRaw  = 0 // the payload is the content
	flagZstd = 1 // the payload is a zstd frame of package frozen, revision 1
)

const (
	flagLen  = 1
	tagLen   = 16
	overhead = flagLen + tagLen
)

// A safeSealer seals chunks of SAFE. Its scratch takes up to 3.5 MiB.
type safeSealer struct {
	keys    *keyer
	encoder frozen.Encoder
	frame   []byte // flag and frame of the last chunk that was compressed
	key     [keyLen]byte
}

// seal encrypts the content of b. The result takes its room.
func (s *safeSealer) seal(b *chunkBuf) {
	b.data[0] = flagRaw
	inside := b.data[:flagLen+b.n]
	if frame, ok := s.encoder.AppendCompressed(append(s.frame[:0], flagZstd), b.plain()); ok {
		inside, s.frame = frame, frame
	}
	s.key = s.keys.derive(b.at)
	b.sealed = aead(&s.key).Seal(b.data[:0], s.key[aesKeyLen:], inside, nil)
}

func aead(key *[keyLen]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:aesKeyLen])
	if err != nil {
		panic(err) // the key has the right length
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the right block size
	}
	return gcm
}

var keyers = sync.Pool{New: func() any { return newKeyer() }}

// decryptSAFE opens the seal and returns what is inside, which takes the room
// of chunk, or the stage at which that failed.
func decryptSAFE(chunk []byte, p place) (packing, []byte, Stage, error) {
	keys := keyers.Get().(*keyer)
	key := keys.derive(p)
	keyers.Put(keys)
	inside, err := aead(&key).Open(chunk[:0], key[aesKeyLen:], chunk, nil)
	if err != nil {
		return 0, nil, StageDecrypt, err
	}
	if len(inside) < flagLen {
		return 0, nil, StageDecompress, errors.New("no flag byte")
	}
	payload := inside[flagLen:]
	switch inside[0] {
	case flagRaw:
		return packedRaw, payload, "", nil
	case flagZstd:
		return packedZstd, payload, "", nil
	}
	return 0, nil, StageDecompress, fmt.Errorf("unknown flag %d", inside[0])
}
