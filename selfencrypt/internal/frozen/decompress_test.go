package frozen

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

func compressed(t testing.TB, src []byte) []byte {
	var e Encoder
	frame, ok := e.AppendCompressed(nil, src)
	require.True(t, ok)
	return frame
}

func requireRefused(t *testing.T, frame []byte, limit int, target error) {
	t.Helper()
	dst := []byte("kept")
	out, err := AppendDecompressed(dst, frame, limit)
	require.ErrorIs(t, err, target)
	require.Equal(t, []byte("kept"), out)
}

func TestContentOverLimitIsRefused(t *testing.T) {
	for _, n := range []int{200, 5000, 100000} {
		frame := compressed(t, textBytes(1, n))
		for _, limit := range []int{math.MinInt32, -1, 0, 1, n - 1} {
			requireRefused(t, frame, limit, ErrTooLarge)
		}
		for _, limit := range []int{n, n + 1, math.MaxInt32} {
			_, err := AppendDecompressed(nil, frame, limit)
			require.NoError(t, err)
		}
	}
}

// The stated size is checked before memory is taken for it.
func TestStatedSizeIsNotAllocated(t *testing.T) {
	frame := compressed(t, make([]byte, 100000))
	for _, size := range []uint32{MaxSize + 1, 1 << 30, math.MaxUint32} {
		binary.LittleEndian.PutUint32(frame[5:], size)
		requireRefused(t, frame, MaxSize, ErrTooLarge)
		requireRefused(t, frame, math.MaxInt32, ErrTooLarge)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			_, _ = AppendDecompressed(nil, frame, math.MaxInt32)
		}
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(MaxSize))
	}
}

// The size must be what the blocks hold, although it is within the limit.
func TestWrongSizeIsRefused(t *testing.T) {
	for _, n := range []int{100000, maxBlock, maxBlock + 1, 300000} {
		good := compressed(t, textBytes(2, n))
		for _, size := range []int{65792, n - 1, n + 1, n - maxBlock, n + maxBlock, MaxSize} {
			if size < 65792 {
				continue // its header would be shorter
			}
			frame := bytes.Clone(good)
			binary.LittleEndian.PutUint32(frame[5:], uint32(size))
			requireRefused(t, frame, MaxSize, ErrCorrupt)
		}
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	frame := compressed(t, logBytes(3, 3000))
	for n := range frame {
		requireRefused(t, frame[:n], MaxSize, ErrCorrupt)
	}
	long := compressed(t, mixedBytes(4, 400000))
	for n := 0; n < len(long); n += 997 {
		requireRefused(t, long[:n], MaxSize, ErrCorrupt)
	}
}

func TestTrailingBytesAreRefused(t *testing.T) {
	frame := compressed(t, textBytes(4, 3000))
	skippable := []byte{0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0}
	for _, tail := range [][]byte{{0}, {1, 0, 0}, frame, skippable} {
		requireRefused(t, append(bytes.Clone(frame), tail...), MaxSize, ErrCorrupt)
	}
	requireRefused(t, append(bytes.Clone(skippable), frame...), MaxSize, ErrCorrupt)
}

// Only one header is right for a size.
func TestOtherHeadersAreRefused(t *testing.T) {
	src := textBytes(5, 200000)
	for name, option := range map[string]zstd.EOption{
		"checksum":   zstd.WithEncoderCRC(true),
		"window":     zstd.WithSingleSegment(false),
		"dictionary": zstd.WithEncoderDictRaw(7, src[:5000]),
	} {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(false), option, zstd.WithEncoderConcurrency(1))
		require.NoError(t, err, name)
		requireRefused(t, e.EncodeAll(src, nil), MaxSize, ErrCorrupt)
		require.NoError(t, e.Close())
	}
	frame := compressed(t, src[:1000])
	wide := append([]byte(nil), frame[:4]...)
	wide = append(wide, singleSegment|2<<6, 0xE8, 3, 0, 0)
	requireRefused(t, append(wide, frame[7:]...), MaxSize, ErrCorrupt)
}

// Many small blocks would let a short frame cost the decoder a table each.
func TestBlocksOfOtherSizesAreRefused(t *testing.T) {
	header := make([]byte, frameHeaderMax)
	header = header[:putFrameHeader(header, 1000)]
	block := func(kind, size int, last bool, payload int) []byte {
		b := make([]byte, blockHeaderSize+payload)
		putBlockHeader(b, kind, size, last)
		return b
	}
	for _, blocks := range [][][]byte{
		{},
		{block(blockRLE, 500, false, 1), block(blockRLE, 500, true, 1)},
		{block(blockRaw, 500, false, 500), block(blockRaw, 500, true, 500)},
		{block(blockRaw, 0, false, 0), block(blockRLE, 1000, true, 1)},
		{block(blockRLE, 999, true, 1)},
		{block(blockRLE, 1001, true, 1)},
		{block(blockRLE, 1000, false, 1)},
		{block(blockRLE, 1000, false, 1), block(blockRaw, 0, true, 0)},
		{block(blockCoded, 1000, true, 1000)},
		{block(blockCoded, 10, true, 10)},
		{block(3, 1000, true, 1000)},
	} {
		requireRefused(t, append(bytes.Clone(header), bytes.Join(blocks, nil)...), MaxSize, ErrCorrupt)
	}
	good := append(bytes.Clone(header), block(blockRLE, 1000, true, 1)...)
	out, err := AppendDecompressed(nil, good, 1000)
	require.NoError(t, err)
	require.Equal(t, make([]byte, 1000), out)
}

// Nothing that a flipped bit does leads to a panic or to other than the stated
// amount of content.
func TestFlippedBits(t *testing.T) {
	src := logBytes(6, 2000)
	frame := compressed(t, src)
	refused := 0
	for i := range len(frame) * 8 {
		frame[i/8] ^= 1 << (i % 8)
		out, err := AppendDecompressed(nil, frame, len(src))
		frame[i/8] ^= 1 << (i % 8)
		if err != nil {
			refused++
			require.Empty(t, out)
			continue
		}
		require.Len(t, out, len(src))
	}
	require.Positive(t, refused)
}

func TestDecompressConcurrently(t *testing.T) {
	src := textBytes(7, 50000)
	frame := compressed(t, src)
	var wg sync.WaitGroup
	results := make([][]byte, 8)
	for i := range results {
		wg.Go(func() {
			for range 10 {
				results[i], _ = AppendDecompressed(results[i][:0], frame, len(src))
			}
		})
	}
	wg.Wait()
	for _, r := range results {
		require.True(t, bytes.Equal(src, r))
	}
}

// What lies between the length and the capacity of dst belongs to the caller
// only as far as append goes, and is enough: no second buffer is made.
func TestDecompressInPlace(t *testing.T) {
	src := textBytes(8, 50000)
	frame := compressed(t, src)
	dst := make([]byte, 3, 3+len(src))
	out, err := AppendDecompressed(dst, frame, len(src))
	require.NoError(t, err)
	require.Same(t, &dst[0], &out[0])
}
