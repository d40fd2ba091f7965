package selfencrypt

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

func newDirStore(t *testing.T) *DirStore {
	t.Helper()
	s, err := NewDirStore(filepath.Join(t.TempDir(), "made", "if", "need", "be"))
	require.NoError(t, err)
	return s
}

func TestDirStoreLayout(t *testing.T) {
	s := newDirStore(t)
	chunk := random(1, 1000)
	name := xorname.FromContent(chunk)
	require.NoError(t, s.Put(context.Background(), name, chunk))
	var files []string
	require.NoError(t, filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	hex := name.String()
	require.Equal(t, []string{filepath.Join(s.dir, hex[:2], hex)}, files, "nothing temporary is left")
	onDisk, err := os.ReadFile(files[0])
	require.NoError(t, err)
	requireSame(t, chunk, onDisk)
}

func TestDirStoreIsThereAfterReopening(t *testing.T) {
	s := newDirStore(t)
	a, _, err := Write(context.Background(), readerOf(text(1, 200_000)), s, nil)
	require.NoError(t, err)
	again, err := NewDirStore(s.dir)
	require.NoError(t, err)
	got, err := read(context.Background(), a, again, nil)
	require.NoError(t, err)
	requireSame(t, text(1, 200_000), got)
}

func readerOf(b []byte) *sliceReader { return &sliceReader{b} }

// A file that is not what was put there, as after a failing disk, is passed on
// for the Reader to refuse, and a new Put heals it.
func TestDirStorePutHeals(t *testing.T) {
	ctx := context.Background()
	chunk := random(1, 1000)
	name := xorname.FromContent(chunk)
	for what, spoil := range map[string]func(file string) error{
		"cut":     func(file string) error { return os.Truncate(file, 10) },
		"flipped": func(file string) error { return os.WriteFile(file, random(2, 1000), 0o600) },
		"huge":    func(file string) error { return os.Truncate(file, 1<<30) }, // a sparse file
	} {
		s := newDirStore(t)
		require.NoError(t, s.Put(ctx, name, chunk))
		_, file := s.path(name)
		require.NoError(t, spoil(file))
		got, err := s.Get(ctx, name)
		if what == "huge" {
			require.ErrorIs(t, err, ErrTooLarge)
		} else {
			require.NoError(t, err)
			require.NotEqual(t, chunk, got)
		}
		require.NoError(t, s.Put(ctx, name, chunk))
		got, err = s.Get(ctx, name)
		require.NoError(t, err)
		requireSame(t, chunk, got)
	}
}

func TestStoresRefuseChunksAboveTheLimit(t *testing.T) {
	for _, s := range []ChunkStore{new(MemStore), newDirStore(t)} {
		name := xorname.FromContent(nil)
		require.ErrorIs(t, s.Put(context.Background(), name, make([]byte, maxCompatibleChunk+1)), ErrTooLarge)
		_, err := s.Get(context.Background(), name)
		require.ErrorIs(t, err, ErrNotFound)
	}
}

// Where a file is in the way, no directory can be made, whoever asks.
func TestDirStoreReportsWhatTheDiskRefuses(t *testing.T) {
	s := newDirStore(t)
	chunk := random(1, 1000)
	name := xorname.FromContent(chunk)
	dir, file := s.path(name)
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	var failed *fs.PathError
	require.ErrorAs(t, s.Put(context.Background(), name, chunk), &failed)
	_, err := s.Get(context.Background(), name)
	require.Error(t, err)
	_, err = NewDirStore(dir)
	require.ErrorAs(t, err, &failed)

	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.MkdirAll(filepath.Join(file, "in the way"), 0o700))
	require.Error(t, s.Put(context.Background(), name, chunk))
	_, err = s.Get(context.Background(), name)
	require.Error(t, err)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "a failed Put leaves nothing behind")
}
