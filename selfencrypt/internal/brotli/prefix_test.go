package brotli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A Huffman code for Fibonacci numbers is as deep as there are symbols.
func TestLongCodesAreShortened(t *testing.T) {
	counts := []uint32{1, 1}
	for len(counts) < 30 {
		n := len(counts)
		counts = append(counts, counts[n-1]+counts[n-2])
	}
	var b codeBuilder
	for _, limit := range []uint8{maxLengthLength, 8, maxCodeLength} {
		lengths := make([]uint8, len(counts))
		b.setLengths(lengths, counts, limit)
		room := 0.0
		for _, n := range lengths {
			require.LessOrEqual(t, n, limit)
			require.Positive(t, n)
			room += 1 / float64(int(1)<<n)
		}
		require.EqualValues(t, 1, room)
	}
}

// RFC 7932 section 3.2 has this example: ABCDEFGH with lengths 3, 3, 3, 3, 3, 2,
// 4, 4. The words are written from their first bit on, the lowest bit first.
func TestCanonicalCode(t *testing.T) {
	var code [8]prefix
	setCode(code[:], []uint8{3, 3, 3, 3, 3, 2, 4, 4})
	for i, word := range []string{"010", "011", "100", "101", "110", "00", "1110", "1111"} {
		require.EqualValues(t, len(word), code[i].length())
		for j, bit := range word {
			require.EqualValues(t, bit-'0', code[i].bits()>>j&1, word)
		}
	}
}

func TestRunsOfLengthsArePacked(t *testing.T) {
	lengths := make([]uint8, 256)
	for i := range lengths {
		switch {
		case i < 4:
			lengths[i] = 5
		case i >= 104 && i < 115:
			lengths[i] = 7
		}
	}
	var b codeBuilder
	n := b.pack(lengths)
	// The first of a run stands for itself. 100 zeros are 3+1 + 8*(3+1) + 64*(0+1).
	require.Equal(t, []uint8{5, 16, 17, 17, 17, 7, 16, 16}, b.packed[:n])
	require.Equal(t, []uint8{0, 0, 0, 3, 1, 0, 0, 3}, b.extra[:n])
}

func TestSmoothingMakesRuns(t *testing.T) {
	counts := make([]uint32, 64)
	for i := range counts {
		counts[i] = 100 + uint32(i%3)
	}
	smooth(counts)
	require.Equal(t, len(counts), runLength(counts))

	few := []uint32{9, 0, 9, 1, 7, 3}
	smooth(few)
	require.Equal(t, []uint32{9, 0, 9, 1, 7, 3}, few)
}
