package brotli

import (
	"bytes"
	"testing"
)

func FuzzRoundTrip(f *testing.F) {
	for i, kind := range kinds {
		for _, n := range []int{1, 15, 100, 3000} {
			f.Add(generate(kind, uint64(i), n), byte(i))
		}
	}
	var used Encoder
	var d Decoder
	f.Fuzz(func(t *testing.T, src []byte, repeat byte) {
		// Repeats give the fuzzer further blocks and matches of all kinds.
		src = bytes.Repeat(src, 1+int(repeat)%40)
		src = src[:min(len(src), 300000)]
		stream := used.AppendCompressed(nil, src)
		if again := new(Encoder).AppendCompressed(nil, src); !bytes.Equal(stream, again) {
			t.Fatal("a used encoder gives another stream than a new one")
		}
		back, err := d.AppendDecompressed(nil, stream, len(src))
		if err != nil || !bytes.Equal(src, back) {
			t.Fatalf("not read back: %v", err)
		}
	})
}

func FuzzDecompress(f *testing.F) {
	var e Encoder
	for i, kind := range kinds {
		stream := e.AppendCompressed(nil, generate(kind, uint64(i), 2000))
		f.Add(stream, 2000)
		f.Add(stream[:len(stream)/2], 1999)
	}
	var used Decoder
	f.Fuzz(func(t *testing.T, stream []byte, limit int) {
		limit = min(limit, 1<<20)
		dst := []byte("kept")
		out, err := used.AppendDecompressed(dst, stream, limit)
		if !bytes.Equal(out[:len(dst)], dst) {
			t.Fatal("dst changed")
		}
		if n := len(out) - len(dst); err != nil && n > 0 || n > max(limit, 0) {
			t.Fatalf("%d bytes with a limit of %d, error %v", n, limit, err)
		}
		again, errAgain := new(Decoder).AppendDecompressed(dst, stream, limit)
		if (err == nil) != (errAgain == nil) || !bytes.Equal(out, again) {
			t.Fatalf("a used decoder says %v, a new one %v", err, errAgain)
		}
	})
}
