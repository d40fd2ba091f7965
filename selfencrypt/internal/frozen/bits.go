package frozen

import "encoding/binary"

// Every multi-byte access goes through these four, so that neither byte order
// nor alignment of the machine can reach the output.

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i : i+4 : i+4]) }

func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8 : i+8]) }

func store64(b []byte, i int, v uint64) { binary.LittleEndian.PutUint64(b[i:i+8:i+8], v) }

// bitQueue holds bits that wait to be written, the oldest lowest. Zstandard's
// entropy coded streams are packed this way and read from their last bit
// backwards. It is two words so that loops keep it in registers.
type bitQueue struct {
	bits uint64
	n    uint // at most 63, and at most 7 after flush
}

// add appends the low n bits of v; the bits of v above those must be zero.
func (q *bitQueue) add(v uint64, n uint) {
	q.bits |= v << (q.n & 63)
	q.n += n
}

// flush writes the whole bytes to buf at pos and returns the position behind
// them. What buf holds in the eight bytes from pos on is lost.
func (q *bitQueue) flush(buf []byte, pos int) int {
	store64(buf, pos, q.bits)
	pos += int(q.n >> 3)
	q.bits >>= q.n & 56
	q.n &= 7
	return pos
}

// pad writes all bits, filling up the last byte with zeros.
func (q *bitQueue) pad(buf []byte, pos int) int {
	pos = q.flush(buf, pos)
	if q.n > 0 {
		pos++
	}
	return pos
}

// end ends a stream that is read backwards: a one bit, then zeros.
func (q *bitQueue) end(buf []byte, pos int) int {
	q.add(1, 1)
	return q.pad(buf, pos)
}
