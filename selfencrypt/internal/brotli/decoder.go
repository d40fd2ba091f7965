package brotli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/andybalholm/brotli"
)

var (
	// ErrCorrupt says that bytes are not one whole Brotli stream with a window
	// of at most 4 MiB.
	ErrCorrupt = errors.New("brotli: corrupt stream")
	// ErrTooLong says that a stream holds more than the caller allows.
	ErrTooLong = errors.New("brotli: content too long")
)

// firstRoom bounds the room made for content before any of it is seen. A stream
// of a few bytes may rightly hold megabytes, or claim to.
const firstRoom = 64 << 10

// Decoder decompresses. Its zero value is ready. It is not safe for concurrent
// use. It takes and keeps as much scratch as streams ask for, at most 5 MiB. How to decode is settled by RFC 7932, so the work is left to a library
// that may move on.
type Decoder struct {
	reader brotli.Reader
	source bytes.Reader
}

// AppendDecompressed appends the content of the stream src to dst and returns
// the extended slice. It refuses content of more than limit bytes with an error
// that wraps [ErrTooLong], and whatever is not exactly one stream (malformed,
// truncated, trailing bytes, a window of more than 4 MiB) with one that wraps
// [ErrCorrupt]; dst is then returned as it was. If dst has no room it is given as
// much as the content has so far, up to limit bytes, not more.
func (d *Decoder) AppendDecompressed(dst, src []byte, limit int) ([]byte, error) {
	if len(src) == 0 {
		return dst, fmt.Errorf("%w: empty", ErrCorrupt)
	}
	if first := src[0] & 0xf; first == 0xd || first == 0xf { // 2^23 and 2^24, RFC 7932 section 9.1
		return dst, fmt.Errorf("%w: window of more than 2^%d bytes", ErrCorrupt, windowBits)
	}
	d.source.Reset(src)
	defer d.source.Reset(nil)
	if err := d.reader.Reset(&d.source); err != nil {
		return dst, fmt.Errorf("brotli: reset decoder: %w", err)
	}
	return d.read(dst, limit)
}

func (d *Decoder) read(dst []byte, limit int) ([]byte, error) {
	out, end := dst, len(dst)+min(max(limit, 0), math.MaxInt-len(dst))
	for {
		var probe [1]byte // the stream's end shows only when more is asked for
		room := probe[:]
		if len(out) < end {
			out = withRoom(out, len(dst), end)
			room = out[len(out):min(cap(out), end)]
		}
		n, err := d.reader.Read(room)
		if len(out)+n > end {
			return dst, fmt.Errorf("%w: more than %d bytes", ErrTooLong, limit)
		}
		out = out[:len(out)+n]
		switch {
		case err == io.EOF:
			return out, nil
		case err != nil:
			return dst, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
}

// withRoom returns out with room for at least one more byte. New room doubles
// what is there from start on, but does not reach beyond end.
func withRoom(out []byte, start, end int) []byte {
	if len(out) < cap(out) {
		return out
	}
	grown := make([]byte, len(out), min(end, len(out)+max(firstRoom, len(out)-start)))
	copy(grown, out)
	return grown
}
