package bootstrap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
)

const powerPath = "dir/peers"

// powerDisk is a disk in memory that knows what it may look like after a loss of power. After each step it tells the test.
type powerDisk struct {
	now     map[string]*content
	durable map[string]*content
	changes []func(map[string]*content) // of the directory, since it was synced
	temps   int

	noSync    bool // a disk that does not do what Sync asks for
	noSyncDir bool
	fail      int // the step with this number fails
	steps     int
	after     func()
}

type content struct{ synced, written []byte }

func newPowerDisk() *powerDisk {
	return &powerDisk{now: map[string]*content{}, durable: map[string]*content{}, after: func() {}}
}

var errPower = errors.New("the disk fails")

func (d *powerDisk) step(do func()) error {
	d.steps++
	if d.steps == d.fail {
		return errPower
	}
	do()
	d.after()
	return nil
}

func (d *powerDisk) change(f func(map[string]*content)) {
	f(d.now)
	d.changes = append(d.changes, f)
}

// afterwards lists what may be in the file after a loss of power; nil for no file. Changes of the directory are made or not, one
// independently of the other; what was written since the last Sync is there up to some length, or is zeros.
func (d *powerDisk) afterwards(path string) (texts [][]byte) {
	for set := range 1 << len(d.changes) {
		dir := make(map[string]*content)
		for name, c := range d.durable {
			dir[name] = c
		}
		for i, change := range d.changes {
			if set&(1<<i) != 0 {
				change(dir)
			}
		}
		c := dir[path]
		if c == nil {
			texts = append(texts, nil)
			continue
		}
		texts = append(texts, append([]byte{}, c.synced...))
		for n := range len(c.written) + 1 {
			texts = append(texts, append(bytes.Clone(c.synced), c.written[:n]...))
		}
		if len(c.written) > 0 {
			texts = append(texts, append(bytes.Clone(c.synced), make([]byte, len(c.written))...))
		}
	}
	return texts
}

func (d *powerDisk) open(path string) (io.ReadCloser, error) {
	c := d.now[path]
	if c == nil {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(append(bytes.Clone(c.synced), c.written...))), nil
}

func (d *powerDisk) createTemp(path string) (tempFile, error) {
	d.temps++
	f := &powerFile{disk: d, name: fmt.Sprintf("%s.%d.new", path, d.temps), content: &content{}}
	return f, d.step(func() {
		d.change(func(dir map[string]*content) { dir[f.name] = f.content })
	})
}

func (d *powerDisk) rename(from, to string) error {
	c := d.now[from]
	return d.step(func() {
		d.change(func(dir map[string]*content) {
			delete(dir, from)
			dir[to] = c
		})
	})
}

func (d *powerDisk) remove(path string) error {
	d.change(func(dir map[string]*content) { delete(dir, path) })
	return nil
}

func (d *powerDisk) syncDir(string) error {
	return d.step(func() {
		if d.noSyncDir {
			return
		}
		for _, change := range d.changes {
			change(d.durable)
		}
		d.changes = nil
	})
}

func (d *powerDisk) sweep(string) {}

type powerFile struct {
	disk *powerDisk
	name string
	*content
}

func (f *powerFile) Name() string { return f.name }

func (f *powerFile) Write(p []byte) (n int, err error) {
	err = f.disk.step(func() {
		f.written = append(f.written, p...)
		n = len(p)
	})
	return n, err
}

func (f *powerFile) Sync() error {
	return f.disk.step(func() {
		if !f.disk.noSync {
			f.synced, f.written = append(f.synced, f.written...), nil
		}
	})
}

func (f *powerFile) Close() error { return f.disk.step(func() {}) }

func powerID(n byte) transport.PeerID { return transport.PeerID{n, 1} }

// lost saves some books and returns what was found after some loss of power and should not have been.
func lost(t *testing.T, d *powerDisk) (found []string) {
	b, err := openBook(powerPath, BookOptions{Delay: -1}, d)
	require.NoError(t, err)
	var old, next []byte
	d.after = func() {
		for _, text := range d.afterwards(powerPath) {
			if !bytes.Equal(text, old) && !bytes.Equal(text, next) || text == nil && old != nil {
				found = append(found, fmt.Sprintf("%q", text))
			}
		}
	}
	for n := range byte(4) {
		b.Passed(powerID(n), "host:1")
		next = encodeBook(b.ranked())
		require.NoError(t, b.Save())
		old = next // from here on the new one must be there
		d.after()
	}
	return found
}

func TestAfterALossOfPowerTheBookIsTheOldOrTheNewOne(t *testing.T) {
	require.Empty(t, lost(t, newPowerDisk()))
}

func TestALossOfPowerWouldBeNoticed(t *testing.T) {
	careless := newPowerDisk()
	careless.noSync = true
	require.NotEmpty(t, lost(t, careless))
	careless = newPowerDisk()
	careless.noSyncDir = true
	require.NotEmpty(t, lost(t, careless))
}

func TestAWriteThatFailsIsMadeUpFor(t *testing.T) {
	for step := 1; step <= 6; step++ {
		d := newPowerDisk()
		b, err := openBook(powerPath, BookOptions{Delay: -1}, d)
		require.NoError(t, err)
		b.Passed(powerID(1), "host:1")
		require.NoError(t, b.Save())
		require.Equal(t, 6, d.steps)
		d.steps, d.fail = 0, step
		b.Passed(powerID(2), "host:2")
		err = b.Save()
		require.ErrorIs(t, err, errPower)
		require.Len(t, d.now, 1, "nothing is left beside the book")
		entries, damage, err := b.read()
		require.NoError(t, errors.Join(damage, err))
		if step < 6 {
			require.Len(t, entries, 1, "the old one is there")
		}
		require.NoError(t, b.Save())
		entries, damage, err = b.read()
		require.NoError(t, errors.Join(damage, err))
		require.Len(t, entries, 2)
	}
}
