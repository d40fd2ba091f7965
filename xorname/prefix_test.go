package xorname

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// canonical checks what every other test takes for granted: that p is equal to
// any other Prefix of the same bits.
func canonical(t require.TestingT, p Prefix) {
	require.Equal(t, prefixOf(bitsOf(p.name)[:p.Len()]), p)
}

func TestTheZeroPrefixIsTheRoot(t *testing.T) {
	var root Prefix
	require.Equal(t, root, NewPrefix(0, Random()))
	require.Zero(t, root.Len())
	require.True(t, root.Matches(Random()))
	require.Equal(t, root, root.Popped())
	require.Equal(t, root, root.Sibling())
	require.Equal(t, root, root.Flipped(0))
	require.Equal(t, Name{}, root.LowerBound())
	require.Equal(t, Name{}.Not(), root.UpperBound())
	for range root.Ancestors() {
		t.Fatal("the root has no ancestors")
	}
}

func TestEveryLengthFrom0To256(t *testing.T) {
	for _, name := range []Name{{}, Name{}.Not(), FromContent([]byte("a name"))} {
		text := bitsOf(name)
		for count := range Bits + 1 {
			p := NewPrefix(count, name)
			require.Equal(t, prefixOf(text[:count]), p)
			require.Equal(t, nameOf(text[:count], "0"), p.LowerBound())
			require.Equal(t, nameOf(text[:count], "1"), p.UpperBound())
			require.True(t, p.Matches(name))
			if count > 0 {
				sibling := p.Sibling()
				require.Equal(t, flip(text[:count], count-1), sibling.String())
				require.False(t, sibling.Matches(name))
				require.True(t, sibling.Neighbour(p))
				require.Equal(t, p, sibling.Sibling())
				require.Equal(t, p.Popped(), sibling.Popped())
			}
		}
	}
}

func TestAPrefixOf256BitsIsOneName(t *testing.T) {
	name := Random()
	p := NewPrefix(Bits, name)
	require.Equal(t, name, p.LowerBound())
	require.Equal(t, name, p.UpperBound())
	require.Equal(t, name, p.SubstitutedIn(Random()))
	require.Equal(t, p, p.Pushed(true))
	require.Equal(t, p, p.Pushed(false))
	require.Equal(t, name.Xor(Name{}.WithBit(255, true)), p.Sibling().Name())
}

func TestCountsAndIndicesOutsideThePrefix(t *testing.T) {
	name := Random()
	require.Equal(t, Prefix{}, NewPrefix(-1, name))
	require.Equal(t, Prefix{}, NewPrefix(math.MinInt, name))
	for _, count := range []int{257, 300, 512, 1 << 16, 1<<16 + 1, math.MaxInt} {
		require.Equal(t, NewPrefix(Bits, name), NewPrefix(count, name))
	}

	p := NewPrefix(5, name)
	for _, i := range []int{-1, 5, 6, Bits, math.MaxInt, math.MinInt} {
		require.Equal(t, p, p.Flipped(i))
		_, ok := p.Ancestor(i)
		require.False(t, ok)
	}
}

func TestAncestorsCanBeLeftEarly(t *testing.T) {
	var seen []string
	for p := range prefixOf("0110").Ancestors() {
		seen = append(seen, p.String())
		if p.Len() == 2 {
			break
		}
	}
	require.Equal(t, []string{"", "0", "01"}, seen)
}

func TestNeighboursOfDifferentLengths(t *testing.T) {
	for _, pair := range [][2]string{{"111", "1100"}, {"111", "1101"}, {"1100", "1101"}, {"0", "1"}, {"0", "1010"}} {
		p, q := prefixOf(pair[0]), prefixOf(pair[1])
		require.True(t, p.Neighbour(q), pair)
		require.True(t, q.Neighbour(p), pair)
	}
	for _, pair := range [][2]string{{"", ""}, {"", "1"}, {"11", "1"}, {"00", "11"}, {"010", "1000"}} {
		p, q := prefixOf(pair[0]), prefixOf(pair[1])
		require.False(t, p.Neighbour(q), pair)
		require.False(t, q.Neighbour(p), pair)
	}
}

func TestTwoDifferingBitsMakeNoNeighbours(t *testing.T) {
	name := Random()
	p := NewPrefix(Bits, name)
	for i := range Bits {
		require.True(t, p.Neighbour(p.Flipped(i)))
		for j := range i {
			require.False(t, p.Neighbour(p.Flipped(i).Flipped(j)), "bits %d and %d", i, j)
			require.True(t, NewPrefix(i, name).Neighbour(p.Flipped(i).Flipped(j)), "only bit %d is in both", j)
		}
	}
}

func TestPrefixAgreesWithBitStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawBits(t, drawLen(t))
		name := drawNear(t, text, Bits)
		p, n := prefixOf(text), nameOf(name, "")

		require.Equal(t, len(text), p.Len())
		require.Equal(t, text, p.String())
		require.Equal(t, nameOf(text, "0"), p.Name())
		require.Equal(t, strings.HasPrefix(name, text), p.Matches(n))
		require.Equal(t, shared(text, name), p.CommonPrefix(n))
		require.Equal(t, nameOf(text+name[len(text):], ""), p.SubstitutedIn(n))
		require.Equal(t, prefixOf(name[:len(text)]), NewPrefix(len(text), n))
		if len(text) < Bits {
			require.Equal(t, prefixOf(text+"0"), p.Pushed(false))
			require.Equal(t, prefixOf(text+"1"), p.Pushed(true))
			require.Equal(t, p, p.Pushed(true).Popped())
			require.Equal(t, p.Pushed(true), p.Pushed(false).Sibling())
		}
		for i := range text {
			require.Equal(t, prefixOf(flip(text, i)), p.Flipped(i))
			ancestor, ok := p.Ancestor(i)
			require.True(t, ok)
			require.Equal(t, prefixOf(text[:i]), ancestor)
		}
		var want []Prefix
		for i := range text {
			want = append(want, prefixOf(text[:i]))
		}
		require.Equal(t, want, slices.Collect(p.Ancestors()))
		canonical(t, p.Sibling())
		canonical(t, p.Popped())
	})
}

func TestRelationsAgreeWithBitStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawBits(t, drawLen(t))
		b := drawNear(t, a, drawLen(t))
		if len(b) > 0 && rapid.Bool().Draw(t, "flip one") {
			b = flip(b, rapid.IntRange(0, len(b)-1).Draw(t, "at"))
		}
		p, q := prefixOf(a), prefixOf(b)

		require.Equal(t, a == b, p == q)
		require.Equal(t, compatible(a, b), p.Compatible(q))
		require.Equal(t, strings.HasPrefix(a, b) && len(a) > len(b), p.ExtensionOf(q))
		require.Equal(t, strings.HasPrefix(b, a) && len(b) > len(a), q.ExtensionOf(p))
		require.Equal(t, neighbour(a, b), p.Neighbour(q))
		require.Equal(t, neighbour(b, a), q.Neighbour(p))
	})
}
