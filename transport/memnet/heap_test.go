package memnet

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Against a sorted slice: by time, and what is for the same time as it was pushed.
func TestTheHeapIsAQueueByTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	type pushed struct {
		at   time.Duration
		what int
	}
	var h heap[int]
	var model []pushed
	for i := range 20_000 {
		if random.IntN(100) < 50+10*(1-i/10_000*2) {
			at := time.Duration(random.IntN(50))
			h.push(at, i)
			place, _ := slices.BinarySearchFunc(model, at, func(p pushed, at time.Duration) int {
				if p.at <= at {
					return -1
				}
				return 1
			})
			model = slices.Insert(model, place, pushed{at, i})
		} else if !h.empty() {
			require.Equal(t, model[0].at, h.next())
			at, what := h.pop()
			require.Equal(t, model[0], pushed{at, what})
			model = model[1:]
		}
		require.Equal(t, len(model) == 0, h.empty())
	}
	require.NotEmpty(t, model)
}

func TestTimesDoNotOverflow(t *testing.T) {
	require.Equal(t, never, after(never-1, 2))
	require.Equal(t, never, after(never-1, 1))
	require.Equal(t, 5*time.Second, occupied(500, 100))
	require.Equal(t, time.Second/3, occupied(1, 3))
	require.LessOrEqual(t, time.Duration(math.MaxInt32)*time.Second, occupied(math.MaxInt, 1))
	require.Zero(t, occupied(100, 0))
	require.Zero(t, occupied(-1, 100))
	require.Equal(t, time.Duration(1), occupied(math.MaxInt32, math.MaxInt32)/time.Second)
	d := direction{}
	o := Options{Latency: never}
	require.Equal(t, never, o.probe(&d, 1))
	require.Equal(t, never, (&Options{}).probe(&d, 80))
	require.Equal(t, 8*26*time.Millisecond, (&Options{}).probe(&d, 3))
}

func TestSharesAreOfAllNumbers(t *testing.T) {
	require.Zero(t, share(-1))
	require.Zero(t, share(math.NaN()))
	require.EqualValues(t, uint64(1)<<62, share(0.25))
	require.EqualValues(t, uint64(math.MaxUint64), share(1))
	require.EqualValues(t, uint64(math.MaxUint64), share(math.Inf(1)))
}

func TestDrawsReachBothEnds(t *testing.T) {
	random, seen := rand.NewPCG(1, 2), make(map[time.Duration]int)
	for range 4000 {
		seen[upTo(3, random)]++
	}
	require.Len(t, seen, 4)
	for v := range time.Duration(4) {
		require.InDelta(t, 1000, seen[v], 100)
	}
	require.Zero(t, upTo(0, random))
	require.Zero(t, upTo(-1, random))
	require.GreaterOrEqual(t, upTo(never, random), time.Duration(0))
}
