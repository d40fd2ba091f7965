package xorname

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEmptyContentHasTheHashOfNothing(t *testing.T) {
	const sha3OfNothing = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"
	require.Equal(t, sha3OfNothing, FromContent().String())
	require.Equal(t, sha3OfNothing, FromContent(nil).String())
	require.Equal(t, sha3OfNothing, FromContent(nil, nil).String())
}
