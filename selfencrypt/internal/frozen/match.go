package frozen

import "math/bits"

const (
	shortest  = 4 // bytes that a search compares
	tableBits = 15
	posBits   = 20 // low bits of a table entry; the others are the tag
	hashBytes = 7
	hashPrime = 0xCF1BBCDCBFA563

	searchEnd = 16  // no search starts nearer to the end of a block
	skipShift = 6   // after 2^skipShift bytes without a match steps grow by one
	maxSkip   = 256 // growth ends here

	copySlack = 16 // emit copies short literals in one piece of this size
)

// slotFor returns where in the table the bytes v belong and, in the bits above
// posBits, what an entry for them says of their content.
func slotFor(v uint64) (slot, tag uint32) {
	h := v << (64 - 8*hashBytes) * hashPrime
	return uint32(h >> (64 - tableBits)), uint32(h>>(32-tableBits)) &^ (1<<posBits - 1)
}

// parse fills e.seqs and e.lits with the sequences and literals of
// src[start:end]. Literals behind the last sequence are in e.lits only.
func (e *Encoder) parse(src []byte, start, end int) {
	e.nSeqs, e.nLits = 0, 0
	limit := end - searchEnd
	anchor := start    // everything before it is in a sequence
	s := max(start, 1) // a distance of 1 must lead into src
	rep1, rep2 := e.repeat[0], e.repeat[1]
	for {
		at, dist := e.search(src, s, anchor, limit, rep1)
		if dist == 0 {
			break
		}
		s = at + matchLen(src, at, dist, end)
		for at > anchor && at > dist && src[at-1] == src[at-1-dist] {
			at--
		}
		offset := uint32(repeatNewest)
		if dist != rep1 || at == anchor {
			offset = uint32(dist) + statedOffset
			rep1, rep2 = dist, rep1
		}
		e.emit(src, anchor, at, s-at, offset)
		anchor = s
		if s >= limit {
			break
		}
		e.enter(src, s-2)
		for s < limit && load32(src, s) == load32(src, s-rep2) {
			e.enter(src, s)
			s += matchLen(src, s, rep2, end)
			rep1, rep2 = rep2, rep1
			e.emit(src, anchor, anchor, s-anchor, repeatNewest)
			anchor = s
		}
	}
	e.repeat = [2]int{rep1, rep2}
	e.nLits += copy(e.lits[e.nLits:], src[anchor:end])
}

// search looks from s on for four bytes that stand in src already, and returns
// where they are and how far back they repeat; dist is 0 if there are none
// before limit.
func (e *Encoder) search(src []byte, s, anchor, limit, rep int) (at, dist int) {
	table := &e.table
	for s < limit {
		v, w := load64(src, s), load64(src, s+1)
		slot0, tag0 := slotFor(v)
		slot1, tag1 := slotFor(w)
		old0, old1 := table[slot0]^tag0, table[slot1]^tag1
		table[slot0], table[slot1] = tag0|uint32(s), tag1|uint32(s+1)
		if uint32(w>>8) == load32(src, s+2-rep) {
			return s + 2, rep
		}
		if old0 < 1<<posBits && uint32(v) == load32(src, int(old0)) {
			return s, s - int(old0)
		}
		if old1 < 1<<posBits && uint32(w) == load32(src, int(old1)) {
			return s + 1, s + 1 - int(old1)
		}
		s += 2 + min((s-anchor)>>skipShift, maxSkip)
	}
	return 0, 0
}

// enter records position s in the table.
func (e *Encoder) enter(src []byte, s int) {
	slot, tag := slotFor(load64(src, s))
	e.table[slot] = tag | uint32(s)
}

// matchLen returns how many bytes from s, before end, equal those dist earlier.
func matchLen(src []byte, s, dist, end int) int {
	from := s
	for s+8 <= end {
		if x := load64(src, s) ^ load64(src, s-dist); x != 0 {
			return s + bits.TrailingZeros64(x)>>3 - from
		}
		s += 8
	}
	for s < end && src[s] == src[s-dist] {
		s++
	}
	return s - from
}

// emit adds a sequence: literals from anchor to s, then a match.
func (e *Encoder) emit(src []byte, anchor, s, length int, offset uint32) {
	n := s - anchor
	at := e.nLits
	if n <= copySlack && anchor+copySlack <= len(src) {
		store64(e.lits[:], at, load64(src, anchor))
		store64(e.lits[:], at+8, load64(src, anchor+8))
	} else {
		copy(e.lits[at:], src[anchor:s])
	}
	e.nLits = at + n
	e.seqs[e.nSeqs] = sequence{litLen: uint32(n), matchLen: uint32(length), offset: offset}
	e.nSeqs++
}
