package xorname

import (
	"strings"

	"pgregory.net/rapid"
)

// The tests compare the package with implementations that work on texts of
// the characters 0 and 1, one character a bit, and are too simple to be wrong.

// bitsOf returns the 256 bits of n.
func bitsOf(n Name) string {
	var b strings.Builder
	for _, v := range n {
		for mask := byte(0x80); mask != 0; mask >>= 1 {
			b.WriteByte('0' + min(v&mask, 1))
		}
	}
	return b.String()
}

// nameOf is the inverse of bitsOf; missing bits are filled with fill.
func nameOf(bits string, fill string) Name {
	bits += strings.Repeat(fill, Bits-len(bits))
	var n Name
	for i := range bits {
		n[i/8] = n[i/8]<<1 | bits[i]&1
	}
	return n
}

// prefixOf makes a prefix without any method of Prefix.
func prefixOf(bits string) Prefix {
	return Prefix{name: nameOf(bits, "0"), bits: len(bits)}
}

func prefixesOf(texts ...string) []Prefix {
	var ps []Prefix
	for _, text := range texts {
		ps = append(ps, prefixOf(text))
	}
	return ps
}

// shared returns how many leading characters a and b have in common.
func shared(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func flip(bits string, i int) string {
	return bits[:i] + string('0'+'1'-bits[i]) + bits[i+1:]
}

func xor(a, b string) string {
	out := []byte(a)
	for i := range out {
		out[i] = '0' + (a[i]^b[i])&1
	}
	return string(out)
}

func compatible(p, q string) bool { return strings.HasPrefix(p, q) || strings.HasPrefix(q, p) }

// neighbour follows the definition: not compatible, and compatible once the
// first differing bit is flipped.
func neighbour(p, q string) bool {
	return !compatible(p, q) && compatible(flip(p, shared(p, q)), q)
}

// covered follows the definition and splits p until the answer is plain.
func covered(p string, set []string) bool {
	below := false
	for _, q := range set {
		if strings.HasPrefix(p, q) {
			return true
		}
		below = below || strings.HasPrefix(q, p)
	}
	return below && covered(p+"0", set) && covered(p+"1", set)
}

// drawBits draws count bits.
func drawBits(t *rapid.T, count int) string {
	return nameBits(rapid.SliceOfN(rapid.Byte(), Size, Size).Draw(t, "bytes"))[:count]
}

func nameBits(b []byte) string { return bitsOf(Name(b)) }

// drawLen draws a length that is small, near the border of a word or at the
// upper end more often than by chance.
func drawLen(t *rapid.T) int {
	return rapid.OneOf(
		rapid.IntRange(0, Bits),
		rapid.IntRange(0, 6),
		rapid.SampledFrom([]int{63, 64, 65, 127, 128, 129, 191, 192, 193}),
		rapid.IntRange(247, Bits),
	).Draw(t, "length")
}

// drawNear draws count bits that share a drawn number of leading bits with
// base, because independent bits share next to none.
func drawNear(t *rapid.T, base string, count int) string {
	keep := min(drawLen(t), len(base), count)
	return base[:keep] + drawBits(t, count)[keep:]
}
