package xorname

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEmptyContentHasTheHashOfNothing(t *testing.T) {
	const sha3OfNothing = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"
	require.Equal(t, sha3OfNothing, FromContent().String())
	require.Equal(t, sha3OfNothing, FromContent(nil).String())
	require.Equal(t, sha3OfNothing, FromContent(nil, nil).String())
}

func TestContentInPartsHasTheNameOfTheWhole(t *testing.T) {
	content := []byte(strings.Repeat("a chunk of the network", 100))
	whole := FromContent(content)
	for cut := range content {
		require.Equal(t, whole, FromContent(content[:cut], content[cut:]))
	}
	require.Equal(t, whole, FromContent(content[:1], content[1:1], content[1:9], content[9:]))
}

func TestRandomNamesDiffer(t *testing.T) {
	seen := map[Name]bool{}
	for range 1000 {
		seen[Random()] = true
	}
	require.Len(t, seen, 1000)
}

func TestReadRandomTakesExactly32Bytes(t *testing.T) {
	source := bytes.NewReader(append(bytes.Repeat([]byte{7}, Size), 9))
	n, err := ReadRandom(iotest.OneByteReader(source))
	require.NoError(t, err)
	require.Equal(t, Name(bytes.Repeat([]byte{7}, Size)), n)
	require.Equal(t, 1, source.Len())
}

func TestReadRandomReportsTheSourcesError(t *testing.T) {
	n, err := ReadRandom(bytes.NewReader(make([]byte, Size-1)))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.True(t, n.IsZero())

	broken := errors.New("no entropy")
	half := io.MultiReader(strings.NewReader("half of a name"), iotest.ErrReader(broken))
	n, err = ReadRandom(half)
	require.ErrorIs(t, err, broken)
	require.True(t, n.IsZero(), "nothing of a half-read name is returned")
}

func TestBitsOutsideTheNameAreFalseAndCannotBeSet(t *testing.T) {
	ones := Name{}.Not()
	for _, i := range []int{-1, -Bits, Bits, Bits + 1, math.MaxInt, math.MinInt} {
		require.False(t, ones.Bit(i))
		require.Equal(t, Name{}, Name{}.WithBit(i, true))
		require.Equal(t, ones, ones.WithBit(i, false))
	}
}

func TestOnlyTheZeroValueIsZero(t *testing.T) {
	require.True(t, Name{}.IsZero())
	for i := range Bits {
		require.False(t, Name{}.WithBit(i, true).IsZero())
	}
}

func TestNextCountsThroughAllNames(t *testing.T) {
	n, ok := Name{}.next()
	require.True(t, ok)
	require.Equal(t, nameOf(strings.Repeat("0", 255)+"1", ""), n)

	for carry := range Bits {
		n, ok := nameOf(strings.Repeat("0", Bits-carry), "1").next()
		require.True(t, ok)
		require.Equal(t, nameOf(strings.Repeat("0", Bits-carry-1)+"1", "0"), n)
	}

	_, ok = Name{}.Not().next()
	require.False(t, ok)
}

func TestNameAgreesWithBitStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawBits(t, Bits)
		b := drawNear(t, a, Bits)
		target := drawNear(t, a, Bits)
		n, m, origin := nameOf(a, ""), nameOf(b, ""), nameOf(target, "")

		for i := range a {
			require.Equal(t, a[i] == '1', n.Bit(i))
			require.Equal(t, nameOf(a[:i]+"1"+a[i+1:], ""), n.WithBit(i, true))
			require.Equal(t, nameOf(a[:i]+"0"+a[i+1:], ""), n.WithBit(i, false))
		}
		require.Equal(t, nameOf(xor(a, strings.Repeat("1", Bits)), ""), n.Not())
		require.Equal(t, nameOf(xor(a, b), ""), n.Xor(m))
		require.Equal(t, shared(a, b), n.CommonPrefix(m))
		require.Equal(t, cmp.Compare(a, b), n.Compare(m))
		require.Equal(t, a < b, n.Less(m))
		require.Equal(t, cmp.Compare(xor(a, target), xor(b, target)), CompareDistance(origin, n, m))
	})
}

func TestSortByDistancePutsTheClosestFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := drawBits(t, Bits)
		var names []Name
		for range rapid.IntRange(0, 40).Draw(t, "count") {
			names = append(names, nameOf(drawNear(t, target, Bits), ""))
		}
		sorted := append([]Name(nil), names...)
		SortByDistance(nameOf(target, ""), sorted)

		require.ElementsMatch(t, names, sorted)
		for i := 1; i < len(sorted); i++ {
			near, far := xor(bitsOf(sorted[i-1]), target), xor(bitsOf(sorted[i]), target)
			require.LessOrEqual(t, near, far)
		}
	})
}
