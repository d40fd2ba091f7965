package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// faults makes a file system fail with err where match says so, while on.
type faults struct {
	on    atomic.Bool
	match func(errorfs.Op) bool
	err   error
}

func (f *faults) MaybeError(op errorfs.Op) error {
	if f.on.Load() && f.match(op) {
		return &os.PathError{Op: "test", Path: op.Path, Err: f.err}
	}
	return nil
}

func (f *faults) String() string { return "faults" }

func in(op errorfs.Op, dir string) bool {
	return strings.Contains(filepath.ToSlash(op.Path), "/"+dir+"/")
}

// steps are the places where the disk can turn out to be full during a Put.
var steps = []struct {
	name  string
	size  int
	match func(errorfs.Op) bool
}{
	{"file/create", store.FileSize, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpCreate && in(op, "tmp")
	}},
	{"file/write", store.FileSize, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpFileWrite && in(op, "tmp")
	}},
	{"file/sync", store.FileSize, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpFileSync && in(op, "tmp")
	}},
	{"file/rename", store.FileSize, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpRename && in(op, "tmp")
	}},
	{"file/directory", store.FileSize, func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpOpenDir && in(op, "chunks")
	}},
	{"file/intent", store.FileSize, logFails},
	{"database/log", 1000, logFails},
}

func logFails(op errorfs.Op) bool {
	write := op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileSync ||
		op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
	return write && in(op, "db") && filepath.Ext(op.Path) == ".log"
}

// TestDiskFull: a Put that meets a full disk at any step fails with ErrFull,
// leaves nothing, harms nothing, and works again when there is room.
func TestDiskFull(t *testing.T) {
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			mem := vfs.NewCrashableMem()
			full := &faults{match: step.match, err: syscall.ENOSPC}
			opt := &store.Options{FS: errorfs.Wrap(mem, full)}
			s := mustOpen(t, "/vault", opt)
			earlier := putAll(t, s, 10, 20_000, 100_000)
			usage := s.Usage()

			full.on.Store(true)
			name, chunk := chunkOf(99, step.size)
			err := s.Put(name, chunk)
			require.ErrorIs(t, err, store.ErrFull)
			require.ErrorIs(t, err, syscall.ENOSPC)
			requireHeld(t, s, earlier)
			full.on.Store(false)

			require.False(t, s.Has(name))
			require.Equal(t, usage, s.Usage())
			left, err := mem.List("/vault/tmp")
			require.NoError(t, err)
			require.Empty(t, left, "the space of what was half written is free again")
			requireHeld(t, s, earlier)

			require.NoError(t, s.Put(name, chunk))
			earlier = append(earlier, name)
			requireHeld(t, s, earlier)
			require.NoError(t, s.Close())

			s = mustOpen(t, "/vault", opt)
			requireHeld(t, s, earlier)
			require.EqualValues(t, len(earlier), s.Usage().Chunks)
			require.NoError(t, s.Close())
		})
	}
}

func putAll(t *testing.T, s *store.Store, sizes ...int) (put []xorname.Name) {
	t.Helper()
	for i, size := range sizes {
		name, chunk := chunkOf(i, size)
		require.NoError(t, s.Put(name, chunk))
		put = append(put, name)
	}
	return put
}

func requireHeld(t *testing.T, s *store.Store, held []xorname.Name) {
	t.Helper()
	for _, name := range held {
		require.True(t, s.Has(name))
		_, err := s.Get(name)
		require.NoError(t, err)
	}
}

// TestDiskFailsWhileOthersWrite: those that returned nil are there, those that
// failed can be repeated, and the counters agree.
func TestDiskFailsWhileOthersWrite(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var writes atomic.Int64
	fails := &faults{err: syscall.EIO, match: func(op errorfs.Op) bool {
		return logFails(op) && writes.Add(1)%7 == 0
	}}
	s := mustOpen(t, "/vault", &store.Options{FS: errorfs.Wrap(mem, fails)})
	fails.on.Store(true)
	done := make(chan xorname.Name)
	const writers, each = 8, 20
	for w := range writers {
		go func() {
			for i := range each {
				name, chunk := chunkOf(w*each+i, 100+i*5000)
				if s.Put(name, chunk) != nil {
					name = xorname.Name{}
				}
				done <- name
			}
		}()
	}
	var stored []xorname.Name
	for range writers * each {
		if name := <-done; !name.IsZero() {
			stored = append(stored, name)
		}
	}
	fails.on.Store(false)
	require.NotEmpty(t, stored)
	require.Less(t, len(stored), writers*each, "some must have failed")
	requireHeld(t, s, stored)

	// Whether the store could go on or not, a restart finds the same.
	_ = s.Close()
	s = mustOpen(t, "/vault", &store.Options{FS: mem.CrashClone(vfs.CrashCloneCfg{})})
	requireHeld(t, s, stored)
	requireCounted(t, s)
	for i := range writers * each {
		name, chunk := chunkOf(i, 100+i%each*5000)
		require.NoError(t, s.Put(name, chunk))
	}
	require.EqualValues(t, writers*each, s.Usage().Chunks)
	requireCounted(t, s)
	require.NoError(t, s.Close())
}

