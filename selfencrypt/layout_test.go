package selfencrypt

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func safeLayout(level int, size int64) Layout {
	return cutting{SuiteSAFE, level, MaxPlain}.layout(size)
}

func lengths(level int, size int64) []int {
	l := safeLayout(level, size)
	var got []int
	for i := range l.Chunks() {
		got = append(got, l.Length(i))
	}
	return got
}

func TestLayoutAtEverySizeEdge(t *testing.T) {
	const m = MaxPlain
	for _, test := range []struct {
		level int
		size  int64
		want  []int
	}{
		{0, 0, []int{0}},
		{0, 1, []int{1}},
		{0, 65536, []int{65536}},
		{0, 65537, []int{21846, 21846, 21845}},
		{0, 65538, []int{21846, 21846, 21846}},
		{0, 3 * m, []int{m, m, m}},
		{0, 3*m + 1, []int{m, m, m/2 + 1, m / 2}},
		{0, 4*m - 1, []int{m, m, m, m - 1}},
		{0, 4 * m, []int{m, m, m, m}},
		{0, 4*m + 1, []int{m, m, m, m/2 + 1, m / 2}},
		{1, 0, []int{0}},
		{1, m, []int{m}},
		{1, m + 1, []int{348161, 348160, 348160}},
		{1, 3 * m, []int{m, m, m}},
		{1, 3*m + 1, []int{m, m, m/2 + 1, m / 2}},
		{8, m, []int{m}},
	} {
		require.Equal(t, test.want, lengths(test.level, test.size), "level %d, size %d", test.level, test.size)
	}
}

func TestLayoutLaws(t *testing.T) {
	sizes := rapid.OneOf(rapid.Int64Range(0, 8*MaxPlain), rapid.Int64Range(0, 1<<40), rapid.Int64Min(0))
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.IntRange(0, maxLevel).Draw(t, "level")
		size := sizes.Draw(t, "size")
		l := safeLayout(level, size)
		n := l.Chunks()
		require.True(t, n == 1 || n >= 3, "%d chunks", n)
		require.EqualValues(t, 0, l.Start(0))
		require.Equal(t, size, l.Start(n))
		i := rapid.Int64Range(0, n-1).Draw(t, "chunk")
		require.LessOrEqual(t, l.Length(i), MaxPlain)
		if n > 1 {
			require.Greater(t, l.Length(i), smallMax/4, "no chunk of several is tiny")
		}
		if size > 0 {
			off := rapid.Int64Range(0, size-1).Draw(t, "offset")
			at := l.Find(off)
			require.True(t, l.Start(at) <= off && off < l.Start(at+1))
		}
	})
}

func TestLayoutOfTheLargestSize(t *testing.T) {
	l := safeLayout(0, math.MaxInt64)
	require.EqualValues(t, int64(math.MaxInt64), l.Start(l.Chunks()))
	require.Equal(t, l.Chunks()-1, l.Find(math.MaxInt64-1))
}

func TestNeighboursPrecedeAllButTheFirstTwo(t *testing.T) {
	for _, test := range []struct{ i, n, a, b int }{
		{0, 1, 0, 0}, {0, 3, 1, 2}, {1, 3, 0, 2}, {2, 3, 1, 0}, {2, 9, 1, 0}, {8, 9, 7, 6},
	} {
		a, b := SuiteSAFE.neighbours(test.i, test.n)
		require.Equal(t, [2]int{test.a, test.b}, [2]int{a, b}, "chunk %d of %d", test.i, test.n)
	}
}
