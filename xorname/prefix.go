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
	bits uint16
}

// NewPrefix returns the prefix made of the first count bits of name. A count
// below 0 means 0, above 256 it means 256.
func NewPrefix(count int, name Name) Prefix {
	count = max(0, min(count, Bits))
	for i := 0; i < Size; i += 8 {
		name.setWord(i, name.word(i)&wordMask(count, i))
	}
	return Prefix{name, uint16(count)}
}

// wordMask selects, of the word from byte i on, those bits that are among the
// first count bits of a name.
func wordMask(count, i int) uint64 {
	return ^(^uint64(0) >> max(0, count-8*i))
}

// Len returns the number of bits in p, 0..256.
func (p Prefix) Len() int { return int(p.bits) }

// Name returns the bits of p followed by zeros.
func (p Prefix) Name() Name { return p.name }

// LowerBound returns the smallest name under p: the rest of its bits are 0.
func (p Prefix) LowerBound() Name { return p.name }

// UpperBound returns the greatest name under p: the rest of its bits are 1.
func (p Prefix) UpperBound() Name {
	n := p.name
	for i := 0; i < Size; i += 8 {
		n.setWord(i, n.word(i)|^wordMask(p.Len(), i))
	}
	return n
}

// SubstitutedIn returns name with its leading bits replaced by those of p.
// The result lies under p, and is random there if name is random.
func (p Prefix) SubstitutedIn(name Name) Name {
	for i := 0; i < Size; i += 8 {
		name.setWord(i, p.name.word(i)|name.word(i)&^wordMask(p.Len(), i))
	}
	return name
}

// Pushed returns p with one bit more: the half of p that a name with this bit
// falls into. A prefix of 256 bits is returned as it is.
func (p Prefix) Pushed(bit bool) Prefix {
	if p.Len() >= Bits {
		return p
	}
	return Prefix{p.name.WithBit(p.Len(), bit), p.bits + 1}
}

// Popped returns p without its last bit: the parent, into which p and its
// sibling merge. The root is returned as it is.
func (p Prefix) Popped() Prefix {
	if p.bits == 0 {
		return p
	}
	return Prefix{p.name.WithBit(p.Len()-1, false), p.bits - 1}
}

// Sibling returns p with its last bit inverted: the other half of the parent.
// The root has no sibling and is returned as it is.
func (p Prefix) Sibling() Prefix { return p.Flipped(p.Len() - 1) }

// Flipped returns p with bit i inverted. If p has no bit i, it returns p.
func (p Prefix) Flipped(i int) Prefix {
	if i < 0 || i >= p.Len() {
		return p
	}
	return Prefix{p.name.flipped(i), p.bits}
}

// Ancestor returns the first count bits of p. It is false unless count is
// 0 or more and less than the length of p: no prefix is its own ancestor.
func (p Prefix) Ancestor(count int) (Prefix, bool) {
	if count < 0 || count >= p.Len() {
		return Prefix{}, false
	}
	return NewPrefix(count, p.name), true
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
