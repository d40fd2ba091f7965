package brotli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

const benchPiece = 1 << 20

// benchSources are 8 MiB each: generated ones, and this toolchain's own sources
// and program, which differ from one Go version to the next.
func benchSources(b *testing.B) map[string][]byte {
	const n = 8 << 20
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(b, err)
	root := strings.TrimSpace(string(out))
	name := "go"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	program, err := os.ReadFile(filepath.Join(root, "bin", name))
	require.NoError(b, err)
	var text []byte
	err = filepath.WalkDir(filepath.Join(root, "src"), func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || len(text) >= n {
			return err
		}
		content, err := os.ReadFile(path)
		text = append(text, content...)
		return err
	})
	require.NoError(b, err)
	return map[string][]byte{
		"go-program": program[:min(n, len(program))],
		"go-source":  text[:min(n, len(text))],
		"prose":      generate("prose", 1, n),
		"xs64":       generate("xs64", 1, n),
		"zero":       generate("zero", 1, n),
	}
}

// BenchmarkCompress takes turns with the library's encoder of the same quality, a
// MiB each. The best-MB/s and x-andybalholm, how many times as fast that is, are
// from the best time of each MiB, which a busy machine disturbs least.
func BenchmarkCompress(b *testing.B) {
	sources := benchSources(b)
	for _, name := range []string{"go-program", "go-source", "prose", "xs64", "zero"} {
		src := sources[name]
		b.Run(name, func(b *testing.B) {
			pieces := slices.Collect(slices.Chunk(src, benchPiece))
			own := slices.Repeat([]time.Duration{time.Hour}, len(pieces))
			other := slices.Clone(own)
			var e Encoder
			stream := e.AppendCompressed(make([]byte, 0, 2*benchPiece), pieces[0])
			var buf bytes.Buffer
			library := brotli.NewWriterLevel(&buf, 6)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				for i, piece := range pieces {
					start := time.Now()
					stream = e.AppendCompressed(stream[:0], piece)
					own[i] = min(own[i], time.Since(start))

					b.StopTimer()
					start = time.Now()
					buf.Reset()
					library.Reset(&buf)
					_, err := library.Write(piece)
					require.NoError(b, err)
					require.NoError(b, library.Close())
					other[i] = min(other[i], time.Since(start))
					b.StartTimer()
				}
			}
			best := sum(own).Seconds()
			b.ReportMetric(float64(len(src))/1e6/best, "best-MB/s")
			b.ReportMetric(sum(other).Seconds()/best, "x-andybalholm")
		})
	}
}

func sum(times []time.Duration) (total time.Duration) {
	for _, t := range times {
		total += t
	}
	return total
}

// BenchmarkCompressSmall shows what a call costs beside the bytes.
func BenchmarkCompressSmall(b *testing.B) {
	src := generate("prose", 2, 4096)
	var e Encoder
	stream := e.AppendCompressed(nil, src)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		stream = e.AppendCompressed(stream[:0], src)
	}
}

func BenchmarkDecompress(b *testing.B) {
	src := generate("prose", 1, benchPiece)
	stream := new(Encoder).AppendCompressed(nil, src)
	var d Decoder
	var content []byte
	b.SetBytes(benchPiece)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		content, err = d.AppendDecompressed(content[:0], stream, benchPiece)
		require.NoError(b, err)
	}
}
