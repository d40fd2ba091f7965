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
// be looked up. Slots of a bucket are filled from the last to the first.
type matcher struct {
	tags      [1 << bucketBits][slots]uint8
	positions [1 << bucketBits][slots]uint32
	count     [1 << bucketBits]uint16 // positions entered, modulo 2^16

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
	m.enterAt(bucket, tag, p)
}

func (m *matcher) enterAt(bucket uint32, tag uint8, p int) {
	n := &m.count[bucket%(1<<bucketBits)]
	slot := ^*n % slots
	*n++
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
		// From its second lap on the ring's encoder took the place in the ring for
		// the position here, if there were four: so far back that a search of the
		// bucket ended there.
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

// hits returns the slots of bucket that have the tag as a set: bit 0 is for the
// newest, which is in the slot returned, and so on in turn.
func (m *matcher) hits(bucket uint32, tag uint8) (set, newest uint32) {
	t := &m.tags[bucket]
	want := uint64(tag) * 0x0101010101010101
	set = zeroBytes(binary.LittleEndian.Uint64(t[0:8])^want) |
		zeroBytes(binary.LittleEndian.Uint64(t[8:16])^want)<<8 |
		zeroBytes(binary.LittleEndian.Uint64(t[16:24])^want)<<16 |
		zeroBytes(binary.LittleEndian.Uint64(t[24:32])^want)<<24
	n := uint32(m.count[bucket])
	newest = -n % slots
	set = bits.RotateLeft32(set, -int(newest))
	if n < slots {
		set &= 1<<n - 1
	}
	return set, newest
}

// zeroBytes returns a bit for each byte of x that is 0.
func zeroBytes(x uint64) uint32 {
	const low = 0x7f7f7f7f7f7f7f7f
	zero := ^((x&low + low) | x | low)
	return uint32(zero >> 7 * 0x0102040810204080 >> 56)
}

// search looks for the best copy at p that does not go beyond end, and records
// p. ok is false if there is none worth it.
func (e *Encoder) search(p, end int) (best match, ok bool) {
	best = e.searchLast(p, end)
	bucket, tag := hash(load32(e.src, p))
	hits, newest := e.hits(bucket, tag)
	if hits != 0 {
		best = e.searchBucket(&e.positions[bucket], hits, newest, p, end, best)
	}
	e.enterAt(bucket, tag, p)
	if best.length > 0 {
		return best, true
	}
	return e.searchWords(p, end, bucket)
}

// searchLast looks for a copy at one of the last distances.
func (e *Encoder) searchLast(p, end int) match {
	src := e.src
	best := match{score: minScore}
	reach := min(p, maxDistance)
	next := int(src[p]) // what follows the bytes of best, if it was a copy
	for i, dist := range e.last {
		if dist > reach || int(src[p-dist+best.length]) != next || acrossSeam(p-dist, p, best.length) {
			continue
		}
		n := matchLen(src, p-dist, p, end)
		if n < 2 || n == 2 && i > 1 {
			continue
		}
		if score := repeatScore + byteScore*n - repeatPenalty[i]; score > best.score {
			best = match{n, n, dist, score}
			next = e.byteAt(p+n, end)
		}
	}
	return best
}

// searchBucket looks for a better copy than best from the positions of a bucket.
func (e *Encoder) searchBucket(positions *[slots]uint32, hits, newest uint32, p, end int, best match) match {
	src := e.src
	next := e.byteAt(p+best.length, end)
	reach := uint32(min(p, maxDistance))
	for ; hits != 0; hits &= hits - 1 {
		from := positions[(newest+uint32(bits.TrailingZeros32(hits)))%slots]
		back := uint32(p) - from
		if back > reach {
			break
		}
		if int(src[int(from)+best.length]) != next || acrossSeam(int(from), p, best.length) {
			continue
		}
		n := matchLen(src, int(from), p, end)
		if n < 4 {
			continue
		}
		if score := baseScore + byteScore*n - bitScore*(bits.Len32(back)-1); score > best.score {
			best = match{n, n, int(back), score}
			next = e.byteAt(p+n, end)
		}
	}
	return best
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

// acrossSeam tells whether the n bytes at from and the one behind them, which are
// compared with those at p, were in the ring in two pieces: it did not look there.
func acrossSeam(from, p, n int) bool {
	seam := p &^ (ringSize - 1)
	return from < seam && from+n >= seam
}

// matchLen returns how many bytes from p, before end, equal those at from.
func matchLen(src []byte, from, p, end int) int {
	a := src[p:end]
	b := src[from:]
	for len(a) >= 8 && len(b) >= 8 {
		if x := binary.LittleEndian.Uint64(a) ^ binary.LittleEndian.Uint64(b); x != 0 {
			return end - p - len(a) + bits.TrailingZeros64(x)>>3
		}
		a, b = a[8:], b[8:]
	}
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	return end - p - len(a)
}

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
