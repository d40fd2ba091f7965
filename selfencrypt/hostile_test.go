package selfencrypt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/blake3"
)

func digestOf(b []byte) digest { return blake3.Sum256(b) }

// giving is a store that answers with what f makes of the true chunk.
func giving(store ChunkStore, f func(name xorname.Name, chunk []byte) ([]byte, error)) ChunkStore {
	return funcStore{put: store.Put, get: func(ctx context.Context, name xorname.Name) ([]byte, error) {
		chunk, err := store.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		return f(name, chunk)
	}}
}

func TestEveryAnswerOfTheStoreIsChecked(t *testing.T) {
	ctx := context.Background()
	content := slices.Concat(text(1, 100_000), random(1, 100_000))
	a, m, store := write(t, content, nil)
	names := slices.Collect(m.Names())
	others := map[xorname.Name]xorname.Name{names[0]: names[1], names[1]: names[2], names[2]: a.Name(), a.Name(): names[0]}
	gone := errors.New("vault on fire")
	for name, test := range map[string]struct {
		answer func(xorname.Name, []byte) ([]byte, error)
		stage  Stage
		cause  error
	}{
		"another chunk": {func(n xorname.Name, _ []byte) ([]byte, error) {
			return store.Get(ctx, others[n])
		}, StageName, ErrCorrupt},
		"cut":       {func(_ xorname.Name, b []byte) ([]byte, error) { return b[:len(b)-1], nil }, StageName, ErrCorrupt},
		"nothing":   {func(xorname.Name, []byte) ([]byte, error) { return nil, nil }, StageName, ErrCorrupt},
		"longer":    {func(_ xorname.Name, b []byte) ([]byte, error) { return append(b, 0), nil }, StageName, ErrCorrupt},
		"first bit": {func(_ xorname.Name, b []byte) ([]byte, error) { b[0] ^= 1; return b, nil }, StageName, ErrCorrupt},
		"last bit":  {func(_ xorname.Name, b []byte) ([]byte, error) { b[len(b)-1] ^= 1; return b, nil }, StageName, ErrCorrupt},
		"huge":      {func(xorname.Name, []byte) ([]byte, error) { return make([]byte, 64<<20), nil }, StageLength, ErrCorrupt},
		"no answer": {func(xorname.Name, []byte) ([]byte, error) { return nil, gone }, StageGet, gone},
	} {
		for _, victim := range append(names, a.Name()) {
			got, err := read(ctx, a, giving(store, func(n xorname.Name, b []byte) ([]byte, error) {
				if n != victim {
					return b, nil
				}
				return test.answer(n, b)
			}), nil)
			require.ErrorIs(t, err, test.cause, name)
			var ce *ChunkError
			require.ErrorAs(t, err, &ce)
			require.Equal(t, test.stage, ce.Stage, name)
			require.Equal(t, victim, ce.Name)
			require.Contains(t, err.Error(), victim.String())
			require.True(t, bytes.HasPrefix(content, got), "%s: what was read before is right", name)
		}
	}
}

func TestMissingChunk(t *testing.T) {
	a, m, store := write(t, text(1, 100_000), nil)
	delete(store.chunks, m.entries[1].dst)
	_, err := read(context.Background(), a, store, nil)
	require.ErrorIs(t, err, ErrNotFound)
	var ce *ChunkError
	require.ErrorAs(t, err, &ce)
	require.Equal(t, ChunkError{Name: m.entries[1].dst, Index: 1, Stage: StageGet, Err: ce.Err}, *ce)
}

