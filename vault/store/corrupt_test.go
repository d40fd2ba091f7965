package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// TestCorruptFile: a chunk's file that was damaged in any way counts as
// missing, is reported once, and can be stored again.
func TestCorruptFile(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"flipped": func(path string) error {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content[1000] ^= 1
			return os.WriteFile(path, content, 0o600)
		},
		"truncated": func(path string) error { return os.Truncate(path, 5000) },
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
		"extended":  func(path string) error { return os.Truncate(path, 1<<40) },
		"deleted":   os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var reported []xorname.Name
			s := mustOpen(t, dir, &store.Options{OnCorrupt: func(name xorname.Name, err error) {
				require.ErrorIs(t, err, store.ErrCorrupt)
				reported = append(reported, name)
			}})
			kept := putAll(t, s, 70_000, 10)
			bad, chunk := chunkOf(99, 100_000)
			require.NoError(t, s.Put(bad, chunk))
			require.NoError(t, damage(chunkPath(dir, bad)))

			_, err := s.Get(bad)
			require.ErrorIs(t, err, store.ErrCorrupt)
			require.Equal(t, []xorname.Name{bad}, reported)
			require.False(t, s.Has(bad))
			require.NoFileExists(t, chunkPath(dir, bad))
			require.EqualValues(t, 2, s.Usage().Chunks)
			_, err = s.Get(bad)
			require.ErrorIs(t, err, store.ErrNotFound)
			require.Len(t, reported, 1)

			require.NoError(t, s.Put(bad, chunk))
			requireHeld(t, s, append(kept, bad))
			require.NoError(t, s.Close())
		})
	}
}

// TestPutReplacesMissingFile: Has and Put look at the file, not only at the
// index, and the chunk is not counted twice.
func TestPutReplacesMissingFile(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, nil)
	name, chunk := chunkOf(1, 100_000)
	require.NoError(t, s.Put(name, chunk))
	require.NoError(t, os.Remove(chunkPath(dir, name)))
	require.False(t, s.Has(name))
	require.NoError(t, s.Put(name, chunk))
	requireHeld(t, s, []xorname.Name{name})
	require.Equal(t, store.Usage{Chunks: 1, Bytes: 100_000}, s.Usage())
	require.NoError(t, s.Close())
}

// TestWrongContent: Put trusts its caller; Get trusts nobody.
func TestWrongContent(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		s := mustOpen(t, dir, &opt)
		for i, size := range []int{100, 100_000} {
			name, _ := chunkOf(i, size)
			_, other := chunkOf(i+50, size)
			require.NoError(t, s.Put(name, other))
			_, err := s.Get(name)
			require.ErrorIs(t, err, store.ErrCorrupt)
			require.False(t, s.Has(name))
		}
		require.Zero(t, s.Usage())
		require.NoError(t, s.Close())
	})
}

// TestCorruptDatabase: a damaged table costs the chunks in it, not the store.
func TestCorruptDatabase(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, nil)
	put := putAll(t, s, 30_000, 40_000, 50_000, 60_000)
	require.NoError(t, s.Close())
	require.NoError(t, mustOpen(t, dir, nil).Close()) // the log becomes tables

	tables, err := filepath.Glob(filepath.Join(dir, "db", "*.sst"))
	require.NoError(t, err)
	require.NotEmpty(t, tables)
	for _, table := range tables {
		content, err := os.ReadFile(table)
		require.NoError(t, err)
		if len(content) < 20_000 {
			continue // index and counters
		}
		content[len(content)/2] ^= 1
		require.NoError(t, os.WriteFile(table, content, 0o600))
	}

	reports := 0
	s = mustOpen(t, dir, &store.Options{OnCorrupt: func(xorname.Name, error) { reports++ }})
	corrupt := 0
	for i, name := range put {
		if _, err := s.Get(name); err != nil {
			require.ErrorIs(t, err, store.ErrCorrupt)
			require.True(t, pebble.IsCorruptionError(err))
			corrupt++
			_, chunk := chunkOf(i, []int{30_000, 40_000, 50_000, 60_000}[i])
			require.NoError(t, s.Put(name, chunk))
		}
	}
	require.Positive(t, corrupt)
	require.Equal(t, corrupt, reports)
	requireHeld(t, s, put)
	require.NoError(t, s.Close())
}
