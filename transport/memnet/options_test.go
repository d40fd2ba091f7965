package memnet_test

import (
	"context"
	"encoding/binary"
	"maps"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

// clock records when numbered messages arrive, as time since it was made.
type clock struct {
	mu       sync.Mutex
	began    time.Time
	arrivals map[uint64]time.Duration
	order    []uint64
}

func newClock() *clock { return &clock{began: time.Now(), arrivals: make(map[uint64]time.Duration)} }

func (c *clock) handler() transport.Handler {
	return transporttest.Funcs{Message: func(_ context.Context, _ transport.PeerID, m transport.Message) {
		c.mu.Lock()
		defer c.mu.Unlock()
		n := binary.BigEndian.Uint64(m.Head)
		c.arrivals[n] = time.Since(c.began)
		c.order = append(c.order, n)
	}}
}

// got returns when messages arrived.
func (c *clock) got() map[uint64]time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.arrivals)
}

func (c *clock) elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.began)
}

func (c *clock) restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.began = time.Now()
}

// send sends message n, of at least 8 bytes.
func send(t *testing.T, from, to transport.Endpoint, n uint64, size int) {
	t.Helper()
	m := transport.Message{Head: binary.BigEndian.AppendUint64(nil, n), Body: make([]byte, size-8)}
	require.NoError(t, from.Send(context.Background(), to.ID(), m))
}

// timed returns two connected endpoints on a network with options that hold from then on, and the clock of the second one, which
// begins with them.
func timed(t *testing.T, o memnet.Options, cfg transport.Config) (net *memnet.Net, a, b transport.Endpoint, c *clock) {
	t.Helper()
	c = newClock()
	net = memnet.NewNet(memnet.Options{Seed: o.Seed})
	cfg.Handler, cfg.MaxStreams = c.handler(), 4096
	a, b = connected(t, net, cfg)
	net.SetOptions(o)
	return net, a, b, c
}

func TestLatencyAndJitterAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b, c := timed(t, memnet.Options{Seed: 1, Latency: 20 * ms, Jitter: 10 * ms}, transport.Config{})
		const n = 1000
		for i := range n {
			send(t, a, b, uint64(i), 8)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, c.got(), n)
		sum := time.Duration(0)
		for _, at := range c.got() {
			require.GreaterOrEqual(t, at, 20*ms)
			require.LessOrEqual(t, at, 30*ms)
			sum += at
		}
		require.InDelta(t, 25*ms, sum/n, float64(ms))
		overtaken := 0
		for i := 1; i < n; i++ {
			if c.order[i] < c.order[i-1] {
				overtaken++
			}
		}
		require.InDelta(t, n/2, overtaken, n/20)
	})
}

func TestBandwidthIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, a, b, c := timed(t, memnet.Options{Latency: 10 * ms, Bandwidth: 1_000_000}, transport.Config{})
		send(t, a, b, 1, 500_000)
		send(t, a, b, 2, 100_000) // behind the first
		begin := time.Now()
		_, err := b.Request(context.Background(), a.ID(), transport.Message{Body: make([]byte, 20_000)})
		require.NoError(t, err)
		require.Equal(t, 630*ms, time.Since(begin), "the answer, an echo, is behind both")
		require.Equal(t, map[uint64]time.Duration{1: 510 * ms, 2: 610 * ms}, c.got())
		time.Sleep(time.Second)
		c.restart()
		send(t, a, b, 3, 1000)
		time.Sleep(time.Second)
		require.Equal(t, 11*ms, c.got()[3], "the link has been idle since")
		net.SetOptions(memnet.Options{})
		c.restart()
		send(t, a, b, 4, 1_000_000)
		synctest.Wait()
		require.Zero(t, c.got()[4])
	})
}

