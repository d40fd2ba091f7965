package frozen

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// benchSources are 8 MiB each. The first five come from the generators beside
// this file; the two others are this toolchain's own sources and program, so
// they differ from one Go version to the next.
func benchSources(b *testing.B) []source {
	const n = 8 << 20
	return []source{
		{"text", textBytes(1, n)},
		{"log", logBytes(1, n)},
		{"records", recordBytes(1, n)},
		{"code", codeBytes(1, n)},
		{"random", randomBytes(1, n)},
		{"go-source", goSource(b, n)},
		{"go-program", goProgram(b, n)},
	}
}

func goRoot(b *testing.B) string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(b, err)
	return strings.TrimSpace(string(out))
}

func goSource(b *testing.B, n int) []byte {
	var all []byte
	root := filepath.Join(goRoot(b), "src")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || len(all) >= n {
			return err
		}
		content, err := os.ReadFile(path)
		all = append(all, content...)
		return err
	})
	require.NoError(b, err)
	require.GreaterOrEqual(b, len(all), n)
	return all[:n]
}

func goProgram(b *testing.B, n int) []byte {
	name := "go"
	if runtime.GOOS == "windows" {
		name = "go.exe"
	}
	content, err := os.ReadFile(filepath.Join(goRoot(b), "bin", name))
	require.NoError(b, err)
	return content[:min(n, len(content)>>20<<20)]
}

// BenchmarkCompress takes turns with klauspost's fastest level, a MiB each. The
// best-MB/s and the ratios to it, x-fastest-size and x-fastest-speed, are from the
// best time of each MiB, which a busy machine disturbs least.
func BenchmarkCompress(b *testing.B) {
	for _, s := range benchSources(b) {
		b.Run(s.name, func(b *testing.B) {
			other, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
				zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
			require.NoError(b, err)
			pieces := slices.Collect(slices.Chunk(s.data, MaxSize))
			own, fastest := newLaps(len(pieces)), newLaps(len(pieces))
			var e Encoder
			dst := make([]byte, 0, 2*MaxSize)
			b.SetBytes(int64(len(s.data)))
			b.ReportAllocs()
			for b.Loop() {
				for i, piece := range pieces {
					own.time(i, func() int {
						if frame, ok := e.AppendCompressed(dst, piece); ok {
							return len(frame)
						}
						return len(piece)
					})
					b.StopTimer()
					fastest.time(i, func() int { return len(other.EncodeAll(piece, dst)) })
					b.StartTimer()
				}
			}
			size, best := own.sum()
			otherSize, otherBest := fastest.sum()
			b.ReportMetric(float64(len(s.data))/1e6/best.Seconds(), "best-MB/s")
			b.ReportMetric(float64(size)/float64(len(s.data)), "ratio")
			b.ReportMetric(float64(size)/float64(otherSize), "x-fastest-size")
			b.ReportMetric(otherBest.Seconds()/best.Seconds(), "x-fastest-speed")
		})
	}
}

// laps holds, for each piece, the compressed size and the best time so far.
type laps struct {
	sizes []int
	best  []time.Duration
}

func newLaps(n int) *laps {
	return &laps{sizes: make([]int, n), best: slices.Repeat([]time.Duration{1 << 40}, n)}
}

func (l *laps) time(i int, compress func() int) {
	start := time.Now()
	l.sizes[i] = compress()
	l.best[i] = min(l.best[i], time.Since(start))
}

func (l *laps) sum() (size int, best time.Duration) {
	for i := range l.best {
		size += l.sizes[i]
		best += l.best[i]
	}
	return size, best
}

// BenchmarkCompressSmall shows what a call costs beside the bytes.
func BenchmarkCompressSmall(b *testing.B) {
	src := textBytes(2, 4096)
	var e Encoder
	var dst []byte
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = e.AppendCompressed(dst[:0], src)
	}
}

func BenchmarkDecompress(b *testing.B) {
	for _, s := range benchSources(b) {
		var e Encoder
		frame, ok := e.AppendCompressed(nil, s.data[:MaxSize])
		if !ok {
			continue // random bytes are not compressed
		}
		b.Run(s.name, func(b *testing.B) {
			var dst []byte
			b.SetBytes(MaxSize)
			b.ReportAllocs()
			for b.Loop() {
				var err error
				dst, err = AppendDecompressed(dst[:0], frame, MaxSize)
				require.NoError(b, err)
			}
		})
	}
}
