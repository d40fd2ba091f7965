package sha3x4

import (
	"crypto/aes"
	"crypto/cipher"
	"slices"
	"testing"
	"time"
)

// BenchmarkSum256 reports as x-std how many times the rate of crypto/sha3 it
// reaches on the same inputs in the same run.
func BenchmarkSum256(b *testing.B) {
	const mib = 1 << 20
	for _, c := range []struct {
		name  string
		sizes []int
	}{
		{"1x1MiB", slices.Repeat([]int{mib}, 1)},
		{"2x1MiB", slices.Repeat([]int{mib}, 2)},
		{"4x1MiB", slices.Repeat([]int{mib}, 4)},
		{"5x1MiB", slices.Repeat([]int{mib}, 5)},
		{"16-mixed", []int{mib, 7e5, 3e5, mib, 1e4, 2e5, 9e5, mib, 100, 6e5, 4e5, 8e5, mib, 5e5, 1e5, 3e5}},
		{"4x32B", slices.Repeat([]int{32}, 4)},
		{"64x32B", slices.Repeat([]int{32}, 64)},
	} {
		b.Run(c.name, func(b *testing.B) {
			inputs, bytes := make([][]byte, len(c.sizes)), 0
			for i, n := range c.sizes {
				inputs[i] = make([]byte, n)
				bytes += n
			}
			sums := make([][32]byte, len(inputs))
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			for b.Loop() {
				Sum256(sums, inputs)
			}
			start := time.Now()
			for range b.N {
				sumEach(sums, inputs)
			}
			b.ReportMetric(float64(time.Since(start))/float64(b.Elapsed()), "x-std")
		})
	}
}

// BenchmarkSealAfterSum256 reports as x-after the time that AES-GCM takes right
// after Sum256, divided by that after crypto/sha3: see zeroUpper.
func BenchmarkSealAfterSum256(b *testing.B) {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	var nonce [12]byte
	plain, sealed := make([]byte, 1<<16), make([]byte, 0, 1<<16+16)
	seal := func() time.Duration {
		start := time.Now()
		gcm.Seal(sealed, nonce[:], plain, nil)
		return time.Since(start)
	}
	sums, inputs := make([][32]byte, lanes), slices.Repeat([][]byte{make([]byte, 1000)}, lanes)
	var after, without time.Duration
	for b.Loop() {
		Sum256(sums, inputs)
		after += seal()
		sumEach(sums, inputs)
		without += seal()
	}
	b.ReportMetric(float64(after)/float64(without), "x-after")
}
