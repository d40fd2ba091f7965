package vault_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/vault/store"
)

// refused starts a vault that must not come up, and returns why it did not.
func (n *network) refused(cfg vault.Config) error {
	n.T.Helper()
	v, err := vault.Start(n.T.Context(), cfg)
	if err == nil {
		_ = v.Close()
	}
	require.Error(n.T, err)
	return err
}

func TestADirectoryThatCannotBeOneIsRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	cfg := net.Vaults[0].Config
	for _, cfg.Dir = range []string{file, filepath.Join(file, "below")} {
		err := net.refused(cfg)
		require.ErrorContains(t, err, "data directory")
		require.ErrorContains(t, err, cfg.Dir)
	}
}

func TestADirectoryInUseIsRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	require.ErrorIs(t, net.refused(net.Vaults[0].Config), store.ErrInUse)
	require.Equal(t, 1, net.Vaults[0].Info().Members, "the one that has it goes on")
}

func TestADirectoryOfANewerVersionIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	net.Close(0)
	cfg := net.Vaults[0].Config
	path := filepath.Join(cfg.Dir, "VERSION")
	require.NoError(t, os.WriteFile(path, []byte("safenet-vault 999\n"), 0o600))
	err := net.refused(cfg)
	require.ErrorIs(t, err, store.ErrVersion)
	require.ErrorContains(t, err, "newer")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "safenet-vault 999\n", string(text))
}

// A record is what a vault wrote about itself: with another version or other
// bytes it says nothing that could be relied on.
func TestARecordThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	net.Close(0)
	cfg := net.Vaults[0].Config
	meta := func(key string, value []byte) (old []byte) {
		s, err := store.Open(cfg.Dir, nil)
		require.NoError(t, err)
		old, err = s.GetMeta(key)
		require.NoError(t, err)
		require.NoError(t, s.SetMeta(key, value))
		require.NoError(t, s.Close())
		return old
	}
	newer := wire.Marshal(struct {
		_       struct{} `cbor:",toarray"`
		Version uint16
		Seed    [32]byte
	}{Version: 2})
	good := meta("vault/key", newer)
	require.ErrorContains(t, net.refused(cfg), "record vault/key is of version 2")
	meta("vault/key", good)

	for _, key := range []string{"vault/key", "vault/listen", "vault/network"} {
		good := meta(key, []byte("garbage"))
		err := net.refused(cfg)
		require.ErrorIs(t, err, wire.ErrMalformed)
		require.ErrorContains(t, err, key)
		meta(key, good)
	}
	net.Run(0)
}

// The allotment in the directory is worth nothing to another key.
func TestADirectoryPutTogetherFromTwoIsRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	net.Close(0)
	net.Close(1)
	a, err := store.Open(net.Vaults[0].Config.Dir, nil)
	require.NoError(t, err)
	defer a.Close()
	b, err := store.Open(net.Vaults[1].Config.Dir, nil)
	require.NoError(t, err)
	record, err := a.GetMeta("vault/network")
	require.NoError(t, err)
	require.NoError(t, b.SetMeta("vault/network", record))
	require.NoError(t, b.Close())
	require.ErrorContains(t, net.refused(net.Vaults[1].Config), "another key")
}

func TestAContactOfAnotherNetworkIsRefused(t *testing.T) {
	t.Parallel()
	net, other := start(t, 2), newNetwork(t)
	other.Mem = net.Mem
	other.Add()
	net.Close(1)
	cfg := net.Vaults[1].Config
	cfg.Contacts = []string{other.Vaults[0].Info().Addr}
	err := net.refused(cfg)
	require.ErrorIs(t, err, vault.ErrNetwork)
	require.ErrorContains(t, err, cfg.Contacts[0])

	net.Run(1) // with the right contact all is as it was
	net.settle()
}

func TestANewNetworkIsNotBegunInADirectoryOfAnother(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	net.Close(1)
	cfg := net.Vaults[1].Config
	cfg.First = true
	require.ErrorContains(t, net.refused(cfg), "belongs to a network already")
}

func TestTheFounderGoesOnWithItsNetwork(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	id := net.Vaults[0].Info().Network
	net.Close(0)
	net.Vaults[0].Config.First = true
	net.Run(0)
	require.Equal(t, id, net.Vaults[0].Info().Network)
}

func TestANetworkKeepsFrom1To64Copies(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	for _, copies := range []int{-1, 65, 1 << 20} {
		err := net.refused(vault.Config{Dir: t.TempDir(), First: true, Copies: copies, Transport: net.Endpoint})
		require.ErrorContains(t, err, "copies")
	}
}

func TestNoContactIsNamedWithItsCause(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	cfg := vault.Config{Dir: t.TempDir(), Transport: net.Endpoint, JoinTimeout: time.Second}
	require.ErrorIs(t, net.refused(cfg), vault.ErrNoContact)
	cfg.Contacts = []string{"nobody:1", "nobody:2"}
	err := net.refused(cfg)
	require.ErrorIs(t, err, vault.ErrNoContact)
	require.ErrorContains(t, err, "nobody:1")
	require.ErrorContains(t, err, "nobody:2")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cfg.JoinTimeout = time.Hour
	_, err = vault.Start(ctx, cfg)
	require.ErrorIs(t, err, vault.ErrNoContact)
}

func TestAnAddressInUseIsRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	cfg := net.Vaults[0].Config
	cfg.Dir, cfg.First, cfg.Listen = t.TempDir(), true, net.Vaults[0].Info().Addr
	err := net.refused(cfg)
	require.ErrorContains(t, err, "listen on "+cfg.Listen)
}

// The address of the last run is a wish.
func TestAnAddressTakenSinceIsReplaced(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	old := net.Vaults[1].Info().Addr
	net.Close(1)
	net.Add(func(_ int, c *vault.Config) { c.Listen = old })
	net.Run(1)
	require.NotEqual(t, old, net.Vaults[1].Info().Addr)
	net.settle()
}

// The same on sockets: a port can be taken, and garbage can come in at it.
func TestAPortInUseIsRefused(t *testing.T) {
	t.Parallel()
	cfg := vault.Config{Dir: t.TempDir(), First: true}
	v, err := vault.Start(t.Context(), cfg)
	require.NoError(t, err)
	defer v.Close()
	cfg.Dir, cfg.Listen = t.TempDir(), v.Info().Addr
	_, err = vault.Start(t.Context(), cfg)
	require.ErrorContains(t, err, "listen on "+cfg.Listen)
}
