package xorname

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Each test below proves one sentence of the architecture paper, as far as
// names alone decide it.

// manyNames returns names of made-up content, the same ones every time.
func manyNames(count int) []Name {
	var names []Name
	for i := range count {
		names = append(names, FromContent([]byte{byte(i), byte(i >> 8), byte(i >> 16)}))
	}
	return names
}

// Introduction: "The network utilises SHA3-256 identifiers for vaults and data
// in combination with XOR distances between these identifiers to anonymise and
// globally distribute all data and traffic."
func TestPaperDataIsDistributedOverTheWholeSpace(t *testing.T) {
	counts := map[Prefix]int{}
	for _, n := range manyNames(4096) {
		counts[NewPrefix(4, n)]++
	}
	require.Len(t, counts, 16)
	for p, count := range counts {
		require.InDelta(t, 256, count, 80, "names under %v", p) // five standard deviations
	}
}

// Immutable Data: "Resource identifiers are determined by the content of that
// resource. This means two identical copies of a resource will have the same
// identifier (eg the same photo kept on my phone and my laptop)."
func TestPaperIdenticalCopiesHaveTheSameIdentifier(t *testing.T) {
	phone, laptop := []byte("the same photo"), []byte("the same photo")
	require.Equal(t, FromContent(phone), FromContent(laptop))
	laptop[0] ^= 1
	require.NotEqual(t, FromContent(phone), FromContent(laptop))
}

// Network Traversal: "This routing mechanism traverses a 256 bit namespace
// progressively via closest XOR distance [4]."
func TestPaperEachHopThatSharesMoreBitsIsCloser(t *testing.T) {
	target := FromContent([]byte("a chunk"))
	at := target.Not()
	for shared := range Bits {
		section := NewPrefix(shared+1, target)
		hop := section.SubstitutedIn(target.Not())
		require.Negative(t, CompareDistance(target, hop, at))
		at = hop
	}
	require.Equal(t, target, at, "at most 256 hops lead anywhere")
}

// Network Traversal: "The chunk identifier is XORed with the entry point vault
// identifier. The resulting value is the XOR distance between the chunk and
// the vault."
func TestPaperDistanceIsAMetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawBits(t, Bits)
		chunk, vault := nameOf(a, ""), nameOf(drawNear(t, a, Bits), "")
		other := nameOf(drawNear(t, a, Bits), "")

		distance := chunk.Xor(vault)
		require.Equal(t, distance, vault.Xor(chunk), "the same in both directions")
		require.Equal(t, chunk == vault, distance.IsZero(), "0 only to itself")
		require.Equal(t, vault, chunk.Xor(distance), "one vault at each distance")
		require.Equal(t, distance, chunk.Xor(other).Xor(other.Xor(vault)), "a way round adds up to it")
		require.Equal(t, Bits-chunk.CommonPrefix(vault), bitLen(distance), "shared bits are its leading zeros")
	})
}

// bitLen returns the length of n as a binary number without leading zeros.
func bitLen(n Name) int {
	for i := range Bits {
		if n.Bit(i) {
			return Bits - i
		}
	}
	return 0
}

// Network Traversal: "If a neighbouring vault has an identifier with a smaller
// XOR distance to the chunk, the request is passed to that vault. This
// continues until there is no vault with a closer XOR distance to the chunk."
func TestPaperPassingToCloserNeighboursEndsAtTheClosestVault(t *testing.T) {
	vaults := manyNames(512)
	sections := sectionsOf(Prefix{}, vaults)
	require.True(t, IsPartition(sections))

	for i := range 200 {
		chunk := FromContent([]byte("chunk"), []byte{byte(i)})
		at := vaults[i]
		for next, ok := closerNeighbour(chunk, at, vaults, sections); ok; next, ok = closerNeighbour(chunk, at, vaults, sections) {
			at = next
		}
		require.Equal(t, slices.MinFunc(vaults, func(a, b Name) int { return CompareDistance(chunk, a, b) }), at)
	}
}

