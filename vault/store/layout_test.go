package store_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

func fillForEver(t *testing.T, dir string) {
	s := mustOpen(t, dir, nil)
	var mu sync.Mutex
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				name, chunk := chunkOf(w*1_000_000+i, []int{500, 20_000, 70_000, 200_000}[i%4])
				if err := s.Put(name, chunk); err != nil {
					panic(err)
				}
				mu.Lock()
				fmt.Println(name)
				mu.Unlock()
			}
		}()
	}
	select {}
}

// requireChecked checks the directory as somebody would who knows only the
// rule: every file of 64 KiB and more outside the database is a chunk, and its
// name is its hash.
func requireChecked(t *testing.T, dir string, s *store.Store) {
	t.Helper()
	found := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if os.IsNotExist(err) {
			return nil // a table that was merged meanwhile
		}
		require.NoError(t, err)
		if info.Size() < store.FileSize || filepath.Dir(path) == filepath.Join(dir, "db") {
			return nil
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		name := xorname.FromContent(content)
		require.Equal(t, chunkPath(dir, name), path)
		require.True(t, s.Has(name))
		found++
		return nil
	}))
	large := 0
	for name, err := range s.Names(xorname.Name{}) {
		require.NoError(t, err)
		chunk, err := s.Get(name)
		require.NoError(t, err)
		if len(chunk) >= store.FileSize {
			large++
		}
	}
	require.Equal(t, large, found)
}

// TestOnlyChunksAreLarge: a vault that holds large chunks, the data maps that
// go with them and its own records, and takes them at an ordinary pace, has no
// file of 64 KiB and more but the chunks.
func TestOnlyChunksAreLarge(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, nil)
	const chunks = 150
	for i := range chunks {
		name, chunk := chunkOf(i, store.FileSize+i*251)
		require.NoError(t, s.Put(name, chunk))
		if i%50 == 0 {
			require.NoError(t, s.SetMeta(fmt.Sprintf("block/%d", i), chunk[:5000]))
			name, chunk = chunkOf(i, 14_000)
			require.NoError(t, s.Put(name, chunk))
			time.Sleep(300 * time.Millisecond)
		}
	}
	if !settles(func() bool { return len(largeFiles(t, dir)) == chunks }) {
		t.Fatal(largeFiles(t, dir))
	}
	requireChecked(t, dir, s)
	require.NoError(t, s.Close())
}

// TestABurstOfSmallChunksIsCheap: 8 MB of small chunks make few files, however
// many syncs it took to write them down.
func TestABurstOfSmallChunksIsCheap(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, nil)
	for i := range 240 {
		name, chunk := chunkOf(i, store.FileSize-1-i*251)
		require.NoError(t, s.Put(name, chunk))
	}
	tables, err := filepath.Glob(filepath.Join(dir, "db", "*.sst"))
	require.NoError(t, err)
	require.Less(t, len(tables), 20)
	requireChecked(t, dir, s)
	require.NoError(t, s.Close())
}

// settles waits long: a slow machine is no failure.
func settles(done func() bool) bool {
	for range 200 {
		if done() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func largeFiles(t *testing.T, dir string) (large []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // files of the database come and go
		}
		if info, err := e.Info(); err == nil && !e.IsDir() && info.Size() >= store.FileSize {
			large = append(large, fmt.Sprintf("%s %d", path, info.Size()))
		}
		return nil
	}))
	return large
}

func TestVersion(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"safenet-vault 2\n", "newer version"},
		{"safenet-vault 1", "VERSION says"},
		{"safenet-vault 01\n", "VERSION says"},
		{"safenet-vault 0\n", "VERSION says"},
		{"something else\n", "VERSION says"},
		{"", "VERSION says"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "VERSION")
		require.NoError(t, os.WriteFile(path, []byte(test.text), 0o600))
		_, err := store.Open(dir, nil)
		require.ErrorIs(t, err, store.ErrVersion)
		require.ErrorContains(t, err, test.want)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, test.text, string(content), "what is unknown is left alone")
		require.NoDirExists(t, filepath.Join(dir, "db"))
	}
	dir := t.TempDir()
	require.NoError(t, mustOpen(t, dir, nil).Close())
	content, err := os.ReadFile(filepath.Join(dir, "VERSION"))
	require.NoError(t, err)
	require.Equal(t, "safenet-vault 1\n", string(content))

	require.NoError(t, os.Remove(filepath.Join(dir, "VERSION")))
	_, err = store.Open(dir, nil)
	require.ErrorIs(t, err, store.ErrVersion, "chunks of which nobody says what they are")
}

func TestInUse(t *testing.T) {
	each(t, func(t *testing.T, dir string, opt store.Options) {
		s := mustOpen(t, dir, &opt)
		_, err := store.Open(dir, &opt)
		require.ErrorIs(t, err, store.ErrInUse)
		require.ErrorContains(t, err, dir)
		require.NoError(t, s.Close())
		require.NoError(t, mustOpen(t, dir, &opt).Close())
	})
}

// TestInUseByAnotherPath: the lock is of the directory, not of its spelling.
func TestInUseByAnotherPath(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		link = dir + string(filepath.Separator) + "." // no links here: another spelling
	}
	s := mustOpen(t, dir, nil)
	_, err := store.Open(link, nil)
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, s.Close())
}

// TestLeftovers: whatever lies in tmp is gone after a start, and does not count.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, mustOpen(t, dir, nil).Close())
	left := filepath.Join(dir, "tmp", "17")
	require.NoError(t, os.WriteFile(left, make([]byte, 1<<20), 0o600))
	s := mustOpen(t, dir, nil)
	require.NoFileExists(t, left)
	require.Zero(t, s.Usage())
	require.NoError(t, s.Close())
}
