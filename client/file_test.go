package client_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/client"
)

func TestFilesOfManySizes(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	c, reader := net.dial(), net.dial()
	for _, size := range []int{0, 1, 1 << 10, 64 << 10, 64<<10 + 1, 3<<20 + 1} {
		data := random(size)
		var seen []client.Progress
		res, err := c.PutFile(t.Context(), bytes.NewReader(data), &client.PutOptions{
			Size: int64(size), Progress: func(p client.Progress) { seen = append(seen, p) },
		})
		require.NoError(t, err)
		require.EqualValues(t, size, res.Size)
		monotone(t, seen)
		last := seen[len(seen)-1]
		require.EqualValues(t, size, last.Size)
		require.EqualValues(t, size, last.Read)
		require.EqualValues(t, size, last.Done)
		require.Equal(t, res.Chunks, last.Chunks)
		settled(t, res)
		settled(t, res) // and again, with the same outcome

		a, err := client.ParseAddress(res.Address.Text())
		require.NoError(t, err)
		stat, err := reader.Stat(t.Context(), a)
		require.NoError(t, err)
		require.EqualValues(t, size, stat.Size)

		var got bytes.Buffer
		seen = nil
		n, err := reader.GetFile(t.Context(), a, &got, func(p client.Progress) { seen = append(seen, p) })
		require.NoError(t, err)
		require.EqualValues(t, size, n)
		require.True(t, bytes.Equal(data, got.Bytes()))
		monotone(t, seen)
		require.EqualValues(t, size, seen[len(seen)-1].Done)
		require.EqualValues(t, size, seen[len(seen)-1].Size)
		readAnywhere(t, reader, a, data)
	}
}

// monotone checks that no count of a progress ever falls.
func monotone(t *testing.T, seen []client.Progress) {
	t.Helper()
	require.NotEmpty(t, seen)
	for i, p := range seen[1:] {
		was := seen[i]
		require.GreaterOrEqual(t, p.Read, was.Read)
		require.GreaterOrEqual(t, p.Done, was.Done)
		require.GreaterOrEqual(t, p.Chunks, was.Chunks)
		require.GreaterOrEqual(t, p.There, was.There)
		require.GreaterOrEqual(t, p.Spread, was.Spread)
		require.GreaterOrEqual(t, p.Retries, was.Retries)
	}
}

func readAnywhere(t *testing.T, c *client.Client, a client.Address, data []byte) {
	t.Helper()
	r, err := c.Open(t.Context(), a)
	require.NoError(t, err)
	defer r.Close()
	require.EqualValues(t, len(data), r.Size())
	for range 20 {
		at, size := rand.IntN(len(data)+1), rand.IntN(100_000)
		b := make([]byte, size)
		n, err := r.ReadAt(b, int64(at))
		want := data[at:min(at+size, len(data))]
		require.True(t, bytes.Equal(want, b[:n]), "%d bytes at %d of %d", size, at, len(data))
		if len(want) < size {
			require.ErrorIs(t, err, io.EOF)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestAReaderThatFailsIsToldOf(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	broken := iotest.ErrReader(io.ErrNoProgress)
	_, err := c.PutFile(t.Context(), io.MultiReader(bytes.NewReader(random(100_000)), broken), nil)
	require.ErrorIs(t, err, io.ErrNoProgress)
}

func TestAWriterThatFailsIsToldOf(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	res := put(t, c, random(3<<20))
	w := &limited{left: 1 << 20}
	n, err := c.GetFile(t.Context(), res.Address, w, nil)
	require.ErrorIs(t, err, io.ErrShortBuffer)
	require.EqualValues(t, 1<<20, n)
}

// limited takes so many bytes.
type limited struct{ left int }

func (w *limited) Write(b []byte) (int, error) {
	n := min(len(b), w.left)
	w.left -= n
	if n < len(b) {
		return n, io.ErrShortBuffer
	}
	return n, nil
}

func TestWhatIsNoRegularFileIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(file, link))
	for path, want := range map[string]string{
		filepath.Join(dir, "missing"): "missing",
		filepath.Join(file, "below"):  "below",
		filepath.Join(dir, "a\x00b"):  "invalid",
		"":                            "no such",
		dir:                           "a directory",
		os.DevNull:                    "a device",
		pipe(t, dir):                  "a pipe",
	} {
		_, err := c.PutPath(t.Context(), path, nil)
		require.ErrorContains(t, err, want)
	}
	_, err := c.PutPath(t.Context(), filepath.Join(dir, "missing"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	if os.Geteuid() != 0 { // nothing is unreadable to root
		require.NoError(t, os.Chmod(file, 0))
		_, err = c.PutPath(t.Context(), file, nil)
		require.ErrorIs(t, err, os.ErrPermission)
		require.NoError(t, os.Chmod(file, 0o600))
	}
	res, err := c.PutPath(t.Context(), link, nil)
	require.NoError(t, err)
	get(t, c, res.Address, []byte("x"))
}

// A file that is not the same at the end as at the beginning was never as it
// would be stored.
func TestAFileThatChangesIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	const size = 5 << 20
	for what, change := range map[string]func(path string) error{
		"grows":       func(path string) error { return os.Truncate(path, size+1) },
		"shrinks":     func(path string) error { return os.Truncate(path, size-1) },
		"is emptied":  func(path string) error { return os.Truncate(path, 0) },
		"is rewrote":  func(path string) error { return os.WriteFile(path, random(size), 0o600) },
		"is replaced": func(path string) error { return replace(path, random(size)) },
		"is removed":  os.Remove,
	} {
		path := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(path, random(size), 0o600))
		changed := false
		_, err := c.PutPath(t.Context(), path, &client.PutOptions{Progress: func(client.Progress) {
			if !changed {
				changed = true
				require.NoError(t, change(path))
			}
		}})
		require.ErrorContains(t, err, "changed while it was read", what)
		require.ErrorContains(t, err, path, what)
	}
}

func replace(path string, data []byte) error {
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// A log that somebody writes to without end is not read without end.
func TestAFileThatGrowsForeverIsGivenUp(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, random(3<<20), 0o600))
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	var read int64
	_, err = c.PutPath(t.Context(), path, &client.PutOptions{Progress: func(p client.Progress) {
		read = p.Read
		if read < 100<<20 {
			_, err := f.Write(random(2 << 20))
			require.NoError(t, err)
		}
	}})
	require.ErrorContains(t, err, "changed while it was read")
	require.LessOrEqual(t, read, int64(3<<20+1))
}

func TestAnInterruptedGetEnds(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	res := put(t, c, random(3<<20))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.GetFile(ctx, res.Address, io.Discard, func(p client.Progress) {
		if p.Done > 0 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, strings.Contains(err.Error(), "\n"))
}
