package frozen

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func FuzzRoundTrip(f *testing.F) {
	for i, s := range corpus() {
		if len(s.data) <= 1<<16 && (i < 60 || i%40 == 0) {
			f.Add(s.data, byte(i))
		}
	}
	plain, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	var used Encoder
	f.Fuzz(func(t *testing.T, src []byte, repeat byte) {
		// Repeats give the fuzzer blocks behind the first and matches of all kinds.
		src = bytes.Repeat(src, 1+int(repeat)%40)
		src = src[:min(len(src), 3*maxBlock)]
		frame, ok := used.AppendCompressed(nil, src)
		again, okAgain := new(Encoder).AppendCompressed(nil, src)
		if ok != okAgain || !bytes.Equal(frame, again) {
			t.Fatal("a used encoder gives another frame than a new one")
		}
		if !ok {
			return
		}
		if len(frame) > len(src)-wantSaved(len(src)) {
			t.Fatalf("%d bytes became %d", len(src), len(frame))
		}
		back, err := plain.DecodeAll(frame, nil)
		if err != nil || !bytes.Equal(src, back) {
			t.Fatalf("not read by another decoder: %v", err)
		}
		back, err = AppendDecompressed(nil, frame, len(src))
		if err != nil || !bytes.Equal(src, back) {
			t.Fatalf("not read back: %v", err)
		}
	})
}

func FuzzDecompress(f *testing.F) {
	var e Encoder
	for i, s := range corpus() {
		if frame, ok := e.AppendCompressed(nil, s.data); ok && len(frame) < 5000 && (i < 60 || i%40 == 0) {
			f.Add(frame, len(s.data))
			f.Add(frame[:len(frame)/2], len(s.data))
		}
	}
	f.Fuzz(func(t *testing.T, frame []byte, limit int) {
		dst := []byte("kept")
		out, err := AppendDecompressed(dst, frame, limit)
		if !bytes.Equal(out[:len(dst)], dst) {
			t.Fatal("dst changed")
		}
		n := len(out) - len(dst)
		switch {
		case err != nil && n > 0:
			t.Fatal("content in spite of an error")
		case err == nil && (n > limit || n > MaxSize):
			t.Fatalf("%d bytes with a limit of %d", n, limit)
		}
	})
}
