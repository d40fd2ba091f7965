package xorname

// Matches reports whether name lies under p: whether its leading bits are
// those of p.
func (p Prefix) Matches(name Name) bool {
	return commonPrefix(&p.name, &name) >= p.bits
}

// CommonPrefix returns how many leading bits p and name share, at most
// p.Len().
func (p Prefix) CommonPrefix(name Name) int {
	return min(commonPrefix(&p.name, &name), p.bits)
}

// Compatible reports whether some name lies under both p and q: whether one
// of them begins with the other. Two live sections are never compatible.
func (p Prefix) Compatible(q Prefix) bool {
	return commonPrefix(&p.name, &q.name) >= min(p.bits, q.bits)
}

// ExtensionOf reports whether p begins with q and is longer.
func (p Prefix) ExtensionOf(q Prefix) bool {
	return p.bits > q.bits && commonPrefix(&p.name, &q.name) >= q.bits
}

// Neighbour reports whether exactly one of the bits that p and q both have
// differs. Sections with such prefixes are connected. The relation is
// symmetric and does not ask for equal lengths: 111, 1100 and 1101 are
// neighbours of each other.
func (p Prefix) Neighbour(q Prefix) bool {
	both := min(p.bits, q.bits)
	rest := tail(both)
	found := false
	for i := 0; i < Size; i += 8 {
		differing := (p.name.lane(i) ^ q.name.lane(i)) &^ rest.lane(i)
		if differing == 0 {
			continue
		}
		if found || differing&(differing-1) != 0 { // a second bit
			return false
		}
		found = true
	}
	return found
}
