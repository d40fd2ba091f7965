package brotli

import (
	"bytes"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

// Sources around the sizes at which something changes are read back by the
// library's decoder too.
func TestStreamsAreReadBack(t *testing.T) {
	var e Encoder
	var d Decoder
	for _, kind := range kinds {
		for _, size := range []int{0, 1, 17, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 7} {
			src := generate(kind, 1, size)
			stream := e.AppendCompressed([]byte("kept"), src)
			require.Equal(t, "kept", string(stream[:4]))
			stream = stream[4:]

			other, err := io.ReadAll(brotli.NewReader(bytes.NewReader(stream)))
			require.NoError(t, err)
			require.True(t, bytes.Equal(src, other))
			own, err := d.AppendDecompressed(nil, stream, size)
			require.NoError(t, err)
			require.True(t, bytes.Equal(src, own))
		}
	}
}

// Beyond 8 MiB the positions in the ring of the encoder that is reproduced begin
// again, beyond 4 MiB the window moves.
func TestLongSourcesAreReadBack(t *testing.T) {
	src := append(generate("patchwork", 2, 3<<20), make([]byte, 5<<20)...)
	src = append(src, generate("copy", 3, 1<<20)...)
	src = append(src, src[1<<20:8<<20]...)
	require.Len(t, src, MaxSize)
	stream := new(Encoder).AppendCompressed(nil, src)
	back, err := new(Decoder).AppendDecompressed(nil, stream, MaxSize)
	require.NoError(t, err)
	require.True(t, bytes.Equal(src, back))

	require.Panics(t, func() { new(Encoder).AppendCompressed(nil, make([]byte, MaxSize+1)) })
}

// Chunks are compressed in any order, so nothing of one may show in another.
func TestEncoderIsAsNewAfterEachStream(t *testing.T) {
	var used Encoder
	for i, kind := range kinds {
		for _, size := range []int{100000, 100, 70000} {
			src := generate(kind, uint64(i), size)
			require.True(t, bytes.Equal(new(Encoder).AppendCompressed(nil, src), used.AppendCompressed(nil, src)))
		}
	}
}

// Random bytes cost the stream's ends and a header for about each MiB.
func TestRandomBytesHardlyGrow(t *testing.T) {
	var e Encoder
	for _, size := range []int{1, 1000, blockSize, 1<<20 + 1, 1 << 22} {
		stream := e.AppendCompressed(nil, generate("xs64", 4, size))
		require.LessOrEqual(t, len(stream), size+6+size>>18)
	}
}

func TestNoAllocationOnceWarm(t *testing.T) {
	var e Encoder
	var stream []byte
	for _, kind := range kinds {
		src := generate(kind, 5, 100000)
		stream = e.AppendCompressed(stream[:0], src)
		require.Zero(t, testing.AllocsPerRun(1, func() { stream = e.AppendCompressed(stream[:0], src) }), kind)
	}
}
