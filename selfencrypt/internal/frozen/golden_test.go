package frozen

import (
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"hash"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Files in the network are addressed by what this encoder returns. If the golden file
// has to be written again, the output has moved, and that is not a new version
// of the package but a new format suite with a revision of its own beside this one.
var update = flag.Bool("update", false, "rewrite testdata/golden.txt: only for a new format suite")

const goldenFile = "testdata/golden.txt"

// goldenLines describes what the encoder makes of the corpus: for each name the
// bytes of the sources, of the frames (nothing for a source that is better kept
// as it is), and the SHA-256 of both. A length stands in front of each item hashed.
func goldenLines() string {
	type entry struct {
		sources, frames int
		source, frame   hash.Hash
	}
	entries := map[string]*entry{}
	var names []string
	var e Encoder
	for _, s := range corpus() {
		g := entries[s.name]
		if g == nil {
			g = &entry{source: sha256.New(), frame: sha256.New()}
			entries[s.name] = g
			names = append(names, s.name)
		}
		frame, _ := e.AppendCompressed(nil, s.data)
		g.sources += len(s.data)
		g.frames += len(frame)
		hashItem(g.source, s.data)
		hashItem(g.frame, frame)
	}
	var b strings.Builder
	for _, name := range names {
		g := entries[name]
		fmt.Fprintf(&b, "%s %d %d\n  source %x\n  frames %x\n",
			name, g.sources, g.frames, g.source.Sum(nil), g.frame.Sum(nil))
	}
	return b.String()
}

func hashItem(h hash.Hash, b []byte) {
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))
	h.Write(b)
}

func TestOutputIsFrozen(t *testing.T) {
	got := goldenLines()
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(goldenFile, []byte(got), 0o644))
	}
	want, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	require.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), got,
		"the compressor's output or the corpus has moved")
}
