package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// This file walks through the sentences of the architecture paper that this package carries out.

// wiretap passes datagrams on between a client and a server, and keeps a copy.
type wiretap struct {
	mu   sync.Mutex
	seen bytes.Buffer
}

func (w *wiretap) start(t *testing.T, server net.Addr) (addr string) {
	front, back := newSocket(t), newSocket(t)
	var client net.Addr
	var mu sync.Mutex
	pass := func(from *net.UDPConn, forward func(b []byte, sender net.Addr)) {
		buf := make([]byte, 2048)
		for {
			n, sender, err := from.ReadFrom(buf)
			if err != nil {
				return
			}
			w.mu.Lock()
			w.seen.Write(buf[:n])
			w.mu.Unlock()
			forward(buf[:n], sender)
		}
	}
	go pass(front, func(b []byte, sender net.Addr) {
		mu.Lock()
		client = sender
		mu.Unlock()
		_, _ = back.WriteTo(b, server)
	})
	go pass(back, func(b []byte, _ net.Addr) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = front.WriteTo(b, client)
	})
	return front.LocalAddr().String()
}

// Introduction: "Much of the existing internet infrastructure is improved by the SAFE network, including Addressing, Domain Name
// System, Transport Layer Security, Packet Routing, [...]; these are all superseded by secure-by-default modules"
func TestPaperSecureByDefault(t *testing.T) {
	secret := strings.Repeat("the answer is forty-two. ", 100)
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	var tap wiretap
	id, err := a.Connect(testContext(t), tap.start(t, b.socket.LocalAddr()), b.ID())
	require.NoError(t, err)
	got, err := a.Request(testContext(t), id, Message{Body: []byte(secret)})
	require.NoError(t, err)
	require.Equal(t, secret, string(got.Body))
	tap.mu.Lock()
	defer tap.mu.Unlock()
	require.Greater(t, tap.seen.Len(), 2*len(secret), "all passed through here")
	require.NotContains(t, tap.seen.String(), "forty-two", "and none of it was readable")
}

// "Clients benefit from secure defaults, including built-in end-to-end encryption and secure authentication."
func TestPaperSecureAuthentication(t *testing.T) {
	ep := start(t, 1, Config{})
	nobody := tlsConfig(tls.Certificate{}, nil)
	nobody.Certificates = nil
	requireRefused(t, ep, nobody) // who does not say who it is
	_, err := start(t, 2, Config{}).Connect(testContext(t), ep.Addr(), testID(3))
	require.ErrorIs(t, err, ErrIdentity) // who is somebody else
}

// "Vault operators may join or leave the network at any time without affecting the security of data stored on the network."
func TestPaperPeersComeAndGo(t *testing.T) {
	up := newUps()
	a := start(t, 1, Config{OnPeer: up.onPeer})
	for range 3 {
		b := start(t, 2, Config{})
		connect(t, b, a)
		require.True(t, up.next(t))
		require.NoError(t, b.Close())
		require.False(t, up.next(t))
	}
	require.Empty(t, a.Peers())
}

// Self Encryption: "Resources on the SAFE network are never more than 1 MB each."
func TestPaperAResourceFitsIntoAMessage(t *testing.T) {
	const resource = 1 << 20
	require.GreaterOrEqual(t, MaxBody, resource)
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	connect(t, a, b)
	got, err := a.Request(testContext(t), b.ID(), Message{Body: make([]byte, resource)})
	require.NoError(t, err)
	require.Len(t, got.Body, resource)
	err = a.Send(context.Background(), b.ID(), Message{Body: make([]byte, MaxBody+1)})
	require.ErrorIs(t, err, ErrTooLarge)
}

// Network Traversal: "This process forms a request chain where each vault only knows the details of the node one step away in the
// chain." What a connection shows of that node is one key and one address.
func TestPaperAConnectionKnowsOneStep(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	connect(t, a, b)
	state := b.live(a.ID()).qc.ConnectionState().TLS
	require.Empty(t, state.ServerName)
	require.Len(t, state.PeerCertificates, 1)
	cert := state.PeerCertificates[0]
	require.Empty(t, cert.Subject.String())
	require.Empty(t, cert.Extensions)
}
