package bootstrap

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/safenet-go/safenet/transport"
)

// Bounds of what is known about one peer.
const (
	MaxAddrs = 8   // addresses; further ones are ignored
	MaxAddr  = 256 // bytes of an address
)

// Contact is a peer that may let us in. It is kept for as long as its caller gives it, whatever becomes of the attempts.
type Contact struct {
	ID    transport.PeerID // who must be found there; zero takes whoever answers
	Addrs []string         // host:port each, best first; the port is a number
}

// Contacts makes a contact of each address, for callers that know no identities.
func Contacts(addrs ...string) []Contact {
	contacts := make([]Contact, len(addrs))
	for i, addr := range addrs {
		contacts[i].Addrs = []string{addr}
	}
	return contacts
}

// Peer is a peer that was reached.
type Peer struct {
	ID   transport.PeerID
	Addr string // where
}

// Check says whether a peer that is connected now is good, by asking it. What it returns is handed to the caller of [Join] if the
// peer wins. It is called for several peers at the same time, and must return soon after ctx ends, which it does when another
// peer has won. What it asks for should change nothing on the other side: of several that answer, one is used. An error that
// wraps [ErrNetwork] means that there is no point in asking this peer again.
type Check[T any] func(ctx context.Context, peer Peer) (T, error)

// splitAddr returns the parts of an address that may be dialled.
func splitAddr(addr string) (host string, port uint16, err error) {
	if len(addr) > MaxAddr {
		return "", 0, fmt.Errorf("%w: it is longer than %d bytes", ErrAddress, MaxAddr)
	}
	for _, c := range []byte(addr) {
		if c <= ' ' || c >= 0x7f || c == ',' {
			return "", 0, fmt.Errorf("%w: %q", ErrAddress, addr)
		}
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || host == "" {
		return "", 0, fmt.Errorf("%w: %q", ErrAddress, addr)
	}
	return host, uint16(n), nil
}
