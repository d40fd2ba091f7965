package brotli

import (
	"encoding/binary"
	"math/bits"
)

const (
	hashPrime  = 0x1E35A7BD
	bucketBits = 14
	slots      = 32 // positions that a bucket remembers

	// The encoder whose output is reproduced kept its source in a ring of this
	// size, which shows in sources that are longer.
	ringSize = 1 << 23

	// Scores are in 1/135 of a byte that need not be a literal.
	byteScore   = 135
	baseScore   = 1920
	minScore    = baseScore + 100
	bitScore    = 30 // taken off for each bit of a distance
	repeatScore = baseScore + 15
)

// repeatPenalty is what a copy at one of the last distances scores less.
var repeatPenalty = [4]int{0, 39, 43, 43}

// A match is a copy that could be made.
type match struct {
	length     int
	wordLength int // length, but for a word of the dictionary its whole length
	distance   int
	score      int
}

// matcher remembers where four bytes stood. Beside each position it has a tag,
// eight further bits of the hash, so that most positions of other bytes need not
// be looked up.
type matcher struct {
	count     [1 << bucketBits]uint16 // positions entered, modulo 2^16
	tags      [1 << bucketBits][slots]uint8
	positions [1 << bucketBits][slots]uint32

	lookups, found int // in the dictionary
}

func (m *matcher) reset() {
	clear(m.count[:])
	m.lookups, m.found = 0, 0
}

// hash returns the bucket and the tag of the four bytes v.
func hash(v uint32) (bucket uint32, tag uint8) {
	h := v * hashPrime
	return h >> (32 - bucketBits), uint8(h >> (32 - bucketBits - 8))
}

// enter records position p.
func (m *matcher) enter(src []byte, p int) {
	bucket, tag := hash(load32(src, p))
	slot := m.count[bucket] % slots
	m.count[bucket]++
	m.tags[bucket][slot] = tag
	m.positions[bucket][slot] = uint32(p)
}

// enterSeam records the positions before start whose four bytes were not all
// there yet.
func (e *Encoder) enterSeam(start, end int) {
	if start >= 3 && end-start >= 3 {
		for p := start - 3; p < start; p++ {
			e.enter(e.src, p)
		}
	}
}

// enterCopied records the positions from start to end, which a copy has covered.
func (m *matcher) enterCopied(src []byte, start, end int) {
	if start >= ringSize && end-start >= 8 {
		// The ring's encoder recorded these four by four, as of its first lap, so
		// that they and what lay below them in their buckets were out of reach.
		for ; start+4 <= end; start += 4 {
			for p := start; p < start+4; p++ {
				bucket, _ := hash(load32(src, p))
				m.count[bucket]++
				for i := range slots {
					m.positions[bucket][i] = ^uint32(0)
				}
			}
		}
	}
	for p := start; p < end; p++ {
		m.enter(src, p)
	}
}

// hits returns the slots of bucket that have the tag: bit 31 for the newest.
func (m *matcher) hits(bucket uint32, tag uint8) uint32 {
	t := &m.tags[bucket]
	want := uint64(tag) * 0x0101010101010101
	set := equalBytes(binary.LittleEndian.Uint64(t[0:8])^want) |
		equalBytes(binary.LittleEndian.Uint64(t[8:16])^want)<<8 |
		equalBytes(binary.LittleEndian.Uint64(t[16:24])^want)<<16 |
		equalBytes(binary.LittleEndian.Uint64(t[24:32])^want)<<24
	n := int(m.count[bucket])
	set = bits.RotateLeft32(set, -n)
	if n < slots {
		set &= ^uint32(0) << (slots - n)
	}
	return set
}

// equalBytes returns a bit for each byte of x that is 0.
func equalBytes(x uint64) uint32 {
	const low = 0x7f7f7f7f7f7f7f7f
	zero := ^((x&low + low) | x | low)
	return uint32(zero >> 7 * 0x0102040810204080 >> 56)
}

// search looks for the best copy at p that does not go beyond end, and records
// p. ok is false if there is none worth it.
func (e *Encoder) search(p, end int) (best match, ok bool) {
	src := e.src
	best.score = minScore
	reach := min(p, maxDistance)
	next := int(src[p]) // what follows the bytes of best, if it was a copy

	for i, dist := range e.last {
		from := p - dist
		if dist > reach || from&(ringSize-1)+best.length >= ringSize || int(src[from+best.length]) != next {
			continue
		}
		n := matchLen(src, from, p, end)
		if n < 2 || n == 2 && i > 1 {
			continue
		}
		if score := repeatScore + byteScore*n - repeatPenalty[i]; score > best.score {
			best = match{n, n, dist, score}
			next = e.byteAt(p+n, end)
		}
	}

	bucket, tag := hash(load32(src, p))
	newest := uint32(e.count[bucket]) - 1
	for hits := e.hits(bucket, tag); hits != 0; {
		age := bits.LeadingZeros32(hits)
		hits &^= 1 << (31 - age)
		from := e.positions[bucket][(newest-uint32(age))%slots]
		back := uint32(p) - from
		if back > uint32(reach) {
			break
		}
		if int(from)&(ringSize-1)+best.length >= ringSize || int(src[int(from)+best.length]) != next {
			continue
		}
		cost := bitScore * (bits.Len32(back) - 1)
		if baseScore+byteScore*(end-p)-cost <= best.score {
			continue
		}
		n := matchLen(src, int(from), p, end)
		if n < 4 {
			continue
		}
		if score := baseScore + byteScore*n - cost; score > best.score {
			best = match{n, n, int(back), score}
			next = e.byteAt(p+n, end)
		}
	}
	slot := (newest + 1) % slots
	e.count[bucket]++
	e.tags[bucket][slot] = tag
	e.positions[bucket][slot] = uint32(p)

	if best.length > 0 {
		return best, true
	}
	return e.searchWords(p, end, bucket)
}

// byteAt returns the byte at p. What stood behind the end of a block in the ring
// was compared too: zero in its first lap, what it had held before in others, and
// nothing at its end.
func (e *Encoder) byteAt(p, end int) int {
	switch {
	case p < end:
		return int(e.src[p])
	case p < ringSize:
		return 0
	case p%ringSize == 0:
		return -1
	}
	return int(e.src[p-ringSize])
}

// matchLen returns how many bytes from p, before end, equal those at from.
func matchLen(src []byte, from, p, end int) int {
	n := 0
	for p+n+8 <= end {
		if x := load64(src, p+n) ^ load64(src, from+n); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
		n += 8
	}
	for p+n < end && src[p+n] == src[from+n] {
		n++
	}
	return n
}

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }

func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
