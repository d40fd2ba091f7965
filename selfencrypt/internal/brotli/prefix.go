package brotli

import (
	"math/bits"
	"slices"
)

// prefix is the word of a prefix code: its bits as they are written, and above
// them their number.
type prefix uint32

func (p prefix) bits() uint64 { return uint64(p & 0xffff) }
func (p prefix) length() uint { return uint(p >> 16) }

const (
	maxCodeLength   = 15
	maxLengthLength = 5 // of the code in which the lengths are written

	repeatLast = 16 // code length codes, RFC 7932 section 3.5
	repeatZero = 17
	numLengths = 18
)

// codeBuilder makes prefix codes and writes them. It is scratch only.
type codeBuilder struct {
	order   [commandCodes]uint64
	weights [2 * commandCodes]uint32
	parents [2 * commandCodes]uint16
	levels  [2 * commandCodes]uint8
	lengths [commandCodes]uint8

	// The lengths in run-length code, and the extra bits.
	packed [commandCodes]uint8
	extra  [commandCodes]uint8

	symbols [6 * maxTypes / maxContexts]uint16 // of a context map
}

// build writes a code for the symbols that counts counts, out of as many as there
// are counts, and stores it in code. An alphabet of so many symbols is stated
// where symbols are written out.
func (b *codeBuilder) build(w *bitWriter, counts []uint32, code []prefix) {
	clear(code)
	var first [4]int
	n := 0
	for s, count := range counts {
		if count > 0 {
			if n < len(first) {
				first[n] = s
			}
			n++
		}
	}
	symbolBits := uint(bits.Len(uint(len(counts) - 1)))
	if n <= 1 {
		w.write(4, 1) // a simple code of one symbol
		w.write(symbolBits, uint64(first[0]))
		return
	}
	lengths := b.lengths[:len(counts)]
	b.setLengths(lengths, counts, maxCodeLength)
	setCode(code, lengths)
	if n <= len(first) {
		writeSimpleCode(w, first[:n], lengths, symbolBits)
		return
	}
	b.writeLengths(w, lengths)
}

// setLengths sets the lengths of a Huffman code for counts, of at most limit
// bits: until it is so short, the least counts are raised. Leaves of the tree are
// taken in order of count, then of symbol from the last to the first, and before
// an inner node of the same weight. A lone symbol gets a length of 1.
func (b *codeBuilder) setLengths(lengths []uint8, counts []uint32, limit uint8) {
	clear(lengths)
	for least := uint32(1); ; least *= 2 {
		n := 0
		for s, count := range counts {
			if count > 0 {
				b.order[n] = uint64(max(count, least))<<16 | uint64(^uint16(s))
				n++
			}
		}
		leaves := b.order[:n]
		slices.Sort(leaves)
		if b.setLevels(leaves) > limit {
			continue
		}
		for i, leaf := range leaves {
			lengths[^uint16(leaf)] = b.levels[i]
		}
		return
	}
}

// setLevels makes the tree over the leaves, which are in order of weight, and
// returns its depth. Nodes are numbered as they are made, the leaves first.
func (b *codeBuilder) setLevels(leaves []uint64) uint8 {
	n := len(leaves)
	if n == 1 {
		b.levels[0] = 1
		return 1
	}
	for i, leaf := range leaves {
		b.weights[i] = uint32(leaf >> 16)
	}
	leaf, inner, root := 0, n, 2*n-2
	for node := n; node <= root; node++ {
		weight := uint32(0)
		for range 2 {
			next := leaf
			if leaf == n || inner < node && b.weights[inner] < b.weights[leaf] {
				next = inner
				inner++
			} else {
				leaf++
			}
			weight += b.weights[next]
			b.parents[next] = uint16(node)
		}
		b.weights[node] = weight
	}
	depth := uint8(0)
	b.levels[root] = 0
	for i := root - 1; i >= 0; i-- {
		b.levels[i] = b.levels[b.parents[i]] + 1
		depth = max(depth, b.levels[i])
	}
	return depth
}

// setCode gives the symbols the canonical code words of their lengths.
func setCode(code []prefix, lengths []uint8) {
	var counts, next [maxCodeLength + 1]uint16
	for _, n := range lengths {
		counts[n]++
	}
	word := uint16(0)
	for n := 1; n <= maxCodeLength; n++ {
		next[n] = word
		word = (word + counts[n]) << 1
	}
	for s, n := range lengths {
		if n > 0 {
			code[s] = prefix(uint32(n)<<16 | uint32(bits.Reverse16(next[n])>>(16-n)))
			next[n]++
		}
	}
}

