package store_test

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// sizes are those at which something changes.
var sizes = []int{0, 1, 16<<10 - 1, 16 << 10, 16<<10 + 1, 32 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20}

// chunkOf returns the same random chunk for the same seed and size.
func chunkOf(seed, size int) (xorname.Name, []byte) {
	rng := rand.New(rand.NewPCG(uint64(seed), uint64(size)))
	chunk := make([]byte, size)
	for i := range chunk {
		chunk[i] = byte(rng.Uint32())
	}
	return xorname.FromContent(chunk), chunk
}

func mustOpen(tb testing.TB, dir string, opt *store.Options) *store.Store {
	tb.Helper()
	s, err := store.Open(dir, opt)
	require.NoError(tb, err)
	return s
}

// each runs a test on the disk and on the file system that the crash and fault
// tests use.
func each(t *testing.T, test func(t *testing.T, dir string, opt store.Options)) {
	t.Run("disk", func(t *testing.T) { test(t, t.TempDir(), store.Options{}) })
	t.Run("memory", func(t *testing.T) {
		test(t, "/vault", store.Options{FS: vfs.NewCrashableMem()})
	})
}

func TestPutGetDelete(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		s := mustOpen(t, dir, &opt)
		var want store.Usage
		for i, size := range sizes {
			name, chunk := chunkOf(i, size)
			require.False(t, s.Has(name))
			_, err := s.Get(name)
			require.ErrorIs(t, err, store.ErrNotFound)
			require.NoError(t, s.Delete(name), "deleting what is not there")

			require.NoError(t, s.Put(name, chunk))
			require.NoError(t, s.Put(name, chunk), "putting what is there")
			want.Chunks++
			want.Bytes += int64(size)
			require.Equal(t, want, s.Usage())
			require.True(t, s.Has(name))
			got, err := s.Get(name)
			require.NoError(t, err)
			require.True(t, bytes.Equal(chunk, got), "%d bytes", size)
		}
		require.NoError(t, s.Close())

		s = mustOpen(t, dir, &opt)
		require.Equal(t, want, s.Usage(), "counters are right at once after a start")
		for i, size := range sizes {
			name, chunk := chunkOf(i, size)
			got, err := s.Get(name)
			require.NoError(t, err)
			require.True(t, bytes.Equal(chunk, got), "%d bytes", size)
			require.NoError(t, s.Delete(name))
			require.False(t, s.Has(name))
			_, err = s.Get(name)
			require.ErrorIs(t, err, store.ErrNotFound)
		}
		require.Zero(t, s.Usage())
		require.NoError(t, s.Close())
	})
}

func TestTooLarge(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		s := mustOpen(t, dir, &opt)
		name, chunk := chunkOf(1, store.MaxChunk+1)
		require.ErrorContains(t, s.Put(name, chunk), "at most 1048576")
		require.False(t, s.Has(name))
		require.NoError(t, s.Close())
	})
}

func TestNamesAreSortedAndComplete(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		s := mustOpen(t, dir, &opt)
		var want []xorname.Name
		for i := range 600 {
			size := 10
			if i%100 == 0 {
				size = store.FileSize
			}
			name, chunk := chunkOf(i, size)
			want = append(want, name)
			require.NoError(t, s.Put(name, chunk))
		}
		slices.SortFunc(want, xorname.Name.Compare)
		require.Equal(t, want, names(t, s, xorname.Name{}))
		require.Equal(t, want[300:], names(t, s, want[300]))
		for range s.Names(xorname.Name{}) {
			break // may be left at any time
		}
		require.NoError(t, s.Close())
	})
}

func names(t *testing.T, s *store.Store, from xorname.Name) (all []xorname.Name) {
	t.Helper()
	for name, err := range s.Names(from) {
		require.NoError(t, err)
		all = append(all, name)
	}
	return all
}

