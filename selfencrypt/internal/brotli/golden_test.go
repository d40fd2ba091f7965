package brotli

import (
	"crypto/sha3"
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// golden.txt says what the crate makes of generated sources: on each line the
// kind, seed and size of one, and the length and SHA3-256 of its stream. It was
// written by a program that calls BrotliCompress of the crate brotli 3.3.4 with a
// buffer of 4096 bytes and quality 6, on Linux with glibc.
//
//go:embed testdata/golden.txt
var golden string

func TestStreamsAreThoseOfTheCrate(t *testing.T) {
	var e Encoder
	var stream []byte
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(golden, "\r\n", "\n")), "\n")
	require.Greater(t, len(lines), 300)
	for _, line := range lines {
		var kind string
		var seed uint64
		var size, length int
		var digest string
		_, err := fmt.Sscan(line, &kind, &seed, &size, &length, &digest)
		require.NoError(t, err, line)
		stream = e.AppendCompressed(stream[:0], generate(kind, seed, size))
		require.Equal(t, line, fmt.Sprintf("%s %d %d %d %x", kind, seed, size, len(stream), sha3.Sum256(stream)))
	}
}
