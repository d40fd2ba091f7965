package transport

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRequestOfEverySizeIsAnswered(t *testing.T) {
	a, b := listen(t, 1, Config{}), listen(t, 2, Config{})
	connect(t, a, b)
	ctx := testContext(t)
	for _, size := range []int{0, 1, laneMax - 3, laneMax, laneMax + 1, 100_000, MaxBody} {
		m := Message{Kind: 7, Head: []byte("abc"), Body: bytes.Repeat([]byte{byte(size)}, size)}
		got, err := a.Request(ctx, b.ID(), m)
		require.NoError(t, err)
		require.Equal(t, m.Kind, got.Kind)
		require.Equal(t, m.Head, got.Head)
		require.True(t, bytes.Equal(m.Body, got.Body))
		back, err := b.Request(ctx, a.ID(), m)
		require.NoError(t, err)
		require.True(t, bytes.Equal(m.Body, back.Body))
	}
}
