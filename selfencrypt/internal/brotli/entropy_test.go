package brotli

import (
	"crypto/sha3"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func digestOf(values []float32) string {
	h := sha3.New256()
	for _, v := range values {
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The digest is that of the crate's table.
func TestLogTableIsThatOfTheCrate(t *testing.T) {
	require.Equal(t, "d563e0004f9aecda8b086c4ea1f31b97a5ed30a65ea9ddb19250e02bcd710879", digestOf(logTable()[:]))
}

// Nobody's logarithm of 64 bits is so bad that it would come out as another one
// of 32 bits.
func TestNoLogarithmIsNearTheMiddleOfTwo(t *testing.T) {
	for v := 3; v < 1<<16; v++ {
		exact := math.Log2(float64(v))
		f := float32(exact)
		for _, other := range []float32{math.Nextafter32(f, 0), math.Nextafter32(f, 32)} {
			require.Greater(t, math.Abs((float64(f)+float64(other))/2-exact), 1e-12, v)
		}
	}
}

// The digest is that of glibc's log2f for all whole numbers from 256 to 2^20.
func TestLog2IsThatOfTheCLibrary(t *testing.T) {
	values := make([]float32, 0, 1<<20)
	for v := 256; v < 1<<20; v++ {
		values = append(values, log2(float32(v)))
	}
	require.Equal(t, "bdbc2f3bb847bb9b1cb1380a8622cbffd37a10780642bb9f693a2b7aee14a124", digestOf(values))
}

func TestEntropyOfEqualCounts(t *testing.T) {
	logs := logTable()
	h, total := logs.entropy([]uint32{8, 8, 8, 8})
	require.EqualValues(t, 64, h)
	require.EqualValues(t, 32, total)
	require.EqualValues(t, 100, logs.cost([]uint32{0, 100}), "a bit for each symbol at least")
	require.EqualValues(t, 64, logs.costOfSum([]uint32{8, 0, 4, 8}, []uint32{0, 8, 4, 0}))
}
