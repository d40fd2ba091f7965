package frozen

import "math/bits"

const (
	minFSELog = 5  // smallest table that the format can state
	maxFSELog = 9  // largest one used here
	maxCodes  = 53 // most symbols of an alphabet
)

// distribution is a set of symbol probabilities in units of 1/2^log. A share of
// -1 means less than one; such a symbol has one state, at the table's end. Only
// predefined distributions have such shares.
type distribution struct {
	log    uint
	shares [maxCodes]int16
}

// fseTable is the encoder's side of a finite state entropy code (RFC 8878,
// section 4.1). States are numbered size..2*size-1.
type fseTable struct {
	log  uint
	syms [maxCodes]fseSymbol
	next [1 << maxFSELog]uint16
}

type fseSymbol struct {
	deltaBits  uint32 // (state + deltaBits) >> 16 is the number of bits to emit
	deltaState int32  // (state >> bits) + deltaState indexes next
	first      uint16 // lowest state of this symbol: where its stream may end
}

// build prepares t to encode with d.
func (t *fseTable) build(d *distribution) {
	size := 1 << d.log
	t.log = d.log
	var owner [1 << maxFSELog]uint8
	spread(owner[:size], d)

	var fill [maxCodes]int // where in next the symbol's next state goes
	total := 0
	for s, share := range d.shares {
		fill[s] = total
		t.syms[s] = transition(int(share), total, d.log)
		total += max(int(share), -int(share))
	}
	for u := size - 1; u >= 0; u-- { // downwards, so that first ends as the lowest
		t.syms[owner[u]].first = uint16(size + u)
	}
	for u, s := range owner[:size] {
		t.next[fill[s]] = uint16(size + u)
		fill[s]++
	}
}

// buildSingle prepares t to encode nothing but sym, in no bits.
func (t *fseTable) buildSingle(sym uint8) {
	t.log = 0
	t.syms[sym] = fseSymbol{}
	t.next[0] = 0
}

// step appends the bits that lead from state back to the one before it and
// returns the state that stands for sym in front of it.
func (t *fseTable) step(q *bitQueue, sym uint8, state uint32) uint32 {
	f := &t.syms[sym]
	n := (state + f.deltaBits) >> 16 & 31 // at most 9: the mask saves a check of the shifts
	q.add(uint64(state&(1<<n-1)), uint(n))
	return uint32(t.next[int32(state>>n)+f.deltaState])
}

// endState appends the state that the decoder starts in.
func (t *fseTable) endState(q *bitQueue, state uint32) {
	q.add(uint64(state&(1<<t.log-1)), t.log)
}

// transition returns how a symbol is encoded whose states start at index total
// of the next table.
func transition(share, total int, log uint) fseSymbol {
	size := 1 << log
	switch share {
	case 0:
		return fseSymbol{}
	case 1, -1:
		return fseSymbol{
			deltaBits:  uint32(log<<16) - uint32(size),
			deltaState: int32(total - 1),
		}
	}
	most := log - uint(bits.Len32(uint32(share-1))-1)
	return fseSymbol{
		deltaBits:  uint32(most<<16) - uint32(share)<<most,
		deltaState: int32(total - share),
	}
}

// spread hands every state of the table to a symbol, in the order that the
// decoder uses (RFC 8878, section 4.1.1).
func spread(owner []uint8, d *distribution) {
	size := len(owner)
	high := size - 1
	for s, share := range d.shares {
		if share == -1 {
			owner[high] = uint8(s)
			high--
		}
	}
	step, pos := size>>1+size>>3+3, 0
	for s, share := range d.shares {
		for range max(share, 0) {
			owner[pos] = uint8(s)
			pos = (pos + step) & (size - 1)
			for pos > high {
				pos = (pos + step) & (size - 1)
			}
		}
	}
}