// sectionsOf splits p, whose members are given, until no section has more
// than 22 members.
func sectionsOf(p Prefix, members []Name) []Prefix {
	if len(members) <= 22 {
		return []Prefix{p}
	}
	var halves [2][]Name
	for _, n := range members {
		half := 0
		if n.Bit(p.Len()) {
			half = 1
		}
		halves[half] = append(halves[half], n)
	}
	return append(sectionsOf(p.Pushed(false), halves[0]), sectionsOf(p.Pushed(true), halves[1])...)
}

// closerNeighbour returns a vault closer to chunk than at, out of the section
// of at and those whose prefix is a neighbour of its prefix.
func closerNeighbour(chunk, at Name, vaults []Name, sections []Prefix) (Name, bool) {
	own := sections[slices.IndexFunc(sections, func(p Prefix) bool { return p.Matches(at) })]
	for _, v := range vaults {
		theirs := sections[slices.IndexFunc(sections, func(p Prefix) bool { return p.Matches(v) })]
		if (theirs == own || theirs.Neighbour(own)) && CompareDistance(chunk, v, at) < 0 {
			return v, true
		}
	}
	return Name{}, false
}

// Network Traversal: "The chunk will be stored in the vault with the identifier
// closest to the chunk identifier (measured using XOR distance)."
func TestPaperExactlyOneVaultIsClosest(t *testing.T) {
	vaults := manyNames(256)
	for i := range 100 {
		chunk := FromContent([]byte("chunk"), []byte{byte(i)})
		SortByDistance(chunk, vaults)
		for _, other := range vaults[1:] {
			require.Negative(t, CompareDistance(chunk, vaults[0], other))
		}
	}
}

// Vault Naming: "Vaults that are close together (measured by the XOR distance
// between their identifiers) form groups."
func TestPaperMembersAreCloserToEachOtherThanToOutsiders(t *testing.T) {
	section := prefixOf("010")
	var inside, outside []Name
	for _, n := range manyNames(128) {
		if section.Matches(n) {
			inside = append(inside, n)
		} else {
			outside = append(outside, n)
		}
	}
	require.NotEmpty(t, inside)
	require.NotEmpty(t, outside)
	for _, member := range inside {
		for _, other := range inside {
			for _, outsider := range outside {
				require.Negative(t, CompareDistance(member, other, outsider))
			}
		}
	}
}

// Disjoint Sections: "Groups are formed based on the similarity of the leading
// bits of their identifier (this portion of the identifier is called the
// Prefix for the Section)."
func TestPaperNamesWithTheSameLeadingBitsFormASection(t *testing.T) {
	for _, a := range manyNames(64) {
		for _, b := range manyNames(64) {
			similar := a.CommonPrefix(b)
			require.Equal(t, NewPrefix(similar, a), NewPrefix(similar, b))
			require.True(t, NewPrefix(similar, a).Matches(b))
			require.Equal(t, a == b, NewPrefix(similar+1, a).Matches(b))
		}
	}
}

// Disjoint Sections: "If a group becomes larger than 22 vaults it’s split into
// two new groups, and if it becomes less than 8 vaults it’s merged back into
// the nearest group."
func TestPaperSplitsAndMergesKeepTheSectionsAPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sections := []Prefix{{}}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			i := rapid.IntRange(0, len(sections)-1).Draw(t, "section")
			p := sections[i]
			if sibling := slices.Index(sections, p.Sibling()); sibling != i && sibling >= 0 && rapid.Bool().Draw(t, "merge") {
				sections[i] = p.Popped()
				sections = slices.Delete(sections, sibling, sibling+1)
			} else {
				sections = append(slices.Delete(sections, i, i+1), p.Pushed(false), p.Pushed(true))
			}
			require.True(t, IsPartition(sections))
		}
	})
}

// The same sentence: "the nearest group" is the sibling or, where that has
// split, the sections under it.
func TestPaperTheNearestGroupLiesUnderTheSibling(t *testing.T) {
	sections := sectionsOf(Prefix{}, manyNames(512))
	for _, p := range sections {
		others := slices.DeleteFunc(slices.Clone(sections), func(q Prefix) bool { return p == q })
		SortPrefixesByDistance(p.Name(), others)
		nearest := others[0]
		require.True(t, nearest == p.Sibling() || nearest.ExtensionOf(p.Sibling()))
	}
}
