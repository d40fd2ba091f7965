package xorname

import "iter"

// Prefix is the leading bits, 0 to 256 of them, that the names of one section
// share (paper, "Disjoint Sections"). The zero value is the root: the prefix
// without bits, under which every name lies.
//
// A Prefix has one representation only. It is comparable with == and can be a
// map key.
type Prefix struct {
	name Name // the bits, then zeros
	bits int

	// Makes the size a multiple of 16 bytes on 64-bit systems. Such a value is
	// copied in steps that do not overlap, in half the time.
	_ int
}

// NewPrefix returns the prefix made of the first count bits of name. A count
// below 0 means 0, above 256 it means 256.
func NewPrefix(count int, name Name) (p Prefix) {
	p.cut(max(0, min(count, Bits)), &name)
	return p
}

// cut sets p to the first count bits of name.
func (p *Prefix) cut(count int, name *Name) {
	p.bits = count
	rest := tail(count)
	for i := 0; i < Size; i += 8 {
		p.name.setLane(i, name.lane(i)&^rest.lane(i))
	}
}

// Len returns the number of bits in p, 0..256.
func (p Prefix) Len() int { return p.bits }

// Name returns the bits of p followed by zeros.
func (p Prefix) Name() Name { return p.name }

// LowerBound returns the smallest name under p: the rest of its bits are 0.
func (p Prefix) LowerBound() Name { return p.name }

// UpperBound returns the greatest name under p: the rest of its bits are 1.
func (p Prefix) UpperBound() (n Name) {
	rest := tail(p.bits)
	for i := 0; i < Size; i += 8 {
		n.setLane(i, p.name.lane(i)|rest.lane(i))
	}
	return n
}

// SubstitutedIn returns name with its leading bits replaced by those of p.
// The result lies under p, and is random there if name is random.
func (p Prefix) SubstitutedIn(name Name) (n Name) {
	rest := tail(p.bits)
	for i := 0; i < Size; i += 8 {
		n.setLane(i, p.name.lane(i)|name.lane(i)&rest.lane(i))
	}
	return n
}

// Pushed returns p with one bit more: the half of p that a name with this bit
// falls into. A prefix of 256 bits is returned as it is.
func (p Prefix) Pushed(bit bool) (q Prefix) {
	q = p
	if p.bits >= Bits {
		return q
	}
	if bit {
		q.name[p.bits/8] |= bitMask(p.bits)
	}
	q.bits++
	return q
}

// Popped returns p without its last bit: the parent, into which p and its
// sibling merge. The root is returned as it is.
func (p Prefix) Popped() (q Prefix) {
	q = p
	if p.bits <= 0 {
		return q
	}
	q.bits--
	q.name[q.bits/8] &^= bitMask(q.bits)
	return q
}

// Sibling returns p with its last bit inverted: the other half of the parent.
// The root has no sibling and is returned as it is.
func (p Prefix) Sibling() Prefix { return p.Flipped(p.bits - 1) }

// Flipped returns p with bit i inverted. If p has no bit i, it returns p.
func (p Prefix) Flipped(i int) (q Prefix) {
	q = p
	if 0 <= i && i < p.bits {
		q.name[i/8] ^= bitMask(i)
	}
	return q
}

// Ancestor returns the first count bits of p. It is false unless count is
// 0 or more and less than the length of p: no prefix is its own ancestor.
func (p Prefix) Ancestor(count int) (q Prefix, ok bool) {
	if count < 0 || count >= p.bits {
		return q, false
	}
	q.cut(count, &p.name)
	return q, true
}

// Ancestors yields all prefixes shorter than p under which p lies, the root
// first. The root itself has none.
func (p Prefix) Ancestors() iter.Seq[Prefix] {
	return func(yield func(Prefix) bool) {
		for count := range p.Len() {
			if !yield(NewPrefix(count, p.name)) {
				return
			}
		}
	}
}
