package selfencrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"sync"

	"github.com/safenet-go/safenet/selfencrypt/internal/frozen"
	"github.com/safenet-go/safenet/xorname"
	"github.com/zeebo/blake3"
)

// The byte before the payload inside the encryption.
const (
	flagRaw  = 0 // the payload is the content
	flagZstd = 1 // the payload is a zstd frame of package frozen, revision 1
)

const (
	flagLen  = 1
	tagLen   = 16
	overhead = flagLen + tagLen
)

// A chunkBuf holds one chunk through all its steps: room for the flag, the
// content, and behind it for the tag, so that sealing works in place.
type chunkBuf struct {
	data [overhead + MaxPlain]byte
	n    int // bytes of content
	at   place
}

func (b *chunkBuf) plain() []byte { return b.data[flagLen : flagLen+b.n] }

// space is the room behind the content.
func (b *chunkBuf) space() []byte { return b.data[flagLen+b.n : flagLen+MaxPlain] }

var chunkBufs = sync.Pool{New: func() any { return new(chunkBuf) }}

func getBuf() *chunkBuf {
	b := chunkBufs.Get().(*chunkBuf)
	b.n, b.at = 0, place{}
	return b
}

func putBuf(b *chunkBuf) {
	if b != nil {
		chunkBufs.Put(b)
	}
}

// A sealer is the scratch of one worker, of up to 3.5 MiB.
type sealer struct {
	keys    *keyer
	encoder frozen.Encoder
	frame   []byte // flag and frame of the last chunk that was compressed
	key     [keyLen]byte
}

var sealers = sync.Pool{New: func() any { return &sealer{keys: newKeyer()} }}

// seal encrypts the content of b. The result takes its room.
func (s *sealer) seal(b *chunkBuf) (xorname.Name, []byte) {
	b.data[0] = flagRaw
	inside := b.data[:flagLen+b.n]
	if frame, ok := s.encoder.AppendCompressed(append(s.frame[:0], flagZstd), b.plain()); ok {
		inside, s.frame = frame, frame
	}
	s.key = s.keys.derive(b.at)
	sealed := aead(&s.key).Seal(b.data[:0], s.key[aesKeyLen:], inside, nil)
	return xorname.FromContent(sealed), sealed
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

// content is what a chunk held: verified bytes and, if they are in one of our
// buffers, that buffer.
type content struct {
	plain []byte
	buf   *chunkBuf
}

// An extent is what is known of the length of a chunk's content before it is
// opened: exactly max bytes, or anything up to it.
type extent struct {
	max   int
	exact bool
}

// open checks the chunk that a store returned for name and decrypts it, in
// place as far as it can. Nothing of it is used before it was verified: name,
// then seal, then what is inside.
func open(chunk []byte, name xorname.Name, p place, want extent) (content, error) {
	fail := func(stage Stage, format string, args ...any) (content, error) {
		err := fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
		return content{}, &ChunkError{Name: name, Index: p.index, Level: p.level, Stage: stage, Err: err}
	}
	if len(chunk) > MaxChunk {
		return fail(StageLength, "%d bytes, at most %d are allowed", len(chunk), MaxChunk)
	}
	if xorname.FromContent(chunk) != name {
		return fail(StageName, "the bytes have another name")
	}
	keys := keyers.Get().(*keyer)
	key := keys.derive(p)
	keyers.Put(keys)
	opened, err := aead(&key).Open(chunk[:0], key[aesKeyLen:], chunk, nil)
	if err != nil {
		return fail(StageDecrypt, "%w", err)
	}
	if len(opened) < flagLen {
		return fail(StageDecompress, "no flag byte")
	}
	got, err := unpack(opened[0], opened[flagLen:], want)
	if err != nil {
		return fail(StageDecompress, "%w", err)
	}
	if n := len(got.plain); n > want.max || want.exact && n != want.max {
		putBuf(got.buf)
		return fail(StageLength, "%d bytes of content, the data map says %d", n, want.max)
	}
	if blake3.Sum256(got.plain) != p.src {
		putBuf(got.buf)
		return fail(StageContent, "the content has another hash")
	}
	return got, nil
}

// unpack undoes the compression. The buffer that it takes is bounded by what
// is expected, never by what the payload says of itself.
func unpack(flag byte, payload []byte, want extent) (content, error) {
	switch flag {
	case flagRaw:
		return content{plain: payload}, nil
	case flagZstd:
		if want.max <= smallMax {
			plain, err := frozen.AppendDecompressed(nil, payload, want.max)
			return content{plain: plain}, err
		}
		buf := getBuf()
		plain, err := frozen.AppendDecompressed(buf.data[:0], payload, want.max)
		if err != nil {
			putBuf(buf)
			return content{}, err
		}
		return content{plain: plain, buf: buf}, nil
	}
	return content{}, fmt.Errorf("unknown flag %d", flag)
}
