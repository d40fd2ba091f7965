package brotli

import (
	"math"
	"sync"
)

// The entropies that decide where blocks are split are sums of 32-bit floating
// point numbers, rounded at every step. The conversions around products forbid
// the compiler to fuse a multiplication with an addition.

// logs holds the binary logarithms of small numbers.
type logs [1 << 16]float32

var logTable = sync.OnceValue(func() *logs {
	t := new(logs)
	for v := 1; v < len(t); v++ {
		t[v] = float32(math.Log2(float64(v)))
	}
	// In the table of the encoder to be reproduced, which was printed with 11
	// decimals, only this one came out differently.
	t[39407] = 15.2661643028
	return t
})

// entropy returns how many bits it takes to code as many symbols as counts says,
// and how many those are. A count stands for itself modulo 2^16 in its logarithm.
func (t *logs) entropy(counts []uint32) (h float32, total uint32) {
	for _, n := range counts {
		total += n
		h -= float32(float32(n) * t[n&0xffff])
	}
	return t.addTotal(h, total), total
}

// cost returns the entropy of counts, but at least a bit for each symbol.
func (t *logs) cost(counts []uint32) float32 {
	h, total := t.entropy(counts)
	return max(h, float32(total))
}

// costOfSum returns the cost of counts and others, added.
func (t *logs) costOfSum(counts, others []uint32) float32 {
	h, total := float32(0), uint32(0)
	others = others[:len(counts)]
	for i, n := range counts {
		n += others[i]
		total += n
		h -= float32(float32(n) * t[n&0xffff])
	}
	return max(t.addTotal(h, total), float32(total))
}

func (t *logs) addTotal(h float32, total uint32) float32 {
	switch {
	case total == 0:
		return h
	case total < 256:
		return h + float32(float32(total)*t[total])
	}
	return h + float32(float32(total)*log2(float32(total)))
}

// log2 is the binary logarithm as C libraries on Linux compute it for numbers
// of 32 bits, to a little less than the last bit: by the method of Szabolcs Nagy
// in Arm's optimized routines. x is normal and positive.
func log2(x float32) float32 {
	const from = 0x3f330000 // the bits of the least mantissa, about 0.7
	above := math.Float32bits(x) - from
	near := &logNear[above>>19&15]
	exponent := int32(above) >> 23
	z := float64(math.Float32frombits(math.Float32bits(x) - above&^(1<<23-1)))

	r := float64(z*near.inverse) - 1
	r2 := float64(r * r)
	y := float64(logPoly[1]*r) + logPoly[2]
	y = float64(logPoly[0]*r2) + y
	y0 := near.log + float64(exponent)
	y = float64(y*r2) + (float64(logPoly[3]*r) + y0)
	return float32(y)
}

// logNear holds for each sixteenth of the mantissas a number near its middle.
var logNear = [16]struct{ inverse, log float64 }{
	{0x1.661ec79f8f3bep+0, -0x1.efec65b963019p-2},
	{0x1.571ed4aaf883dp+0, -0x1.b0b6832d4fca4p-2},
	{0x1.49539f0f010bp+0, -0x1.7418b0a1fb77bp-2},
	{0x1.3c995b0b80385p+0, -0x1.39de91a6dcf7bp-2},
	{0x1.30d190c8864a5p+0, -0x1.01d9bf3f2b631p-2},
	{0x1.25e227b0b8eap+0, -0x1.97c1d1b3b7afp-3},
	{0x1.1bb4a4a1a343fp+0, -0x1.2f9e393af3c9fp-3},
	{0x1.12358f08ae5bap+0, -0x1.960cbbf788d5cp-4},
	{0x1.0953f419900a7p+0, -0x1.a6f9db6475fcep-5},
	{0x1p+0, 0x0p+0},
	{0x1.e608cfd9a47acp-1, 0x1.338ca9f24f53dp-4},
	{0x1.ca4b31f026aap-1, 0x1.476a9543891bap-3},
	{0x1.b2036576afce6p-1, 0x1.e840b4ac4e4d2p-3},
	{0x1.9c2d163a1aa2dp-1, 0x1.40645f0c6651cp-2},
	{0x1.886e6037841edp-1, 0x1.88e9c2c1b9ff8p-2},
	{0x1.767dcf5534862p-1, 0x1.ce0a44eb17bccp-2},
}

var logPoly = [4]float64{
	-0x1.712b6f70a7e4dp-2, 0x1.ecabf496832ep-2, -0x1.715479ffae3dep-1, 0x1.715475f35c8b8p0,
}
