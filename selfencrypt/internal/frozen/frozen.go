// Package frozen is the compressor whose output never changes. A chunk's
// address is the hash of its compressed and encrypted bytes, so a compressor
// that finds one better match after an upgrade gives every file new addresses:
// nothing is shared with earlier uploads any more, and everything is paid for
// twice. The output of [Encoder.AppendCompressed] therefore depends on the
// source and on nothing else: not on the release, Go's version, the machine's
// word size, byte order or instructions, build tags, or what the same Encoder
// compressed before. It is an ordinary Zstandard frame (RFC 8878), which
// [AppendDecompressed] and every other decoder reads.
//
// # Revision 1
//
// What follows is all that decides the output. A change in any of it is a new
// format suite of package selfencrypt, never a fix. Numbers are integers and
// divisions round down; where RFC 8878 leaves no choice, nothing is said.
//
// Frame. A header with the single segment flag and the content size in the
// shortest form, no checksum, no dictionary. Then the source in blocks of
// 128 KiB, the last one shorter. The frame is given up if it saves less than a
// 64th of the source or less than 32 bytes.
//
// Block. If all bytes are the same, an RLE block. Otherwise the block is parsed
// and written as a compressed block if that is smaller, else as a raw one, and
// then the repeat distances stay what they were before it. A block of 16 KiB or
// more without a sequence is raw without a further look if a sample, 16 runs of
// 256 bytes at multiples of a 16th of its length, has less than 4096*4095/239
// ordered pairs of equal bytes.
//
// Parse. A table of 2^15 entries, cleared for each frame, maps a hash of seven
// bytes, v as a little-endian number, to the newest position entered for them.
// With h = (v << 8) * 0xCF1BBCDCBFA563 in 64 bits, the slot is h >> 49, and bits
// 37 to 48 of h are kept beside the position as a tag. A slot not yet filled has
// position 0 and tag 0. The newer and the older repeat distance start as 1 and 4.
// The parse begins at the start of the block, in the first block at 1. A search
// at position s, which must be less than the block's end less 16, looks up s and
// s+1, then enters both, and takes the first of
//   - s+2 and the newer repeat distance, if four bytes agree,
//   - s and its entry, if the tags and four bytes agree,
//   - s+1 and its entry, likewise.
//
// If there is none, the next search is 2 + min(256, (s-a)/64) further, where a is
// the end of the last sequence or the start of the block. The match is extended
// forwards, to the block's end at most, then backwards, to a at most. It is a
// repeat if its distance is the newer one and there are literals before it; else
// the distance is stated, and becomes the newer and the newer the older. Where
// the match ends, if that is less than the block's end less 16, the position two
// before is entered, and then, as long as the same is true and four bytes agree at
// the older repeat distance, the position is entered, a match at that distance,
// extended forwards, follows as a sequence without literals, and the two
// distances change places. The next search is at its end.
//
// Literals. Less than 32 are raw; if all are the same, RLE; otherwise in Huffman
// codes of at most 11 bits, in four streams from 256 literals on, with sizes in
// the shortest form. The code is made with two queues, leaves by count and then by
// value, a leaf before an inner node of the same weight. If it is too long, it is
// made again with counts raised to at least max(2, sum/2048), then to twice that,
// and so on. Its weights are stated by a distribution of at most 2^6, made as
// below, if that is shorter than four bits each. If the codes alone do not save a
// 64th and another 16 bytes, or the section saves nothing, the literals are raw.
//
// Sequences. Each of the three codes is RLE if one symbol is all that occurs.
// Otherwise it is the predefined one if its cost is not more than that of the
// block's own distribution and its description. A symbol of share p in 2^L costs
// 256*L - log2(p) in 1/256 bit, where log2 comes bit by bit from squaring a
// mantissa of 31 bits and truncating; a sum is rounded up to bits. For n symbols,
// of which d are different, the own distribution has L = max(5, bits(n)-2,
// bits(d)), where bits is the length of the number, but at most 9 for lengths and
// 8 for offsets. Shares are rounded to the nearest, at least 1, and then brought
// to the right sum one by one where the error is greatest, at the lowest such
// symbol. The encoder starts in the lowest state of its first symbol.
package frozen

