// Package vectors finds the known answers that conformance tests run. Start
// with [Folder].
package vectors

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Folder returns the folder of a package's vectors, which must have files: in
// the directory SAFE_VECTORS or, if that is unset, in the module's own
// testdata/vectors. A relative SAFE_VECTORS begins at the module's root, where
// the go command is run, and not where it runs the test.
func Folder(t testing.TB, name string) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv("SAFE_VECTORS")
	switch {
	case dir == "":
		dir = filepath.Join(root, "testdata", "vectors")
	case !filepath.IsAbs(dir):
		dir = filepath.Join(root, dir)
	}
	folder := filepath.Join(dir, name)
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no vectors in %s", folder)
	}
	return folder
}

// moduleRoot returns the nearest directory above that has a go.mod.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above %s", start)
		}
	}
}
