package routing

import (
	"sort"

	"github.com/safenet-go/safenet/xorname"
)

// Closest returns the n contacts closest to the target by XOR distance, the
// closest first, or all if there are fewer. The contacts must be in the order
// of their names, as [Table.All] returns them; they stay as they are.
func Closest(contacts []Contact, target xorname.Name, n int) []Contact {
	n = min(n, len(contacts))
	if n <= 0 {
		return nil
	}
	return appendClosest(make([]Contact, 0, n), contacts, &target, n)
}

// appendClosest appends to dst, until it has limit contacts, those of sorted
// in the order of their distance to the target. Names in order are the leaves
// of a binary trie, in order too: the first bit in which the first and the last
// name differ parts the others, and the half that has the target's bit there
// is closer as a whole.
func appendClosest(dst, sorted []Contact, target *xorname.Name, limit int) []Contact {
	if len(sorted) == 0 || len(dst) >= limit {
		return dst
	}
	last := len(sorted) - 1
	bit := sorted[0].Name.CommonPrefix(sorted[last].Name)
	if bit == xorname.Bits { // one contact, or several of one name
		return append(dst, sorted[:min(len(sorted), limit-len(dst))]...)
	}
	ones := sort.Search(last, func(i int) bool { return sorted[i].Name.Bit(bit) })
	near, far := sorted[:ones], sorted[ones:]
	if target.Bit(bit) {
		near, far = far, near
	}
	dst = appendClosest(dst, near, target, limit)
	return appendClosest(dst, far, target, limit)
}
