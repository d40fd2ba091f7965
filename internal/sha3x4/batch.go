package sha3x4

import (
	"cmp"
	"crypto/sha3"
	"slices"
	"sync"
)

// What a permutation of four states costs, however many lanes are idle, beside
// one in crypto/sha3: between 1.45 and 2.1 times as much on the CPUs measured.
const (
	costTogether = 7
	costAlone    = 4
)

// A batch is what one call works on.
type batch struct {
	sponges
	sums    [][32]byte
	inputs  [][]byte
	waiting []int // indices of the inputs not yet begun, the longest last
	blocks  int   // of all that wait
}

// batches holds pointers because the assembly wants the state aligned to 32
// bytes: Initialize sees to it, once, and what is on the heap is not moved.
var batches = sync.Pool{New: func() any {
	b := new(batch)
	b.state = (*[25 * lanes]uint64)(b.permutation.Initialize(false))
	return b
}}

func (b *batch) start(sums [][32]byte, inputs [][]byte) {
	b.sums, b.inputs = sums, inputs
	for i, in := range inputs {
		b.waiting = append(b.waiting, i)
		b.blocks += blocksOf(in)
	}
	slices.SortFunc(b.waiting, func(x, y int) int {
		return cmp.Compare(len(inputs[x]), len(inputs[y]))
	})
}

// end forgets the inputs, so that the pool does not keep them alive.
func (b *batch) end() { b.sums, b.inputs, b.waiting = nil, nil, b.waiting[:0] }

// blocksOf is how many permutations an input takes. The padding is never empty.
func blocksOf(input []byte) int { return len(input)/rate + 1 }

// assign gives each idle lane the longest input that waits, unless that one is
// better hashed alone, which is then done. It reports whether a lane has work.
func (b *batch) assign() (work bool) {
	longest, sum := b.load()
	for i := range b.lane {
		for b.lane[i].sum == nil && len(b.waiting) > 0 {
			alone := b.betterAlone(longest, sum)
			next := b.pop()
			if alone {
				b.sums[next] = sha3.Sum256(b.inputs[next])
				continue
			}
			b.begin(i, &b.sums[next], b.inputs[next])
			longest = max(longest, blocksOf(b.inputs[next]))
			sum += blocksOf(b.inputs[next])
		}
	}
	return sum > 0
}

// load is how many blocks the lanes have yet to absorb: the most in one lane,
// and in all.
func (b *batch) load() (longest, sum int) {
	for i := range b.lane {
		if l := &b.lane[i]; l.sum != nil {
			longest = max(longest, blocksOf(l.rest))
			sum += blocksOf(l.rest)
		}
	}
	return longest, sum
}

// betterAlone reports whether the longest input that waits should stay out of
// the lanes, which have this load. What must not happen is that a long input is
// the only one in four lanes: it would cost twice what it costs in crypto/sha3.
// So there are three ways to go on: it alone, or all that wait, or none. The
// lanes are taken to be evenly busy with the rest, or with its longest input if
// that takes more.
func (b *batch) betterAlone(longest, sum int) bool {
	together := func(first, blocks int) int {
		return costTogether * max(longest, first, (sum+blocks+lanes-1)/lanes)
	}
	first, second := b.waits(0), b.waits(1)
	one := costAlone*first + together(second, b.blocks-first)
	all := costAlone*b.blocks + together(0, 0)
	none := together(first, b.blocks)
	return min(one, all) < none
}

// waits is the blocks of the input that n longer ones wait before, or 0.
func (b *batch) waits(n int) int {
	if n >= len(b.waiting) {
		return 0
	}
	return blocksOf(b.inputs[b.waiting[len(b.waiting)-1-n]])
}

func (b *batch) pop() int {
	n := len(b.waiting) - 1
	next := b.waiting[n]
	b.waiting = b.waiting[:n]
	b.blocks -= blocksOf(b.inputs[next])
	return next
}
