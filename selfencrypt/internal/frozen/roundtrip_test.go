package frozen

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// wantSaved is the least a frame has to save for its source to be compressed.
func wantSaved(n int) int { return max(32, n/64) }

func TestRoundTrip(t *testing.T) {
	var e Encoder
	prefix := []byte("prefix")
	for _, s := range corpus() {
		frame, ok := e.AppendCompressed(prefix, s.data)
		require.Equal(t, prefix, frame[:len(prefix)], s.name)
		frame = frame[len(prefix):]
		if !ok {
			require.Empty(t, frame, s.name)
			continue
		}
		require.LessOrEqual(t, len(frame), len(s.data)-wantSaved(len(s.data)), s.name)
		back, err := AppendDecompressed(prefix, frame, len(s.data))
		require.NoError(t, err, s.name)
		require.Equal(t, prefix, back[:len(prefix)], s.name)
		require.True(t, bytes.Equal(s.data, back[len(prefix):]), s.name)
	}
}

// An ordinary decoder, without our checks and options, reads the frames too.
func TestFramesAreStandardZstandard(t *testing.T) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	require.NoError(t, err)
	defer d.Close()
	var e Encoder
	for _, s := range corpus() {
		frame, ok := e.AppendCompressed(nil, s.data)
		if !ok {
			continue
		}
		back, err := d.DecodeAll(frame, nil)
		require.NoError(t, err, s.name)
		require.True(t, bytes.Equal(s.data, back), s.name)
	}
}

// This is the one test that may be skipped: it compares with another toolchain,
// the zstd program, which need not be installed.
func TestZstdProgramReadsFrames(t *testing.T) {
	program, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("comparison with another toolchain: no zstd program here")
	}
	var e Encoder
	var frames, want []byte
	for _, s := range corpus() {
		var ok bool
		if frames, ok = e.AppendCompressed(frames, s.data); ok {
			want = append(want, s.data...)
		}
	}
	cmd := exec.Command(program, "-d", "-q", "-c")
	cmd.Stdin = bytes.NewReader(frames)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	got, err := cmd.Output()
	require.NoError(t, err, complaint.String())
	require.True(t, bytes.Equal(want, got))
}

func TestSourceLongerThanMaxSizeIsAProgrammingError(t *testing.T) {
	var e Encoder
	require.Panics(t, func() { e.AppendCompressed(nil, make([]byte, MaxSize+1)) })
}

// With one more zero behind random bytes at a time, a frame is given from the
// very one on that saves enough.
func TestFrameIsGivenOnceItSavesEnough(t *testing.T) {
	var e Encoder
	for _, n := range []int{40, 1000, 2000, 9000, 50000} {
		src := randomBytes(2, n)
		var frame []byte
		for ok := false; !ok; {
			src = append(src, 0)
			require.Less(t, len(src), 2*n+100)
			frame, ok = e.AppendCompressed(nil, src)
		}
		require.Equal(t, wantSaved(len(src)), len(src)-len(frame), n)
	}
}

func TestIncompressibleSourceIsRefused(t *testing.T) {
	var e Encoder
	dst := []byte("kept")
	for _, n := range []int{0, 1, 32, 33, 300, 5000, maxBlock, MaxSize} {
		out, ok := e.AppendCompressed(dst, randomBytes(1, n))
		require.False(t, ok, n)
		require.Equal(t, dst, out, n)
	}
}
