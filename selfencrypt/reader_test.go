package selfencrypt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// open returns a Reader that is closed with the test.
func openFile(t testing.TB, m *DataMap, store ChunkStore, opt *Options) *Reader {
	t.Helper()
	r, err := Open(context.Background(), m, store, opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func TestReaderKeepsTheContractsOfPackageIO(t *testing.T) {
	for _, size := range []int{0, 1, 65536, 200_000} {
		content := text(1, size)
		_, m, store := write(t, content, nil)
		for _, opt := range []*Options{nil, {InFlight: 1, Workers: 1}} {
			require.NoError(t, iotest.TestReader(openFile(t, m, store, opt), content))
		}
	}
}

func TestReadAtAndSeekGiveTheSameBytes(t *testing.T) {
	content := random(1, 6*MaxPlain+77)
	_, m, store := write(t, content, nil)
	r := openFile(t, m, store, &Options{InFlight: 2})
	rng := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		off := rng.IntN(len(content))
		n := rng.IntN(min(len(content)-off, 1+rng.IntN(2*MaxPlain)) + 1)
		at, sequential := make([]byte, n), make([]byte, n)
		got, err := r.ReadAt(at, int64(off))
		require.NoError(t, err)
		require.Equal(t, n, got)
		requireSame(t, content[off:off+n], at)

		_, err = r.Seek(int64(off)-r.Size(), io.SeekEnd)
		require.NoError(t, err)
		_, err = io.ReadFull(r, sequential)
		require.NoError(t, err)
		requireSame(t, at, sequential)
	}
}

func TestWriteToGoesOnFromThePosition(t *testing.T) {
	content := random(1, 4*MaxPlain)
	_, m, store := write(t, content, nil)
	r := openFile(t, m, store, nil)
	for _, from := range []int64{0, 1, MaxPlain, 3*MaxPlain + 5, int64(len(content)), int64(len(content)) + 9} {
		_, err := r.Seek(from, io.SeekStart)
		require.NoError(t, err)
		var b bytes.Buffer
		n, err := r.WriteTo(&b)
		require.NoError(t, err)
		require.EqualValues(t, b.Len(), n)
		requireSame(t, content[min(from, int64(len(content))):], b.Bytes())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWriteToPassesOnTheErrorOfTheWriter(t *testing.T) {
	_, m, store := write(t, text(1, 100_000), nil)
	full := errors.New("pipe full")
	for _, test := range []struct {
		write func([]byte) (int, error)
		n     int64
		err   error
	}{
		{func([]byte) (int, error) { return 7, full }, 7, full},
		{func([]byte) (int, error) { return 7, nil }, 7, io.ErrShortWrite},
		{func([]byte) (int, error) { return -1, nil }, 0, io.ErrShortWrite},
		{func(p []byte) (int, error) { return len(p) + 1, nil }, int64(m.ChunkSize(0)), io.ErrShortWrite},
	} {
		n, err := openFile(t, m, store, nil).WriteTo(writerFunc(test.write))
		require.ErrorIs(t, err, test.err)
		require.Equal(t, test.n, n)
	}
}

func TestSeekRefusesWhatIsNoPosition(t *testing.T) {
	_, m, store := write(t, text(1, 100), nil)
	r := openFile(t, m, store, nil)
	for _, test := range []struct {
		offset int64
		whence int
	}{{-1, io.SeekStart}, {-101, io.SeekEnd}, {math.MaxInt64, io.SeekEnd}, {math.MinInt64, io.SeekEnd}, {0, 3}, {0, -1}} {
		_, err := r.Seek(test.offset, test.whence)
		require.Error(t, err)
	}
	_, err := r.ReadAt(make([]byte, 1), -1)
	require.Error(t, err)
	n, err := r.ReadAt(make([]byte, 1), math.MaxInt64)
	require.Equal(t, 0, n)
	require.ErrorIs(t, err, io.EOF)
	at, err := r.Seek(0, io.SeekCurrent)
	require.NoError(t, err)
	require.EqualValues(t, 0, at, "the position is where it was")
}

func TestReadAtFetchesOnlyWhatItNeeds(t *testing.T) {
	_, m, store := write(t, make([]byte, 20*MaxPlain), nil)
	var gets atomic.Int64
	r := openFile(t, m, counting(store, func(xorname.Name) { gets.Add(1) }), nil)
	_, err := r.ReadAt(make([]byte, 4096), 7*MaxPlain)
	require.NoError(t, err)
	require.EqualValues(t, 1, gets.Load())
	_, err = r.ReadAt(make([]byte, 4096), 8*MaxPlain-1)
	require.NoError(t, err)
	require.EqualValues(t, 2, gets.Load(), "chunk 7 was kept")
}

// Whoever has only the address of 1 GiB reads 4 KiB of it after three fetches
// at most: the map, which is one chunk, and one or two of the content.
func TestReadAtOfAGibibyteFetchesThreeChunks(t *testing.T) {
	const size = 1 << 30
	m := sampleMap(size, nil)
	store := new(MemStore)
	zeros := make([]byte, MaxPlain)
	for _, i := range []int{0, 500, 501, m.Len() - 1} { // what is read below
		m.entries[i].src = digestOf(zeros[:m.ChunkSize(i)])
	}
	for _, i := range []int{0, 500, 501, m.Len() - 1} {
		b := getBuf(MaxPlain)
		b.n, b.at = copy(b.space(m.ChunkSize(i)), zeros), m.place(i)
		m.entries[i].dst = sealAll(SuiteSAFE, []*chunkBuf{b})[0]
		require.NoError(t, store.Put(context.Background(), m.entries[i].dst, b.sealed))
	}
	a, err := StoreMap(context.Background(), m, store, nil)
	require.NoError(t, err)
	for off, want := range map[int64]int64{0: 2, 500*MaxPlain + 7: 2, 501*MaxPlain - 1: 3, size - 4096: 2} {
		var gets atomic.Int64
		count := counting(store, func(xorname.Name) { gets.Add(1) })
		m, err := LoadMap(context.Background(), a, count, nil)
		require.NoError(t, err)
		r := openFile(t, m, count, nil)
		p := random(1, 4096)
		_, err = r.ReadAt(p, off)
		require.NoError(t, err)
		require.Equal(t, make([]byte, 4096), p)
		require.Equal(t, want, gets.Load())
	}
}

func TestReadOfAFileFetchesEachChunkOnce(t *testing.T) {
	_, m, store := write(t, make([]byte, 20*MaxPlain), nil)
	for name, all := range map[string]func(*Reader) error{
		"Read":    func(r *Reader) error { _, err := io.Copy(io.Discard, struct{ io.Reader }{r}); return err },
		"WriteTo": func(r *Reader) error { _, err := r.WriteTo(io.Discard); return err },
		"ReadAt":  func(r *Reader) error { _, err := r.ReadAt(make([]byte, r.Size()), 0); return err },
	} {
		for _, inFlight := range []int{1, 4, 30} {
			var mu sync.Mutex
			gets := map[xorname.Name]int{}
			store := counting(store, func(name xorname.Name) {
				mu.Lock()
				defer mu.Unlock()
				gets[name]++
			})
			require.NoError(t, all(openFile(t, m, store, &Options{InFlight: inFlight})))
			require.Len(t, gets, m.Len())
			for _, n := range gets {
				require.Equal(t, 1, n, "%s with %d in flight", name, inFlight)
			}
		}
	}
}

// The store sees how far a Reader runs ahead: Read begins carefully, WriteTo
// does not, and neither has more than InFlight requests open.
func TestReadAhead(t *testing.T) {
	_, m, store := write(t, make([]byte, 20*MaxPlain), nil)
	asked := func(t *testing.T, use func(*Reader)) (n int) {
		synctest.Test(t, func(t *testing.T) {
			var open atomic.Int64
			blocked := funcStore{get: func(ctx context.Context, name xorname.Name) ([]byte, error) {
				open.Add(1)
				<-ctx.Done()
				return nil, ctx.Err()
			}}
			r, err := Open(context.Background(), m, blocked, &Options{InFlight: 5})
			require.NoError(t, err)
			go use(r)
			synctest.Wait()
			n = int(open.Load())
			require.NoError(t, r.Close())
		})
		return n
	}
	one := make([]byte, 1)
	require.Equal(t, 2, asked(t, func(r *Reader) { _, _ = r.Read(one) }))
	require.Equal(t, 1, asked(t, func(r *Reader) { _, _ = r.ReadAt(one, 0) }))
	require.Equal(t, 5, asked(t, func(r *Reader) { _, _ = r.WriteTo(io.Discard) }))
	require.Equal(t, 3, asked(t, func(r *Reader) { _, _ = r.ReadAt(make([]byte, 3*MaxPlain), 0) }))
	require.Equal(t, 1, asked(t, func(r *Reader) { _, _ = r.Seek(9, io.SeekStart); _, _ = r.Read(one) }))
	_ = store
}

// However many read at once, no more than 3*InFlight + 2 chunks are in memory.
func TestManyReadersShareTheBound(t *testing.T) {
	content := random(1, 16*MaxPlain)
	_, m, store := write(t, content, nil)
	var open, most atomic.Int64
	limited := funcStore{get: func(ctx context.Context, name xorname.Name) ([]byte, error) {
		now := open.Add(1)
		defer open.Add(-1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		return store.Get(ctx, name)
	}}
	r := openFile(t, m, limited, &Options{InFlight: 2})
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for g := range errs {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 0))
			for range 6 {
				off, p := rng.IntN(len(content)-5000), make([]byte, 5000)
				_, err := r.ReadAt(p, int64(off))
				if err == nil && !bytes.Equal(p, content[off:off+5000]) {
					err = errors.New("wrong bytes")
				}
				errs[g] = errors.Join(errs[g], err)
				r.window.mu.Lock()
				if len(r.window.slots) > 8 {
					errs[g] = errors.New("too many chunks in memory")
				}
				r.window.mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.LessOrEqual(t, most.Load(), int64(2))
}

func TestReadingGoesOnAfterATemporaryError(t *testing.T) {
	content := text(1, 200_000)
	_, m, store := write(t, content, nil)
	down := errors.New("no route")
	var broken atomic.Bool
	broken.Store(true)
	r := openFile(t, m, giving(store, func(_ xorname.Name, b []byte) ([]byte, error) {
		if broken.Load() {
			return nil, down
		}
		return b, nil
	}), nil)
	_, err := io.ReadAll(r)
	require.ErrorIs(t, err, down)
	_, err = r.ReadAt(make([]byte, 10), 150_000)
	require.ErrorIs(t, err, down)
	broken.Store(false)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	requireSame(t, content, got)
}

func TestCloseEndsReadsUnderWay(t *testing.T) {
	_, m, _ := write(t, text(1, 200_000), nil)
	synctest.Test(t, func(t *testing.T) {
		r, err := Open(context.Background(), m, waiting, nil)
		require.NoError(t, err)
		errs := make(chan error, 2)
		go func() { _, err := io.ReadAll(r); errs <- err }()
		go func() { _, err := r.ReadAt(make([]byte, 1), 150_000); errs <- err }()
		synctest.Wait()
		require.NoError(t, r.Close())
		require.ErrorIs(t, <-errs, fs.ErrClosed)
		require.ErrorIs(t, <-errs, fs.ErrClosed)
		require.NoError(t, r.Close(), "closing twice is harmless")
		_, err = r.ReadAt(make([]byte, 1), 0)
		require.ErrorIs(t, err, fs.ErrClosed)
	})
}
