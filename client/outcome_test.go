package client_test

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/selfencrypt/storetest"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

func TestAnUnknownAddressIsNotFound(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 9} {
		c := start(t, n).dial()
		begin := time.Now()
		_, err := c.GetFile(t.Context(), nowhere(t, c), io.Discard, nil)
		require.ErrorIs(t, err, client.ErrNotFound)
		require.ErrorIs(t, err, selfencrypt.ErrNotFound)
		require.NotErrorIs(t, err, client.ErrUnreachable)
		require.Less(t, time.Since(begin), vaulttest.Patience)
		_, err = c.Stat(t.Context(), nowhere(t, c))
		require.ErrorIs(t, err, client.ErrNotFound)
		_, err = c.Open(t.Context(), nowhere(t, c))
		require.ErrorIs(t, err, client.ErrNotFound)
	}
}

// One holder of five does not answer, and does not count as away: the others
// are a majority all the same, and the entry vault is not blamed.
func TestASilentHolderDoesNotHideThatAFileIsNotFound(t *testing.T) {
	t.Parallel()
	var mute atomic.Bool
	net := start(t, 5, silent(&mute, 4))
	c := net.dialThrough(0)
	mute.Store(true)
	begin := time.Now()
	_, err := c.GetFile(t.Context(), nowhere(t, c), io.Discard, nil)
	require.ErrorIs(t, err, client.ErrNotFound)
	require.Less(t, time.Since(begin), vaulttest.Patience)
	require.Equal(t, net.Vaults[0].Info().Name, c.Entry())
}

// silent makes some vaults answer nothing that is routed while mute is set.
func silent(mute *atomic.Bool, who ...int) vaulttest.Tune {
	return tap(func(i int, m transport.Message) transport.Message {
		for _, w := range who {
			if i == w && mute.Load() && (m.Kind == wire.KindRequest || m.Kind == wire.KindHold || m.Kind == wire.KindHave) {
				m.Kind = 0
			}
		}
		return m
	})
}

// tap lets a test change what comes in at vaults. What gets the kind 0 is lost
// on the way.
func tap(in func(i int, m transport.Message) transport.Message) vaulttest.Tune {
	return func(i int, c *vault.Config) {
		listen := c.Transport
		c.Transport = func(tc transport.Config) (transport.Endpoint, error) {
			tc.Handler = tapped{tc.Handler, func(m transport.Message) transport.Message { return in(i, m) }}
			return listen(tc)
		}
	}
}

type tapped struct {
	transport.Handler
	in func(transport.Message) transport.Message
}

func (h tapped) HandleMessage(ctx context.Context, from transport.PeerID, m transport.Message) {
	if m = h.in(m); m.Kind != 0 {
		h.Handler.HandleMessage(ctx, from, m)
	}
}

func (h tapped) HandleRequest(ctx context.Context, from transport.PeerID, m transport.Message) (transport.Message, error) {
	if m = h.in(m); m.Kind == 0 {
		<-ctx.Done()
		return transport.Message{}, ctx.Err()
	}
	return h.Handler.HandleRequest(ctx, from, m)
}

// Five of eight holders are dead. What the three say is not enough to call a
// file not found, and not enough to call it stored; once the others are back,
// the same put succeeds.
func TestFewerThanAMajorityDecideNothing(t *testing.T) {
	t.Parallel()
	net := start(t, 8, alwaysPresent)
	c := net.dial(func(c *client.Config) { c.Timeout = 2 * time.Second })
	_, err := c.Members(t.Context())
	require.NoError(t, err)
	for i := 3; i < 8; i++ {
		net.Kill(i)
	}
	begin := time.Now()
	_, err = c.GetFile(t.Context(), nowhere(t, c), io.Discard, nil)
	require.ErrorIs(t, err, client.ErrUnreachable)
	require.NotErrorIs(t, err, client.ErrNotFound)
	require.Less(t, time.Since(begin), vaulttest.Patience, "Config.Timeout holds")

	data := random(1000)
	c = net.dial(func(c *client.Config) { c.Timeout = 8 * time.Second })
	_, err = c.PutFile(t.Context(), bytes.NewReader(data), nil)
	var few *client.TooFewError
	require.ErrorAs(t, err, &few)
	require.Equal(t, client.TooFewError{Name: few.Name, Signed: 3, Need: 5, Of: 8}, *few)
	require.ErrorContains(t, err, "3 of 8 vaults signed, 5 must")

	for i := 3; i < 8; i++ {
		net.Run(i)
	}
	c = net.dial()
	res := put(t, c, data) // sent again, or there already: a vault may have gone on with the first
	settled(t, res)
	get(t, net.dial(), res.Address, data)
}

