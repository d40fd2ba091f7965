package xorname

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOrdersAgreeWithBitStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawBits(t, drawLen(t))
		b := drawNear(t, a, drawLen(t))
		target := drawNear(t, a, Bits)
		p, q := prefixOf(a), prefixOf(b)

		// Texts sort like a walk through the trie: a text comes before its
		// extensions.
		require.Equal(t, cmp.Compare(a, b), p.Compare(q))
		require.Equal(t, cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)), p.CompareBreadthFirst(q))

		byDistance := cmp.Compare(shared(b, target), shared(a, target))
		if compatible(a, b) {
			byDistance = cmp.Compare(len(a), len(b))
		}
		require.Equal(t, byDistance, p.CompareDistance(nameOf(target, ""), q))
	})
}

// The lemma that routing rests on: comparing two disjoint sections compares
// all their names.
func TestTheCloserOfTwoDisjointPrefixesHasTheCloserNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawBits(t, rapid.IntRange(1, Bits).Draw(t, "length"))
		at := rapid.IntRange(0, len(a)-1).Draw(t, "part at")
		b := flip(a, at)[:at+1] + drawBits(t, rapid.IntRange(0, Bits-at-1).Draw(t, "more"))
		target := nameOf(drawNear(t, a, Bits), "")
		p, q := prefixOf(a), prefixOf(b)
		n, m := p.SubstitutedIn(nameOf(drawBits(t, Bits), "")), q.SubstitutedIn(nameOf(drawBits(t, Bits), ""))

		if byPrefix := p.CompareDistance(target, q); byPrefix != 0 {
			require.Equal(t, byPrefix, CompareDistance(target, n, m))
		}
		sorted := []Prefix{p, q}
		SortPrefixesByDistance(target, sorted)
		require.Equal(t, sorted[0] == p, CompareDistance(target, n, m) < 0)
	})
}

func TestPrefixesEquallyFarByBitsAreSortedByTheirNames(t *testing.T) {
	target := nameOf("101", "0")
	p, q := prefixOf("00"), prefixOf("01")
	require.Zero(t, p.CompareDistance(target, q))

	prefixes := prefixesOf("01", "00", "0", "11", "100", "1")
	SortPrefixesByDistance(target, prefixes)
	require.Equal(t, prefixesOf("1", "100", "11", "0", "00", "01"), prefixes)
}

// Sorting gives one result whatever the order before: the comparison behind
// SortPrefixesByDistance is a total order.
func TestSortingDoesNotDependOnTheOrderBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var prefixes []Prefix
		for _, text := range rapid.SliceOfN(rapid.StringMatching(`[01]{0,6}`), 0, 30).Draw(t, "prefixes") {
			prefixes = append(prefixes, prefixOf(text))
		}
		target := nameOf(drawBits(t, Bits), "")
		want := slices.Clone(prefixes)
		SortPrefixesByDistance(target, want)

		got := rapid.Permutation(prefixes).Draw(t, "permutation")
		SortPrefixesByDistance(target, got)
		require.Equal(t, want, got)

		for i, p := range want {
			for _, q := range want[i+1:] {
				require.LessOrEqual(t, p.CompareDistance(target, q), 0)
			}
		}
	})
}

func TestCoveredByAgreesWithBitStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[01]{0,3}`).Draw(t, "prefix")
		set := drawSet(t)
		prefixes := prefixesOf(set...)
		before := slices.Clone(prefixes)
		require.Equal(t, covered(text, set), prefixOf(text).CoveredBy(prefixes))
		require.Equal(t, before, prefixes, "the set is left as it is")
	})
}

// drawSet draws leaves of a random trie, some left out and some added, so that
// covered and uncovered, disjoint and overlapping all occur.
func drawSet(t *rapid.T) []string {
	leaves := []string{""}
	for range rapid.IntRange(0, 8).Draw(t, "splits") {
		i := rapid.IntRange(0, len(leaves)-1).Draw(t, "which")
		leaf := leaves[i]
		leaves = append(slices.Delete(leaves, i, i+1), leaf+"0", leaf+"1")
	}
	if rapid.Bool().Draw(t, "leave one out") {
		leaves = leaves[1:]
	}
	if rapid.Bool().Draw(t, "add one") {
		leaves = append(leaves, rapid.StringMatching(`[01]{0,5}`).Draw(t, "added"))
	}
	return rapid.Permutation(leaves).Draw(t, "order")
}

func TestIsPartitionAgreesWithBitStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawSet(t)
		disjoint := true
		for i, p := range set {
			for _, q := range set[i+1:] {
				disjoint = disjoint && !compatible(p, q)
			}
		}
		prefixes := prefixesOf(set...)
		before := slices.Clone(prefixes)
		require.Equal(t, disjoint && covered("", set), IsPartition(prefixes))
		require.Equal(t, before, prefixes, "the set is left as it is")
	})
}

func TestPartitionsAtTheFullDepth(t *testing.T) {
	for _, bit := range []bool{false, true} {
		var comb []Prefix // the siblings along one path, and its end
		p := Prefix{}
		for range Bits {
			p = p.Pushed(bit)
			comb = append(comb, p.Sibling())
		}
		comb = append(comb, p)
		require.Len(t, comb, Bits+1)
		require.True(t, IsPartition(comb))
		require.True(t, Prefix{}.CoveredBy(comb))
		require.True(t, p.CoveredBy(comb))
		for i := range comb {
			without := slices.Delete(slices.Clone(comb), i, i+1)
			require.False(t, IsPartition(without))
			require.False(t, Prefix{}.CoveredBy(without))
			require.False(t, IsPartition(append(without, comb[i], comb[i])), "twice the same")
		}
	}
}

func TestCoverOfTheWholeSpaceByNothing(t *testing.T) {
	require.False(t, IsPartition(nil))
	require.False(t, Prefix{}.CoveredBy(nil))
	require.True(t, IsPartition([]Prefix{{}}))
	require.False(t, IsPartition([]Prefix{{}, {}}))
}

// Splitting the prefix down to the longest member of the set would take 2^256
// steps here.
func TestCoveredByIsNotExponentialInTheLength(t *testing.T) {
	deep := prefixesOf(strings.Repeat("1", Bits), strings.Repeat("10", Bits/2), strings.Repeat("0", Bits))
	require.False(t, Prefix{}.CoveredBy(deep))
	require.False(t, prefixOf("1").CoveredBy(deep))
	require.True(t, prefixOf(strings.Repeat("10", Bits/2)).CoveredBy(deep))
}
