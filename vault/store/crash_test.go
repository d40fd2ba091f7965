package store_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// TestModel runs random operations against a map, with restarts and with
// crashes that lose any part of what was not synced.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{held: map[xorname.Name]int{}, meta: map[string]string{}, fs: vfs.NewCrashableMem()}
		m.open(t)
		t.Repeat(map[string]func(*rapid.T){
			"put":    m.put,
			"delete": m.delete,
			"get":    m.get,
			"meta":   m.setMeta,
			"reopen": func(t *rapid.T) { require.NoError(t, m.store.Close()); m.open(t) },
			"crash":  m.crash,
			"":       m.check,
		})
		require.NoError(t, m.store.Close())
	})
}

type model struct {
	fs    *vfs.MemFS
	store *store.Store
	held  map[xorname.Name]int // index into modelSizes
	meta  map[string]string
}

var modelSizes = []int{0, 3, 16 << 10, 40_000, 64<<10 - 1, 64 << 10, 100_000}

func (m *model) open(t *rapid.T) {
	s, err := store.Open("/vault", &store.Options{FS: m.fs})
	require.NoError(t, err)
	m.store = s
}

func draw(t *rapid.T) (xorname.Name, []byte, int) {
	i := rapid.IntRange(0, len(modelSizes)-1).Draw(t, "size")
	name, chunk := chunkOf(0, modelSizes[i])
	return name, chunk, i
}

func (m *model) put(t *rapid.T) {
	name, chunk, i := draw(t)
	require.NoError(t, m.store.Put(name, chunk))
	m.held[name] = i
}

func (m *model) delete(t *rapid.T) {
	name, _, _ := draw(t)
	require.NoError(t, m.store.Delete(name))
	delete(m.held, name)
}

func (m *model) get(t *rapid.T) {
	name, chunk, _ := draw(t)
	got, err := m.store.Get(name)
	if _, held := m.held[name]; !held {
		require.ErrorIs(t, err, store.ErrNotFound)
		return
	}
	require.NoError(t, err)
	require.True(t, bytes.Equal(chunk, got))
}

func (m *model) setMeta(t *rapid.T) {
	key := rapid.StringN(0, 3, 10).Draw(t, "key")
	value := rapid.StringN(0, 10, 1000).Draw(t, "value")
	require.NoError(t, m.store.SetMeta(key, []byte(value)))
	m.meta[key] = value
}

// crash goes on with what a power failure may have left.
func (m *model) crash(t *rapid.T) {
	percent := rapid.IntRange(0, 100).Draw(t, "unsynced data that survives")
	seed := rapid.Uint64().Draw(t, "seed")
	after := m.fs.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(seed, 0)),
	})
	require.NoError(t, m.store.Close()) // of the world that ended
	m.fs = after
	m.open(t)
}

func (m *model) check(t *rapid.T) {
	var want store.Usage
	for name, i := range m.held {
		require.True(t, m.store.Has(name))
		want.Chunks++
		want.Bytes += int64(modelSizes[i])
	}
	require.Equal(t, want, m.store.Usage())
	listed := 0
	for name, err := range m.store.Names(xorname.Name{}) {
		require.NoError(t, err)
		require.Contains(t, m.held, name)
		listed++
	}
	require.Len(t, m.held, listed)
	for key, value := range m.meta {
		got, err := m.store.GetMeta(key)
		require.NoError(t, err)
		require.Equal(t, value, string(got))
	}
}

// TestCrashWhileWriting takes the power away while writers are at work: what
// they were told is stored is there and valid, and the counters agree with what
// is there.
func TestCrashWhileWriting(t *testing.T) {
	for seed := range uint64(10) {
		mem := vfs.NewCrashableMem()
		before := mustOpen(t, "/vault", &store.Options{FS: mem})
		stored := make(chan xorname.Name)
		const writers, each = 6, 12
		for w := range writers {
			go func() {
				for i := range each {
					name, chunk := chunkOf(w*each+i, []int{100, 30_000, 70_000}[(w+i)%3])
					if err := before.Put(name, chunk); err != nil {
						t.Error(err)
					}
					if i%4 == 3 { // the others stay
						if err := before.Delete(name); err != nil {
							t.Error(err)
						}
						name = xorname.Name{}
					}
					stored <- name
				}
			}()
		}
		var confirmed []xorname.Name
		var after *vfs.MemFS
		for n := range writers * each {
			name := <-stored
			if after == nil && !name.IsZero() {
				confirmed = append(confirmed, name)
			}
			if n == writers*each/2+int(seed) {
				after = mem.CrashClone(vfs.CrashCloneCfg{
					UnsyncedDataPercent: int(seed) * 10, RNG: rand.New(rand.NewPCG(seed, 0)),
				})
			}
		}
		require.NoError(t, before.Close())

		s := mustOpen(t, "/vault", &store.Options{FS: after})
		requireHeld(t, s, confirmed)
		requireCounted(t, s)
		requireNothingElse(t, after, s)
		require.NoError(t, s.Close())
	}
}

// requireNothingElse compares the files that are there with the index.
func requireNothingElse(t *testing.T, fs vfs.FS, s *store.Store) {
	t.Helper()
	left, err := fs.List("/vault/tmp")
	require.NoError(t, err)
	require.Empty(t, left)
	dirs, err := fs.List("/vault/chunks")
	require.NoError(t, err)
	for _, dir := range dirs {
		files, err := fs.List(fs.PathJoin("/vault/chunks", dir))
		require.NoError(t, err)
		for _, file := range files {
			name, err := xorname.Parse(file)
			require.NoError(t, err)
			require.True(t, s.Has(name), "a file that is not counted: %s", file)
		}
	}
}

// TestKilled lets a process of its own fill a store until it is killed.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_FILL"); dir != "" {
		fillForEver(t, dir)
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "STORE_TEST_FILL="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var confirmed []xorname.Name
	buf := make([]byte, 2*xorname.Size+1)
	for len(confirmed) < 60 {
		_, err := io.ReadFull(out, buf)
		require.NoError(t, err)
		name, err := xorname.Parse(strings.TrimSpace(string(buf)))
		require.NoError(t, err)
		confirmed = append(confirmed, name)
	}
	_, err = store.Open(dir, nil)
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // reports the kill

	s := mustOpen(t, dir, nil)
	requireHeld(t, s, confirmed)
	requireCounted(t, s)
	requireChecked(t, dir, s)
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, s.Close())
}
