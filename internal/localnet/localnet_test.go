package localnet

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func TestVaultsRunAsProcesses(t *testing.T) {
	net, err := Start(t.Context(), Options{Vaults: 3})
	require.NoError(t, err)
	require.Len(t, net.Alive(), 3)
	for _, v := range net.Vaults {
		require.Equal(t, net.Vaults[0].Network, v.Network)
		require.DirExists(t, v.Dir)
	}
	require.NoError(t, net.Kill(1))
	require.Len(t, net.Alive(), 2)
	require.NoError(t, net.Stop())
	require.NoDirExists(t, net.Dir)
}

func TestDataIsKeptIfAskedFor(t *testing.T) {
	dir := t.TempDir()
	net, err := Start(t.Context(), Options{Vaults: 1, Dir: dir, Keep: true})
	require.NoError(t, err)
	require.NoError(t, net.Stop())
	require.DirExists(t, net.Vaults[0].Dir)
	_, err = Start(t.Context(), Options{Vaults: 1, Dir: dir})
	require.ErrorContains(t, err, "not empty")
}

func TestAVaultThatDoesNotStartSaysWhy(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(contactVar, "") // as the child will see it
	require.NoError(t, os.MkdirAll(dir+"/vault-00", 0o700))
	v := &Vault{Dir: dir + "/file/vault"}
	_, err := v.launch("")
	require.ErrorContains(t, err, "no such file")

	require.NoError(t, os.WriteFile(dir+"/vault-01", nil, 0o600))
	_, err = start(t.Context(), dir, 1, "")
	require.ErrorContains(t, err, "vault 1 did not start: data directory")
}
