package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	versionTitle = "safenet-vault"
	version      = 1
)

// checkVersion refuses a directory that this version must not touch, and marks
// a new one.
func checkVersion(fs vfs.FS, dir string) error {
	text, err := readVersion(fs, dir)
	if errors.Is(err, os.ErrNotExist) {
		return initVersion(fs, dir)
	}
	if err != nil {
		return fmt.Errorf("data directory %s: reading VERSION: %w", dir, err)
	}
	found, err := parseVersion(text)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s: VERSION says %q", ErrVersion, dir, text)
	case found > version:
		return fmt.Errorf("%w: %s was written by a newer version of this software (layout %d; this one knows %d)",
			ErrVersion, dir, found, version)
	}
	return nil
}

// parseVersion reads the one line of a VERSION file.
func parseVersion(text string) (int, error) {
	digits, ok := strings.CutPrefix(text, versionTitle+" ")
	digits, whole := strings.CutSuffix(digits, "\n")
	n, err := strconv.Atoi(digits)
	if !ok || !whole || err != nil || n < 1 || strconv.Itoa(n) != digits {
		return 0, ErrVersion
	}
	return n, nil
}

func readVersion(fs vfs.FS, dir string) (string, error) {
	f, err := fs.Open(fs.PathJoin(dir, "VERSION"))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, 64))
	return string(text), errors.Join(err, f.Close())
}

// initVersion writes VERSION before there is anything else, so that chunks
// without it are somebody else's.
func initVersion(fs vfs.FS, dir string) error {
	for _, name := range []string{"db", "chunks"} {
		if _, err := fs.Stat(fs.PathJoin(dir, name)); err == nil {
			return fmt.Errorf("%w: %s has %s but no VERSION", ErrVersion, dir, name)
		}
	}
	tmp := fs.PathJoin(dir, "VERSION.tmp")
	if err := writeFile(fs, tmp, fmt.Appendf(nil, "%s %d\n", versionTitle, version)); err != nil {
		return fmt.Errorf("data directory %s: writing VERSION: %w", dir, asFull(err))
	}
	if err := fs.Rename(tmp, fs.PathJoin(dir, "VERSION")); err != nil {
		return fmt.Errorf("data directory %s: writing VERSION: %w", dir, asFull(err))
	}
	return syncDir(fs, dir)
}
