package selfencrypt

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safenet-go/safenet/internal/sha3x4"
	"github.com/safenet-go/safenet/selfencrypt/internal/frozen"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/blake3"
)

const benchSize = 100_000_000

// A corpus is benchSize bytes of one kind.
type corpus struct {
	name    string
	content []byte
}

// corpora are random bytes; the programs of the Go distribution, in bin and
// pkg/tool; and its Go sources: each in the order of their paths, from the
// beginning again if they are too short.
var corpora = sync.OnceValue(func() []corpus {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		panic(err)
	}
	root := strings.TrimSpace(string(out))
	return []corpus{
		{"random", random(1, benchSize)},
		{"binaries", concatenated(func(string) bool { return true }, filepath.Join(root, "bin"), filepath.Join(root, "pkg", "tool"))},
		{"text", concatenated(func(path string) bool { return strings.HasSuffix(path, ".go") }, filepath.Join(root, "src"))},
	}
})

// concatenated returns benchSize bytes of the files that match.
func concatenated(match func(path string) bool, roots ...string) []byte {
	b := make([]byte, 0, benchSize)
	for len(b) < benchSize {
		before := len(b)
		for _, root := range roots {
			err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() || !match(path) || len(b) >= benchSize {
					return err
				}
				data, err := os.ReadFile(path)
				b = append(b, data...)
				return err
			})
			if err != nil {
				panic(err)
			}
		}
		if len(b) == before {
			panic(fmt.Sprint("no files under ", roots))
		}
	}
	return b[:benchSize]
}

// discard is a store that takes everything.
var discard = funcStore{put: func(context.Context, xorname.Name, []byte) error { return nil }}

// A lender gives out chunks in buffers of its own, which it uses again: how a
// store gets memory is not what the benchmarks are about. The buffers are more
// than a Reader holds.
type lender struct {
	*MemStore
	next    atomic.Int64
	buffers [64][]byte
}

func (s *lender) Get(_ context.Context, name xorname.Name) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := s.next.Add(1) % int64(len(s.buffers))
	s.buffers[i] = append(s.buffers[i][:0], s.chunks[name]...)
	return s.buffers[i], nil
}

// The benchmarks compare the whole with the sum of its parts: x-bound is our
// rate divided by the rate that the hashes, the cipher and the compressor alone
// reach on the same data, on all cores at once, in the same run. The parts are
// printed in MB/s of what they process, over all cores. The corpus that came
// out worst is measured once more at the end.
func BenchmarkEncrypt(b *testing.B) {
	eachCorpus(b, func(b *testing.B, c corpus) float64 {
		encrypt := func() {
			_, err := Encrypt(context.Background(), bytes.NewReader(c.content), discard, nil)
			require.NoError(b, err)
		}
		encrypt() // the buffers of the first time are no part of the rate
		p := measureParts(c.content)
		b.SetBytes(benchSize)
		b.ReportAllocs()
		for b.Loop() {
			encrypt()
		}
		return p.report(b, p.compress)
	})
}

func BenchmarkDecrypt(b *testing.B) {
	eachCorpus(b, func(b *testing.B, c corpus) float64 {
		_, m, store := write(b, c.content, nil)
		lend := &lender{MemStore: store}
		readThrough(b, m, lend)
		p := measureParts(c.content)
		b.SetBytes(benchSize)
		b.ReportAllocs()
		for b.Loop() {
			readThrough(b, m, lend)
		}
		return p.report(b, p.decompress)
	})
}

func readThrough(b testing.TB, m *DataMap, store ChunkStore) {
	r, err := Open(context.Background(), m, store, nil)
	require.NoError(b, err)
	_, err = r.WriteTo(io.Discard)
	require.NoError(b, err)
	require.NoError(b, r.Close())
}

// eachCorpus runs a benchmark for each corpus, and then again for the one for
// which it returned least.
func eachCorpus(b *testing.B, run func(*testing.B, corpus) float64) {
	worst, least := corpus{}, 0.0
	for _, c := range corpora() {
		b.Run(c.name, func(b *testing.B) {
			if x := run(b, c); worst.content == nil || x < least {
				worst, least = c, x
			}
		})
	}
	if worst.content != nil {
		b.Run("worst="+worst.name, func(b *testing.B) { run(b, worst) })
	}
}

