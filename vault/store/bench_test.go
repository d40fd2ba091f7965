package store_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// BenchmarkPut measures durable puts as a vault under load makes them. Besides
// ns and MB/s: bytes on disk per byte of chunks, when the store is closed.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 10_000, 64 << 10, 1 << 20} {
		for _, writers := range []int{1, 4, 16} {
			b.Run(fmt.Sprintf("size=%d/writers=%d", size, writers), func(b *testing.B) {
				benchmarkPut(b, size, writers)
			})
		}
	}
}

func benchmarkPut(b *testing.B, size, writers int) {
	dir := b.TempDir()
	s, err := store.Open(dir, nil)
	require.NoError(b, err)
	_, chunk := chunkOf(1, size)
	var n atomic.Uint64
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.SetParallelism((writers + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			// Put does not hash, so the names need not fit.
			i := n.Add(1)
			name := xorname.FromContent([]byte{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)})
			if err := s.Put(name, chunk); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
	require.NoError(b, s.Close())
	b.ReportMetric(float64(diskBytes(b, dir))/float64(b.N*size), "disk/payload")
}

func diskBytes(tb testing.TB, dir string) (sum int64) {
	tb.Helper()
	require.NoError(tb, filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	}))
	return sum
}
