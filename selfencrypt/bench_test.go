package selfencrypt

import (
	"bytes"
	"context"
	"crypto/sha3"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/safenet-go/safenet/selfencrypt/internal/frozen"
	"github.com/safenet-go/safenet/xorname"
	"github.com/zeebo/blake3"
)

const benchSize = 100_000_000

// The benchmarks compare the whole with the sum of its parts: x-bound is our
// rate divided by the rate that the hashes, the cipher and the compressor
// alone would reach on the same data, measured in the same run on one core and
// multiplied by the cores. The parts are printed in MB/s of what they process.
func BenchmarkEncrypt(b *testing.B) {
	for name, content := range corpora() {
		b.Run(name, func(b *testing.B) {
			discard := funcStore{put: func(context.Context, xorname.Name, []byte) error { return nil }}
			p := measureParts(content)
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Encrypt(context.Background(), bytes.NewReader(content), discard, nil); err != nil {
					b.Fatal(err)
				}
			}
			p.report(b, p.compress, "frozen")
		})
	}
}

func BenchmarkDecrypt(b *testing.B) {
	for name, content := range corpora() {
		b.Run(name, func(b *testing.B) {
			_, m, store := write(b, content, nil)
			p := measureParts(content)
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := Open(context.Background(), m, store, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
				_ = r.Close()
			}
			p.report(b, p.decompress, "unfrozen")
		})
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

func corpora() map[string][]byte {
	return map[string][]byte{"random": random(1, benchSize), "text": text(1, benchSize)}
}

// parts are the seconds that each primitive takes for the corpus, on one core.
type parts struct {
	size, sealed                            float64 // bytes
	blake3, compress, decompress, gcm, sha3 float64
}

// measureParts runs the primitives over the first tenth of content.
func measureParts(content []byte) parts {
	var p parts
	var encoder frozen.Encoder
	timed := func(total *float64, f func()) {
		start := time.Now()
		f()
		*total += time.Since(start).Seconds()
	}
	const sample = 10 * MaxPlain
	plain, out, sealed := make([]byte, MaxPlain), make([]byte, MaxPlain), make([]byte, MaxChunk)
	clear(sealed) // touch the pages before the clock runs
	for rest := content[:sample]; len(rest) > 0; rest = rest[MaxPlain:] {
		piece := rest[:MaxPlain]
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
		timed(&p.gcm, func() { sealed = aead(&key).Seal(sealed[:0], key[aesKeyLen:], payload, nil) })
		timed(&p.sha3, func() { _ = sha3.Sum256(sealed) })
		p.size += float64(len(piece))
		p.sealed += float64(len(sealed))
	}
	return p
}

// report prints the parts and how near to their sum b came.
func (p parts) report(b *testing.B, packing float64, name string) {
	bound := p.size / (p.blake3 + packing + p.gcm + p.sha3) * float64(runtime.GOMAXPROCS(0))
	rate := float64(b.N) * benchSize / b.Elapsed().Seconds()
	b.ReportMetric(rate/bound, "x-bound")
	b.ReportMetric(p.size/p.blake3/1e6, "blake3-MB/s")
	b.ReportMetric(p.sealed/p.gcm/1e6, "gcm-MB/s")
	b.ReportMetric(p.sealed/p.sha3/1e6, "sha3-MB/s")
	if packing > 0 {
		b.ReportMetric(p.size/packing/1e6, name+"-MB/s")
	}
}
