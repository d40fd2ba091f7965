package transport

import (
	"context"
	"net"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

func admits(g *gate, ip string) bool {
	_, err := g.admit(context.Background(), &quic.ClientInfo{RemoteAddr: &net.UDPAddr{IP: net.ParseIP(ip), Port: 1}})
	return err == nil
}

func TestHandshakesOfOneNetworkAreLimited(t *testing.T) {
	cfg, err := Config{Key: testKey(1), Handler: handler{}, HandshakeRate: 1e-9, HandshakeBurst: 3}.WithDefaults()
	require.NoError(t, err)
	g := newGate(cfg)
	for _, ip := range []string{"192.0.2.1", "192.0.2.77", "::ffff:192.0.2.255"} {
		require.True(t, admits(g, ip))
	}
	require.False(t, admits(g, "192.0.2.1"))
	require.True(t, admits(g, "192.0.3.1"), "another /24")
	for _, ip := range []string{"2001:db8::1", "2001:db8:0:ff::1", "2001:db8:0:1::1"} {
		require.True(t, admits(g, ip))
	}
	require.False(t, admits(g, "2001:db8::1"))
	require.True(t, admits(g, "2001:db8:0:100::1"), "another /56")
	for range 100 {
		require.True(t, admits(g, "127.0.0.1") && admits(g, "::1"), "loopback is exempt")
	}
}

func TestTheGateForgetsOldNetworks(t *testing.T) {
	cfg, err := Config{Key: testKey(1), Handler: handler{}}.WithDefaults()
	require.NoError(t, err)
	g := newGate(cfg)
	for i := range 3 * gatePrefixes {
		require.True(t, admits(g, net.IPv4(10, byte(i>>8), byte(i), 1).String()))
	}
	require.Equal(t, gatePrefixes, g.prefixes.Len())
}

func TestManyUnverifiedAddressesMustProveThemselves(t *testing.T) {
	cfg, err := Config{Key: testKey(1), Handler: handler{}}.WithDefaults()
	require.NoError(t, err)
	g := newGate(cfg)
	far := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}
	require.False(t, g.verifySource(far))
	asked := 0
	for range 10 * unverifiedBurst {
		if g.verifySource(far) {
			asked++
		}
	}
	require.NotZero(t, asked)
	require.False(t, g.verifySource(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}))
}

func TestConfigIsChecked(t *testing.T) {
	_, err := Listen(Config{})
	require.ErrorContains(t, err, "Key")
	for name, cfg := range map[string]Config{
		"MaxPeers":       {MaxPeers: -1},
		"MaxStreams":     {MaxStreams: maxMaxStreams + 1},
		"BytesPerPeer":   {BytesPerPeer: 1},
		"BytesTotal":     {BytesTotal: 1},
		"time":           {IdleTimeout: -1},
		"HandshakeRate":  {HandshakeRate: -1},
		"HandshakeBurst": {HandshakeBurst: -1},
	} {
		cfg.Key = testKey(1)
		_, err := Listen(cfg)
		require.ErrorContains(t, err, name)
	}
	_, err = Listen(Config{Key: testKey(1), Listen: "nowhere:x"})
	require.Error(t, err)
	taken := start(t, 1, Config{})
	_, err = Listen(Config{Key: testKey(2), Listen: taken.Addr()})
	require.Error(t, err)
}