// Whoever writes a map may write anything. Then the names are right and what
// is behind them is not.
func TestChunksThatMatchTheirNameAndNotTheMap(t *testing.T) {
	content := random(3, 300_000) // the frames below are checked in a buffer of ours
	_, m, store := write(t, content, nil)
	opened := func(i int) ([]byte, [keyLen]byte) { // the flag and payload of chunk i, and its key
		key := newKeyer().derive(m.place(i))
		chunk, err := store.Get(context.Background(), m.entries[i].dst)
		require.NoError(t, err)
		b, err := aead(&key).Open(nil, key[aesKeyLen:], chunk, nil)
		require.NoError(t, err)
		return b, key
	}
	resealed := func(i int, change func([]byte) []byte) *DataMap {
		b, key := opened(i)
		chunk := aead(&key).Seal(nil, key[aesKeyLen:], change(b), nil)
		bad := sampleMap(m.size, nil)
		copy(bad.entries, m.entries)
		bad.entries[i].dst = xorname.FromContent(chunk)
		require.NoError(t, store.Put(context.Background(), bad.entries[i].dst, chunk))
		return bad
	}
	for name, test := range map[string]struct {
		change func([]byte) []byte
		stage  Stage
	}{
		"nothing":        {func([]byte) []byte { return nil }, StageDecompress},
		"no payload":     {func(b []byte) []byte { return b[:1] }, StageLength},
		"unknown flag":   {func(b []byte) []byte { b[0] = 2; return b }, StageDecompress},
		"not a frame":    {func(b []byte) []byte { b[0] = flagZstd; return b }, StageDecompress},
		"empty frame":    {func(b []byte) []byte { return []byte{flagZstd} }, StageDecompress},
		"a byte less":    {func(b []byte) []byte { return b[:len(b)-1] }, StageLength},
		"a byte more":    {func(b []byte) []byte { return append(b, 0) }, StageLength},
		"another byte":   {func(b []byte) []byte { b[5]++; return b }, StageContent},
		"frame too long": {func([]byte) []byte { return zeroFrame(t, 500_000) }, StageDecompress},
		"frame short":    {func([]byte) []byte { return zeroFrame(t, 5000) }, StageLength},
		"frame of other": {func([]byte) []byte { return zeroFrame(t, m.ChunkSize(1)) }, StageContent},
	} {
		bad := resealed(1, test.change)
		r, err := Open(context.Background(), bad, store, nil)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, r.Close())
		require.ErrorIs(t, err, ErrCorrupt, name)
		var ce *ChunkError
		require.ErrorAs(t, err, &ce)
		require.Equal(t, test.stage, ce.Stage, name)
		requireSame(t, content[:m.ChunkSize(0)], got)
	}
}

// zeroFrame is flag and payload of n compressed zero bytes.
func zeroFrame(t *testing.T, n int) []byte {
	frame, ok := new(safeSealer).encoder.AppendCompressed([]byte{flagZstd}, make([]byte, n))
	require.True(t, ok)
	return frame
}

func TestEveryFieldOfTheMapIsChecked(t *testing.T) {
	ctx := context.Background()
	content := text(1, 100_000)
	_, m, store := write(t, content, &Options{Secret: random(1, 32)})
	b := marshal(t, m)
	for i := range b {
		spoiled := slices.Clone(b)
		spoiled[i] ^= 1
		bad := new(DataMap)
		if bad.UnmarshalBinary(spoiled) != nil {
			continue
		}
		r, err := Open(ctx, bad, store, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			require.NoError(t, r.Close())
		}
		require.True(t, errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrMapFormat),
			"byte %d: %v", i, err)
	}
}

func TestEveryFieldOfTheAddressIsChecked(t *testing.T) {
	for _, size := range []int{100, 100_000} {
		a, _, store := write(t, text(1, size), &Options{Secret: random(1, 32)})
		b, err := a.MarshalBinary()
		require.NoError(t, err)
		for i := range b {
			spoiled := slices.Clone(b)
			spoiled[i] ^= 1
			var bad Address
			if bad.UnmarshalBinary(spoiled) != nil {
				continue
			}
			_, err := read(context.Background(), bad, store, nil)
			require.True(t, errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotFound), "byte %d: %v", i, err)
		}
	}
}

