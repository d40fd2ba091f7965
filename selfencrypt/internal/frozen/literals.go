package frozen

import "encoding/binary"

// Kinds of a literals section (RFC 8878, section 3.1.1.3.1.1).
const (
	literalsRaw   = 0
	literalsRLE   = 1
	literalsCoded = 2
)

const (
	minCoded       = 32  // fewer literals are not worth a code
	minFourStreams = 256 // fewer go in one stream
)

// writeLiterals writes the literals section at the start of buf and returns its
// length.
func (e *Encoder) writeLiterals(buf, lits []byte) int {
	if len(lits) < minCoded {
		return putRawLiterals(buf, lits)
	}
	if most := e.huff.count(lits); int(most) == len(lits) {
		n := putLiteralsHeader(buf, literalsRLE, len(lits))
		buf[n] = lits[0]
		return n + 1
	}
	e.huff.build()
	if e.huff.cost() > len(lits)-len(lits)>>6-16 {
		return putRawLiterals(buf, lits)
	}
	if n, ok := e.huff.writeLiterals(buf, lits); ok {
		return n
	}
	return putRawLiterals(buf, lits)
}

func putRawLiterals(buf, lits []byte) int {
	n := putLiteralsHeader(buf, literalsRaw, len(lits))
	return n + copy(buf[n:], lits)
}

// putLiteralsHeader writes the header of n literals that are raw or RLE.
func putLiteralsHeader(buf []byte, kind, n int) int {
	switch {
	case n < 1<<5:
		buf[0] = uint8(kind | n<<3)
		return 1
	case n < 1<<12:
		binary.LittleEndian.PutUint16(buf, uint16(kind|1<<2|n<<4))
		return 2
	}
	put24(buf, kind|3<<2|n<<4)
	return 3
}

// writeLiterals writes a section with the code built; ok is false if it would
// not be smaller than lits.
func (h *huffman) writeLiterals(buf, lits []byte) (n int, ok bool) {
	size := len(lits)
	format, width, header := 0, 10, 3 // width: bits of each of the two sizes
	switch {
	case size >= 1<<14:
		format, width, header = 3, 18, 5
	case size >= 1<<10:
		format, width, header = 2, 14, 4
	case size >= minFourStreams:
		format = 1
	}
	n, ok = h.writeCode(buf[header:])
	if !ok {
		return 0, false
	}
	n += header
	if format == 0 {
		n += h.writeStream(buf[n:], lits)
	} else {
		n += h.writeFourStreams(buf[n:], lits)
	}
	if n >= size {
		return 0, false
	}
	v := uint64(literalsCoded|format<<2|size<<4) | uint64(n-header)<<(4+width)
	for i := range header {
		buf[i] = uint8(v >> (8 * i))
	}
	return n, true
}

// writeFourStreams writes lits in four parts behind the lengths of the first
// three.
func (h *huffman) writeFourStreams(buf, lits []byte) int {
	part := (len(lits) + 3) / 4
	n := 6
	for i := range 3 {
		size := h.writeStream(buf[n:], lits[:part])
		binary.LittleEndian.PutUint16(buf[2*i:], uint16(size))
		n += size
		lits = lits[part:]
	}
	return n + h.writeStream(buf[n:], lits)
}
