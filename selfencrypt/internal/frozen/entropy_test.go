package frozen

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPredefinedDistributionsAreComplete(t *testing.T) {
	for _, d := range []*distribution{&llFixed, &mlFixed, &ofFixed} {
		sum := 0
		for _, share := range d.shares {
			sum += max(int(share), -int(share))
		}
		require.Equal(t, 1<<d.log, sum)
	}
}

// randomCounts is counts of between two and symbols symbols, from flat to steep.
func randomCounts(r *rng, symbols, most int) (counts []uint32, total uint32) {
	counts = make([]uint32, symbols)
	steep := uint(r.below(12))
	for i := range counts {
		if r.below(4) > 0 {
			counts[i] = uint32(r.below(1+most>>uint(r.below(int(steep)+1)))) & uint32(most-1)
		}
	}
	counts[r.below(symbols/2)]++
	counts[symbols/2+r.below(symbols/2)]++
	for _, c := range counts {
		total += c
	}
	return counts, total
}

func TestDistributionsAreCompleteAndReadBack(t *testing.T) {
	r := newRNG(1)
	for range 5000 {
		symbols, maxLog := 2+r.below(maxCodes-1), uint(6+r.below(4))
		counts, total := randomCounts(r, symbols, 1<<r.below(10))
		d := distribute(counts, total, maxLog)
		require.GreaterOrEqual(t, d.log, uint(minFSELog))
		require.LessOrEqual(t, d.log, maxLog)
		sum := 0
		for s, share := range d.shares {
			sum += int(share)
			require.Equal(t, s < len(counts) && counts[s] > 0, share > 0)
		}
		require.Equal(t, 1<<d.log, sum)

		var buf [128]byte
		n := d.write(buf[:])
		back, used := readDistribution(buf[:])
		require.Equal(t, d, back)
		require.Equal(t, n, used)
	}
}

// readDistribution is the decoder's side, by the text of RFC 8878, section 4.1.1.
func readDistribution(b []byte) (d distribution, used int) {
	at := 0
	read := func(n int) (v int) {
		for i := range n {
			v |= int(b[(at+i)/8]>>((at+i)%8)&1) << i
		}
		at += n
		return v
	}
	d.log = uint(read(4) + 5)
	left := 1 << d.log
	for s := 0; left > 0; s++ {
		width := 0 // of the values 0..left+1
		for 1<<width <= left+1 {
			width++
		}
		small := 1<<width - 1 - (left + 1)
		v := read(width - 1)
		if v >= small {
			v |= read(1) << (width - 1)
			if v >= 1<<(width-1) {
				v -= small
			}
		}
		d.shares[s] = int16(v - 1)
		left -= max(v-1, 1-v)
		if v != 1 {
			continue
		}
		for more := 3; more == 3; {
			more = read(2)
			s += more
		}
	}
	return d, (at + 7) / 8
}

func TestLog2(t *testing.T) {
	for n := uint32(1); n < 5000; n++ {
		exact := math.Log2(float64(n)) * 256
		require.InDelta(t, exact-0.5, float64(log2(n)), 0.55, n)
	}
	require.Equal(t, uint32(9<<8), logTable[512])
}

func TestCostNamesWhatCannotBeCoded(t *testing.T) {
	counts := make([]uint32, maxCodes)
	counts[28] = 5
	cost, ok := ofFixed.cost(counts)
	require.True(t, ok)
	require.Equal(t, uint32(25), cost) // five of the rarest symbols, in 1/32
	counts[29] = 1
	_, ok = ofFixed.cost(counts)
	require.False(t, ok)
}

func TestHuffmanCodesAreCompleteAndShortEnough(t *testing.T) {
	r := newRNG(2)
	for range 1000 {
		var h huffman
		counts, _ := randomCounts(r, 2+r.below(255), 1<<r.below(12))
		for s, c := range counts {
			h.counts[0][s] = c
			if c > 0 {
				h.last = s
			}
		}
		h.build()
		requireGoodCode(t, &h)
	}
}

