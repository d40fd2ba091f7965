package frozen

import "slices"

// sequence is one step of the parse: copy litLen literals, then matchLen bytes
// of what is decoded already.
type sequence struct {
	litLen     uint32
	matchLen   uint32
	offset     uint32 // repeatNewest, or the distance + statedOffset
	ll, ml, of uint8  // codes of the three
}

// Values of sequence.offset (RFC 8878, section 3.1.1.5).
const (
	repeatNewest = 1 // without literals it means the second newest
	statedOffset = 3
)

// Compression modes of the codes (RFC 8878, section 3.1.1.3.2.1).
const (
	modeFixed = 0
	modeRLE   = 1
	modeOwn   = 2
)

// coder is the code of one of a sequence's three fields, for one block.
type coder struct {
	counts [maxCodes]uint32
	mode   uint8
	table  fseTable
}

// choose takes the cheapest mode for the n codes counted, writes what describes
// it at the start of buf and returns the length of that.
func (c *coder) choose(buf []byte, n uint32, fixed *distribution, maxLog uint) int {
	if only := slices.Index(c.counts[:], n); only >= 0 {
		c.mode = modeRLE
		c.table.buildSingle(uint8(only))
		buf[0] = uint8(only)
		return 1
	}
	own := distribute(c.counts[:], n, maxLog)
	size := own.write(buf)
	ownCost, _ := own.cost(c.counts[:])
	if cost, ok := fixed.cost(c.counts[:]); ok && cost <= ownCost+8*uint32(size) {
		c.mode = modeFixed
		c.table.build(fixed)
		return 0
	}
	c.mode = modeOwn
	c.table.build(&own)
	return size
}

// writeSequences writes the sequences section at the start of buf and returns
// its length.
func (e *Encoder) writeSequences(buf []byte, seqs []sequence) int {
	pos := putSequenceCount(buf, len(seqs))
	if len(seqs) == 0 {
		return pos
	}
	e.countCodes(seqs)
	modes, n := pos, uint32(len(seqs))
	pos++
	pos += e.ll.choose(buf[pos:], n, &llFixed, llMaxLog)
	pos += e.of.choose(buf[pos:], n, &ofFixed, ofMaxLog)
	pos += e.ml.choose(buf[pos:], n, &mlFixed, mlMaxLog)
	buf[modes] = e.ll.mode<<6 | e.of.mode<<4 | e.ml.mode<<2
	return pos + e.writeSequenceStream(buf[pos:], seqs)
}

func putSequenceCount(buf []byte, n int) int {
	const three = 0x7F00
	switch {
	case n < 128:
		buf[0] = uint8(n)
		return 1
	case n < three:
		buf[0], buf[1] = uint8(n>>8)+128, uint8(n)
		return 2
	}
	put24(buf, 255|(n-three)<<8)
	return 3
}

// countCodes fills in the codes of seqs and counts them.
func (e *Encoder) countCodes(seqs []sequence) {
	e.ll.counts, e.ml.counts, e.of.counts = [maxCodes]uint32{}, [maxCodes]uint32{}, [maxCodes]uint32{}
	for i := range seqs {
		s := &seqs[i]
		s.ll, s.ml, s.of = llCode(s.litLen), mlCode(s.matchLen), ofCode(s.offset)
		e.ll.counts[s.ll]++
		e.ml.counts[s.ml]++
		e.of.counts[s.of]++
	}
}

// writeSequenceStream writes seqs, last to first, in the codes chosen.
func (e *Encoder) writeSequenceStream(buf []byte, seqs []sequence) int {
	llTable, mlTable, ofTable := &e.ll.table, &e.ml.table, &e.of.table
	last := &seqs[len(seqs)-1]
	ll := uint32(llTable.syms[last.ll].first)
	ml := uint32(mlTable.syms[last.ml].first)
	of := uint32(ofTable.syms[last.of].first)
	var q bitQueue
	pos := 0
	for i := len(seqs) - 1; i >= 0; i-- {
		s := &seqs[i]
		if i < len(seqs)-1 {
			of = ofTable.step(&q, s.of, of)
			ml = mlTable.step(&q, s.ml, ml)
			ll = llTable.step(&q, s.ll, ll)
		}
		llBits, mlBits, ofBits := uint(llExtra[s.ll]), uint(mlExtra[s.ml]), uint(s.of)
		if llBits+mlBits+ofBits > 24 { // at most 7 + 26 bits are waiting
			pos = q.flush(buf, pos)
		}
		q.add(uint64(s.litLen)&(1<<llBits-1), llBits)
		q.add(uint64(s.matchLen-baseMatch)&(1<<mlBits-1), mlBits)
		q.add(uint64(s.offset)&(1<<ofBits-1), ofBits)
		pos = q.flush(buf, pos)
	}
	mlTable.endState(&q, ml)
	ofTable.endState(&q, of)
	llTable.endState(&q, ll)
	return q.end(buf, pos)
}