// MaxSize is the most bytes that one frame holds: 1 MiB.
const MaxSize = 1 << 20

const minSaving = 32

// Encoder compresses. Its zero value is ready. It is not safe for concurrent
// use. It holds about 0.8 MiB of scratch, and 0.3 MiB more than the longest
// source it has seen.
type Encoder struct {
	table  [1 << tableBits]uint32 // tag and position of the newest bytes with a hash
	repeat [2]int                 // the decoder's newest two distances

	seqs  [maxBlock / shortest]sequence // the parse of the block at hand
	nSeqs int
	lits  [maxBlock + copySlack]byte
	nLits int

	huff       huffman
	ll, of, ml coder

	out []byte
}

// AppendCompressed appends a frame that holds src to dst and returns the
// extended slice. If the frame would save less than a 64th of src, or less than
// 32 bytes, ok is false and dst is returned as it was: the caller then keeps src
// as it is. src may not be longer than [MaxSize]; that is a fault of the program
// and panics.
func (e *Encoder) AppendCompressed(dst, src []byte) (out []byte, ok bool) {
	n := len(src)
	if n > MaxSize {
		panic("frozen: source longer than MaxSize")
	}
	most := n - max(minSaving, n>>6)
	if most <= 0 {
		return dst, false
	}
	e.reset(n)
	p := putFrameHeader(e.out, n)
	for start := 0; start < n; start += maxBlock {
		p += e.writeBlock(e.out[p:], src, start, min(n, start+maxBlock))
		if p > most {
			return dst, false
		}
	}
	return append(dst, e.out[:p]...), true
}

func (e *Encoder) reset(n int) {
	clear(e.table[:])
	e.repeat = [2]int{1, 4}
	if need := n + blockSlack; len(e.out) < need {
		e.out = make([]byte, need)
	}
}

// writeBlock writes src[start:end] as one block at the start of buf and returns
// its length.
func (e *Encoder) writeBlock(buf, src []byte, start, end int) int {
	block, last := src[start:end], end == len(src)
	if matchLen(block, 1, 1, len(block)) == len(block)-1 {
		putBlockHeader(buf, blockRLE, len(block), last)
		buf[blockHeaderSize] = block[0]
		return blockHeaderSize + 1
	}
	repeat := e.repeat
	e.parse(src, start, end)
	if n, ok := e.writeCoded(buf[blockHeaderSize:], len(block)); ok {
		putBlockHeader(buf, blockCoded, n, last)
		return blockHeaderSize + n
	}
	e.repeat = repeat
	putBlockHeader(buf, blockRaw, len(block), last)
	return blockHeaderSize + copy(buf[blockHeaderSize:], block)
}

// writeCoded writes the content of a compressed block as parsed; ok is false if
// it would not be smaller than the size bytes it stands for.
func (e *Encoder) writeCoded(buf []byte, size int) (n int, ok bool) {
	seqs, lits := e.seqs[:e.nSeqs], e.lits[:e.nLits]
	if len(seqs) == 0 && looksRandom(lits) {
		return 0, false
	}
	n = e.writeLiterals(buf, lits)
	n += e.writeSequences(buf[n:], seqs)
	return n, n < size
}

// looksRandom tells whether a sample of b has so few repeated bytes that its
// collision entropy, and with it the entropy, is above 7.9 bits a byte.
func looksRandom(b []byte) bool {
	const runs, run = 16, 256
	const n = runs * run
	if len(b) < 4*n {
		return false
	}
	var counts [256]uint32
	for i := range runs {
		at := len(b) / runs * i
		for _, v := range b[at : at+run] {
			counts[v]++
		}
	}
	pairs := uint32(0)
	for _, c := range counts {
		pairs += c * (c - 1)
	}
	return pairs < n*(n-1)/239 // 2^7.9 is 239
}
