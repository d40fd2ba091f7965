package vault_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// A vault that was closed leaves no goroutine.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAVaultKilledIsAwayEverywhereAndComesBack(t *testing.T) {
	t.Parallel()
	net := start(t, 5, vaulttest.QuickAway)
	before := net.Vaults[0].ListDigest()
	net.Kill(3)
	net.settle()
	require.NotEqual(t, before, net.Vaults[0].ListDigest())
	net.Run(3)
	net.settle()
	require.Equal(t, before, net.Vaults[0].ListDigest(), "the same members are the same list")
}

func TestSeveralVaultsJoinAtOnce(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	joined := make(chan error, 6)
	for i := range cap(joined) {
		cfg := net.Vaults[0].Config
		cfg.Dir, cfg.Contacts = fmt.Sprintf("%s/more-%d", net.Dir, i), []string{net.Vaults[0].Info().Addr}
		n := &vaulttest.Node{Config: cfg}
		net.Vaults = append(net.Vaults, n)
		go func() {
			var err error
			n.Vault, err = vault.Start(t.Context(), cfg)
			joined <- err
		}()
	}
	for range cap(joined) {
		require.NoError(t, <-joined)
	}
	for _, v := range net.Vaults {
		v.Live = true
	}
	net.settle()
}

// With an hour until silence counts, only a goodbye can tell the others.
func TestCloseSaysGoodbyeAndLosesNothing(t *testing.T) {
	t.Parallel()
	net := start(t, 3, func(_ int, c *vault.Config) { c.AwayAfter = time.Hour })
	p := net.peer()
	var names []xorname.Name
	for range 10 {
		name, r := p.put(net.Vaults[0], random(2000))
		require.Equal(t, routing.StatusOK, r.Status)
		names = append(names, name)
	}
	name := net.Vaults[2].Info().Name
	net.Close(2)
	require.NoError(t, net.Vaults[2].Close(), "closing again is no error")
	net.settle()

	net.Run(2)
	net.settle()
	require.Equal(t, name, net.Vaults[2].Info().Name)
	for _, name := range names {
		require.True(t, net.Vaults[2].Has(name))
	}
}

// All vaults stop. They come back at new addresses, knowing of one contact;
// then once more at their addresses, with no contact at all.
func TestAWholeNetworkComesBack(t *testing.T) {
	t.Parallel()
	net := start(t, 5)
	p := net.peer()
	chunks := map[xorname.Name][]byte{}
	for _, size := range []int{1, 5000, 70_000} {
		chunk := random(size)
		name, r := p.put(net.Vaults[1], chunk)
		require.Equal(t, routing.StatusOK, r.Status)
		chunks[name] = chunk
	}
	digest, names := net.Vaults[0].ListDigest(), net.names()
	again := func(tune func(i int, c *vault.Config)) {
		for i := range net.Vaults {
			net.Close(i)
		}
		for i := range net.Vaults {
			tune(i, &net.Vaults[i].Config)
			net.Run(i)
		}
		net.settle()
		require.Equal(t, names, net.names())
		require.Equal(t, digest, net.Vaults[0].ListDigest())
		p := net.peer()
		for name, chunk := range chunks {
			r, got := p.get(net.Vaults[4], name)
			require.Equal(t, routing.StatusOK, r.Status)
			require.Equal(t, chunk, got)
		}
	}
	again(func(i int, c *vault.Config) {
		c.Listen, c.Contacts = fmt.Sprintf("new:%d", i), nil
		if i > 0 {
			c.Contacts = []string{"new:0"}
		}
	})
	again(func(_ int, c *vault.Config) { c.Listen, c.Contacts = "", nil })
}

func (n *network) names() (names []xorname.Name) {
	for _, v := range n.Vaults {
		names = append(names, v.Info().Name)
	}
	return names
}

// The first vault listens on every interface of its machine and does not know
// by which the others see it.
func TestAVaultThatDoesNotKnowItsHostIsFound(t *testing.T) {
	t.Parallel()
	net := start(t, 3, func(i int, c *vault.Config) {
		if i == 0 {
			c.Listen, c.Advertise = "first:7", "0.0.0.0:7"
		}
	})
	for i := range net.Vaults {
		net.Close(i)
	}
	for i := range net.Vaults {
		net.Vaults[i].Config.Contacts = nil // only what they remember
		net.Run(i)
	}
	net.settle()
	p := net.peer()
	var r wire.MembersReply
	_, mine := p.join(net.Vaults[1])
	id := net.Vaults[1].Info().Network
	require.NoError(t, p.ask(net.Vaults[1], wire.KindAnnounce, wire.Announce{Network: id, Allotment: mine, Addr: p.Addr()}, &r, nil))
	for _, m := range r.Members {
		require.NotContains(t, m.Addr, "0.0.0.0")
	}
}

func TestTheAddressOfAPeerIsWhatItSaysUnlessItCannotKnow(t *testing.T) {
	for _, c := range []struct{ said, seen, want string }{
		{"10.0.0.1:7", "10.9.9.9:1", "10.0.0.1:7"},
		{"vault.example:7", "10.9.9.9:1", "vault.example:7"},
		{"0.0.0.0:7", "10.9.9.9:1", "10.9.9.9:7"},
		{"[::]:7", "[2001:db8::1]:1", "[2001:db8::1]:7"},
		{":7", "10.9.9.9:1", "10.9.9.9:7"},
		{"no port", "10.9.9.9:1", "10.9.9.9:1"},
		{"", "10.9.9.9:1", "10.9.9.9:1"},
		{fmt.Sprintf("%0300d:7", 1), "10.9.9.9:1", "10.9.9.9:1"},
		{":7", "", ""},
	} {
		require.Equal(t, c.want, vault.Reachable(c.said, c.seen), "%q seen at %q", c.said, c.seen)
	}
}
