package selfencrypt_test

import (
	"testing"

	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/selfencrypt/storetest"
	"github.com/stretchr/testify/require"
)

func TestMemStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) selfencrypt.ChunkStore { return new(selfencrypt.MemStore) })
}

func TestDirStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) selfencrypt.ChunkStore {
		store, err := selfencrypt.NewDirStore(t.TempDir())
		require.NoError(t, err)
		return store
	})
}
