package selfencrypt

import (
	"context"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// streamSize is 1 GiB, or as many GiB as SAFE_STREAM_GIB says; less under the
// race detector, which slows the compressor thirty times.
func streamSize(t *testing.T) int64 {
	gib := 1
	if raceDetector {
		return 48 << 20
	}
	if s := os.Getenv("SAFE_STREAM_GIB"); s != "" {
		var err error
		gib, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	return int64(gib) << 30
}

// A heapGauge measures how much more memory is in use than at its start.
type heapGauge struct {
	mu         sync.Mutex
	base, most uint64
	calls      int
}

func inUse() uint64 {
	runtime.GC() // the first one only marks what the pools hold as unused
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// sample measures at every 32nd call.
func (g *heapGauge) sample() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.calls++; g.calls%32 == 0 {
		g.most = max(g.most, inUse())
	}
}

func (g *heapGauge) growth() int64 { return int64(g.most) - int64(g.base) }

// stream is a long file of which each 16th MiB cannot be compressed.
func stream(size int64) io.Reader {
	noise, zeros := random(1, 1<<20), make([]byte, 1<<20)
	block := int64(0)
	var rest []byte
	return io.LimitReader(readerFunc(func(p []byte) (int, error) {
		if len(rest) == 0 {
			rest = zeros
			if block%16 == 0 {
				rest = noise
			}
			block++
		}
		n := copy(p, rest)
		rest = rest[n:]
		return n, nil
	}), size)
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	size := streamSize(t)
	opt := &Options{Workers: 2, InFlight: 4}
	kept := new(MemStore)
	gauge := &heapGauge{base: inUse()}
	store := funcStore{
		put: func(ctx context.Context, name xorname.Name, chunk []byte) error {
			gauge.sample()
			if len(chunk) < 1<<16 { // keep what takes no space
				return kept.Put(ctx, name, chunk)
			}
			return nil
		},
	}
	m, err := Encrypt(context.Background(), stream(size), store, opt)
	require.NoError(t, err)
	require.Equal(t, size, m.Size())
	const slack = 4 << 20 // the test's own blocks and store
	limit := int64(5*2+4+8)<<20 + 2*3<<20 + 64*int64(m.Len()) + slack
	require.LessOrEqual(t, gauge.growth(), limit, "encrypting")
	t.Logf("encrypting %d MiB took %.1f MiB", size>>20, float64(gauge.growth())/(1<<20))

	zeros := func() io.Reader {
		return io.LimitReader(readerFunc(func(p []byte) (int, error) { clear(p); return len(p), nil }), size/4)
	}
	m, err = Encrypt(context.Background(), zeros(), kept, opt)
	require.NoError(t, err)
	gauge = &heapGauge{base: inUse()}
	r := openFile(t, m, counting(kept, func(xorname.Name) { gauge.sample() }), opt)
	n, err := r.WriteTo(io.Discard)
	require.NoError(t, err)
	require.Equal(t, size/4, n)
	require.LessOrEqual(t, gauge.growth(), int64(2+3*4+2)<<20+slack, "reading")
	t.Logf("reading %d MiB took %.1f MiB", n>>20, float64(gauge.growth())/(1<<20))
}

func TestMemoryOfCompatibleSuites(t *testing.T) {
	for _, s := range []Suite{Suite030, Suite036} {
		opt := &Options{Suite: s, Workers: 2, InFlight: 4}
		gauge := &heapGauge{base: inUse()}
		store := funcStore{put: func(context.Context, xorname.Name, []byte) error {
			gauge.sample()
			return nil
		}}
		_, err := Encrypt(context.Background(), stream(streamSize(t)/4), store, opt)
		require.NoError(t, err)
		require.LessOrEqual(t, gauge.growth(), int64((5*2+4+8)*s.MaxPlain()+2*7<<20), s.String())
		t.Logf("%s took %.1f MiB", s, float64(gauge.growth())/(1<<20))
	}
}

func TestAllocationsPerChunk(t *testing.T) {
	const chunks = 32
	limit := 10.0
	if raceDetector {
		limit = 30 // there the pools forget at random
	}
	content := make([]byte, chunks*MaxPlain)
	for _, suite := range everySuite {
		if raceDetector && suite != SuiteSAFE {
			break // slow there, and no other code than above
		}
		opt := &Options{Suite: suite}
		if suite != SuiteSAFE {
			opt.MaxPlain = MaxPlain
		}
		_, store := encryptWith(t, content, opt)
		var m *DataMap
		encrypting := testing.AllocsPerRun(2, func() {
			var err error
			m, err = Encrypt(context.Background(), &sliceReader{content}, discard, opt)
			require.NoError(t, err)
		})
		lend := &lender{MemStore: store}
		reading := testing.AllocsPerRun(2, func() { readThrough(t, m, lend) })
		require.LessOrEqual(t, encrypting/chunks, limit, "%s: encrypting", suite)
		require.LessOrEqual(t, reading/chunks, limit, "%s: reading", suite)
		t.Logf("%s: %.1f allocations a chunk encrypting, %.1f reading", suite, encrypting/chunks, reading/chunks)
	}
}

type sliceReader struct{ b []byte }

func (r *sliceReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}
