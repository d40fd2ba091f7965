package frozen

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
)

// "Data is stored efficiently and reliably on the network using content
// addressable resource identifiers and self encryption." (paper, Conclusion)
//
// Efficiently: the same content, compressed by anyone at any time, has the same
// bytes and so one identifier.
func TestPaperContentAddressable(t *testing.T) {
	content := textBytes(1, 300000)
	var mine, yours Encoder
	yours.AppendCompressed(nil, recordBytes(2, 500000))
	a, okA := mine.AppendCompressed(nil, content)
	b, okB := yours.AppendCompressed(nil, bytes.Clone(content))
	require.True(t, okA)
	require.True(t, okB)
	require.Equal(t, sha256.Sum256(a), sha256.Sum256(b))
}

// Reliably: what comes back under an identifier is the content, whole, or an
// error.
func TestPaperReliably(t *testing.T) {
	content := textBytes(3, 300000)
	var e Encoder
	frame, ok := e.AppendCompressed(nil, content)
	require.True(t, ok)
	back, err := AppendDecompressed(nil, frame, len(content))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, back))
	_, err = AppendDecompressed(nil, frame[:len(frame)-1], len(content))
	require.ErrorIs(t, err, ErrCorrupt)
}
