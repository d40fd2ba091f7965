package memnet_test

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

func key(n uint64) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, n)
	return ed25519.NewKeyFromSeed(seed)
}

func endpoint(t testing.TB, net *memnet.Net, n uint64, cfg transport.Config) transport.Endpoint {
	t.Helper()
	cfg.Key = key(n)
	if cfg.Handler == nil {
		cfg.Handler = transporttest.Funcs{}
	}
	ep, err := net.Endpoint(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ep.Close() })
	return ep
}

func connected(t testing.TB, net *memnet.Net, cfg transport.Config) (a, b transport.Endpoint) {
	t.Helper()
	a, b = endpoint(t, net, 1, cfg), endpoint(t, net, 2, cfg)
	_, err := a.Connect(context.Background(), b.Addr(), b.ID())
	require.NoError(t, err)
	return a, b
}

// inBubble runs body in virtual time.
func inBubble(t *testing.T, body func(t *testing.T, net *memnet.Net)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { body(t, memnet.New(1)) })
}

func TestARequestTakesOneRoundTrip(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		net.SetLatency(func(_, _ transport.PeerID) time.Duration { return 50 * time.Millisecond })
		begin := time.Now()
		a, b := connected(t, net, transport.Config{})
		require.Equal(t, 200*time.Millisecond, time.Since(begin), "a handshake takes two")
		begin = time.Now()
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.NoError(t, err)
		require.Equal(t, 100*time.Millisecond, time.Since(begin))
	})
}

func TestLossIsOfWholeMessagesAndSeeded(t *testing.T) {
	run := func(seed uint64) (arrived int64) {
		synctest.Test(t, func(t *testing.T) {
			net := memnet.New(seed)
			var n atomic.Int64
			a, b := connected(t, net, transport.Config{Handler: transporttest.Funcs{
				Message: func(context.Context, transport.PeerID, transport.Message) { n.Add(1) },
			}})
			net.SetLoss(0.3)
			for range 1000 {
				require.NoError(t, a.Send(context.Background(), b.ID(), transport.Message{}))
				synctest.Wait()
			}
			arrived = n.Load()
		})
		return arrived
	}
	first := run(1)
	require.InDelta(t, 700, first, 100)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first, run(2))
}

func TestALostRequestEndsWithItsDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := connected(t, net, transport.Config{})
		net.SetLoss(1)
		begin := time.Now()
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(begin))
	})
}

func TestAShortPartitionIsSurvived(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		var downs atomic.Int64
		a, b := connected(t, net, transport.Config{OnPeer: func(_ transport.PeerID, up bool) {
			if !up {
				downs.Add(1)
			}
		}})
		net.Partition([]transport.PeerID{a.ID()})
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		net.Heal()
		_, err = a.Request(context.Background(), b.ID(), transport.Message{})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Zero(t, downs.Load())
	})
}

func TestALongPartitionEndsTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := connected(t, net, transport.Config{IdleTimeout: 3 * time.Second})
		c := endpoint(t, net, 3, transport.Config{})
		_, err := b.Connect(context.Background(), c.Addr(), c.ID())
		require.NoError(t, err)
		net.Partition([]transport.PeerID{a.ID()}, []transport.PeerID{b.ID(), c.ID()})
		time.Sleep(3*time.Second - 1)
		synctest.Wait()
		require.Len(t, a.Peers(), 1)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Empty(t, a.Peers())
		require.Equal(t, []transport.PeerID{c.ID()}, b.Peers())
		_, err = a.Request(context.Background(), b.ID(), transport.Message{})
		require.ErrorIs(t, err, transport.ErrPeerGone, "it can not be dialled either")
		net.Heal()
		_, err = a.Request(context.Background(), b.ID(), transport.Message{})
		require.NoError(t, err)
	})
}

func TestANewPartitionReplacesTheOld(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := connected(t, net, transport.Config{IdleTimeout: 3 * time.Second})
		net.Partition([]transport.PeerID{a.ID()})
		time.Sleep(2 * time.Second)
		net.Partition([]transport.PeerID{a.ID(), b.ID()})
		time.Sleep(time.Minute)
		require.Len(t, a.Peers(), 1)
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.NoError(t, err)
	})
}

func TestAKilledEndpointIsSilent(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		ended := make(chan error, 1)
		downs := make(chan time.Time, 1)
		a := endpoint(t, net, 1, transport.Config{IdleTimeout: 5 * time.Second, OnPeer: func(_ transport.PeerID, up bool) {
			if !up {
				downs <- time.Now()
			}
		}})
		b := endpoint(t, net, 2, transport.Config{Handler: transporttest.Funcs{
			Message: func(ctx context.Context, _ transport.PeerID, _ transport.Message) {
				<-ctx.Done()
				ended <- ctx.Err()
			},
		}})
		_, err := a.Connect(context.Background(), b.Addr(), b.ID())
		require.NoError(t, err)
		require.NoError(t, a.Send(context.Background(), b.ID(), transport.Message{}))
		synctest.Wait()
		killed := time.Now()
		net.Kill(b.ID())
		require.Error(t, <-ended, "its handlers stop")
		_, err = a.Request(context.Background(), b.ID(), transport.Message{})
		require.ErrorIs(t, err, transport.ErrPeerGone)
		require.Equal(t, 5*time.Second, (<-downs).Sub(killed))
		_, err = b.Request(context.Background(), a.ID(), transport.Message{})
		require.ErrorIs(t, err, transport.ErrClosed)
		net.Kill(b.ID())
	})
}

func TestAnEndpointRestarts(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := connected(t, net, transport.Config{})
		net.Kill(b.ID())
		endpoint(t, net, 2, transport.Config{Listen: b.Addr()})
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.ErrorIs(t, err, transport.ErrPeerGone, "the old connection is unknown there")
		_, err = a.Request(context.Background(), b.ID(), transport.Message{})
		require.NoError(t, err)
	})
}

func TestAddressesAndIdentitiesAreUnique(t *testing.T) {
	net := memnet.New(1)
	a := endpoint(t, net, 1, transport.Config{Listen: "x"})
	require.Equal(t, "x", a.Addr())
	_, err := net.Endpoint(transport.Config{Key: key(2), Listen: "x"})
	require.ErrorContains(t, err, "in use")
	_, err = net.Endpoint(transport.Config{Key: key(1)})
	require.ErrorContains(t, err, "in use")
	_, err = net.Endpoint(transport.Config{})
	require.Error(t, err)
	require.NoError(t, a.Close())
	endpoint(t, net, 1, transport.Config{Listen: "x"})
}
