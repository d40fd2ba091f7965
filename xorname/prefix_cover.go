package xorname

import "slices"

// CoveredBy reports whether every name under p lies under a member of set.
// The set may be unsorted, overlap and repeat itself. It takes time n log n
// and leaves set as it is.
func (p Prefix) CoveredBy(set []Prefix) bool {
	var within []Prefix
	for _, q := range set {
		if q.bits <= p.bits && q.Matches(p.name) {
			return true
		}
		if q.ExtensionOf(p) {
			within = append(within, q)
		}
	}
	covered, _ := p.sweep(within)
	return covered
}

// IsPartition reports whether every name lies under exactly one member of
// set. The prefixes of the sections of a network always do (paper, "Disjoint
// Sections"). It takes time n log n and leaves set as it is.
func IsPartition(set []Prefix) bool {
	covered, disjoint := Prefix{}.sweep(slices.Clone(set))
	return covered && disjoint
}

// sweep sorts set, whose members are p or extensions of p, and walks through
// the names under p from the lowest. It reports whether the set covers them
// all, and whether it meets no name twice.
func (p Prefix) sweep(set []Prefix) (covered, disjoint bool) {
	slices.SortFunc(set, Prefix.Compare)
	disjoint = true
	next, end := p.LowerBound(), false // the lowest name not covered yet
	for _, q := range set {
		switch {
		case end || q.LowerBound().Less(next):
			// Depth-first order: q lies within a prefix met before.
			disjoint = false
		case q.LowerBound() != next:
			return false, disjoint
		default:
			last := q.UpperBound()
			end = last == p.UpperBound()
			next, _ = last.next()
		}
	}
	return end, disjoint
}
