package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/safenet-go/safenet/xorname"
)

// writeChunk is the category under which Pebble's file systems count writes.
const writeChunk vfs.DiskWriteCategory = "safenet-chunk"

// files keeps chunks of FileSize and more, a file each.
type files struct {
	fs     vfs.FS
	chunks string
	tmp    string
	staged atomic.Uint64
	dirs   [256]dirSync // by the last byte of the name
}

func openFiles(fs vfs.FS, dir string) (*files, error) {
	f := &files{fs: fs, chunks: fs.PathJoin(dir, "chunks"), tmp: fs.PathJoin(dir, "tmp")}
	if err := f.makeDirs(); err != nil {
		return nil, fmt.Errorf("data directory %s is not writable: %w", dir, asFull(err))
	}
	return f, errors.Join(f.emptyTmp(), syncDir(fs, f.chunks), syncDir(fs, dir))
}

// makeDirs makes all directories at once, so that no Put has to make one
// durable first.
func (f *files) makeDirs() error {
	for _, d := range []string{f.chunks, f.tmp} {
		if err := f.fs.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	there, err := f.fs.List(f.chunks)
	if err != nil || len(there) >= len(f.dirs) {
		return err
	}
	for last := range f.dirs {
		if err := f.fs.MkdirAll(f.dir(xorname.Name{xorname.Size - 1: byte(last)}), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// emptyTmp removes what a killed process was writing: as many files as it had
// Puts under way.
func (f *files) emptyTmp() error {
	left, err := f.fs.List(f.tmp)
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := f.fs.Remove(f.fs.PathJoin(f.tmp, name)); err != nil {
			return fmt.Errorf("emptying tmp: %w", err)
		}
	}
	return nil
}

func (f *files) dir(name xorname.Name) string {
	last := name[xorname.Size-1]
	return f.fs.PathJoin(f.chunks, hex.EncodeToString([]byte{last}))
}

func (f *files) path(name xorname.Name) string {
	return f.fs.PathJoin(f.dir(name), name.String())
}

func (f *files) has(name xorname.Name, size int) bool {
	info, err := f.fs.Stat(f.path(name))
	return err == nil && info.Mode().IsRegular() && info.Size() == int64(size)
}

// stage writes a chunk where nobody looks for it and returns the path, also
// with an error.
func (f *files) stage(chunk []byte) (string, error) {
	tmp := f.fs.PathJoin(f.tmp, strconv.FormatUint(f.staged.Add(1), 10))
	return tmp, writeFile(f.fs, tmp, chunk)
}

// discard gives back the space of a staged chunk.
func (f *files) discard(tmp string) {
	_ = f.fs.Remove(tmp) // what cannot be removed now is at the next start
}

// publish makes a staged chunk the one stored under name, durably.
func (f *files) publish(tmp string, name xorname.Name) error {
	if err := f.fs.Rename(tmp, f.path(name)); err != nil {
		return err
	}
	return f.sync(name)
}

// sync makes durable that the chunk's file is there, or is not.
func (f *files) sync(name xorname.Name) error {
	return f.dirs[name[xorname.Size-1]].sync(f.fs, f.dir(name))
}

// remove drops the chunk's file, durably. There may be none.
func (f *files) remove(name xorname.Name) error {
	err := f.fs.Remove(f.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.sync(name)
}

// read returns the chunk's file if it has the size it should have; if not, or
// if there is none, that is ErrCorrupt.
func (f *files) read(name xorname.Name, size int) ([]byte, error) {
	file, err := f.fs.Open(f.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: its file has gone", ErrCorrupt)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	chunk := make([]byte, size+1)
	n, err := io.ReadFull(file, chunk)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		if n == size {
			return chunk[:n:n], nil
		}
		return nil, fmt.Errorf("%w: %d bytes of %d", ErrCorrupt, n, size)
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("%w: more than %d bytes", ErrCorrupt, size)
}

// writeFile writes a new file and syncs it.
func writeFile(fs vfs.FS, path string, data []byte) error {
	f, err := fs.Create(path, writeChunk)
	if err != nil {
		return err
	}
	if fs != vfs.Default {
		data = bytes.Clone(data) // Write of any other may change it
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
