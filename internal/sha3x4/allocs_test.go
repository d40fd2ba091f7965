//go:build !race

package sha3x4

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoAllocations is not built for the race detector, under which a sync.Pool
// forgets some of what it is given.
func TestNoAllocations(t *testing.T) {
	data := make([]byte, 5000)
	var inputs [][]byte
	for i := range 100 {
		inputs = append(inputs, data[:i*50])
	}
	for _, n := range []int{0, 1, 2, 4, 5, 100} {
		for name, way := range ways {
			sums := make([][32]byte, n)
			require.Zero(t, testing.AllocsPerRun(50, func() { way(sums, inputs[:n]) }), "%s: %d inputs", name, n)
		}
	}
}
