package selfencrypt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// readerAtFunc is an io.ReaderAt.
type readerAtFunc func(p []byte, off int64) (int, error)

func (f readerAtFunc) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }

var everySuite = append([]Suite{SuiteSAFE}, compatible...)

func TestEncryptAtGivesWhatEncryptGives(t *testing.T) {
	for _, s := range everySuite {
		opt, limit := &Options{Suite: s}, MaxPlain
		if s != SuiteSAFE {
			opt.MaxPlain, limit = 100_000, 100_000
		}
		for _, size := range []int{3, limit, 3*limit - 1, 3*limit + 1, 12*limit + 100} {
			content := text(uint64(size), size)
			m, store := encryptWith(t, content, opt)
			other := new(MemStore)
			same, err := EncryptAt(context.Background(), bytes.NewReader(content), int64(size), other, opt)
			require.NoError(t, err)
			require.True(t, m.Equal(same))
			require.Equal(t, store.Len(), other.Len())
		}
	}
}

// Every byte is read once, and in the compatible suites the last two chunks
// twice; and no chunk waits for another in memory.
func TestEncryptAtReadsInPlace(t *testing.T) {
	content := random(1, 8<<20)
	for _, s := range everySuite {
		opt := &Options{Suite: s, Workers: 1, InFlight: 1}
		if s != SuiteSAFE {
			opt.MaxPlain = 1 << 20
		}
		var read atomic.Int64
		r := readerAtFunc(func(p []byte, off int64) (int, error) {
			n, err := bytes.NewReader(content).ReadAt(p, off)
			read.Add(int64(n))
			return n, err
		})
		m, err := EncryptAt(context.Background(), r, int64(len(content)), new(MemStore), opt)
		require.NoError(t, err)
		want := int64(len(content))
		if s != SuiteSAFE {
			want += int64(m.ChunkSize(m.Len()-1) + m.ChunkSize(m.Len()-2))
		}
		require.Equal(t, want, read.Load(), s.String())
	}
}

func TestContentOfAnotherLengthThanStated(t *testing.T) {
	content := random(1, 5*1024)
	for _, s := range everySuite {
		opt := &Options{Suite: s}
		if s != SuiteSAFE {
			opt.MaxPlain = 1024
		}
		for _, size := range []int64{-1, math.MinInt64, 5*1024 - 1, 5*1024 + 1, 10 * 1024} {
			_, err := EncryptAt(context.Background(), bytes.NewReader(content), size, new(MemStore), opt)
			require.ErrorIs(t, err, ErrSize, "%s: %d", s, size)
		}
		_, err := EncryptAt(context.Background(), bytes.NewReader(content), math.MaxInt64, new(MemStore), opt)
		require.ErrorIs(t, err, ErrTooLarge, "refused before anything is read")
	}
}

func TestContentThatChangesWhileItIsRead(t *testing.T) {
	for _, s := range compatible {
		reads := byte(0)
		r := readerAtFunc(func(p []byte, off int64) (int, error) {
			for i := range p {
				p[i] = reads
			}
			reads++
			return min(len(p), 3000-int(off)), nil
		})
		_, err := EncryptAt(context.Background(), r, 3000, new(MemStore), &Options{Suite: s})
		require.ErrorIs(t, err, ErrSize, s.String())
	}
}

func TestErrorsOfAReaderAtArePassedOn(t *testing.T) {
	failed := errors.New("disk on fire")
	for _, s := range everySuite {
		for name, test := range map[string]struct {
			read func(p []byte, off int64) (int, error)
			want error
		}{
			"fails":        {func([]byte, int64) (int, error) { return 0, failed }, failed},
			"fails late":   {func(p []byte, off int64) (int, error) { return len(p) - 1, failed }, failed},
			"says nothing": {func([]byte, int64) (int, error) { return 0, nil }, io.ErrNoProgress},
			"unexpected":   {func([]byte, int64) (int, error) { return 0, io.ErrUnexpectedEOF }, io.ErrUnexpectedEOF},
			"fails behind the end": {func(p []byte, off int64) (int, error) {
				if off >= 100_000 {
					return 0, failed
				}
				clear(p)
				return len(p), nil
			}, failed},
		} {
			_, err := EncryptAt(context.Background(), readerAtFunc(test.read), 100_000, new(MemStore), &Options{Suite: s})
			require.ErrorIs(t, err, test.want, "%s: %s", s, name)
		}
		for _, n := range []int{-1, 1 << 30} {
			r := readerAtFunc(func([]byte, int64) (int, error) { return n, nil })
			_, err := EncryptAt(context.Background(), r, 100_000, new(MemStore), &Options{Suite: s})
			require.ErrorContains(t, err, "bytes for a buffer of")
		}
	}
}

