package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the path of our module, and root where it lies from here.
const (
	module = "github.com/safenet-go/safenet"
	root   = "../.."
)

// source is a Go file of the module, for whatever system it is.
type source struct {
	path string // slash-separated, from the root
	text []byte
	*ast.File
}

// dir is the package's path within the module.
func (s source) dir() string { return path.Dir(s.path) }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(root, dir, "go.mod"))
	return err == nil
}

// files returns the paths of the module's files with one of the extensions.
// What begins with a dot or an underscore, testdata, and modules within the
// module are left out, as by the go command.
func files(t *testing.T, extension string) (paths []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := p != "." && strings.ContainsAny(e.Name()[:1], "._")
		switch {
		case e.IsDir() && (hidden || e.Name() == "testdata" || p != "." && isModule(p)):
			return fs.SkipDir
		case !e.IsDir() && !hidden && path.Ext(p) == extension:
			paths = append(paths, p)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

// sources parses every Go file of the module.
func sources(t *testing.T) (all []source) {
	t.Helper()
	for _, p := range files(t, ".go") {
		text, err := os.ReadFile(filepath.Join(root, p))
		require.NoError(t, err)
		f, err := parser.ParseFile(token.NewFileSet(), p, text, parser.ParseComments)
		require.NoError(t, err)
		all = append(all, source{p, text, f})
	}
	return all
}
