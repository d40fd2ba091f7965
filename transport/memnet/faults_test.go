package memnet_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

func TestWhatIsSentInAShortPartitionArrivesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, a, b, c := timed(t, memnet.Options{Latency: 7 * ms}, transport.Config{})
		net.Partition([]transport.PeerID{a.ID()})
		send(t, a, b, 1, 8)
		time.Sleep(5 * time.Second)
		require.Empty(t, c.got())
		net.Heal()
		time.Sleep(5 * time.Second)
		// The probes were sent, and came to nothing, 40, 120, 280, 600, 1240, 2520 and, at last not in vain, 5080 ms later.
		require.Equal(t, map[uint64]time.Duration{1: 5087 * ms}, c.got())
	})
}

func TestWhatIsSentInALongPartitionIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, a, b, c := timed(t, memnet.Options{}, transport.Config{IdleTimeout: 3 * time.Second})
		net.Cut(a.ID(), b.ID())
		send(t, a, b, 1, 8)
		time.Sleep(2 * time.Second)
		net.Cut(b.ID(), a.ID()) // cutting again does not begin the silence anew
		time.Sleep(time.Second)
		synctest.Wait()
		require.Empty(t, a.Peers())
		net.Heal()
		time.Sleep(time.Minute)
		require.Empty(t, c.got())
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.NoError(t, err, "it can be dialled again")
	})
}

func TestACutIsBetweenTwo(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := connected(t, net, transport.Config{IdleTimeout: time.Second})
		c := endpoint(t, net, 3, transport.Config{IdleTimeout: time.Second})
		for _, e := range []transport.Endpoint{a, b} {
			_, err := e.Connect(context.Background(), c.Addr(), c.ID())
			require.NoError(t, err)
		}
		net.Cut(a.ID(), b.ID())
		time.Sleep(2 * time.Second)
		require.Equal(t, []transport.PeerID{c.ID()}, a.Peers())
		require.Equal(t, []transport.PeerID{c.ID()}, b.Peers())
		_, err := a.Request(context.Background(), c.ID(), transport.Message{})
		require.NoError(t, err)
		_, err = a.Connect(context.Background(), b.Addr(), b.ID())
		require.ErrorIs(t, err, transport.ErrPeerGone)
		net.Partition()
		_, err = a.Connect(context.Background(), b.Addr(), b.ID())
		require.ErrorIs(t, err, transport.ErrPeerGone, "a partition does not end a cut")
		net.Heal()
		_, err = a.Connect(context.Background(), b.Addr(), b.ID())
		require.NoError(t, err)
	})
}

func TestWhatAKilledEndpointHasSentArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, a, b, c := timed(t, memnet.Options{Latency: 7 * ms}, transport.Config{})
		send(t, a, b, 1, 8)
		net.SetOptions(memnet.Options{Latency: 7 * ms, PacketLoss: 0.999})
		send(t, a, b, 2, 8)
		net.Kill(a.ID())
		time.Sleep(time.Minute)
		require.Equal(t, map[uint64]time.Duration{1: 7 * ms}, c.got(), "but nobody repeats what was lost")
		require.Empty(t, b.Peers())
	})
}

func TestWhatIsSentToAKilledEndpointIsLostWithTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := connected(t, net, transport.Config{IdleTimeout: 5 * time.Second})
		net.Kill(b.ID())
		begin := time.Now()
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.ErrorIs(t, err, transport.ErrPeerGone)
		require.Equal(t, 5*time.Second, time.Since(begin))
		require.NoError(t, a.Close())
	})
}

// Who has restarted answers a repeated packet by a stateless reset (RFC 9000, section 10.3).
func TestARequestThatMeetsARestartedPeerFailsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := connected(t, net, transport.Config{})
		net.Kill(b.ID())
		time.AfterFunc(time.Second, func() { endpoint(t, net, 2, transport.Config{Listen: b.Addr()}) })
		begin := time.Now()
		_, err := a.Request(context.Background(), b.ID(), transport.Message{})
		require.ErrorIs(t, err, transport.ErrPeerGone)
		require.Equal(t, 26*63*ms, time.Since(begin), "the first probe after the restart")
		_, err = a.Request(context.Background(), b.ID(), transport.Message{})
		require.NoError(t, err)
	})
}

func TestAWithdrawnRequestIsNotHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.NewNet(memnet.Options{Latency: 100 * ms})
		handled := 0
		a, b := connected(t, net, transport.Config{Handler: transporttest.Funcs{
			Request: func(_ context.Context, _ transport.PeerID, m transport.Message) (transport.Message, error) {
				handled++
				return m, nil
			},
		}})
		ctx, cancel := context.WithTimeout(context.Background(), 50*ms)
		defer cancel()
		_, err := a.Request(ctx, b.ID(), transport.Message{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Zero(t, handled)
	})
}

// A bubble ends only if all of its goroutines do.
func TestCloseLeavesNothingBehindInAPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, a, b, _ := timed(t, memnet.Options{Latency: 7 * ms, Jitter: ms, PacketLoss: 0.3}, transport.Config{})
		for i := range 100 {
			send(t, a, b, uint64(i), 8)
		}
		net.Partition([]transport.PeerID{a.ID()})
		for i := range 100 {
			send(t, a, b, uint64(i), 8)
		}
		begin := time.Now()
		require.NoError(t, a.Close())
		require.Equal(t, time.Second, time.Since(begin), "it waits for transport.Config.DrainTimeout")
		require.NoError(t, b.Close())
		require.Equal(t, time.Second, time.Since(begin), "nothing is under way any more")
	})
}

func TestPeersAreInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a := endpoint(t, net, 0, transport.Config{})
		for i := range uint64(50) {
			b := endpoint(t, net, i+1, transport.Config{})
			_, err := a.Connect(context.Background(), b.Addr(), b.ID())
			require.NoError(t, err)
		}
		require.Len(t, a.Peers(), 50)
		require.True(t, slices.IsSortedFunc(a.Peers(), func(x, y transport.PeerID) int { return slices.Compare(x[:], y[:]) }))
	})
}

func TestConnectWithoutAnAddressTakesTheKnownOne(t *testing.T) {
	inBubble(t, func(t *testing.T, net *memnet.Net) {
		a, b := endpoint(t, net, 1, transport.Config{}), endpoint(t, net, 2, transport.Config{})
		_, err := a.Connect(context.Background(), "", b.ID())
		require.ErrorIs(t, err, transport.ErrUnknownPeer)
		a.Learn(b.ID(), b.Addr())
		id, err := a.Connect(context.Background(), "", b.ID())
		require.NoError(t, err)
		require.Equal(t, b.ID(), id)
	})
}