// RFC 9002, section 6.2: what is lost is sent again after a probe timeout, and each is twice as long as the one before.
func TestALostPacketIsADelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 4000
		_, a, b, c := timed(t, memnet.Options{Seed: 1, Latency: 7 * ms, PacketLoss: 0.2}, transport.Config{})
		for i := range n {
			send(t, a, b, uint64(i), 8)
		}
		time.Sleep(time.Minute)
		require.Len(t, c.got(), n, "nothing is lost")
		counts := make(map[time.Duration]int)
		for _, at := range c.got() {
			counts[at]++
		}
		const probe = 2*7*ms + 26*ms
		total := 0
		for lost := range 5 {
			at := 7*ms + probe<<lost - probe // 7, 47, 127, 287, ... ms
			share := math.Pow(0.2, float64(lost)) * 0.8
			require.InDelta(t, n*share, counts[at], 4*math.Sqrt(n*share*(1-share))+1, "lost %d times", lost)
			total += counts[at]
		}
		require.InDelta(t, n, total, 5)
	})
}

func TestWhoGetsNothingThroughLosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan time.Duration, 1)
		_, a, b, c := timed(t, memnet.Options{PacketLoss: 1}, transport.Config{IdleTimeout: 7 * time.Second})
		go func() {
			_, err := a.Request(t.Context(), b.ID(), transport.Message{})
			require.ErrorIs(t, err, transport.ErrPeerGone)
			gone <- c.elapsed()
		}()
		require.Equal(t, 7*time.Second, <-gone)
		require.Empty(t, b.Peers())
		_, err := a.Connect(context.Background(), b.Addr(), b.ID())
		require.ErrorIs(t, err, transport.ErrPeerGone)
		require.Equal(t, 12*time.Second, c.elapsed(), "no handshake within its timeout")
	})
}

func TestAHandshakeMustNotTakeLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for latency, good := range map[time.Duration]bool{1250 * ms: true, 1250*ms + 1: false} {
			net := memnet.NewNet(memnet.Options{Latency: latency})
			a, b := endpoint(t, net, 1, transport.Config{}), endpoint(t, net, 2, transport.Config{})
			begin := time.Now()
			_, err := a.Connect(context.Background(), b.Addr(), b.ID())
			require.Equal(t, good, err == nil)
			require.Equal(t, 5*time.Second, time.Since(begin))
		}
	})
}

// What becomes of the n-th message to a peer does not depend on what others do meanwhile.
func TestTheSeedSettlesTheFateOfEachMessage(t *testing.T) {
	const other = 1 << 32
	run := func(seed uint64, others bool) (arrivals map[uint64]time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			o := memnet.Options{Seed: seed, Latency: ms, Jitter: 50 * ms, PacketLoss: 0.1, Loss: 0.1}
			net, a, b, c := timed(t, o, transport.Config{})
			d := endpoint(t, net, 3, transport.Config{})
			net.SetOptions(memnet.Options{})
			_, err := d.Connect(context.Background(), a.Addr(), a.ID())
			require.NoError(t, err)
			net.SetOptions(o)
			for i := range 200 {
				send(t, a, b, uint64(i), 8)
				if others {
					go send(t, a, d, other, 8)
					go send(t, d, a, other, 8)
				}
			}
			time.Sleep(time.Minute)
			arrivals = c.got()
			delete(arrivals, other)
		})
		return arrivals
	}
	first := run(1, false)
	require.InDelta(t, 180, len(first), 20)
	require.Equal(t, first, run(1, true))
	require.NotEqual(t, first, run(2, false))
}

func TestOptionsOutOfRangeCountAsTheNearest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back := func(_, _ transport.PeerID) time.Duration { return -time.Hour }
		_, a, b, c := timed(t, memnet.Options{Between: back, Jitter: -1, Bandwidth: -1, PacketLoss: -1, Loss: math.NaN()}, transport.Config{})
		send(t, a, b, 1, 8)
		synctest.Wait()
		require.Equal(t, map[uint64]time.Duration{1: 0}, c.got())
	})
}
