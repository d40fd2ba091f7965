package frozen

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// source is one thing to compress. Sources that are alike share a name.
type source struct {
	name string
	data []byte
}

// corpus is what the golden file, the round trips and the fuzzers start from.
func corpus() []source {
	cat := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	c := []source{
		{"empty", nil},
		{"one-byte", []byte{7}},
		{"zeros-33", make([]byte, 33)},
		{"zeros-100", make([]byte, 100)},
		{"zeros-1MiB", make([]byte, MaxSize)},
		{"run-block+1", bytes.Repeat([]byte("x"), maxBlock+1)},
		{"runs", runsBytes(1, 200000)},
		{"text-1000", textBytes(2, 1000)},
		{"text-4095", textBytes(3, 4095)},
		{"text-65535", textBytes(3, 65535)},
		{"text-65791", textBytes(3, 65791)}, // the longest with a two-byte size
		{"text-65792", textBytes(3, 65792)},
		{"text-1MiB-1", textBytes(4, MaxSize-1)},
		{"text-1MiB", textBytes(4, MaxSize)},
		{"records-500", recordBytes(5, 500)},
		{"records-1MiB", recordBytes(5, MaxSize)},
		{"code-20000", codeBytes(6, 20000)},
		{"code-1MiB", codeBytes(6, MaxSize)},
		{"log-300000", logBytes(7, 300000)},
		{"random-1000", randomBytes(8, 1000)},
		{"random-1MiB", randomBytes(8, MaxSize)},
		{"mixed-300000", mixedBytes(9, 300000)},
		{"mixed-1MiB", mixedBytes(10, MaxSize)},
		{"two-symbols", symbolBytes(11, 200000, "01")},
		{"two-symbols-100", symbolBytes(11, 100, "01")},
		{"four-symbols", symbolBytes(12, 200000, "ACGT")},
		{"128-symbols", symbolBytes(13, 40000, sequentialBytes(128))},
		{"200-symbols", symbolBytes(14, 40000, sequentialBytes(200))},
		{"base64", []byte(base64.StdEncoding.EncodeToString(randomBytes(15, 150000)))},
		{"skewed", skewedBytes(16, 300000)},
		{"fibonacci", fibonacciBytes(17)},
		{"long-match", cat(randomBytes(18, 100000), randomBytes(18, 100000), randomBytes(18, 99999))},
		{"far-match", cat(textBytes(19, 50000), randomBytes(20, MaxSize-100000), textBytes(19, 50000))},
		{"few-sequences", cat(randomBytes(21, 3000), randomBytes(21, 60), randomBytes(22, 3000), make([]byte, 3000))},
		{"one-sequence", cat([]byte("a sequence of its own "), make([]byte, 90))},
		{"many-sequences", alternating()},
		{"raw-then-text", cat(randomBytes(23, maxBlock), textBytes(24, 50000), randomBytes(25, maxBlock), textBytes(24, 90000))},
		{"rle-then-text", cat(make([]byte, maxBlock), textBytes(26, 50000), bytes.Repeat([]byte{9}, 2*maxBlock))},
		{"random+zeros", cat(randomBytes(27, 64<<10), make([]byte, 64<<10), randomBytes(27, 64<<10))},
		{"same-literals", bytes.Join([][]byte{separated(36), make([]byte, 3000)}, nil)},
		{"utf-16", widen(textBytes(28, 60000))},
		{"numbers", numberBytes(29, 150000)},
	}
	for _, around := range []int{maxBlock, 2 * maxBlock, 7 * maxBlock} {
		for d := -1; d <= 1; d++ {
			c = append(c, source{fmt.Sprintf("text-%d", around+d), textBytes(30, around+d)})
		}
	}
	for period := 1; period <= 40; period++ {
		c = append(c, source{"periods-1..40", bytes.Repeat(randomBytes(uint64(period), period), 700)})
	}
	for n := range 301 {
		c = append(c,
			source{"text-0..300", textBytes(33, n)},
			source{"records-0..300", recordBytes(34, n)},
			source{"runs-0..300", runsBytes(35, n)})
	}
	return c
}