// Unlimited codes for these have up to 19 bits. Little is lost by the limit.
func TestCodesThatWouldBeTooLong(t *testing.T) {
	for _, src := range [][]byte{fibonacciBytes(1), skewedBytes(2, maxBlock)} {
		var h huffman
		h.count(src)
		h.build()
		requireGoodCode(t, &h)
		best := optimalBits(h.counts[0][:])
		require.Greater(t, h.cost(), int(best)/8, "the limit is not felt")
		require.Less(t, h.cost(), int(best)/8*101/100)
	}
}

// optimalBits is what the symbols counted take in a code without a limit: the
// two rarest are paired over and over.
func optimalBits(counts []uint32) (bits uint32) {
	var weights []uint32
	for _, c := range counts {
		if c > 0 {
			weights = append(weights, c)
		}
	}
	for len(weights) > 1 {
		slices.Sort(weights)
		weights[1] += weights[0]
		weights = weights[1:]
		bits += weights[0]
	}
	return bits
}

func requireGoodCode(t *testing.T, h *huffman) {
	t.Helper()
	kraft := 0
	seen := map[uint32]bool{}
	for s, n := range h.lens {
		require.Equal(t, h.counts[0][s] > 0, n > 0)
		require.LessOrEqual(t, n, h.longest)
		if n == 0 {
			continue
		}
		kraft += 1 << (maxCodeLen - n)
		require.False(t, seen[h.codes[s]])
		seen[h.codes[s]] = true
		for other, m := range h.lens {
			if m > n && h.counts[0][other] > h.counts[0][s] {
				require.Fail(t, "the more frequent symbol has the longer code")
			}
		}
	}
	require.LessOrEqual(t, h.longest, uint8(maxCodeLen))
	require.Equal(t, 1<<maxCodeLen, kraft)
}

func TestCodesThatNeedNoLimitAreOptimal(t *testing.T) {
	r := newRNG(3)
	cases := 0
	for range 1000 {
		var h huffman
		counts, total := randomCounts(r, 2+r.below(100), 16)
		if total > 300 {
			continue // 11 bits always suffice for less
		}
		cases++
		for s, c := range counts {
			if c > 0 {
				h.counts[0][s], h.last = c, s
			}
		}
		h.build()
		require.Equal(t, int(optimalBits(counts)+7)/8, h.cost())
	}
	require.Greater(t, cases, 100)
}

// The format cannot state 256 codes of the same length. The caller is told.
func TestFlatCodeIsRefused(t *testing.T) {
	h := huffman{last: 255, longest: 8}
	for s := range h.lens {
		h.lens[s] = 8
	}
	_, ok := h.writeLiterals(make([]byte, 1024), make([]byte, 500))
	require.False(t, ok)
}

func TestCountFindsEverySymbol(t *testing.T) {
	for n := range 40 {
		src := symbolBytes(4, n, "abc\xff")
		var h huffman
		h.last = 3
		most := h.count(src)
		var want [256]uint32
		for _, b := range src {
			want[b]++
		}
		require.Equal(t, want, h.counts[0])
		require.Equal(t, slices.Max(want[:]), most)
		if n > 0 {
			require.Equal(t, int(slices.Max(src)), h.last)
		}
	}
}

func TestLooksRandom(t *testing.T) {
	require.True(t, looksRandom(randomBytes(1, maxBlock)))
	require.True(t, looksRandom(randomBytes(1, 16<<10)))
	require.False(t, looksRandom(randomBytes(1, 16<<10-1)), "too little to tell")
	require.False(t, looksRandom(symbolBytes(1, maxBlock, sequentialBytes(230))))
	require.False(t, looksRandom(textBytes(1, maxBlock)))
	require.False(t, looksRandom(make([]byte, maxBlock)))
}