func TestFailedPutEndsEncrypt(t *testing.T) {
	full := errors.New("disk full")
	for _, failAt := range []int{0, 1, 5} {
		stored := make(chan struct{}, failAt)
		store := funcStore{put: func(context.Context, xorname.Name, []byte) error {
			select {
			case stored <- struct{}{}:
				return nil
			default:
				return full
			}
		}}
		m, err := Encrypt(context.Background(), bytes.NewReader(random(1, 12<<20)), store, nil)
		require.Nil(t, m)
		require.ErrorIs(t, err, full)
		var ce *ChunkError
		require.ErrorAs(t, err, &ce)
		require.Equal(t, StagePut, ce.Stage)
	}
}

// waiting is a store that never answers before its context is done.
var waiting = funcStore{
	put: func(ctx context.Context, _ xorname.Name, _ []byte) error { <-ctx.Done(); return ctx.Err() },
	get: func(ctx context.Context, _ xorname.Name) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() },
}

// In a synctest bubble a goroutine left behind fails the test.
func TestCancelEndsEverything(t *testing.T) {
	a, m, _ := write(t, text(1, 100_000), nil)
	for name, work := range map[string]func(context.Context) error{
		"Encrypt": func(ctx context.Context) error {
			_, err := Encrypt(ctx, bytes.NewReader(random(1, 10<<20)), waiting, nil)
			return err
		},
		"StoreMap": func(ctx context.Context) error {
			_, err := StoreMap(ctx, m, waiting, nil)
			return err
		},
		"LoadMap": func(ctx context.Context) error {
			_, err := LoadMap(ctx, a, waiting, nil)
			return err
		},
		"Read": func(ctx context.Context) error {
			r, err := Open(ctx, m, waiting, nil)
			require.NoError(t, err)
			_, err = io.ReadAll(r)
			return err // not even closed
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var err error
				done := make(chan struct{})
				go func() {
					defer close(done)
					err = work(ctx)
				}()
				synctest.Wait() // all are waiting for the store
				cancel()
				<-done
				require.ErrorIs(t, err, context.Canceled)
			})
		})
	}
}

func TestCancelBeforeTheLastPutIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	store := funcStore{put: func(context.Context, xorname.Name, []byte) error {
		cancel() // the other chunks are not put any more
		return nil
	}}
	_, err := Encrypt(ctx, bytes.NewReader(random(1, 3<<20)), store, &Options{InFlight: 1})
	require.ErrorIs(t, err, context.Canceled)
}

// Whoever writes a map may put anything inside a chunk, under the right name
// and key.
func FuzzChunk(f *testing.F) {
	f.Add([]byte{}, uint32(0), true)
	f.Add([]byte{flagRaw, 1, 2, 3}, uint32(3), true)
	f.Add([]byte{flagRaw, 1, 2, 3}, uint32(65536), false)
	frame, _ := new(safeSealer).encoder.AppendCompressed([]byte{flagZstd}, make([]byte, 70_000))
	f.Add(frame, uint32(70_000), true)
	f.Add(frame, uint32(65_536), false)
	f.Fuzz(func(t *testing.T, inside []byte, most uint32, exact bool) {
		want := extent{max: int(most % (MaxPlain + 1)), exact: exact}
		p := place{}
		if len(inside) > 0 {
			p.src = digestOf(inside[1:])
		}
		key := newKeyer().derive(p)
		chunk := aead(&key).Seal(nil, key[aesKeyLen:], inside, nil)
		got := &fetched{chunk: chunk, name: xorname.FromContent(chunk), at: p, want: want}
		openAll(SuiteSAFE, []*fetched{got})
		if err := got.err; err != nil {
			require.ErrorIs(t, err, ErrCorrupt)
			return
		}
		require.Equal(t, p.src, digestOf(got.plain))
		require.LessOrEqual(t, len(got.plain), want.max)
		require.True(t, !exact || len(got.plain) == want.max)
	})
}
