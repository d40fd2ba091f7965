package selfencrypt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/safenet-go/safenet/xorname"
)

// A DirStore keeps each chunk as a file of a directory, named by the hex form
// of its name, in subdirectories by the first byte. It is safe for concurrent
// use, also by several processes.
type DirStore struct{ dir string }

// NewDirStore returns a store in dir, which is created if need be, and others
// cannot read.
func NewDirStore(dir string) (*DirStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("selfencrypt: opening a directory of chunks: %w", err)
	}
	return &DirStore{dir: dir}, nil
}

func (s *DirStore) path(name xorname.Name) (dir, file string) {
	hex := name.String()
	dir = filepath.Join(s.dir, hex[:2])
	return dir, filepath.Join(dir, hex)
}

// Put implements ChunkStore. When it returns nil, the chunk survives a crash of
// the machine; a Put cut short leaves no part of it under its name. A file that
// holds something else than the chunk is replaced. It takes the chunks of all
// suites; longer ones are refused with ErrTooLarge.
func (s *DirStore) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	if err := checkPut(ctx, chunk); err != nil {
		return err
	}
	if there, err := s.Get(ctx, name); err == nil && bytes.Equal(there, chunk) {
		return nil
	}
	dir, file := s.path(name)
	if err := writeDurably(dir, file, chunk); err != nil {
		return fmt.Errorf("selfencrypt: writing chunk %s: %w", name, err)
	}
	return nil
}

func writeDurably(dir, file string, data []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, "put-*.tmp")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}

// syncDir makes a rename durable. Windows neither needs nor allows it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Has implements Haser. A file that a crash left empty does not count.
func (s *DirStore) Has(ctx context.Context, name xorname.Name) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	_, file := s.path(name)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("selfencrypt: looking for chunk %s: %w", name, err)
	}
	return info.Mode().IsRegular() && info.Size() > 0, nil
}

// Get implements ChunkStore. A file longer than any chunk is not read on: the
// error wraps ErrTooLarge.
func (s *DirStore) Get(ctx context.Context, name xorname.Name) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, file := s.path(name)
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s: %s", ErrNotFound, s.dir, name)
	}
	if err != nil {
		return nil, fmt.Errorf("selfencrypt: opening chunk %s: %w", name, err)
	}
	defer f.Close()
	var b bytes.Buffer
	if info, err := f.Stat(); err == nil { // only a hint
		b.Grow(int(min(info.Size(), maxCompatibleChunk)) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(f, maxCompatibleChunk+1)); err != nil {
		return nil, fmt.Errorf("selfencrypt: reading chunk %s: %w", name, err)
	}
	if b.Len() > maxCompatibleChunk {
		return nil, fmt.Errorf("%w: the file of chunk %s", ErrTooLarge, name)
	}
	return b.Bytes(), nil
}
