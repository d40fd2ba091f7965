package lru

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLeastRecentlyUsedIsForgotten(t *testing.T) {
	m := New[string, int](2)
	m.Put("a", 1)
	m.Put("b", 2)
	v, ok := m.Get("a")
	require.True(t, ok)
	require.Equal(t, 1, v)
	m.Put("c", 3)
	_, ok = m.Get("b")
	require.False(t, ok)
	m.Put("a", 4)
	m.Put("d", 5)
	_, ok = m.Get("c")
	require.False(t, ok)
	v, _ = m.Get("a")
	require.Equal(t, 4, v)
	require.Equal(t, 2, m.Len())
}
