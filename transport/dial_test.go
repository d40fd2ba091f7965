package transport

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// blackHole is an address at which nobody ever answers.
func blackHole(t *testing.T) string {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = socket.Close() })
	return socket.LocalAddr().String()
}

// underWay returns the number of dials, and of those that hold a slot.
func (ep *endpoint) underWay() (dials, slots int) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return len(ep.dials), len(ep.dialSlots)
}

// A dial serves all who wait for it, and ends with the last of them: one that
// went on could make a connection that nobody wants and nobody drops.
func TestADialEndsWhenNobodyWaitsForIt(t *testing.T) {
	ep := start(t, 1, Config{HandshakeTimeout: time.Hour})
	addr := blackHole(t)
	wait := func(ctx context.Context) chan error {
		done := make(chan error, 1)
		go func() {
			_, err := ep.Connect(ctx, addr, PeerID{})
			done <- err
		}()
		return done
	}
	first, endFirst := context.WithCancel(t.Context())
	second, endSecond := context.WithCancel(t.Context())
	defer endSecond()
	a := wait(first)
	require.Eventually(t, func() bool { d, s := ep.underWay(); return d == 1 && s == 1 }, 5*time.Second, time.Millisecond)
	b := wait(second)
	require.Eventually(t, func() bool {
		ep.mu.Lock()
		defer ep.mu.Unlock()
		return ep.dials[dialKey{addr: addr}].waiting == 2
	}, 5*time.Second, time.Millisecond)

	endFirst()
	require.ErrorIs(t, <-a, context.Canceled)
	dials, slots := ep.underWay()
	require.Equal(t, []int{1, 1}, []int{dials, slots}, "the second one still waits")
	endSecond()
	require.ErrorIs(t, <-b, context.Canceled)
	require.Eventually(t, func() bool { d, s := ep.underWay(); return d == 0 && s == 0 }, 5*time.Second, time.Millisecond)
}
