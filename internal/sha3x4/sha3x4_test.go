package sha3x4

import (
	"crypto/sha3"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ways are the exported function and, whatever this machine has, what it
// chooses from. Without AVX2 circl permutes the four states one by one.
var ways = map[string]func([][32]byte, [][]byte){
	"Sum256":       Sum256,
	"side by side": sumSideBySide,
	"each":         sumEach,
}

// sums hashes the inputs in one of the ways into memory that was not zero.
func sums(way func([][32]byte, [][]byte), inputs [][]byte) [][32]byte {
	sums := make([][32]byte, len(inputs))
	for i := range sums {
		sums[i][0] = byte(i + 1)
	}
	way(sums, inputs)
	return sums
}

// expected hashes the inputs one after the other with crypto/sha3.
func expected(inputs [][]byte) [][32]byte {
	sums := make([][32]byte, len(inputs))
	for i, in := range inputs {
		sums[i] = sha3.Sum256(in)
	}
	return sums
}

func requireSums(t require.TestingT, inputs [][]byte) {
	want := expected(inputs)
	for name, way := range ways {
		// Not require.Equal, which is slow for many sums.
		require.True(t, slices.Equal(want, sums(way, inputs)), "%s: %s", name, lengths(inputs))
	}
}

func lengths(inputs [][]byte) string {
	var s []string
	for _, in := range inputs {
		s = append(s, fmt.Sprint(len(in)))
	}
	return "inputs of " + strings.Join(s, ", ") + " bytes"
}

// pseudorandom returns the same n bytes in each run.
func pseudorandom(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// TestKnownAnswers has the examples that NIST published beside FIPS 202.
func TestKnownAnswers(t *testing.T) {
	inputs := [][]byte{nil, []byte("abc"), []byte(strings.Repeat("\xa3", 200)), {}, []byte("abc")}
	want := []string{
		"a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
		"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
		"79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787",
		"a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
		"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
	}
	for name, way := range ways {
		for i, sum := range sums(way, inputs) {
			require.Equal(t, want[i], hex.EncodeToString(sum[:]), "%s: input %d", name, i)
		}
	}
}

func TestEveryLength(t *testing.T) {
	const most = 600
	data := pseudorandom(2 * most)
	var all [][]byte
	for n := range most + 1 {
		all = append(all, data[n:2*n])
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	requireSums(t, all)
	for size := range 10 {
		for batch := range slices.Chunk(all, size+1) {
			requireSums(t, batch)
		}
	}
}

func TestAroundTheRate(t *testing.T) {
	data := pseudorandom(5 * rate)
	for blocks := 1; blocks < 5; blocks++ {
		for _, n := range []int{2, 4, 5, 8} {
			for shorter := range 20 { // the words of the state, and single bytes
				var inputs [][]byte
				for i := range n {
					inputs = append(inputs, data[i:blocks*rate+10-shorter+i%2])
				}
				requireSums(t, inputs)
			}
		}
	}
}

func TestChunks(t *testing.T) {
	data := pseudorandom(1<<20 + 17)
	short := data[:100]
	for name, inputs := range map[string][][]byte{
		"one":                  {data},
		"four":                 {data, data[1:], data[2:], data[3:]},
		"five":                 {data, data[1:], data[2:], data[3:], data[4:]},
		"all the same":         {data, data, data, data},
		"one and short ones":   {short, short, data, short, short[:99], nil, short},
		"three and short ones": {data, short, data, short, data, short},
		"shorter and shorter":  {data, data[:1<<18], data[:1<<16], data[:1<<14], data[:1<<12], data[:1<<10]},
	} {
		t.Run(name, func(t *testing.T) { requireSums(t, inputs) })
	}
}

func TestAnyBatch(t *testing.T) {
	data := pseudorandom(1 << 16)
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.OneOf(rapid.IntRange(0, 3*rate), rapid.IntRange(0, len(data)))
		var inputs [][]byte
		for _, n := range rapid.SliceOfN(length, 0, 12).Draw(t, "lengths") {
			from := rapid.IntRange(0, len(data)-n).Draw(t, "from")
			inputs = append(inputs, data[from:from+n])
		}
		requireSums(t, inputs)
	})
}

func TestNoInputs(t *testing.T) {
	for _, way := range ways {
		way(nil, nil)
		way([][32]byte{}, [][]byte{})
	}
}

func TestNumbersMustBeEqual(t *testing.T) {
	require.Panics(t, func() { Sum256(make([][32]byte, 2), make([][]byte, 3)) })
	require.Panics(t, func() { Sum256(make([][32]byte, 3), make([][]byte, 2)) })
	require.Panics(t, func() { Sum256(make([][32]byte, 1), nil) })
}

// TestInputsAreOnlyRead includes the bytes behind an input, which may be those
// of another goroutine.
func TestInputsAreOnlyRead(t *testing.T) {
	data := pseudorandom(4000)
	for _, way := range ways {
		copied := slices.Clone(data)
		way(make([][32]byte, 4), [][]byte{copied[:1000], copied[1000:1001], copied[1001:3000], copied[3500:3700]})
		require.Equal(t, data, copied)
	}
}

func TestConcurrentUse(t *testing.T) {
	data := pseudorandom(20000)
	var g sync.WaitGroup
	for worker := range 8 {
		g.Go(func() {
			r := rand.New(rand.NewPCG(3, uint64(worker)))
			for range 30 {
				inputs := make([][]byte, r.IntN(10))
				for i := range inputs {
					inputs[i] = data[:r.IntN(len(data))]
				}
				want := expected(inputs)
				for name, way := range ways {
					if !slices.Equal(want, sums(way, inputs)) {
						t.Errorf("%s: %s", name, lengths(inputs))
					}
				}
			}
		})
	}
	g.Wait()
}

func TestLanes(t *testing.T) {
	require.Contains(t, []int{1, 4}, Lanes())
}