// BenchmarkSuites encrypts and decrypts in the compatible suites.
func BenchmarkSuites(b *testing.B) {
	for _, s := range compatible {
		for _, c := range corpora() {
			b.Run(fmt.Sprintf("%s/encrypt/%s", s, c.name), func(b *testing.B) {
				b.SetBytes(benchSize)
				b.ReportAllocs()
				for b.Loop() {
					_, err := Encrypt(context.Background(), bytes.NewReader(c.content), discard, &Options{Suite: s})
					require.NoError(b, err)
				}
			})
			b.Run(fmt.Sprintf("%s/decrypt/%s", s, c.name), func(b *testing.B) {
				m, store := encryptWith(b, c.content, &Options{Suite: s})
				b.SetBytes(benchSize)
				b.ReportAllocs()
				for b.Loop() {
					readThrough(b, m, store)
				}
			})
		}
	}
}

// BenchmarkReadAt reads 4 KiB at a time, all over a file.
func BenchmarkReadAt(b *testing.B) {
	_, m, store := write(b, text(1, 32<<20), nil)
	r := openFile(b, m, store, nil)
	p := make([]byte, 4096)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		if _, err := r.ReadAt(p, i*7_654_321%(r.Size()-4096)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkWriteSmall stores files of 1 KiB.
func BenchmarkWriteSmall(b *testing.B) {
	content := text(1, 1024)
	store := new(MemStore)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Write(context.Background(), bytes.NewReader(content), store, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// parts are the seconds that each primitive takes for a sample of the corpus.
type parts struct {
	size, sealed                            float64 // bytes
	blake3, compress, decompress, gcm, sha3 float64
}

// measureParts runs the primitives over twenty chunks of content on each core
// at once. The times are those of all cores together, so that size/time is what
// one core does while the others are busy.
func measureParts(content []byte) (sum parts) {
	cores := runtime.GOMAXPROCS(0)
	results := make([]parts, cores)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = measureOn(content) })
	}
	wg.Wait()
	for _, p := range results {
		sum.size += p.size
		sum.sealed += p.sealed
		sum.blake3 += p.blake3
		sum.compress += p.compress
		sum.decompress += p.decompress
		sum.gcm += p.gcm
		sum.sha3 += p.sha3
	}
	return sum
}

func measureOn(content []byte) (p parts) {
	var encoder frozen.Encoder
	timed := func(total *float64, f func()) {
		start := time.Now()
		f()
		*total += time.Since(start).Seconds()
	}
	const chunks = 20
	step := len(content) / chunks / batchMax * batchMax
	plain, out := make([]byte, MaxPlain), make([]byte, MaxPlain)
	var sealed [batchMax][]byte
	for i := range sealed {
		sealed[i] = make([]byte, MaxChunk)
	}
	var names [batchMax][32]byte
	for k := range chunks {
		piece := content[k*step:][:MaxPlain]
		var src digest
		payload := piece
		timed(&p.blake3, func() { src = blake3.Sum256(piece) })
		timed(&p.compress, func() {
			if frame, ok := encoder.AppendCompressed(out[:0], piece); ok {
				payload = frame
			}
		})
		if len(payload) < len(piece) {
			timed(&p.decompress, func() { plain, _ = frozen.AppendDecompressed(plain[:0], payload, MaxPlain) })
		}
		key := newKeyer().derive(place{src: src})
		i := k % batchMax
		timed(&p.gcm, func() { sealed[i] = aead(&key).Seal(sealed[i][:0], key[aesKeyLen:], payload, nil) })
		if i == batchMax-1 {
			timed(&p.sha3, func() { sha3x4.Sum256(names[:], sealed[:]) })
		}
		p.size += float64(len(piece))
		p.sealed += float64(len(sealed[i]))
	}
	return p
}

// report prints the parts and how near to their sum b came, which it returns.
func (p parts) report(b *testing.B, packing float64) float64 {
	cores := float64(runtime.GOMAXPROCS(0))
	bound := p.size / (p.blake3 + packing + p.gcm + p.sha3) * cores
	rate := float64(b.N) * benchSize / b.Elapsed().Seconds()
	b.ReportMetric(p.size/p.blake3/1e6*cores, "blake3-MB/s")
	b.ReportMetric(p.sealed/p.gcm/1e6*cores, "cipher-MB/s")
	b.ReportMetric(p.sealed/p.sha3/1e6*cores, "sha3-MB/s")
	if packing > 0 {
		b.ReportMetric(p.size/packing/1e6*cores, "zstd-MB/s")
	}
	b.ReportMetric(rate/bound, "x-bound")
	return rate / bound
}
