package lint

import (
	"bytes"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// cores are the pure state machines: message, tick or command in; messages and
// decisions out.
var cores = []string{"routing"}

// TestCoresTouchNothingOutside: the same inputs must give the same outputs, in
// a vault, in a test and in a simulation.
func TestCoresTouchNothingOutside(t *testing.T) {
	outside := []string{"os", "net", "syscall", "crypto/rand", "math/rand", "math/rand/v2", "sync", "context", "log/slog"}
	clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}
	for _, s := range sources(t) {
		if s.isTest() || !slices.Contains(cores, s.dir()) {
			continue
		}
		for _, p := range imports(t, s) {
			require.NotContains(t, outside, p, s.path)
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			_, starts := n.(*ast.GoStmt)
			require.False(t, starts, "%s starts a goroutine", s.path)
			if of, name := selector(n); of == "time" {
				require.NotContains(t, clock, name, "%s reads the clock", s.path)
			}
			return true
		})
	}
}

// maySkip has the files whose tests may skip themselves, each with its reason:
// a test that is skipped proves nothing.
var maySkip = map[string]string{
	"selfencrypt/internal/frozen/roundtrip_test.go": "the reference program zstd is on few machines",
	"selfencrypt/crosscheck_test.go":                "it runs programs in Rust, and is asked for by a flag",
}

func TestNoTestSkipsItself(t *testing.T) {
	var skipping []string
	for _, s := range sources(t) {
		if !s.isTest() || maySkip[s.path] != "" {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			of, name := selector(n)
			if strings.HasPrefix(name, "Skip") && slices.Contains([]string{"t", "b", "f", "tb"}, of) {
				skipping = append(skipping, s.path+" calls "+of+"."+name)
			}
			return true
		})
	}
	require.Empty(t, skipping)
}

// selector returns the parts of an expression x.name.
func selector(n ast.Node) (of, name string) {
	e, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if x, ok := e.X.(*ast.Ident); ok {
		return x.Name, e.Sel.Name
	}
	return "", ""
}

func TestPackagesAreNamedForWhatTheyAre(t *testing.T) {
	vague := regexp.MustCompile(`^(util|common|helper|manager|misc|base|shared)s?$`)
	for _, s := range sources(t) {
		require.NotRegexp(t, vague, strings.TrimSuffix(s.Name.Name, "_test"), s.path)
	}
}

func TestNothingIsLeftUndone(t *testing.T) {
	mark := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	for _, s := range sources(t) {
		require.False(t, mark.Match(s.text), "%s: finish it or leave it out", s.path)
	}
}

// TestEveryPackageIntroducesItself: a package that others import says what it
// is and shows how it is used.
func TestEveryPackageIntroducesItself(t *testing.T) {
	documented, shown := make(map[string]bool), make(map[string]bool)
	for _, s := range sources(t) {
		dir := s.dir()
		documented[dir] = documented[dir] || !s.isTest() && s.Doc != nil
		shown[dir] = shown[dir] || s.isTest() && hasExample(s.File)
	}
	var silent []string
	for dir := range documented {
		if !documented[dir] && dir != "examples" {
			silent = append(silent, dir+" has no package comment")
		}
		if isPublic(dir) && !shown[dir] {
			silent = append(silent, dir+" has no Example")
		}
	}
	require.Empty(t, silent)
}

// isPublic reports whether a directory is a package for others to import.
// Programs are not, nor packages that test an implementation, whose use the
// tests of our own implementations show.
func isPublic(dir string) bool {
	return !strings.Contains("/"+dir+"/", "/internal/") &&
		!strings.HasPrefix(dir+"/", "examples/") && !strings.HasSuffix(dir, "test")
}

func hasExample(f *ast.File) bool {
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && strings.HasPrefix(fn.Name.Name, "Example")
	})
}

// mostLines is how long a program under examples may be: it is read like a
// tutorial. What is more belongs into a package.
var mostLines = map[string]int{
	"examples/minimal": 400, // wires the packages by hand
}

func TestExamplesAreShort(t *testing.T) {
	lines := make(map[string]int)
	for _, s := range sources(t) {
		if strings.HasPrefix(s.path, "examples/") && !s.isTest() {
			lines[s.dir()] += bytes.Count(s.text, []byte("\n"))
		}
	}
	for dir, n := range lines {
		most := mostLines[dir]
		if most == 0 {
			most = 300
		}
		require.LessOrEqual(t, n, most, "lines of %s", dir)
	}
}

func TestLinksBetweenPagesLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	var dead []string
	for _, page := range files(t, ".md") {
		text, err := os.ReadFile(filepath.Join(root, page))
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(root, path.Dir(page), m[1])); err != nil {
				dead = append(dead, page+" links to "+m[1])
			}
		}
	}
	require.Empty(t, dead)
}