// writeSimpleCode writes a code of two to four symbols.
func writeSimpleCode(w *bitWriter, symbols []int, lengths []uint8, symbolBits uint) {
	w.write(2, 1)
	w.write(2, uint64(len(symbols)-1))
	for i := range symbols {
		for j := i + 1; j < len(symbols); j++ {
			if lengths[symbols[j]] < lengths[symbols[i]] {
				symbols[i], symbols[j] = symbols[j], symbols[i]
			}
		}
	}
	for _, s := range symbols {
		w.write(symbolBits, uint64(s))
	}
	if len(symbols) == 4 {
		if lengths[symbols[0]] == 1 {
			w.write(1, 1)
		} else {
			w.write(1, 0)
		}
	}
}

// writeLengths writes a code by the lengths of its words.
func (b *codeBuilder) writeLengths(w *bitWriter, lengths []uint8) {
	n := b.pack(lengths)
	var counts [numLengths]uint32
	for _, v := range b.packed[:n] {
		counts[v]++
	}
	var ofLengths [numLengths]uint8
	var code [numLengths]prefix
	b.setLengths(ofLengths[:], counts[:], maxLengthLength)
	setCode(code[:], ofLengths[:])
	lone := writeLengthCode(w, &counts, &ofLengths)
	for i, v := range b.packed[:n] {
		if !lone { // the only symbol is known
			w.writeCode(code[v])
		}
		switch v {
		case repeatLast:
			w.write(2, uint64(b.extra[i]))
		case repeatZero:
			w.write(3, uint64(b.extra[i]))
		}
	}
}

// writeLengthCode writes the lengths of the code for lengths. lone tells that
// there is only one symbol.
func writeLengthCode(w *bitWriter, counts *[numLengths]uint32, lengths *[numLengths]uint8) (lone bool) {
	order := [numLengths]uint8{1, 2, 3, 4, 0, 5, repeatZero, 6, repeatLast, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	words := [maxLengthLength + 1]prefix{2 << 16, 4<<16 | 7, 3<<16 | 3, 2<<16 | 2, 2<<16 | 1, 4<<16 | 15}

	used := 0
	for _, c := range counts {
		if c > 0 {
			used++
		}
	}
	end := numLengths
	for used > 1 && lengths[order[end-1]] == 0 {
		end--
	}
	skip := 0
	if lengths[order[0]] == 0 && lengths[order[1]] == 0 {
		skip = 2
		if lengths[order[2]] == 0 {
			skip = 3
		}
	}
	w.write(2, uint64(skip))
	for _, v := range order[skip:end] {
		w.writeCode(words[lengths[v]])
	}
	return used == 1
}

// pack writes lengths to packed, with runs of zeros and of others as repeat codes
// if that pays on the whole, and returns how many codes it wrote. Zeros at the
// end are left out.
func (b *codeBuilder) pack(lengths []uint8) int {
	full := len(lengths)
	for len(lengths) > 0 && lengths[len(lengths)-1] == 0 {
		lengths = lengths[:len(lengths)-1]
	}
	packZeros, packOthers := false, false
	if full > 50 {
		packZeros, packOthers = runsPay(lengths)
	}
	n := 0
	last := uint8(8) // what the decoder assumes
	for len(lengths) > 0 {
		v, run := lengths[0], 1
		if v == 0 && packZeros || v != 0 && packOthers {
			run = runLength(lengths)
		}
		lengths = lengths[run:]
		if v == 0 {
			n = b.packRun(n, 0, run, repeatZero, 11)
			continue
		}
		if v != last {
			b.packed[n] = v
			n, run, last = n+1, run-1, v
		}
		n = b.packRun(n, v, run, repeatLast, 7)
	}
	return n
}

// packRun writes run times the length v: as a repeat code with digits of two or
// three extra bits if there are three or more. A run of odd is shorter if one of
// it is written by itself.
func (b *codeBuilder) packRun(n int, v uint8, run int, code uint8, odd int) int {
	if run == odd {
		b.packed[n] = v
		n, run = n+1, run-1
	}
	if run < 3 {
		for ; run > 0; run-- {
			b.packed[n] = v
			n++
		}
		return n
	}
	digit := uint(2)
	if code == repeatZero {
		digit = 3
	}
	start := n
	for run -= 3; ; run-- {
		b.packed[n], b.extra[n] = code, uint8(run&(1<<digit-1))
		n++
		if run >>= digit; run == 0 {
			break
		}
	}
	slices.Reverse(b.extra[start:n])
	return n
}

// runsPay tells whether the runs of zeros and those of other lengths are on the
// average longer than two.
func runsPay(lengths []uint8) (zeros, others bool) {
	sumZeros, sumOthers := -2, -2
	for len(lengths) > 0 {
		v, run := lengths[0], runLength(lengths)
		if v == 0 && run >= 3 {
			sumZeros += run - 2
		}
		if v != 0 && run >= 4 {
			sumOthers += run - 2
		}
		lengths = lengths[run:]
	}
	return sumZeros > 0, sumOthers > 0
}

// runLength returns how many values at the start of v are equal.
func runLength[T comparable](v []T) int {
	n := 1
	for n < len(v) && v[n] == v[0] {
		n++
	}
	return n
}
