package frozen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/klauspost/compress/zstd"
)

var (
	// ErrCorrupt says that a frame is damaged or not of the form that
	// [Encoder.AppendCompressed] gives.
	ErrCorrupt = errors.New("frozen: corrupt frame")
	// ErrTooLarge says that a frame states more content than the caller allows.
	ErrTooLarge = errors.New("frozen: content too large")
)

// How to decode is settled by RFC 8878, so the decoder may come from a library
// that moves on. It serves as many calls at once as there are processors, in
// their goroutines, and is made at the start: it has channels inside, and one
// made in a testing/synctest bubble could not be used outside.
var decoder = func() *zstd.Decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(MaxSize),
		zstd.WithDecodeAllCapLimit(true),
	)
	if err != nil {
		panic(err) // the options are constants
	}
	return d
}()

// AppendDecompressed appends the content of frame to dst and returns the
// extended slice. It refuses content of more than limit bytes with an error that
// wraps [ErrTooLarge], before memory is taken for it, and whatever is not exactly
// one frame of the form that [Encoder.AppendCompressed] gives (missing or trailing
// bytes, another header, a checksum, other block sizes) with one that wraps
// [ErrCorrupt]; dst is then returned as it was. That the frame is the very one
// that the encoder gives for its content is not checked. It may be called
// concurrently.
func AppendDecompressed(dst, frame []byte, limit int) ([]byte, error) {
	size, err := contentSize(frame)
	if err != nil {
		return dst, err
	}
	if size > uint64(max(limit, 0)) || size > MaxSize {
		return dst, fmt.Errorf("%w: %d bytes stated, %d allowed", ErrTooLarge, size, min(limit, MaxSize))
	}
	n := int(size)
	if err := checkBlocks(frame, n); err != nil {
		return dst, err
	}
	grown := slices.Grow(dst, n)
	room := grown[len(dst) : len(dst) : len(dst)+n]

	content, err := decoder.DecodeAll(frame, room)
	if err != nil {
		return dst, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if len(content) != n {
		return dst, fmt.Errorf("%w: %d bytes of content, %d stated", ErrCorrupt, len(content), n)
	}
	return grown[:len(dst)+n], nil
}

// contentSize returns the size stated in the frame's header, which must be in
// the form that putFrameHeader gives.
func contentSize(frame []byte) (uint64, error) {
	var b [frameHeaderMax]byte
	if copy(b[:], frame) < 6 || binary.LittleEndian.Uint32(b[:]) != magic {
		return 0, fmt.Errorf("%w: no frame header", ErrCorrupt)
	}
	size := uint64(b[5])
	switch b[4] {
	case singleSegment:
	case singleSegment | 1<<6:
		size = uint64(binary.LittleEndian.Uint16(b[5:])) + 256
	case singleSegment | 2<<6:
		size = uint64(binary.LittleEndian.Uint32(b[5:]))
	default:
		return 0, fmt.Errorf("%w: frame header descriptor %#02x", ErrCorrupt, b[4])
	}
	return size, nil
}

// checkBlocks walks the headers of a frame's blocks. That bounds the decoder's
// work by the content, not by the number of blocks in the frame.
func checkBlocks(frame []byte, size int) error {
	var b [frameHeaderMax]byte
	rest := frame[min(len(frame), putFrameHeader(b[:], size)):]
	for start := 0; start < size; start += maxBlock {
		if len(rest) < blockHeaderSize {
			return fmt.Errorf("%w: truncated", ErrCorrupt)
		}
		v := int(rest[0]) | int(rest[1])<<8 | int(rest[2])<<16
		last, kind, n := v&1 == 1, v>>1&3, v>>3
		content := min(size-start, maxBlock)
		held := n
		switch {
		case kind == blockRLE && n == content:
			held = 1
		case kind == blockRaw && n == content:
		case kind == blockCoded && n < content:
		default:
			return fmt.Errorf("%w: block of kind %d with %d bytes for %d", ErrCorrupt, kind, n, content)
		}
		if last != (start+content == size) {
			return fmt.Errorf("%w: misplaced last block", ErrCorrupt)
		}
		if len(rest) < blockHeaderSize+held {
			return fmt.Errorf("%w: truncated", ErrCorrupt)
		}
		rest = rest[blockHeaderSize+held:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %d trailing bytes", ErrCorrupt, len(rest))
	}
	return nil
}
