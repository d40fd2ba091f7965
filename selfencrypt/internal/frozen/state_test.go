package frozen

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever an Encoder did before, the next frame is the one that a new Encoder makes.
func TestNoStateLeaksBetweenCalls(t *testing.T) {
	var used Encoder
	all := corpus()
	order := newRNG(1)
	for range 100 {
		s := all[order.below(len(all))]
		requireAsNew(t, &used, s)
	}
	for _, s := range all[:40] {
		requireAsNew(t, &used, s)
	}
}

func requireAsNew(t *testing.T, e *Encoder, s source) {
	t.Helper()
	got, ok := e.AppendCompressed(nil, s.data)
	want, wantOK := new(Encoder).AppendCompressed(nil, s.data)
	require.Equal(t, wantOK, ok, s.name)
	require.True(t, bytes.Equal(want, got), s.name)
}

// The same with scratch that holds the worst there could be: every table, count
// and buffer filled with garbage.
func TestScratchIsNotReadBeforeItIsWritten(t *testing.T) {
	var dirty Encoder
	for i, s := range corpus() {
		if i < 40 || i%20 == 0 { // the others are much alike
			soil(&dirty)
			requireAsNew(t, &dirty, s)
		}
	}
}

func soil(e *Encoder) {
	r := newRNG(9)
	for i := range e.table {
		e.table[i] = uint32(r.below(100))
	}
	e.repeat = [2]int{3, 2}
	for i := range 1000 {
		e.seqs[i] = sequence{litLen: 7, matchLen: 9, offset: 5, ll: 1, ml: 2, of: 3}
		e.lits[i] = 0xEE
	}
	e.nSeqs, e.nLits = 1000, 1000
	h := &e.huff
	h.last, h.longest = 200, 11
	for i := range 256 {
		h.lens[i], h.codes[i] = 11, 0x7FF0B
		for k := range h.counts {
			h.counts[k][i] = 99
		}
	}
	for _, c := range []*coder{&e.ll, &e.of, &e.ml} {
		c.mode, c.table.log = modeOwn, 9
		for i := range c.counts {
			c.counts[i] = 77
			c.table.syms[i] = fseSymbol{deltaBits: 1 << 17, deltaState: 5, first: 600}
		}
		for i := range c.table.next {
			c.table.next[i] = 700
		}
	}
	e.out = e.out[:cap(e.out)]
	for i := range e.out {
		e.out[i] = 0xEE
	}
}

func TestSourceIsNotWritten(t *testing.T) {
	backing := textBytes(2, 5000)
	before := bytes.Clone(backing)
	new(Encoder).AppendCompressed(nil, backing[:2000])
	require.Equal(t, before, backing)
}

// Only the bytes of src count, not those behind it in the same array.
func TestBytesBehindTheSourceDoNotMatter(t *testing.T) {
	src := textBytes(3, 4000)
	a := append(bytes.Clone(src), randomBytes(4, 100)...)
	b := append(bytes.Clone(src), make([]byte, 100)...)
	for n := range 300 {
		fa, okA := new(Encoder).AppendCompressed(nil, a[:len(src)-n])
		fb, okB := new(Encoder).AppendCompressed(nil, b[:len(src)-n])
		require.Equal(t, okA, okB)
		require.Equal(t, fa, fb)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	src := textBytes(5, 300000)
	var e Encoder
	dst := make([]byte, 0, len(src))
	require.Zero(t, testing.AllocsPerRun(5, func() {
		dst, _ = e.AppendCompressed(dst[:0], src)
	}))
}
