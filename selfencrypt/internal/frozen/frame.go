package frozen

import "encoding/binary"

// Sizes and values of RFC 8878, section 3.1.1.
const (
	magic           = 0xFD2FB528
	singleSegment   = 1 << 5
	frameHeaderMax  = 9
	blockHeaderSize = 3
	maxBlock        = 128 << 10

	blockRaw   = 0
	blockRLE   = 1
	blockCoded = 2
)

// blockSlack is how much room behind the source's length the output needs: all
// headers, and a block that turns out longer than its source and is thrown away.
// A sequence covers at least four bytes and takes less than ten.
const blockSlack = 2*maxBlock + 4096

// putFrameHeader writes the header for n bytes of content and returns its length.
func putFrameHeader(buf []byte, n int) int {
	binary.LittleEndian.PutUint32(buf, magic)
	switch {
	case n < 256:
		buf[4], buf[5] = singleSegment, uint8(n)
		return 6
	case n < 256+1<<16:
		buf[4] = singleSegment | 1<<6
		binary.LittleEndian.PutUint16(buf[5:], uint16(n-256))
		return 7
	}
	buf[4] = singleSegment | 2<<6
	binary.LittleEndian.PutUint32(buf[5:], uint32(n))
	return frameHeaderMax
}

func putBlockHeader(buf []byte, kind, size int, last bool) {
	v := kind<<1 | size<<3
	if last {
		v |= 1
	}
	put24(buf, v)
}

func put24(buf []byte, v int) { buf[0], buf[1], buf[2] = uint8(v), uint8(v>>8), uint8(v>>16) }
