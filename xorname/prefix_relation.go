package xorname

import "math/bits"

// Matches reports whether name lies under p: whether its leading bits are
// those of p.
func (p Prefix) Matches(name Name) bool {
	return p.name.CommonPrefix(name) >= p.Len()
}

// CommonPrefix returns how many leading bits p and name share, at most
// p.Len().
func (p Prefix) CommonPrefix(name Name) int {
	return min(p.name.CommonPrefix(name), p.Len())
}

// Compatible reports whether some name lies under both p and q: whether one
// of them begins with the other. Two live sections are never compatible.
func (p Prefix) Compatible(q Prefix) bool {
	return p.name.CommonPrefix(q.name) >= min(p.Len(), q.Len())
}

// ExtensionOf reports whether p begins with q and is longer.
func (p Prefix) ExtensionOf(q Prefix) bool {
	return p.bits > q.bits && q.Matches(p.name)
}

// Neighbour reports whether exactly one of the bits that p and q both have
// differs. Sections with such prefixes are connected. The relation is
// symmetric and does not ask for equal lengths: 111, 1100 and 1101 are
// neighbours of each other.
func (p Prefix) Neighbour(q Prefix) bool {
	shared := min(p.Len(), q.Len())
	differing := 0
	for i := 0; i < Size; i += 8 {
		differing += bits.OnesCount64((p.name.word(i) ^ q.name.word(i)) & wordMask(shared, i))
	}
	return differing == 1
}
