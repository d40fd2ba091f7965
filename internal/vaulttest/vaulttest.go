// Package vaulttest runs networks of real vaults on a network in memory, for
// the tests of the packages that use one. Start with [Start].
package vaulttest

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/vault"
)

// Patience is how long tests wait for a condition. None waits for so long
// unless it fails.
const Patience = 40 * time.Second

// Network is vaults on a network in memory. They end with the test.
type Network struct {
	T      testing.TB
	Mem    *memnet.Net
	Dir    string // of the vaults' directories
	Vaults []*Node
}

// Node is a vault that can be ended and run again on its directory.
type Node struct {
	*vault.Vault
	Config vault.Config
	Live   bool
}

// Tune changes how the i-th vault is run.
type Tune func(i int, c *vault.Config)

// New returns a network without vaults.
func New(t testing.TB) *Network {
	n := &Network{T: t, Mem: memnet.New(1), Dir: t.TempDir()}
	t.Cleanup(n.stop)
	return n
}

// Start returns a network of n vaults that all know each other.
func Start(t testing.TB, n int, tunes ...Tune) *Network {
	t.Helper()
	net := New(t)
	for range n {
		net.Add(tunes...)
	}
	net.Settle()
	return net
}

// Add runs one vault more. The first begins the network, the others join
// through it.
func (n *Network) Add(tunes ...Tune) *Node {
	n.T.Helper()
	i := len(n.Vaults)
	cfg := vault.Config{
		Dir: filepath.Join(n.Dir, strconv.Itoa(i)), Transport: n.Endpoint, First: i == 0,
		Heartbeat: 100 * time.Millisecond, AwayAfter: 3 * time.Second, JoinTimeout: Patience,
	}
	if i > 0 {
		cfg.Contacts = []string{n.Vaults[0].Info().Addr}
	}
	for _, f := range tunes {
		f(i, &cfg)
	}
	n.Vaults = append(n.Vaults, &Node{Config: cfg})
	n.Run(i)
	n.Vaults[i].Config.First = false
	return n.Vaults[i]
}

// QuickAway has silence noticed soon.
func QuickAway(_ int, c *vault.Config) {
	c.Heartbeat, c.AwayAfter = 50*time.Millisecond, 500*time.Millisecond
}

// Endpoint makes endpoints that ask for any port get an address of their own,
// and that see soon when nobody is there.
func (n *Network) Endpoint(c transport.Config) (transport.Endpoint, error) {
	if c.Listen == ":0" || c.Listen == "127.0.0.1:0" {
		c.Listen = ""
	}
	c.HandshakeTimeout = 200 * time.Millisecond
	c.IdleTimeout = min(c.IdleTimeout, time.Second)
	return n.Mem.Endpoint(c)
}

// Run runs the i-th vault, again if it has ended.
func (n *Network) Run(i int) {
	n.T.Helper()
	v, err := vault.Start(n.T.Context(), n.Vaults[i].Config)
	require.NoError(n.T, err)
	n.Vaults[i].Vault, n.Vaults[i].Live = v, true
}

// Kill ends a vault without a goodbye.
func (n *Network) Kill(i int) {
	n.Mem.Kill(n.Vaults[i].Info().Key)
	_ = n.Vaults[i].Close()
	n.Vaults[i].Live = false
}

// Close ends a vault as its operator would.
func (n *Network) Close(i int) {
	n.T.Helper()
	require.NoError(n.T, n.Vaults[i].Close())
	n.Vaults[i].Live = false
}

func (n *Network) stop() {
	for _, v := range n.Living() {
		_ = v.Close()
	}
}

// Living returns the vaults that run.
func (n *Network) Living() (live []*Node) {
	for _, v := range n.Vaults {
		if v.Live {
			live = append(live, v)
		}
	}
	return live
}

// Settle waits until all living vaults know each other and nobody else.
func (n *Network) Settle() {
	n.T.Helper()
	live := n.Living()
	Eventually(n.T, func() bool {
		for _, v := range live {
			if v.Info().Members != len(live) {
				return false
			}
		}
		return true
	}, "all vaults know each other")
}

// Eventually waits for a condition.
func Eventually(t testing.TB, cond func() bool, what string) {
	t.Helper()
	for end := time.Now().Add(Patience); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			require.FailNow(t, "never came true: "+what)
		}
	}
}
