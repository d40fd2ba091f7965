package frozen

import "slices"

const (
	maxCodeLen   = 11  // longest code that the format allows
	weightMaxLog = 6   // largest table for the weights that state a code
	maxDirect    = 128 // most weights that can be stated without a table
)

// huffman is the Huffman code of one block's literals (RFC 8878, section 4.2).
type huffman struct {
	counts  [4][256]uint32 // several, so that runs do not wait for themselves
	lens    [256]uint8
	codes   [256]uint32 // code<<8 | length
	last    int         // largest symbol that occurs
	longest uint8
}

// count fills counts[0] and last, and returns the count of the most frequent
// symbol.
func (h *huffman) count(lits []byte) (most uint32) {
	h.counts = [4][256]uint32{}
	a, b, c, d := &h.counts[0], &h.counts[1], &h.counts[2], &h.counts[3]
	rest := lits
	for len(rest) >= 8 {
		v := load64(rest, 0)
		a[uint8(v)]++
		b[uint8(v>>8)]++
		c[uint8(v>>16)]++
		d[uint8(v>>24)]++
		a[uint8(v>>32)]++
		b[uint8(v>>40)]++
		c[uint8(v>>48)]++
		d[uint8(v>>56)]++
		rest = rest[8:]
	}
	for _, v := range rest {
		a[v]++
	}
	for s := range a {
		a[s] += b[s] + c[s] + d[s]
		if a[s] > 0 {
			h.last = s
			most = max(most, a[s])
		}
	}
	return most
}

// build makes the code for counts[0], which holds at least two symbols.
func (h *huffman) build() {
	var order [256]uint32 // count<<8 | symbol: at most 2^17 literals in a block
	n := 0
	for s, c := range h.counts[0][:h.last+1] {
		if c > 0 {
			order[n] = c<<8 | uint32(s)
			n++
		}
	}
	sorted := order[:n]
	slices.Sort(sorted) // no two are equal, so any way of sorting does
	total := uint32(0)
	for _, v := range sorted {
		total += v >> 8
	}
	// A code that is too long is built again with the rare symbols counted as if
	// less rare. It ends at the latest when all count the same: 8 bits.
	h.lens = [256]uint8{}
	for floor := uint32(1); !h.assignLengths(sorted, floor); {
		floor = max(2*floor, total>>maxCodeLen)
	}
	h.assignCodes()
}

// assignLengths sets lens to the lengths of an optimal code for the symbols in
// sorted, each counted at least floor times. It returns false if the longest
// code is too long.
func (h *huffman) assignLengths(sorted []uint32, floor uint32) bool {
	// Two queues, both in rising order: leaves, and inner nodes as they are made.
	var weight [256]uint32
	var parent [512]uint16 // leaves first, then inner nodes
	n := len(sorted)
	leaf, inner := 0, 0
	take := func(made int) (uint32, int) {
		if leaf < n {
			if w := max(sorted[leaf]>>8, floor); inner == made || w <= weight[inner] {
				leaf++
				return w, leaf - 1
			}
		}
		inner++
		return weight[inner-1], n + inner - 1
	}
	for made := range n - 1 {
		w1, i1 := take(made)
		w2, i2 := take(made)
		weight[made] = w1 + w2
		parent[i1], parent[i2] = uint16(n+made), uint16(n+made)
	}
	var depth [512]uint8
	for i := 2*n - 3; i >= 0; i-- {
		depth[i] = depth[parent[i]] + 1
	}
	h.longest = depth[0] // the rarest symbol has the longest code
	for i, v := range sorted {
		h.lens[uint8(v)] = depth[i]
	}
	return h.longest <= maxCodeLen
}

// assignCodes numbers the codes: longest first, equal lengths by symbol.
func (h *huffman) assignCodes() {
	var of [maxCodeLen + 2]uint32
	for _, n := range h.lens[:h.last+1] {
		of[n]++
	}
	var next [maxCodeLen + 1]uint32
	code := uint32(0)
	for n := h.longest; n > 0; n-- {
		next[n] = code
		code = (code + of[n]) >> 1
	}
	for s, n := range h.lens[:h.last+1] {
		h.codes[s] = next[n]<<8 | uint32(n)
		next[n]++
	}
}

// cost returns the bytes that the code spends on the symbols counted, without
// its own description.
func (h *huffman) cost() int {
	total := uint32(0)
	for s, c := range h.counts[0][:h.last+1] {
		total += c * uint32(h.lens[s])
	}
	return int(total+7) >> 3
}

// writeCode states the code at the start of buf and returns how many bytes it
// took; ok is false if the format has no way to state it.
func (h *huffman) writeCode(buf []byte) (n int, ok bool) {
	var weights [255]uint8 // the last symbol's weight follows from the others
	for s, l := range h.lens[:h.last] {
		if l > 0 {
			weights[s] = h.longest + 1 - l
		}
	}
	if n := writeWeights(buf[1:], weights[:h.last]); n > 0 && n < 128 && (h.last > maxDirect || n < (h.last+1)/2) {
		buf[0] = uint8(n)
		return 1 + n, true
	}
	if h.last > maxDirect {
		return 0, false
	}
	buf[0] = uint8(127 + h.last)
	for s := 0; s < h.last; s += 2 {
		buf[1+s/2] = weights[s]<<4 | weights[s+1]
	}
	return 1 + (h.last+1)/2, true
}

// writeWeights states weights in a finite state entropy code: two states that
// take turns. It returns 0 if they are all the same or too few.
func writeWeights(buf, weights []uint8) int {
	var counts [maxCodeLen + 1]uint32
	for _, w := range weights {
		counts[w]++
	}
	if len(weights) < 2 || slices.Max(counts[:]) == uint32(len(weights)) {
		return 0
	}
	d := distribute(counts[:], uint32(len(weights)), weightMaxLog)
	var t fseTable
	t.build(&d)

	pos := d.write(buf)
	var q bitQueue
	var state [2]uint32
	for i := len(weights) - 1; i >= 0; i-- {
		if i >= len(weights)-2 {
			state[i&1] = uint32(t.syms[weights[i]].first)
			continue
		}
		state[i&1] = t.step(&q, weights[i], state[i&1])
		pos = q.flush(buf, pos)
	}
	t.endState(&q, state[1])
	t.endState(&q, state[0])
	return q.end(buf, pos)
}

// writeStream writes lits, last to first, at the start of buf and returns the
// length of the stream.
func (h *huffman) writeStream(buf, lits []byte) int {
	var q bitQueue
	pos := 0
	for len(lits)&3 != 0 {
		q.addCode(h.codes[lits[len(lits)-1]])
		lits = lits[:len(lits)-1]
	}
	pos = q.flush(buf, pos)
	for i := len(lits) - 4; i >= 0; i -= 4 {
		v := load32(lits, i)
		q.addCode(h.codes[uint8(v>>24)])
		q.addCode(h.codes[uint8(v>>16)])
		q.addCode(h.codes[uint8(v>>8)])
		q.addCode(h.codes[uint8(v)])
		pos = q.flush(buf, pos)
	}
	return q.end(buf, pos)
}

// addCode appends an entry of codes.
func (q *bitQueue) addCode(c uint32) { q.add(uint64(c>>8), uint(c&0xff)) }
