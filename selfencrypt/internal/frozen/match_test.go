package frozen

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// replay carries out the sequences and literals of a parse, block by block, as a
// decoder would.
type replay struct {
	out    []byte
	repeat [3]int
}

func (r *replay) block(t *testing.T, seqs []sequence, lits []byte) {
	for _, s := range seqs {
		r.out = append(r.out, lits[:s.litLen]...)
		lits = lits[s.litLen:]
		dist := r.distance(s)
		require.Positive(t, dist)
		require.LessOrEqual(t, dist, len(r.out))
		require.GreaterOrEqual(t, s.matchLen, uint32(shortest))
		for range s.matchLen {
			r.out = append(r.out, r.out[len(r.out)-dist])
		}
	}
	r.out = append(r.out, lits...)
}

// distance follows RFC 8878, section 3.1.1.5, in full.
func (r *replay) distance(s sequence) int {
	if s.offset > 3 {
		r.repeat = [3]int{int(s.offset) - 3, r.repeat[0], r.repeat[1]}
		return r.repeat[0]
	}
	which := int(s.offset) - 1
	if s.litLen == 0 {
		which++
	}
	dist := r.repeat[0] - 1
	if which < 3 {
		dist = r.repeat[which]
	}
	switch which {
	case 1:
		r.repeat[0], r.repeat[1] = dist, r.repeat[0]
	case 2, 3:
		r.repeat = [3]int{dist, r.repeat[0], r.repeat[1]}
	}
	return dist
}

func TestParseRebuildsTheSource(t *testing.T) {
	var e Encoder
	for _, s := range corpus() {
		e.reset(len(s.data))
		r := replay{repeat: [3]int{1, 4, 8}}
		for start := 0; start < len(s.data); start += maxBlock {
			e.parse(s.data, start, min(len(s.data), start+maxBlock))
			r.block(t, e.seqs[:e.nSeqs], e.lits[:e.nLits])
		}
		require.True(t, bytes.Equal(s.data, r.out), s.name)
	}
}

// twin parses by the words of the package comment and nothing else.
type twin struct {
	slots  map[uint64]int
	tags   map[uint64]uint64
	newer  int
	older  int
	source []byte
}

func (w *twin) place(s int) (slot, tag uint64) {
	var v uint64
	for i := range 7 {
		v |= uint64(w.source[s+i]) << (8 * i)
	}
	h := (v << 8) * 0xCF1BBCDCBFA563
	return h >> 49, h >> 37 & 0xFFF
}

func (w *twin) enter(s int) {
	slot, tag := w.place(s)
	w.slots[slot], w.tags[slot] = s, tag
}

func (w *twin) agree(s, from, end int) int {
	n := 0
	for from >= 0 && s+n < end && w.source[s+n] == w.source[from+n] {
		n++
	}
	return n
}

// find returns where the first match is and how far back it leads.
func (w *twin) find(s int) (at, dist int) {
	slot0, tag0 := w.place(s)
	slot1, tag1 := w.place(s + 1)
	from0, from1 := w.slots[slot0], w.slots[slot1]
	same0, same1 := w.tags[slot0] == tag0, w.tags[slot1] == tag1
	w.enter(s)
	w.enter(s + 1)
	switch {
	case w.agree(s+2, s+2-w.newer, s+6) == 4:
		return s + 2, w.newer
	case same0 && w.agree(s, from0, s+4) == 4:
		return s, s - from0
	case same1 && w.agree(s+1, from1, s+5) == 4:
		return s + 1, s + 1 - from1
	}
	return 0, 0
}

func (w *twin) parse(start, end int) (seqs []sequence) {
	behind, s := start, max(start, 1)
	for s < end-16 {
		at, dist := w.find(s)
		if dist == 0 {
			s += 2 + min(256, (s-behind)/64)
			continue
		}
		s = at + w.agree(at, at-dist, end)
		for at > behind && at > dist && w.source[at-1] == w.source[at-1-dist] {
			at--
		}
		q := sequence{litLen: uint32(at - behind), matchLen: uint32(s - at), offset: 1}
		if dist != w.newer || q.litLen == 0 {
			q.offset = uint32(dist + 3)
			w.newer, w.older = dist, w.newer
		}
		seqs, behind = append(seqs, q), s
		if s < end-16 {
			w.enter(s - 2)
		}
		for s < end-16 && w.agree(s, s-w.older, s+4) == 4 {
			w.enter(s)
			n := w.agree(s, s-w.older, end)
			seqs = append(seqs, sequence{matchLen: uint32(n), offset: 1})
			w.newer, w.older = w.older, w.newer
			s += n
			behind = s
		}
	}
	return seqs
}

func TestParseIsWhatThePackageCommentSays(t *testing.T) {
	var e Encoder
	for i, s := range corpus() {
		if len(s.data) > 450000 || i > 60 && i%10 != 0 {
			continue // the rest adds time, not cases
		}
		e.reset(len(s.data))
		w := twin{slots: map[uint64]int{}, tags: map[uint64]uint64{}, newer: 1, older: 4, source: s.data}
		for start := 0; start < len(s.data); start += maxBlock {
			end := min(len(s.data), start+maxBlock)
			e.parse(s.data, start, end)
			want := w.parse(start, end)
			require.Len(t, want, e.nSeqs, s.name)
			for i, q := range e.seqs[:e.nSeqs] {
				require.Equal(t, want[i].litLen, q.litLen, s.name)
				require.Equal(t, want[i].matchLen, q.matchLen, s.name)
				require.Equal(t, want[i].offset, q.offset, s.name)
			}
		}
	}
}

func TestMatchesStayInTheirBlock(t *testing.T) {
	src := make([]byte, 2*maxBlock)
	src[5], src[maxBlock+7] = 1, 1
	var e Encoder
	e.reset(len(src))
	for start := 0; start < len(src); start += maxBlock {
		e.parse(src, start, start+maxBlock)
		covered := e.nLits
		for _, q := range e.seqs[:e.nSeqs] {
			covered += int(q.matchLen)
		}
		require.Equal(t, maxBlock, covered)
	}
}

func TestSameLiterals(t *testing.T) {
	src := separated(1)
	var e Encoder
	e.reset(len(src))
	e.parse(src, 0, maxBlock)
	e.parse(src, maxBlock, len(src))
	require.Equal(t, string(make([]byte, 36)), string(e.lits[:e.nLits]))
}

func TestManySequences(t *testing.T) {
	src := alternating()
	var e Encoder
	e.reset(len(src))
	most := 0
	for start := 0; start < len(src); start += maxBlock {
		e.parse(src, start, start+maxBlock)
		most = max(most, e.nSeqs)
	}
	require.Greater(t, most, 0x7F00)
}