func TestMeta(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		s := mustOpen(t, dir, &opt)
		_, err := s.GetMeta("name")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.NoError(t, s.DeleteMeta("name"))
		require.NoError(t, s.SetMeta("name", []byte("first")))
		require.NoError(t, s.SetMeta("name", []byte("second")))
		require.NoError(t, s.SetMeta("empty", nil))
		require.NoError(t, s.SetMeta("block/1", make([]byte, store.MaxMeta)))
		require.NoError(t, s.SetMeta("block/2", []byte{2}))
		require.Error(t, s.SetMeta("big", make([]byte, store.MaxMeta+1)))
		require.Zero(t, s.Usage(), "meta is not counted")
		require.NoError(t, s.Close())

		s = mustOpen(t, dir, &opt)
		value, err := s.GetMeta("name")
		require.NoError(t, err)
		require.Equal(t, "second", string(value))
		value, err = s.GetMeta("empty")
		require.NoError(t, err)
		require.Empty(t, value)
		var keys []string
		for key, err := range s.MetaKeys("block/") {
			require.NoError(t, err)
			keys = append(keys, key)
		}
		require.Equal(t, []string{"block/1", "block/2"}, keys)
		require.NoError(t, s.DeleteMeta("block/1"))
		_, err = s.GetMeta("block/1")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.NoError(t, s.Close())
	})
}

func TestClosed(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		s := mustOpen(t, dir, &opt)
		name, chunk := chunkOf(1, 10)
		require.NoError(t, s.Put(name, chunk))
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.Close(), store.ErrClosed)
		require.ErrorIs(t, s.Put(name, chunk), store.ErrClosed)
		require.ErrorIs(t, s.Delete(name), store.ErrClosed)
		require.ErrorIs(t, s.SetMeta("k", nil), store.ErrClosed)
		require.False(t, s.Has(name))
		_, err := s.Get(name)
		require.ErrorIs(t, err, store.ErrClosed)
		_, err = s.GetMeta("k")
		require.ErrorIs(t, err, store.ErrClosed)
		for _, err := range s.Names(xorname.Name{}) {
			require.ErrorIs(t, err, store.ErrClosed)
		}
		for _, err := range s.MetaKeys("") {
			require.ErrorIs(t, err, store.ErrClosed)
		}
	})
}

func TestSpace(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		opt.Space = 200_000
		s := mustOpen(t, dir, &opt)
		a, chunkA := chunkOf(1, 100_000)
		b, chunkB := chunkOf(2, 100_000)
		c, chunkC := chunkOf(3, 1)
		require.NoError(t, s.Put(a, chunkA))
		require.NoError(t, s.Put(b, chunkB))
		require.ErrorIs(t, s.Put(c, chunkC), store.ErrFull)
		require.NoError(t, s.Put(a, chunkA), "what is there needs no room")
		require.NoError(t, s.SetMeta("k", chunkA), "nor does the vault's own record")
		require.NoError(t, s.Delete(a))
		require.NoError(t, s.Put(c, chunkC), "deleting makes room at once")
		require.NoError(t, s.Close())
	})
}

// TestSpaceWithManyWriters: Puts under way are counted before they are done.
func TestSpaceWithManyWriters(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		opt.Space = 10 * store.FileSize
		s := mustOpen(t, dir, &opt)
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				name, chunk := chunkOf(i, store.FileSize)
				_ = s.Put(name, chunk)
			})
		}
		wg.Wait()
		require.Equal(t, store.Usage{Chunks: 10, Bytes: opt.Space}, s.Usage())
		require.NoError(t, s.Close())
	})
}

// TestConcurrentPutsWriteOnce: sixteen Puts of one chunk make one file, and
// none returns before it is durable.
func TestConcurrentPutsWriteOnce(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var creates int // Create of chunk files is not concurrent if the claim holds
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate && filepath.Base(filepath.Dir(op.Path)) == "tmp" {
			creates++
		}
		return nil
	}))
	s := mustOpen(t, "/vault", &store.Options{FS: fs})
	name, chunk := chunkOf(1, store.MaxChunk)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := s.Put(name, chunk); err != nil {
				t.Error(err)
				return
			}
			after := mem.CrashClone(vfs.CrashCloneCfg{})
			if _, err := after.Stat(chunkPath("/vault", name)); err != nil {
				t.Error("returned before it was durable:", err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, creates)
	require.EqualValues(t, 1, s.Usage().Chunks)
	require.NoError(t, s.Close())
}

func chunkPath(dir string, name xorname.Name) string {
	hex := name.String()
	return filepath.Join(dir, "chunks", hex[62:], hex)
}
