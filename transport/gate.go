package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/quic-go/quic-go"
	"golang.org/x/time/rate"

	"github.com/safenet-go/safenet/transport/internal/lru"
)

const (
	gatePrefixes = 4096 // prefixes whose rate is remembered

	// Above this rate of new connections, from addresses that may be forged, each address must first prove that it receives
	// (Retry, RFC 9000 section 8.1.2).
	unverifiedRate  = 64
	unverifiedBurst = 64
)

// gate decides which handshakes begin: it bounds their rate for each address prefix, so that one network cannot use up the
// handshakes of all. Loopback is exempt.
type gate struct {
	closed     bool // no handler: nothing may come in
	rate       rate.Limit
	burst      int
	unverified *rate.Limiter

	mu       sync.Mutex
	prefixes *lru.Map[netip.Prefix, *rate.Limiter]
}

var (
	errNoHandler = errors.New("transport: this endpoint accepts no connections")
	errRate      = errors.New("transport: too many handshakes from this network")
)

func newGate(cfg Config) *gate {
	return &gate{
		closed: cfg.Handler == nil,
		rate:   rate.Limit(cfg.HandshakeRate), burst: cfg.HandshakeBurst,
		unverified: rate.NewLimiter(unverifiedRate, unverifiedBurst),
		prefixes:   lru.New[netip.Prefix, *rate.Limiter](gatePrefixes),
	}
}

// admit is quic.Transport.ConnContext. An error refuses the connection.
func (g *gate) admit(ctx context.Context, info *quic.ClientInfo) (context.Context, error) {
	if g.closed {
		return nil, errNoHandler
	}
	if addr := ipOf(info.RemoteAddr); !addr.IsLoopback() && !g.allow(prefixOf(addr)) {
		return nil, errRate
	}
	return ctx, nil
}

// verifySource is quic.Transport.VerifySourceAddress.
func (g *gate) verifySource(from net.Addr) bool {
	return !ipOf(from).IsLoopback() && !g.unverified.Allow()
}

func (g *gate) allow(prefix netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	limiter, ok := g.prefixes.Get(prefix)
	if !ok {
		limiter = rate.NewLimiter(g.rate, g.burst)
		g.prefixes.Put(prefix, limiter)
	}
	return limiter.Allow()
}

func ipOf(addr net.Addr) netip.Addr {
	if udp, ok := addr.(*net.UDPAddr); ok {
		return udp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// prefixOf is the network that an address is counted under: /24 for IPv4, /56 for IPv6, which is what one household gets.
func prefixOf(addr netip.Addr) netip.Prefix {
	bits := 24
	if addr.Is6() {
		bits = 56
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}
