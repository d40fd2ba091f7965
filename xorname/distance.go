package xorname

import (
	"cmp"
	"slices"
)

// Xor returns the XOR distance between n and m as a number of 256 bits (paper,
// "Network Traversal"). It is 0 only from a name to itself and the same in
// both directions; for each name and distance there is exactly one other name.
func (n Name) Xor(m Name) (distance Name) {
	for i := 0; i < Size; i += 8 {
		distance.setLane(i, n.lane(i)^m.lane(i))
	}
	return distance
}

// CompareDistance compares how far a and b are from target: -1 if a is
// closer, +1 if b is. It is 0 only if a == b, because no two names are equally
// far from a third.
func CompareDistance(target, a, b Name) int {
	for i := 0; i < Size; i += 8 {
		if x, y := a.word(i), b.word(i); x != y {
			t := target.word(i)
			return cmp.Compare(x^t, y^t)
		}
	}
	return 0
}

// SortByDistance sorts names in place, the closest to target first. The
// members that answer for a name are the first of its section's members in
// this order.
func SortByDistance(target Name, names []Name) {
	slices.SortFunc(names, func(a, b Name) int { return CompareDistance(target, a, b) })
}