func TestPlanIsWhatComes(t *testing.T) {
	for _, opt := range []*Options{
		nil,
		{Secret: random(1, 32)},
		{RandomKey: true},
		{Suite: Suite030, MaxPlain: 1024},
		{Suite: Suite034, MaxPlain: 1024},
		{Suite: Suite036, MaxPlain: 1024},
	} {
		for _, size := range []int64{3, 1000, 70_000, 3*MaxPlain + 1} {
			plan, err := Plan(size, opt)
			require.NoError(t, err)
			puts := 0
			var mu sync.Mutex
			store := funcStore{put: func(context.Context, xorname.Name, []byte) error {
				mu.Lock()
				defer mu.Unlock()
				puts++
				return nil
			}}
			m, err := EncryptAt(context.Background(), bytes.NewReader(make([]byte, size)), size, store, opt)
			require.NoError(t, err)
			require.Equal(t, plan[0], m.Layout())
			last, err := Shrink(context.Background(), m, store, opt)
			require.NoError(t, err)
			require.Equal(t, plan[len(plan)-1], last.Layout())
			require.Equal(t, len(plan)-1, last.Level())
			planned := int64(0)
			for _, l := range plan {
				planned += l.Chunks()
			}
			require.EqualValues(t, planned, puts)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	_, err := Plan(-1, nil)
	require.ErrorIs(t, err, ErrSize)
	for _, opt := range []*Options{nil, {Suite: Suite036, MaxPlain: 1}} {
		_, err = Plan(math.MaxInt64, opt)
		require.ErrorIs(t, err, ErrTooLarge)
	}
	plan, err := Plan(1e12, nil)
	require.NoError(t, err)
	require.Len(t, plan, 3, "a terabyte has a map of 67 MB, which has one of 4 KB")
	_, err = Plan(1<<41, nil)
	require.ErrorIs(t, err, ErrTooLarge)
	plan, err = Plan(1<<41, &Options{MaxMapBytes: 1 << 40})
	require.NoError(t, err)
	require.Equal(t, int64(1<<41), plan[0].Size())
}

func TestRandomKey(t *testing.T) {
	content := text(1, 200_000)
	opt := &Options{RandomKey: true}
	a, m, store := write(t, content, opt)
	b, _, _ := write(t, content, opt)
	require.NotEqual(t, a.Name(), b.Name())
	require.NotEqual(t, make([]byte, 32), m.secret)
	got, err := read(context.Background(), a, store, nil)
	require.NoError(t, err)
	requireSame(t, content, got)
	_, err = Encrypt(context.Background(), bytes.NewReader(nil), store, &Options{RandomKey: true, Secret: make([]byte, 32)})
	require.Error(t, err)
}

// haser is a store that has some chunks.
type haser struct {
	*MemStore
	puts atomic.Int64
	err  error
}

func (s *haser) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	s.puts.Add(1)
	return s.MemStore.Put(ctx, name, chunk)
}

func (s *haser) Has(ctx context.Context, name xorname.Name) (bool, error) {
	if s.err != nil {
		return false, s.err
	}
	return s.MemStore.Has(ctx, name)
}

func TestResumePutsOnlyWhatIsNotThere(t *testing.T) {
	ctx := context.Background()
	content := random(1, 10*MaxPlain)
	broken := errors.New("line is down")
	store := &haser{MemStore: new(MemStore)}
	var puts atomic.Int64
	cut := funcStore{put: func(ctx context.Context, name xorname.Name, chunk []byte) error {
		if puts.Add(1) > 4 {
			return broken
		}
		return store.MemStore.Put(ctx, name, chunk)
	}}
	_, _, err := Write(ctx, bytes.NewReader(content), cut, nil)
	require.ErrorIs(t, err, broken)
	there := store.Len()
	require.Positive(t, there)

	var last Progress
	a, m, err := Write(ctx, bytes.NewReader(content), store, &Options{Resume: true, Progress: func(p Progress) {
		if p.Level == 0 {
			last = p
		}
	}})
	require.NoError(t, err)
	require.Equal(t, 11, m.Len()+1)
	require.EqualValues(t, 11-there, store.puts.Load())
	require.Equal(t, there, last.Skipped)
	require.Equal(t, 10, last.Done)
	require.EqualValues(t, len(content), last.Stored)
	got, err := read(ctx, a, store, nil)
	require.NoError(t, err)
	requireSame(t, content, got)

	store.puts.Store(0)
	_, _, err = Write(ctx, bytes.NewReader(content), store, nil)
	require.NoError(t, err)
	require.EqualValues(t, 11, store.puts.Load(), "without Resume all are put")

	store.err = broken
	_, _, err = Write(ctx, bytes.NewReader(content), store, &Options{Resume: true})
	var ce *ChunkError
	require.ErrorAs(t, err, &ce)
	require.Equal(t, StagePut, ce.Stage)
	require.ErrorIs(t, err, broken)

	_, _, err = Write(ctx, bytes.NewReader(content), funcStore{put: store.MemStore.Put}, &Options{Resume: true})
	require.NoError(t, err, "a store that cannot tell is given all")
}
