package bootstrap

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// Save writes the changes since the last write, if there are any. If it fails, they are kept for the next one.
func (b *Book) Save() error {
	b.writing.Lock()
	defer b.writing.Unlock()
	if !b.unsaved() {
		return nil
	}
	entries, _, err := b.read()
	if err != nil {
		return err
	}
	text, changes := b.merge(entries)
	if err := replace(b.disk, b.path, text); err != nil {
		b.mu.Lock()
		maps.Copy(b.changed, changes)
		b.mu.Unlock()
		return fmt.Errorf("bootstrap: writing the peer book: %w", err)
	}
	return nil
}

// unsaved tells whether there is something to write, which is then no longer due.
func (b *Book) unsaved() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	return len(b.changed) > 0
}

// merge takes over what is in the file, and returns what is to be written and what is new in it.
func (b *Book) merge(entries []Entry) (text []byte, changes map[transport.PeerID]struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.take(entries)
	changes, b.changed = b.changed, make(map[transport.PeerID]struct{})
	return encodeBook(b.ranked()), changes
}

// Close saves the book. Later changes are not written.
func (b *Book) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.Save()
}

// touch makes the change of a peer known to the next write, and sees to it that there is one.
func (b *Book) touch(id transport.PeerID) {
	if b.path == "" || b.closed {
		return
	}
	b.changed[id] = struct{}{}
	if b.timer == nil && b.o.Delay > 0 {
		b.timer = time.AfterFunc(b.o.Delay, b.saveLater)
	}
}

func (b *Book) saveLater() {
	if err := b.Save(); err != nil {
		b.o.Logger.Warn("bootstrap: the peer book could not be written, which will be tried again after the next change", "error", err)
	}
}

// read decodes the file. One that does not exist has no entries.
func (b *Book) read() (entries []Entry, damage, err error) {
	f, err := b.disk.open(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("bootstrap: reading the peer book: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(maxBookSize)+1))
	if err != nil {
		return nil, nil, fmt.Errorf("bootstrap: reading the peer book: %w", err)
	}
	entries, damage, err = decodeBook(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", b.path, err)
	}
	return entries, damage, nil
}

// replace puts text in the place of the file, if there is one, so that whoever opens it finds either whole. When it has returned
// nil, not even a loss of power brings the old one back.
func replace(d disk, path string, text []byte) error {
	f, err := d.createTemp(path)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync() // before the rename, which may reach the disk first
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = d.rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, d.remove(f.Name()))
	}
	return d.syncDir(filepath.Dir(path))
}
