package selfencrypt

import (
	"fmt"
	"testing"
)

// The inputs of the vectors, as the README beside them describes them.

type xorshift uint64

func newXorshift(seed uint64) *xorshift {
	if seed == 0 {
		seed = 0x9E3779B97F4A7C15
	}
	x := xorshift(seed)
	return &x
}

func (x *xorshift) next() uint64 {
	*x ^= *x << 13
	*x ^= *x >> 7
	*x ^= *x << 17
	return uint64(*x)
}

// bytes yields the stream of xs64, byte by byte.
func (x *xorshift) bytes() func() byte {
	var w uint64
	left := 0
	return func() byte {
		if left == 0 {
			w, left = x.next(), 8
		}
		b := byte(w)
		w >>= 8
		left--
		return b
	}
}

var vectorWords = []string{
	"the ", "network ", "of ", "chunk ", "and ", "vault ", "data ", "to ",
	"section ", "is ", "a ", "prefix ", "in ", "name\n", `{"id":`, "0123456789 ",
}

// generate returns the content of a vector.
func generate(t *testing.T, gen string, seed uint64, size int) []byte {
	x := newXorshift(seed)
	next := x.bytes()
	b := make([]byte, 0, size+80)
	for i := 0; len(b) < size; i++ {
		switch gen {
		case "zero":
			b = append(b, 0)
		case "count":
			b = append(b, byte(i%251))
		case "xs64":
			b = append(b, next())
		case "nib":
			b = append(b, 0x61+next()&15)
		case "words":
			b = append(b, vectorWords[x.next()>>60]...)
		case "mix":
			c := next()
			if i>>12&1 == 1 {
				c = byte(i % 251)
			}
			b = append(b, c)
		case "rec":
			b = fmt.Appendf(b, "%d,%08x\n", i, x.next()&0xffffffff)
		case "copy":
			w := x.next()
			n, off := int(4+w&63), int(1+w>>8&0xffff)
			for j := range n {
				if w>>40&3 != 0 && off <= len(b)-j {
					b = append(b, b[len(b)-off])
				} else {
					b = append(b, byte(w>>(8*(j%8)))^byte(j))
				}
			}
		default:
			t.Fatalf("unknown generator %q", gen)
		}
	}
	return b[:size]
}
