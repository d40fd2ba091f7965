package brotli

import (
	"bytes"
	"math"
	"runtime"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

func requireRefused(t *testing.T, stream []byte, limit int, target error) {
	t.Helper()
	var d Decoder
	out, err := d.AppendDecompressed([]byte("kept"), stream, limit)
	require.ErrorIs(t, err, target)
	require.Equal(t, []byte("kept"), out)
}

func TestContentOverTheLimitIsRefused(t *testing.T) {
	var e Encoder
	for _, n := range []int{1, 200, 70000, 300000} {
		src := generate("words", 1, n)
		stream := e.AppendCompressed(nil, src)
		for _, limit := range []int{-1, 0, n / 2, n - 1} {
			requireRefused(t, stream, min(limit, n-1), ErrTooLong)
		}
		for _, limit := range []int{n, n + 1, math.MaxInt32} {
			var d Decoder
			out, err := d.AppendDecompressed(nil, stream, limit)
			require.NoError(t, err)
			require.Equal(t, src, out)
		}
	}
}

func TestEveryTruncationAndEveryTrailingByteIsRefused(t *testing.T) {
	var e Encoder
	for _, kind := range []string{"prose", "xs64"} {
		stream := e.AppendCompressed(nil, generate(kind, 3, 3000))
		for n := range stream {
			requireRefused(t, stream[:n], 3000, ErrCorrupt)
		}
		requireRefused(t, append(stream[:len(stream):len(stream)], 0), 3000, ErrCorrupt)
		requireRefused(t, append(stream[:len(stream):len(stream)], stream...), 6000, ErrCorrupt)
	}
	long := e.AppendCompressed(nil, generate("xs64", 4, 100000))
	requireRefused(t, append(long, make([]byte, 100000)...), 100000, ErrCorrupt)
}

// Windows of more than 4 MiB are in no format that needs this package, and cost
// as much memory as they say.
func TestLargeWindowIsRefused(t *testing.T) {
	src := generate("words", 5, 100)
	for bits := 10; bits <= 24; bits++ {
		var b bytes.Buffer
		w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: 6, LGWin: bits})
		_, err := w.Write(src)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		if bits > windowBits {
			requireRefused(t, b.Bytes(), len(src), ErrCorrupt)
			continue
		}
		var d Decoder
		out, err := d.AppendDecompressed(nil, b.Bytes(), len(src))
		require.NoError(t, err)
		require.Equal(t, src, out)
	}
}

// A stream of a few bytes may hold megabytes: no memory is taken for more of
// them than the caller wants, apart from the scratch.
func TestMemoryIsBoundedByTheLimit(t *testing.T) {
	var e Encoder
	bomb := e.AppendCompressed(nil, make([]byte, 16<<20))
	var d Decoder
	_, err := d.AppendDecompressed(nil, bomb, 10)
	require.ErrorIs(t, err, ErrTooLong)

	const limit = 100000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = d.AppendDecompressed(nil, bomb, limit)
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, ErrTooLong)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(firstRoom+limit+(5<<20)))
}

func TestDecoderIsAsNewAfterAnError(t *testing.T) {
	var e Encoder
	var d Decoder
	src := generate("copy", 6, 200000)
	stream := e.AppendCompressed(nil, src)
	for i := range 40 {
		bad := bytes.Clone(stream)
		bad[i*len(bad)/40] ^= 0x55
		_, _ = d.AppendDecompressed(nil, bad, len(src))
		out, err := d.AppendDecompressed(nil, stream, len(src))
		require.NoError(t, err)
		require.Equal(t, src, out)
	}
}

func TestDecoderUsesTheRoomItIsGiven(t *testing.T) {
	var e Encoder
	var d Decoder
	src := generate("prose", 7, 200000)
	stream := e.AppendCompressed(nil, src)
	room := make([]byte, 3, 3+len(src))
	out, err := d.AppendDecompressed(room, stream, len(src))
	require.NoError(t, err)
	require.Equal(t, &room[0], &out[0])
	require.Equal(t, src, out[3:])
}
