package transport

import (
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quic-go/quic-go/testutils/simnet"
	"github.com/stretchr/testify/require"
)

// far is a network in virtual time in which every packet takes half of roundTrip.
type far struct {
	t   *testing.T
	net simnet.Simnet
	n   byte
}

const roundTrip = 100 * time.Millisecond

// inFar runs body in a network of that kind, with as many endpoints as it starts.
func inFar(t *testing.T, body func(t *testing.T, f *far)) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{t: t, net: simnet.Simnet{Router: &simnet.PerfectRouter{}}}
		body(t, f)
		require.NoError(t, f.net.Close())
	})
}

// pair is two endpoints that are connected.
func (f *far) pair(cfg Config) (a, b *endpoint) {
	a, b = f.endpoint(cfg), f.endpoint(cfg)
	require.NoError(f.t, f.net.Start())
	connect(f.t, a, b)
	return a, b
}

func (f *far) endpoint(cfg Config) *endpoint {
	f.n++
	cfg.Key, cfg.Handler = testKey(uint64(f.n)), answering(nil)
	cfg, err := cfg.WithDefaults()
	require.NoError(f.t, err)
	addr := &net.UDPAddr{IP: net.IP{192, 0, 2, f.n}, Port: 1}
	var packets atomic.Int64
	later := func(simnet.Packet) time.Duration { // by a nanosecond each, so that none overtakes another
		return roundTrip/2 + time.Duration(packets.Add(1))
	}
	ep, err := listenOn(f.net.NewEndpoint(addr, simnet.NodeBiDiLinkSettings{LatencyFunc: later}), cfg, defaultPatience)
	require.NoError(f.t, err)
	return ep
}

func closeAll(t *testing.T, eps ...*endpoint) {
	for _, ep := range eps {
		require.NoError(t, ep.Close())
	}
}

// A connection takes two round trips, the handshake and the hellos; the first packets of both directions ride along.
func TestConnectingTakesTwoRoundTrips(t *testing.T) {
	inFar(t, func(t *testing.T, f *far) {
		begin := time.Now()
		a, b := f.pair(Config{})
		require.LessOrEqual(t, time.Since(begin), roundTrip*205/100)
		closeAll(t, a, b)
	})
}

// Once the congestion window has grown, a megabyte takes the round trip that its acknowledgement needs and little more: the
// windows of stream and connection hold a whole message, so that the sender never waits for the receiver's consent. It is the
// median that must: once in hundreds of megabytes quic-go pauses until the next acknowledgement, with no window full.
func TestAMegabyteFarAwayTakesOneRoundTrip(t *testing.T) {
	inFar(t, func(t *testing.T, f *far) {
		a, b := f.pair(Config{})
		var took []time.Duration
		for range 31 {
			begin := time.Now()
			_, err := a.Request(testContext(t), b.ID(), Message{Body: zeros[:1<<20]})
			require.NoError(t, err)
			took = append(took, time.Since(begin))
		}
		steady := slices.Sorted(slices.Values(took[10:]))
		t.Logf("the first %v, later %v to %v, median %v", took[0], steady[0], steady[len(steady)-1], steady[len(steady)/2])
		require.LessOrEqual(t, steady[len(steady)/2], roundTrip*135/100)
		closeAll(t, a, b)
	})
}

func TestASmallRequestFarAwayTakesOneRoundTrip(t *testing.T) {
	inFar(t, func(t *testing.T, f *far) {
		a, b := f.pair(Config{})
		for range 10 {
			begin := time.Now()
			_, err := a.Request(testContext(t), b.ID(), Message{})
			require.NoError(t, err)
			require.LessOrEqual(t, time.Since(begin), roundTrip*101/100)
		}
		closeAll(t, a, b)
	})
}
