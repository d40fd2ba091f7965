package selfencrypt

import (
	"fmt"
	"sync"

	"github.com/zeebo/blake3"

	"github.com/safenet-go/safenet/internal/sha3x4"
	"github.com/safenet-go/safenet/selfencrypt/internal/brotli"
	"github.com/safenet-go/safenet/selfencrypt/internal/frozen"
	"github.com/safenet-go/safenet/xorname"
)

// batchMax is how many chunks are hashed at once, as SHA3 in four lanes costs
// little more than in one.
const batchMax = 4

// sums hashes the inputs, at most batchMax of them.
func (h hash) sums(sums [][32]byte, inputs [][]byte) {
	if h == hashSHA3 {
		sha3x4.Sum256(sums, inputs)
		return
	}
	for i, in := range inputs {
		sums[i] = blake3.Sum256(in)
	}
}

// A sealer encrypts chunks of one suite. It is the scratch of one worker.
type sealer interface {
	// seal compresses and encrypts the content of b into b.sealed, for b.at.
	seal(b *chunkBuf)
}

var sealers [Suite036 + 1]sync.Pool

func getSealer(s Suite) sealer {
	if v := sealers[s].Get(); v != nil {
		return v.(sealer)
	}
	if s == SuiteSAFE {
		return &safeSealer{keys: newKeyer()}
	}
	return &crateSealer{suite: s}
}

// sealAll encrypts at most batchMax chunks and returns their names.
func sealAll(s Suite, bufs []*chunkBuf) (names [batchMax][32]byte) {
	worker := getSealer(s)
	var sealed [batchMax][]byte
	for i, b := range bufs {
		worker.seal(b)
		sealed[i] = b.sealed
	}
	sealers[s].Put(worker)
	s.nameHash().sums(names[:len(bufs)], sealed[:len(bufs)])
	return names
}

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

// A fetched chunk is what a store returned, to be checked and decrypted.
type fetched struct {
	chunk []byte
	name  xorname.Name
	at    place
	want  extent

	content
	err error
}

// openAll checks at most batchMax chunks and decrypts them, in place as far as
// it can. Nothing of one is used before it was verified: name, then seal, then
// what is inside. Each that fails gets an error and no content.
func openAll(s Suite, batch []*fetched) {
	names := batchSums(s.nameHash(), batch, func(f *fetched) []byte {
		most := s.maxSealedOf(f.want.max)
		if len(f.chunk) > most {
			f.fail(StageLength, "%d bytes, at most %d are allowed", len(f.chunk), most)
		}
		return f.chunk
	})
	for i, f := range batch {
		if f.err == nil && names[i] != f.name {
			f.fail(StageName, "the bytes have another name")
		}
		if f.err == nil {
			f.decrypt(s)
		}
	}
	digests := batchSums(s.contentHash(), batch, func(f *fetched) []byte { return f.plain })
	for i, f := range batch {
		if f.err == nil && digests[i] != f.at.src {
			f.fail(StageContent, "the content has another hash")
		}
	}
}

// maxSealedOf bounds the chunk that at most n bytes of content became.
func (s Suite) maxSealedOf(n int) int {
	if s == SuiteSAFE {
		return MaxChunk
	}
	return maxSealed(n)
}

// batchSums hashes what of returns for each chunk that has not failed.
func batchSums(h hash, batch []*fetched, of func(*fetched) []byte) (sums [batchMax][32]byte) {
	var work struct { // in one piece, since it does not stay on the stack
		inputs [batchMax][]byte
		sums   [batchMax][32]byte
	}
	n := 0
	for _, f := range batch {
		if f.err != nil {
			continue
		}
		if in := of(f); f.err == nil {
			work.inputs[n] = in
			n++
		}
	}
	h.sums(work.sums[:n], work.inputs[:n])
	n = 0
	for i, f := range batch {
		if f.err == nil {
			sums[i] = work.sums[n]
			n++
		}
	}
	return sums
}

func (f *fetched) fail(stage Stage, format string, args ...any) {
	putBuf(f.buf)
	f.content = content{}
	err := fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
	f.err = &ChunkError{Name: f.name, Index: int(f.at.index), Level: int(f.at.level), Stage: stage, Err: err}
}

// decrypt opens a chunk whose name was checked.
func (f *fetched) decrypt(s Suite) {
	how, payload := packedBrotli, []byte(nil)
	stage := StageDecrypt
	var err error
	if s == SuiteSAFE {
		how, payload, stage, err = decryptSAFE(f.chunk, f.at)
	} else {
		payload, err = decryptCompatible(s, f.chunk, &f.at)
	}
	f.chunk = nil
	if err == nil {
		stage = StageDecompress
		f.content, err = unpack(how, payload, f.want)
	}
	switch {
	case err != nil:
		f.fail(stage, "%w", err)
	case len(f.plain) > f.want.max, f.want.exact && len(f.plain) != f.want.max:
		f.fail(StageLength, "%d bytes of content, the data map says %d", len(f.plain), f.want.max)
	}
}

// A packing is the compression of a payload.
type packing byte

const (
	packedRaw packing = iota
	packedZstd
	packedBrotli
)

var brotliDecoders = sync.Pool{New: func() any { return new(brotli.Decoder) }}

// unpack undoes the compression. The buffer that it takes is bounded by what
// is expected, never by what the payload says of itself.
func unpack(how packing, payload []byte, want extent) (content, error) {
	if how == packedRaw {
		return content{plain: payload}, nil
	}
	var c content
	var room []byte
	if want.max > smallMax {
		c.buf = getBuf(want.max)
		room = c.buf.data[:0]
	}
	var err error
	if how == packedZstd {
		c.plain, err = frozen.AppendDecompressed(room, payload, want.max)
	} else {
		d := brotliDecoders.Get().(*brotli.Decoder)
		c.plain, err = d.AppendDecompressed(room, payload, want.max)
		brotliDecoders.Put(d)
	}
	if err != nil {
		putBuf(c.buf)
		return content{}, err
	}
	return c, nil
}