func TestNoVaultIsNamedWithItsCause(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	dial := func(cfg client.Config) error {
		cfg.Transport = net.Endpoint
		c, err := client.Dial(t.Context(), cfg)
		if err == nil {
			_ = c.Close()
		}
		require.Error(t, err)
		return err
	}
	require.ErrorIs(t, dial(client.Config{}), client.ErrNoVault)
	err := dial(client.Config{Contacts: []string{"nobody:1", "not an address", ""}})
	require.ErrorIs(t, err, client.ErrNoVault)
	require.ErrorIs(t, err, transport.ErrPeerGone)
	require.ErrorContains(t, err, `"nobody:1"`)
	require.ErrorContains(t, err, "is it running")
	require.ErrorContains(t, err, `"not an address"`)
	require.ErrorContains(t, err, "write it as host:port")

	addr := net.Vaults[0].Info().Addr
	err = dial(client.Config{Contacts: []string{addr}, Network: client.NetworkID{1}})
	require.ErrorIs(t, err, client.ErrNetwork)
	require.ErrorContains(t, err, addr)

	c := net.dial(func(c *client.Config) {
		c.Contacts, c.Network = []string{"nobody:1", addr}, net.Vaults[0].Info().Network
	})
	require.Equal(t, net.Vaults[0].Info().Network, c.Network(), "one that answers is enough")
}

func TestWhatIsAskedAfterCloseIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	res := put(t, c, random(100))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	_, err := c.PutFile(t.Context(), bytes.NewReader(random(200)), nil)
	require.ErrorIs(t, err, client.ErrClosed)
	_, err = c.GetFile(t.Context(), res.Address, io.Discard, nil)
	require.ErrorIs(t, err, client.ErrClosed)
}

func TestFullVaultsAreTold(t *testing.T) {
	t.Parallel()
	net := start(t, 3, func(i int, c *vault.Config) {
		if i > 0 {
			c.Space = 50_000
		}
	})
	c := net.dial(func(c *client.Config) { c.Timeout = 2 * time.Second })
	_, err := c.PutFile(t.Context(), bytes.NewReader(random(60_000)), nil)
	require.ErrorIs(t, err, client.ErrFull)
	var chunk *selfencrypt.ChunkError
	require.ErrorAs(t, err, &chunk)
	for _, v := range net.Vaults[1:] {
		require.Zero(t, v.Info().Chunks)
	}
	data := random(40_000)
	get(t, c, put(t, c, data).Address, data)
}

func TestOneFullVaultIsPassedOver(t *testing.T) {
	t.Parallel()
	net := start(t, 4, func(i int, c *vault.Config) {
		if i == 2 {
			c.Space = 1
		}
	})
	data := random(1 << 20)
	res := put(t, net.dialThrough(2), data)
	copies, holders, err := res.Settle(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, copies)
	require.Equal(t, 4, holders)
	get(t, net.dial(), res.Address, data)
}

// The network is a store of chunks like any other.
func TestTheNetworkIsAChunkStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) selfencrypt.ChunkStore { return start(t, 1).dial().Chunks() })
}

func TestAChunkUnderAnothersNameIsRefused(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	s := net.dial().Chunks()
	begin := time.Now()
	require.Error(t, s.Put(t.Context(), xorname.FromContent([]byte("x")), []byte("y")))
	require.Less(t, time.Since(begin), vaulttest.Patience)
	require.Zero(t, net.chunks())
}

// The published formats are for local stores: their chunks can be longer than a
// vault takes, or have names that a vault does not check by.
func TestTheNetworkIsForSAFE(t *testing.T) {
	t.Parallel()
	c := start(t, 3).dial()
	for _, suite := range []selfencrypt.Suite{selfencrypt.Suite030, selfencrypt.Suite034, selfencrypt.Suite036} {
		_, err := selfencrypt.Encrypt(t.Context(), bytes.NewReader(random(10<<20)), c.Chunks(), &selfencrypt.Options{Suite: suite})
		require.ErrorIs(t, err, client.ErrTooLarge, suite.String())
		require.ErrorIs(t, err, selfencrypt.ErrTooLarge, suite.String())
	}
	_, err := selfencrypt.Encrypt(t.Context(), bytes.NewReader(random(3000)), c.Chunks(), &selfencrypt.Options{Suite: selfencrypt.Suite036})
	require.Error(t, err)
}
