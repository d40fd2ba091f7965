package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// These tests quote what the paper says of a vault's storage.

// "Resources are stored on the network as content addressable resources. The
// identifier for these resources are SHA3-256 hashes of the resource content."
func TestPaperContentAddressed(t *testing.T) {
	s := mustOpen(t, t.TempDir(), nil)
	chunk := []byte("a resource")
	name := xorname.FromContent(chunk)
	require.NoError(t, s.Put(name, chunk))
	got, err := s.Get(name)
	require.NoError(t, err)
	require.Equal(t, name, xorname.FromContent(got))
	require.NoError(t, s.Close())
}

// "chunks which are individual 1 MB portions after the file is split"
func TestPaperChunkSize(t *testing.T) {
	s := mustOpen(t, t.TempDir(), nil)
	name, chunk := chunkOf(1, store.MaxChunk)
	require.NoError(t, s.Put(name, chunk))
	requireHeld(t, s, []xorname.Name{name})
	require.NoError(t, s.Close())
}

// "resources cannot be duplicated on the network, increasing storage
// efficiency"
func TestPaperNoDuplicates(t *testing.T) {
	s := mustOpen(t, t.TempDir(), nil)
	for _, size := range []int{1000, 100_000} {
		name, chunk := chunkOf(1, size)
		require.NoError(t, s.Put(name, chunk))
		usage := s.Usage()
		require.NoError(t, s.Put(name, chunk))
		require.Equal(t, usage, s.Usage())
	}
	require.NoError(t, s.Close())
}

// "Nodes on the network (known as vaults) are primarily responsible for storing
// chunks of data. The availability of chunks is critical to the success of the
// network."
func TestPaperAvailability(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, nil)
	held := putAll(t, s, sizes...)
	require.NoError(t, s.Close())
	s = mustOpen(t, dir, nil)
	requireHeld(t, s, held)
	require.NoError(t, s.Close())
}

// "This depends on vaults in the group having: [...] space available to store
// new data"
func TestPaperSpaceAvailable(t *testing.T) {
	s := mustOpen(t, t.TempDir(), &store.Options{Space: store.MaxChunk})
	name, chunk := chunkOf(1, store.MaxChunk)
	require.NoError(t, s.Put(name, chunk))
	name, chunk = chunkOf(2, 1)
	require.ErrorIs(t, s.Put(name, chunk), store.ErrFull)
	require.NoError(t, s.Close())
}
