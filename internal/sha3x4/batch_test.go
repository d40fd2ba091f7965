package sha3x4

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// permutations counts those of four states and those in crypto/sha3 that inputs
// of the given numbers of blocks take.
func permutations(sizes ...int) (together, alone int) {
	inputs := make([][]byte, len(sizes))
	for i, n := range sizes {
		inputs[i] = make([]byte, n*rate-1)
	}
	b := batches.Get().(*batch)
	defer batches.Put(b)
	b.start(make([][32]byte, len(inputs)), inputs)
	defer b.end()
	for {
		waiting := b.blocks
		_, before := b.load()
		work := b.assign()
		_, after := b.load()
		alone += waiting - b.blocks - (after - before)
		if !work {
			return together, alone
		}
		for idle := false; !idle; together++ {
			idle = b.step()
		}
	}
}

func TestWhatGoesIntoLanes(t *testing.T) {
	for _, c := range []struct {
		name            string
		sizes           []int
		together, alone int
	}{
		{"none", nil, 0, 0},
		{"one is cheaper alone", []int{50}, 0, 50},
		{"two gain a little", []int{50, 50}, 50, 0},
		{"three", []int{50, 50, 50}, 50, 0},
		{"four", []int{50, 50, 50, 50}, 50, 0},
		{"the odd one is hashed alone", []int{50, 50, 50, 50, 50}, 50, 50},
		{"a lane is refilled when its input ends", []int{20, 50, 50, 50, 30}, 50, 0},
		{"the longest first", []int{10, 10, 10, 10, 40, 40, 40}, 40, 0},
		{"one that would outlast the others is hashed alone", []int{5, 5, 500, 5, 5}, 5, 500},
		{"two would too, and keep each other company", []int{5, 500, 5, 500, 5, 5}, 500, 0},
		{"each much longer than the next", []int{1, 100, 10, 1000}, 0, 1111},
	} {
		together, alone := permutations(c.sizes...)
		require.Equal(t, []int{c.together, c.alone}, []int{together, alone}, c.name)
	}
}

// TestNeverSlowerThanEachAlone, by the costs that are assumed. Of many inputs of
// about the same length nearly nothing is lost.
func TestNeverSlowerThanEachAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	for kind, length := range map[string]func() int{
		"evenly":      func() int { return 1 + r.IntN(60) },
		"similar":     func() int { return 50 + r.IntN(10) },
		"many orders": func() int { return int(math.Exp(5 * r.Float64())) },
	} {
		for range 300 {
			sizes, blocks := make([]int, r.IntN(20)), 0
			for i := range sizes {
				sizes[i] = length()
				blocks += sizes[i]
			}
			together, alone := permutations(sizes...)
			cost := costTogether*together + costAlone*alone
			require.LessOrEqual(t, cost, costAlone*blocks, "%s: %v", kind, sizes)
			if kind == "similar" && len(sizes) >= 16 {
				require.Less(t, cost*10, costTogether*blocks*13/lanes, "%v", sizes)
			}
		}
	}
}

// TestThePoolKeepsNoInputs: a batch that waits for its next use must not keep
// the caller's memory alive.
func TestThePoolKeepsNoInputs(t *testing.T) {
	b := batches.New().(*batch)
	b.start(make([][32]byte, 5), [][]byte{make([]byte, 1000), make([]byte, 999), make([]byte, 136), nil, nil})
	for b.assign() {
		b.step()
	}
	b.end()
	require.Nil(t, b.inputs)
	require.Nil(t, b.sums)
	for i := range b.lane {
		require.Nil(t, b.lane[i].rest)
		require.Nil(t, b.lane[i].sum)
	}
}