// distribute scales counts, of which total occurrences are spread over at least
// two symbols, to a distribution of at most 2^maxLog. Every symbol that occurs
// gets a share of at least one.
func distribute(counts []uint32, total uint32, maxLog uint) distribution {
	var d distribution
	d.log = min(maxLog, max(minFSELog, uint(bits.Len32(total))-2))
	present := uint(0)
	for _, c := range counts {
		if c > 0 {
			present++
		}
	}
	d.log = min(maxLog, max(d.log, uint(bits.Len(present))))

	left := int32(1) << d.log
	for s, c := range counts {
		if c > 0 {
			d.shares[s] = int16(max(1, (c<<d.log+total/2)/total))
			left -= int32(d.shares[s])
		}
	}
	for ; left > 0; left-- {
		d.shares[d.neediest(counts, total)]++
	}
	for ; left < 0; left++ {
		d.shares[d.richest(counts, total)]--
	}
	return d
}

// neediest returns the symbol whose share is furthest below its due.
func (d *distribution) neediest(counts []uint32, total uint32) int {
	best, bestLack := 0, int32(-1<<31)
	for s, c := range counts {
		lack := int32(c<<d.log) - int32(d.shares[s])*int32(total)
		if c > 0 && lack > bestLack {
			best, bestLack = s, lack
		}
	}
	return best
}

// richest returns the symbol, of those that can give, whose share is furthest
// above its due.
func (d *distribution) richest(counts []uint32, total uint32) int {
	best, bestGain := 0, int32(-1<<31)
	for s, c := range counts {
		gain := int32(d.shares[s])*int32(total) - int32(c<<d.log)
		if d.shares[s] > 1 && gain > bestGain {
			best, bestGain = s, gain
		}
	}
	return best
}

// write states d in the form of RFC 8878, section 4.1.1, at the start of buf
// and returns how many bytes it took.
func (d *distribution) write(buf []byte) int {
	var q bitQueue
	pos := 0
	q.add(uint64(d.log-minFSELog), 4)
	left := int32(1)<<d.log + 1 // one more than the states not yet given away
	for s := 0; left > 1; s++ {
		share := int32(d.shares[s])
		q.addShare(share, left)
		pos = q.flush(buf, pos)
		left -= max(share, -share)
		if share != 0 {
			continue
		}
		more := 0 // zero shares behind this one
		for d.shares[s+1] == 0 {
			more++
			s++
		}
		for ; more >= 3; more -= 3 {
			q.add(3, 2)
			pos = q.flush(buf, pos)
		}
		q.add(uint64(more), 2)
	}
	return q.pad(buf, pos)
}

// addShare appends share+1, which is at most left, in as few bits as tell the
// left+1 values 0..left apart.
func (q *bitQueue) addShare(share, left int32) {
	v := uint32(share + 1)
	n := uint(bits.Len32(uint32(left)))
	short := uint32(1)<<n - 1 - uint32(left) // so many values need one bit less
	half := uint32(1) << (n - 1)
	switch {
	case v < short:
		q.add(uint64(v), n-1)
	case v < half:
		q.add(uint64(v), n)
	default:
		q.add(uint64(v+short), n)
	}
}

// logTable[n] is log2(n) in 1/256 bit, rounded down, for the sizes of shares.
var logTable = func() (t [1<<maxFSELog + 1]uint32) {
	for n := 1; n < len(t); n++ {
		t[n] = log2(uint32(n))
	}
	return t
}()

// log2 returns the base-2 logarithm of n > 0 in 1/256 bit, rounded down. It
// squares a fixed-point mantissa: one bit of the result a step.
func log2(n uint32) uint32 {
	whole := uint32(bits.Len32(n)) - 1
	mantissa := uint64(n) << (31 - whole) // 1.0 is 1<<31
	result := whole
	for range 8 {
		mantissa = mantissa * mantissa >> 31
		result <<= 1
		if mantissa >= 1<<32 {
			mantissa >>= 1
			result |= 1
		}
	}
	return result
}

// cost returns the bits, rounded up, that d spends on symbols with these
// counts; ok is false if d has no state for one of them.
func (d *distribution) cost(counts []uint32) (n uint32, ok bool) {
	var total uint64 // in 1/256 bit
	for s, c := range counts {
		if c == 0 {
			continue
		}
		if d.shares[s] == 0 {
			return 0, false
		}
		share := max(1, d.shares[s])
		total += uint64(c) * uint64(uint32(d.log)<<8-logTable[share])
	}
	return uint32((total + 255) >> 8), true
}