// requireCounted adds up what can be read.
func requireCounted(t *testing.T, s *store.Store) {
	t.Helper()
	var sum store.Usage
	for name, err := range s.Names(xorname.Name{}) {
		require.NoError(t, err)
		chunk, err := s.Get(name)
		require.NoError(t, err)
		sum.Chunks++
		sum.Bytes += int64(len(chunk))
	}
	require.Equal(t, sum, s.Usage())
}

// TestReserve: chunks leave room for the database, which has to go on.
func TestReserve(t *testing.T) {
	mem := vfs.NewMem()
	s := mustOpen(t, "/vault", &store.Options{FS: mem})
	name, chunk := chunkOf(1, 100_000)
	mem.TestingSetDiskUsage(vfs.DiskUsage{TotalBytes: 1 << 40, AvailBytes: 8<<20 + 99_999})
	require.ErrorIs(t, s.Put(name, chunk), store.ErrFull)
	require.NoError(t, s.SetMeta("k", chunk))
	mem.TestingSetDiskUsage(vfs.DiskUsage{TotalBytes: 1 << 40, AvailBytes: 8<<20 + 100_000})
	require.NoError(t, s.Put(name, chunk))
	mem.TestingSetDiskUsage(vfs.DiskUsage{TotalBytes: 32 << 20, AvailBytes: 1<<20 - 1})
	require.NoError(t, s.Delete(name), "deleting always works")
	require.ErrorIs(t, s.Put(name, chunk), store.ErrFull)
	mem.TestingSetDiskUsage(vfs.DiskUsage{TotalBytes: 32 << 20, AvailBytes: 2 << 20})
	require.NoError(t, s.Put(name, chunk))
	require.NoError(t, s.Close())
}

// TestManifestFails: Pebble cannot survive that; the store says so instead of
// hanging or ending the process, and is whole again when opened anew.
func TestManifestFails(t *testing.T) {
	mem := vfs.NewCrashableMem()
	fails := &faults{err: syscall.EIO, match: func(op errorfs.Op) bool {
		return op.Kind == errorfs.OpFileWrite && strings.Contains(op.Path, "MANIFEST")
	}}
	s := mustOpen(t, "/vault", &store.Options{FS: errorfs.Wrap(mem, fails)})
	put := putAll(t, s, 1000, 100_000)
	fails.on.Store(true)
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		name, chunk := chunkOf(100+i, 30_000)
		if err = s.Put(name, chunk); err == nil {
			put = append(put, name)
		}
	}
	require.ErrorIs(t, err, syscall.EIO)
	requireHeld(t, s, put)
	require.Error(t, s.Close())

	s = mustOpen(t, "/vault", &store.Options{FS: mem.CrashClone(vfs.CrashCloneCfg{})})
	requireHeld(t, s, put)
	require.NoError(t, s.Close())
}

func TestNotWritable(t *testing.T) {
	for _, kind := range []errorfs.OpKind{errorfs.OpMkdirAll, errorfs.OpLock, errorfs.OpCreate} {
		denied := &faults{err: syscall.EACCES, match: func(op errorfs.Op) bool { return op.Kind == kind }}
		denied.on.Store(true)
		_, err := store.Open("/vault", &store.Options{FS: errorfs.Wrap(vfs.NewMem(), denied)})
		require.ErrorIs(t, err, syscall.EACCES)
		require.ErrorContains(t, err, "data directory /vault")
		require.False(t, errors.Is(err, store.ErrInUse))
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := store.Open(file, nil)
	require.ErrorContains(t, err, "data directory "+file)
}
