package libp2pbench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	ic "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/multiformats/go-multiaddr"
	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
)

const (
	echo = protocol.ID("/echo/1")
	size = 64 // of a request and of its answer
	turn = 8  // the contestants take this many turns
)

// A contestant asks a peer of its own, or connects to it afresh.
type contestant interface {
	ask(ctx context.Context) error
	connect(ctx context.Context) error
}

// libp2p is two hosts.
type libp2p struct {
	client, server host.Host
}

func newHost(b *testing.B) host.Host {
	key, _, err := ic.GenerateEd25519Key(rand.Reader)
	require.NoError(b, err)
	id, err := peer.IDFromPrivateKey(key)
	require.NoError(b, err)
	peers, err := pstoremem.NewPeerstore()
	require.NoError(b, err)
	require.NoError(b, peers.AddPrivKey(id, key))
	require.NoError(b, peers.AddPubKey(id, key.GetPublic()))
	bus := eventbus.NewBus()
	sw, err := swarm.NewSwarm(id, peers, bus, swarm.WithResourceManager(&network.NullResourceManager{}))
	require.NoError(b, err)
	reuse, err := quicreuse.NewConnManager(quic.StatelessResetKey{}, quic.TokenGeneratorKey{})
	require.NoError(b, err)
	tpt, err := libp2pquic.NewTransport(key, reuse, nil, nil, &network.NullResourceManager{})
	require.NoError(b, err)
	require.NoError(b, sw.AddTransport(tpt))
	require.NoError(b, sw.Listen(multiaddr.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")))
	h, err := basichost.NewHost(sw, &basichost.HostOpts{EventBus: bus})
	require.NoError(b, err)
	h.Start()
	b.Cleanup(func() {
		_ = h.Close()
		_ = reuse.Close()
	})
	return h
}

func newLibp2p(b *testing.B) *libp2p {
	l := &libp2p{newHost(b), newHost(b)}
	l.server.SetStreamHandler(echo, func(s network.Stream) {
		p, err := io.ReadAll(io.LimitReader(s, size+1)) // to the end, or the stream cannot be closed
		if err != nil || len(p) != size {
			_ = s.Reset()
			return
		}
		_, _ = s.Write(p)
		_ = s.Close()
	})
	l.client.Peerstore().AddAddrs(l.server.ID(), l.server.Addrs(), peerstore.PermanentAddrTTL)
	return l
}

func (l *libp2p) ask(ctx context.Context) error {
	s, err := l.client.NewStream(ctx, l.server.ID(), echo)
	if err != nil {
		return err
	}
	var p [size]byte
	if _, err := s.Write(p[:]); err != nil {
		return err
	}
	if err := s.CloseWrite(); err != nil {
		return err
	}
	if _, err := io.ReadFull(s, p[:]); err != nil {
		return err
	}
	if n, err := s.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return fmt.Errorf("%d bytes after the answer, %w", n, err)
	}
	return s.Close()
}

func (l *libp2p) connect(ctx context.Context) error {
	if err := l.client.Network().ClosePeer(l.server.ID()); err != nil {
		return err
	}
	return l.client.Connect(ctx, peer.AddrInfo{ID: l.server.ID(), Addrs: l.server.Addrs()})
}

// ours is two endpoints.
type ours struct {
	client, server transport.Endpoint
}

type echoing struct{}

func (echoing) HandleMessage(context.Context, transport.PeerID, transport.Message) {}

func (echoing) HandleRequest(_ context.Context, _ transport.PeerID, m transport.Message) (transport.Message, error) {
	return m, nil
}

func newOurs(b *testing.B) *ours {
	listen := func() transport.Endpoint {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(b, err)
		ep, err := transport.Listen(transport.Config{Key: key, Handler: echoing{}})
		require.NoError(b, err)
		b.Cleanup(func() { _ = ep.Close() })
		return ep
	}
	o := &ours{listen(), listen()}
	o.client.Learn(o.server.ID(), o.server.Addr())
	return o
}

func (o *ours) ask(ctx context.Context) error {
	_, err := o.client.Request(ctx, o.server.ID(), transport.Message{Kind: 1, Body: make([]byte, size)})
	return err
}

func (o *ours) connect(ctx context.Context) error {
	o.client.Disconnect(o.server.ID())
	_, err := o.client.Connect(ctx, o.server.Addr(), o.server.ID())
	return err
}

// BenchmarkAgainstLibp2p reports our rate by go-libp2p's as x-libp2p.
func BenchmarkAgainstLibp2p(b *testing.B) {
	for _, w := range []struct {
		name     string
		inFlight int
		do       func(contestant, context.Context) error
	}{
		{"Request/Alone", 1, contestant.ask},
		{"Request/InFlight64", 64, contestant.ask},
		{"Connect", 1, contestant.connect},
	} {
		b.Run(w.name, func(b *testing.B) {
			theirs, ours := newLibp2p(b), newOurs(b)
			var spent [2]time.Duration
			for i, c := range []contestant{theirs, ours} { // once, to connect
				require.NoError(b, w.do(c, b.Context()), i)
			}
			b.ResetTimer()
			for k := range turn {
				n := b.N*(k+1)/turn - b.N*k/turn
				for i, c := range []contestant{theirs, ours} {
					begin := time.Now()
					repeat(b, n, w.inFlight, func() error { return w.do(c, b.Context()) })
					spent[i] += time.Since(begin)
				}
			}
			b.ReportMetric(float64(spent[0])/float64(spent[1]), "x-libp2p")
			b.ReportMetric(float64(b.N)/spent[1].Seconds(), "ours/s")
			b.ReportMetric(float64(b.N)/spent[0].Seconds(), "libp2p/s")
		})
	}
}

// repeat runs f n times, some at once.
func repeat(b *testing.B, n, inFlight int, f func() error) {
	var wg sync.WaitGroup
	for i := range inFlight {
		wg.Go(func() {
			for range n*(i+1)/inFlight - n*i/inFlight {
				if err := f(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
