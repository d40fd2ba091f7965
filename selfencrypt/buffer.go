package selfencrypt

import "sync"

// A chunkBuf holds one chunk through all its steps: room for SAFE's flag, the
// content, and behind it for the tag, so that sealing works in place.
type chunkBuf struct {
	data   []byte // of all its capacity
	n      int    // bytes of content
	at     place
	sealed []byte // the encrypted chunk, in data
}

func (b *chunkBuf) plain() []byte { return b.data[flagLen : flagLen+b.n] }

// space is the room of up to n bytes behind the content.
func (b *chunkBuf) space(n int) []byte { return b.data[flagLen+b.n:][:n] }

// The small buffers are for SAFE and 0.30, whose last chunk of three can have a
// byte more than 1 MiB. Both have room for what a compatible suite makes of the
// content.
const (
	smallBufMax = 1<<20 + 1
	smallBufLen = smallBufMax + smallBufMax>>14 + 128
	largeBufLen = maxCompatibleChunk
)

var (
	smallBufs = sync.Pool{New: func() any { return &chunkBuf{data: make([]byte, smallBufLen)} }}
	largeBufs = sync.Pool{New: func() any { return &chunkBuf{data: make([]byte, largeBufLen)} }}
)

// getBuf returns a buffer for n bytes of content, and for the chunk that they
// become.
func getBuf(n int) *chunkBuf {
	pool := &smallBufs
	if n > smallBufMax {
		pool = &largeBufs
	}
	b := pool.Get().(*chunkBuf)
	b.n, b.at, b.sealed = 0, place{}, nil
	return b
}

func putBuf(b *chunkBuf) {
	switch {
	case b == nil:
	case len(b.data) == smallBufLen:
		smallBufs.Put(b)
	default:
		largeBufs.Put(b)
	}
}
