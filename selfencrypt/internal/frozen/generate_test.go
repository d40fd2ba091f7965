package frozen

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// rng is xorshift64*, spelled out so that the corpus is the same everywhere and
// for ever.
type rng uint64

func (r *rng) next() uint64 {
	x := *r
	x ^= x >> 12
	x ^= x << 25
	x ^= x >> 27
	*r = x
	return uint64(x) * 0x2545F4914F6CDD1D
}

// below returns a number in 0..n-1; r serves as well with a slight bias.
func (r *rng) below(n int) int { return int(r.next() >> 33 % uint64(n)) }

func newRNG(seed uint64) *rng {
	r := rng(seed*0x9E3779B97F4A7C15 | 1)
	r.next()
	return &r
}

func randomBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.next() >> 56)
	}
	return b
}

// symbolBytes is random over the first k bytes of alphabet.
func symbolBytes(seed uint64, n int, alphabet string) []byte {
	b := randomBytes(seed, n)
	for i, v := range b {
		b[i] = alphabet[int(v)*len(alphabet)>>8]
	}
	return b
}

// textBytes is prose from a made-up vocabulary in which the k-th word is about
// 1/k as frequent as the first.
func textBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	words := make([]string, 4096)
	for i := range words {
		w := make([]byte, 1+r.below(3)+r.below(8))
		for j := range w {
			w[j] = "etaoinshrdlucmfwypvbgkqjxz"[r.below(2+r.below(25))]
		}
		words[i] = string(w)
	}
	var b bytes.Buffer
	for b.Len() < n {
		for range 4 + r.below(12) {
			b.WriteString(words[r.below(1+r.below(1+r.below(len(words))))])
			b.WriteByte(' ')
		}
		b.Truncate(b.Len() - 1)
		b.WriteString([]string{". ", ", ", ".\n", "? "}[r.below(4)])
	}
	return b.Bytes()[:n]
}

// recordBytes is a table of 40-byte binary records: counter, time, enumeration,
// flags, a measured value, padding.
func recordBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	b := make([]byte, 0, n+40)
	now, level := uint64(1<<40), int64(0)
	for i := 0; len(b) < n; i++ {
		now += uint64(r.below(1000))
		level += int64(r.below(201)) - 100
		b = binary.LittleEndian.AppendUint32(b, uint32(i))
		b = binary.LittleEndian.AppendUint64(b, now)
		b = append(b, byte(r.below(6)), byte(r.below(2)<<7))
		b = binary.LittleEndian.AppendUint16(b, uint16(r.below(40)))
		b = binary.LittleEndian.AppendUint64(b, uint64(level))
		b = append(b, make([]byte, 16)...)
	}
	return b[:n]
}

// codeBytes resembles machine code: a skewed choice of short templates with
// small operands and addresses near each other.
func codeBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	b := make([]byte, 0, n+16)
	for len(b) < n {
		op := randomBytes(uint64(1+r.below(1+r.below(300))), 3+r.below(10))
		b = append(b, op...)
		switch r.below(3) {
		case 0:
			b = append(b, byte(r.below(32)*8))
		case 1:
			b = binary.LittleEndian.AppendUint32(b, uint32(len(b)+r.below(1<<12)))
		}
	}
	return b[:n]
}

// logBytes is lines of a server's log.
func logBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	var b bytes.Buffer
	for t := 1700000000; b.Len() < n; t += r.below(3) {
		fmt.Fprintf(&b, `{"time":%d,"level":"%s","peer":"10.0.%d.%d","bytes":%d,"path":"/chunk/%016x"}`+"\n",
			t, []string{"info", "info", "info", "warn"}[r.below(4)], r.below(4), r.below(256), r.below(1<<20), r.next())
	}
	return b.Bytes()[:n]
}

// skewedBytes has symbol k half as often as symbol k-1, without repeats worth a
// match, so that an unlimited Huffman code is longer than the format allows.
func skewedBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	b := make([]byte, n)
	for i := range b {
		v := r.next() | 1<<24
		for v&1 == 0 {
			v >>= 1
			b[i]++
		}
	}
	return b
}

// fibonacciBytes holds 20 symbols, each as often as the two rarer ones together:
// the deepest Huffman code there is for that many bytes.
func fibonacciBytes(seed uint64) []byte {
	var b []byte
	for s, f, g := byte(0), 1, 1; s < 20; s, f, g = s+1, g, f+g {
		b = append(b, bytes.Repeat([]byte{s * 11}, f)...)
	}
	r := newRNG(seed)
	for i := range b {
		j := i + r.below(len(b)-i)
		b[i], b[j] = b[j], b[i]
	}
	return b
}

// alternating is more than 0x7F00 sequences in its third block: four bytes from
// one distance, four from another, in turn, such that no match is longer.
func alternating() []byte {
	low := symbolBytes(31, maxBlock, "0123456789ABCDEF")
	high := symbolBytes(32, maxBlock, "abcdefghijklmnop")
	b := append(append([]byte(nil), low...), high...)
	b = append(b, low[:16]...)
	b = append(b, high[16:32]...)
	for i := 32; i < maxBlock; i += 8 {
		b = append(b, low[i:i+4]...)
		b = append(b, high[i+4:i+8]...)
	}
	return b
}

// separated is a block of random bytes other than zero and then pieces of it with
// one zero behind each: zeros are the only literals of the second block. The
// pieces are from where the parse of the first block does not yet skip much.
func separated(seed uint64) []byte {
	b := symbolBytes(seed, maxBlock, sequentialBytes(256)[1:])
	for i := range 36 {
		b = append(b, b[i*100:i*100+100]...)
		b = append(b, 0)
	}
	return b
}

// mixedBytes takes pieces of very different nature in turn.
func mixedBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	makers := []func(uint64, int) []byte{randomBytes, textBytes, recordBytes, codeBytes, logBytes, skewedBytes}
	var b []byte
	for len(b) < n {
		piece := makers[r.below(len(makers))](r.next(), 1+r.below(1<<uint(6+r.below(13))))
		b = append(b, piece...)
		if r.below(3) == 0 {
			from := r.below(len(b))
			b = append(b, b[from:from+r.below(len(b)-from)/4]...)
		}
		if r.below(5) == 0 {
			b = append(b, bytes.Repeat([]byte{byte(r.below(256))}, r.below(5000))...)
		}
	}
	return b[:n]
}

// runsBytes is runs of seven symbols, of all lengths to 2048.
func runsBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	var b []byte
	for len(b) < n {
		b = append(b, bytes.Repeat([]byte{byte(r.below(7))}, 1+r.below(1<<uint(r.below(12))))...)
	}
	return b[:n]
}

// numberBytes is lines of decimal numbers.
func numberBytes(seed uint64, n int) []byte {
	r := newRNG(seed)
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%d,%d.%02d\n", r.below(100000), r.below(1000), r.below(100))
	}
	return []byte(b.String()[:n])
}

// sequentialBytes is the alphabet of the first n bytes.
func sequentialBytes(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}

// widen turns ASCII to UTF-16.
func widen(b []byte) []byte {
	w := make([]byte, 0, 2*len(b))
	for _, v := range b {
		w = append(w, v, 0)
	}
	return w
}
