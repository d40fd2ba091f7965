package brotli

import (
	"bytes"

	"github.com/andybalholm/brotli"
)

const windowBits = 22

// Encoder compresses. Its zero value is ready. It is not safe for concurrent
// use.
type Encoder struct {
	w   *brotli.Writer
	out bytes.Buffer
}

// AppendCompressed appends one complete stream that holds src to dst and returns
// the extended slice.
func (e *Encoder) AppendCompressed(dst, src []byte) []byte {
	const piece = 4096 // what the crates hand over at a time; it decides the size hint
	e.out.Reset()
	if e.w == nil {
		e.w = brotli.NewWriterLevel(&e.out, 6)
	}
	e.w.Reset(&e.out)
	for len(src) > 0 {
		n := min(piece, len(src))
		e.write(e.w.Write(src[:n]))
		src = src[n:]
	}
	e.write(0, e.w.Close())
	return append(dst, e.out.Bytes()...)
}

func (e *Encoder) write(_ int, err error) {
	if err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
}
