package brotli

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// xorshift is Marsaglia's generator (13, 7, 17).
type xorshift uint64

func (x *xorshift) next() uint64 {
	v := uint64(*x)
	v ^= v << 13
	v ^= v >> 7
	v ^= v << 17
	*x = xorshift(v)
	return v
}

var words = [16]string{
	"the ", "network ", "of ", "chunk ", "and ", "vault ", "data ", "to ",
	"section ", "is ", "a ", "prefix ", "in ", "name\n", `{"id":`, "0123456789 ",
}

// kinds are what generate makes.
var kinds = []string{
	"zero", "count", "xs64", "nib", "words", "mix", "rec", "copy", "prose", "table", "utf8", "skewed",
	"patchwork",
}

// generate returns size bytes of a kind; the golden digests hang on each of them.
func generate(kind string, seed uint64, size int) []byte {
	x := xorshift(seed)
	if seed == 0 {
		x = 0x9E3779B97F4A7C15
	}
	b := make([]byte, 0, size+1<<15)
	for k := 0; len(b) < size; k++ {
		b = appendPiece(b, kind, k, &x)
	}
	return b[:size]
}

// appendPiece appends the k-th piece of some bytes.
func appendPiece(b []byte, kind string, k int, x *xorshift) []byte {
	switch kind {
	case "zero":
		return append(b, 0)
	case "count":
		return append(b, byte(len(b)%251))
	case "xs64":
		return binary.LittleEndian.AppendUint64(b, x.next())
	case "nib":
		return binary.LittleEndian.AppendUint64(b, 0x6161616161616161+x.next()&0x0f0f0f0f0f0f0f0f)
	case "words":
		return append(b, words[x.next()>>60]...)
	case "mix":
		b = binary.LittleEndian.AppendUint64(b, x.next())
		for i := len(b) - 8; i < len(b); i++ {
			if i>>12&1 == 1 {
				b[i] = byte(i % 251)
			}
		}
		return b
	case "rec":
		return fmt.Appendf(b, "%d,%08x\n", k, x.next()&0xffffffff)
	case "copy":
		return appendCopy(b, x)
	case "prose":
		return appendWord(b, x)
	case "table":
		w := x.next()
		b = binary.LittleEndian.AppendUint64(b, uint64(k)*0x10001)
		b = binary.LittleEndian.AppendUint64(b, w&0xff|w>>50&0x3f<<24)
		return binary.LittleEndian.AppendUint64(b, w>>32&0xffff<<32)
	case "utf8":
		return appendUTF8(b, x)
	case "skewed":
		for w := x.next(); w != 0; w >>= 8 {
			b = append(b, byte(bits.LeadingZeros64(x.next())*16)^byte(w)&15)
		}
		return b
	case "patchwork":
		w := x.next()
		piece := kinds[w%uint64(len(kinds)-1)]
		end := len(b) + int(w>>8&0x3fff)
		for k := 0; len(b) < end; k++ {
			b = appendPiece(b, piece, k, x)
		}
		return b
	}
	panic("no such kind: " + kind)
}

// appendCopy appends bytes from some way back, or new ones.
func appendCopy(b []byte, x *xorshift) []byte {
	w := x.next()
	n, back := 4+int(w&63), 1+int(w>>8&0xffff)
	old := w>>40&3 != 0 && back <= len(b)
	for j := range n {
		if old {
			b = append(b, b[len(b)-back])
		} else {
			b = append(b, byte(w>>(8*(j%8)))^byte(j))
		}
	}
	return b
}

// appendUTF8 appends a word of Greek, Cyrillic, Chinese or other letters.
func appendUTF8(b []byte, x *xorshift) []byte {
	w := x.next()
	first := [4]rune{0x3b1, 0x430, 0x4e00, 'a'}[w>>40&3]
	for n := w % 11; n > 0; n-- {
		w >>= 3
		b = utf8.AppendRune(b, first+rune(w&31*(w>>5&1)))
	}
	return append(b, " ,\n\x00"[w>>7&3])
}

// appendWord appends one of a thousand words, the first ones more often, and
// what stands behind it.
func appendWord(b []byte, x *xorshift) []byte {
	const letters = "etaoinshrdlucmfgypwbvk etaoinshrdlucetaoinshrdluctaoinsheeaioutns"
	w := x.next()
	spelling := xorshift(1 + min(w&1023, w>>10&1023, w>>20&1023))
	for v := spelling.next() >> (8 + w&7); v > 0; v >>= 6 {
		b = append(b, letters[v&63])
	}
	switch w >> 58 {
	case 0:
		return append(b, ".\n"...)
	case 1, 2:
		return append(b, ", "...)
	case 3:
		return fmt.Appendf(b, " %d ", w>>30&0xfff)
	}
	return append(b, ' ')
}
