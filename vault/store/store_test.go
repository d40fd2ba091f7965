package store_test

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

func random(t testing.TB, size int) (xorname.Name, []byte) {
	t.Helper()
	chunk := make([]byte, size)
	_, _ = rand.Read(chunk)
	return xorname.FromContent(chunk), chunk
}

func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir, nil)
	require.NoError(t, err)
	for _, size := range []int{0, 1, 24 << 10, 64<<10 - 1, 64 << 10, 1 << 20} {
		name, chunk := random(t, size)
		require.NoError(t, s.Put(name, chunk))
		require.True(t, s.Has(name))
		got, err := s.Get(name)
		require.NoError(t, err)
		require.Equal(t, chunk, got)
	}
	want := s.Usage()
	require.EqualValues(t, 6, want.Chunks)
	_, err = store.Open(dir, nil)
	require.ErrorIs(t, err, store.ErrInUse)
	require.NoError(t, s.Close())
	s, err = store.Open(dir, nil)
	require.NoError(t, err)
	require.Equal(t, want, s.Usage())
	require.NoError(t, s.Close())
}
