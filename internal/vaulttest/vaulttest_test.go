package vaulttest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVaultsComeAndGo(t *testing.T) {
	net := Start(t, 3, QuickAway)
	name := net.Vaults[1].Info().Name
	net.Kill(1)
	require.Len(t, net.Living(), 2)
	net.Settle()
	net.Run(1)
	net.Settle()
	require.Equal(t, name, net.Vaults[1].Info().Name)
	net.Close(2)
	net.Settle()
}
