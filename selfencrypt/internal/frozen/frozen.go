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
// What follows is the whole of what decides the output. A change in any of it
// is a new format suite of package selfencrypt, never a fix. Numbers are integers,
// divisions round down.
//
// Frame. A header with the single segment flag and the content size in the
// shortest form, no checksum and no dictionary. Then the source in blocks of
// 128 KiB, the last one shorter. The frame is given up if it does not save at
// least 1/64 of the source and 32 bytes.
//
// Block. If all bytes are the same, an RLE block. Otherwise the block is parsed
// and written as a compressed block if that is smaller, else as a raw block, and
// then the two repeat distances stay what they were before it. A block without a
// sequence is raw without a further look if it has 16 KiB or more and a sample of
// 16 runs of 256 bytes, at multiples of a 16th of its length, has less than
// 4096*4095/239 ordered pairs of equal bytes.
//
// Parse. A table of 2^15 entries, cleared for each frame, maps a hash of seven
// bytes, v, to the newest position entered for them: with h = the low 64 bits of
// (v << 8) * 0xCF1BBCDCBFA563, the slot is h >> 49 and an entry also keeps bits
// 37 to 48 of h as a tag. A slot not yet filled means position 0 with tag 0. The
// repeat distances start as 1 and 4. The parse goes from the start of the block,
// or from 1 in the first one. At position s, as long as s is less than the block's end
// less 16: look up s and s+1, then enter both; take the first of
//   - s+2 and the newer repeat distance, if four bytes agree there,
//   - s and its entry, if the tags and four bytes agree,
//   - s+1 and its entry, in the same way;
//
// if there is none, go on 2 + min(256, (s-a)/64) further, where a is the end of
// the last sequence. The match is extended to the end of the block at most, then
// backwards to a at most. It is a repeat of the newer distance if that is its
// distance and there are literals before it, else its distance is stated and
// becomes the newer. Then, while the position behind the match is less than the
// block's end less 16: enter the position two before it (this once only) and, if
// four bytes agree at the older repeat distance, enter the position, take that
// match as a sequence without literals, and swap the two.
//
// Literals. Less than 32 are raw; all the same, RLE. Otherwise a Huffman code of
// at most 11 bits: two queues, leaves before inner nodes of the same weight,
// leaves by count and then by value. If it is too long, it is made again with
// every count raised to at least the 2048th of their sum, and then twice that, and so on.
// Its weights are in FSE form (table of at most 2^6) if that is shorter than four
// bits each, else direct; from 256 literals on there are four streams. If the
// codes alone do not save a 64th and 16 bytes, or the section with all it needs
// saves nothing, the literals are raw.
//
// Sequences. Each of the three codes is RLE if one symbol is all that occurs.
// Otherwise the predefined distribution if its cost, in 1/256 bit by a
// truncated logarithm and rounded up to bits, is not more than that of the block's own distribution and
// its description. The own one has max(5, bits(n)-2) bits for n sequences, but enough
// for the symbols that occur and at most 9, 8 and 9 for literal lengths, offsets and match
// lengths; shares are rounded to nearest, at least 1, and brought to the right sum one
// at a time, where the error is greatest, the lowest symbol first. A stream ends in the
// lowest state of its symbol.
package frozen

// MaxSize is the most bytes that one frame holds: 1 MiB.
const MaxSize = 1 << 20

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
// extended slice. ok is false, and dst is returned as it was, if the frame would
// not save a 64th of src and 32 bytes: the caller then keeps src as it is. src may
// not be longer than [MaxSize]; that is a fault of the program and panics.
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

const minSaving = 32

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
