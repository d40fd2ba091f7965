package vectors

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFolders(t *testing.T) {
	t.Setenv("SAFE_VECTORS", "")
	own := Folder(t, "xorname")
	require.FileExists(t, filepath.Join(own, "xorname.json"))

	t.Setenv("SAFE_VECTORS", filepath.Dir(own))
	require.Equal(t, own, Folder(t, "xorname"))
	t.Setenv("SAFE_VECTORS", "testdata/vectors")
	require.Equal(t, own, Folder(t, "xorname"), "from the root")
}

// recorder is a test that stops at its first failure, without ending this one.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper() {}

func (r *recorder) Fatal(...any) { r.failed = true; panic(r) }

func (r *recorder) Fatalf(string, ...any) { r.failed = true; panic(r) }

func TestFoldersThatAreMissingOrEmptyFail(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "empty"), 0o700))
	t.Setenv("SAFE_VECTORS", dir)
	for _, name := range []string{"empty", "missing"} {
		r := &recorder{TB: t}
		require.Panics(t, func() { Folder(r, name) })
		require.True(t, r.failed, name)
	}
}
