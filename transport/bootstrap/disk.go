package bootstrap

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// disk is what a book needs of a file system. The tests have one that loses its power.
type disk interface {
	open(path string) (io.ReadCloser, error)
	createTemp(path string) (tempFile, error) // a new file beside path
	rename(from, to string) error             // replaces what is there
	remove(path string) error
	syncDir(dir string) error
	sweep(path string) // removes the new files beside path that were left by a crash, as far as possible
}

type tempFile interface {
	io.WriteCloser
	Name() string
	Sync() error
}

type osDisk struct{}

func (osDisk) open(path string) (io.ReadCloser, error) { return os.Open(path) }

const tempSuffix = ".new"

// The name has random digits: another process may be writing the same book.
func (osDisk) createTemp(path string) (tempFile, error) {
	return os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+tempSuffix)
}

func (osDisk) rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) remove(path string) error { return os.Remove(path) }

// syncDir makes a rename durable. Windows can not, and does not need to: there the file system keeps the order.
func (osDisk) syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// leftover is the age from which on nobody is still writing a file.
const leftover = time.Hour

func (osDisk) sweep(path string) {
	dir, base := filepath.Split(path)
	entries, _ := os.ReadDir(filepath.Clean(dir))
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), base+".") || !strings.HasSuffix(e.Name(), tempSuffix) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftover {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
