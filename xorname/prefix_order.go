package xorname

import (
	"cmp"
	"slices"
)

// Compare orders prefixes depth first, as a walk through the trie meets them:
// by their bits, and a prefix before its extensions. It is -1, 0 or +1, and 0
// only if p == q. Use it with slices.SortFunc.
func (p Prefix) Compare(q Prefix) int {
	// The zeros after the bits make a parent's name the smaller one or equal.
	if c := compareNames(&p.name, &q.name); c != 0 {
		return c
	}
	return cmp.Compare(p.bits, q.bits)
}

// CompareBreadthFirst orders prefixes by length and, among equal lengths, by
// their bits. It is -1, 0 or +1, and 0 only if p == q.
func (p Prefix) CompareBreadthFirst(q Prefix) int {
	if p.bits != q.bits {
		return cmp.Compare(p.bits, q.bits)
	}
	return compareNames(&p.name, &q.name)
}

// CompareDistance compares how close p and q are to target: -1 if p is
// closer, +1 if q is. Of two compatible prefixes the shorter counts as closer.
// Of two others it is the one that shares more leading bits with target; then
// every name under it is closer to target than every name under the other.
//
// The result is also 0 for two different prefixes that part from target at
// the same bit. This is therefore no order to sort by: use
// [SortPrefixesByDistance].
func (p Prefix) CompareDistance(target Name, q Prefix) int {
	part := commonPrefix(&p.name, &q.name)
	if part >= min(p.bits, q.bits) {
		return cmp.Compare(p.bits, q.bits)
	}
	switch shared := commonPrefix(&p.name, &target); {
	case shared > part: // target goes on with p
		return -1
	case shared == part: // target turns away from p here, and so goes with q
		return +1
	}
	return 0
}

// SortPrefixesByDistance sorts prefixes in place, the closest to target first
// and a prefix before its extensions. Of two prefixes that are not compatible,
// all names under the earlier one are closer to target than all names under
// the later one, also where [Prefix.CompareDistance] is 0.
func SortPrefixesByDistance(target Name, prefixes []Prefix) {
	slices.SortFunc(prefixes, func(p, q Prefix) int {
		if p.Compatible(q) {
			return cmp.Compare(p.bits, q.bits)
		}
		return CompareDistance(target, p.name, q.name)
	})
}
