package bootstrap_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/bootstrap"
	"github.com/safenet-go/safenet/transport/transporttest"
)

func listen(t *testing.T, n uint64, listen string, h transport.Handler) transport.Endpoint {
	t.Helper()
	ep, err := transport.Listen(transport.Config{Key: key(n), Listen: listen, Handler: h, DrainTimeout: 100 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { _ = ep.Close() })
	return ep
}

// udp opens a socket that nobody reads from.
func udp(t *testing.T) net.PacketConn {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = socket.Close() })
	return socket
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestJoinOverQUIC(t *testing.T) {
	node := listen(t, 1, "0.0.0.0:0", transporttest.Funcs{})
	_, port, err := net.SplitHostPort(node.Addr())
	require.NoError(t, err)
	good := listen(t, 2, "", member("main"))
	foreign := listen(t, 3, "", member("other"))
	book := openBook(t, "", bootstrap.BookOptions{})
	contacts := []bootstrap.Contact{
		{Addrs: []string{udp(t).LocalAddr().String()}},
		{Addrs: []string{"127.0.0.1:" + port}},
		{Addrs: []string{foreign.Addr()}},
		{Addrs: []string{good.Addr()}, ID: id(9)},
		{Addrs: []string{good.Addr()}, ID: id(2)},
	}
	got, err := bootstrap.Join(testContext(t), node, contacts, sayHello(node), bootstrap.Options{Book: book, Stagger: time.Millisecond})
	require.NoError(t, err)
	require.Equal(t, bootstrap.Peer{ID: id(2), Addr: good.Addr()}, got.Peer)
	require.Equal(t, "main", got.Value)
	require.Contains(t, node.Peers(), id(2))
	require.Equal(t, []transport.PeerID{id(2)}, ids(book))
	require.Equal(t, []string{good.Addr()}, book.Entries()[0].Addrs)
}

func TestOverQUICTheNextRunNeedsNoContact(t *testing.T) {
	good := listen(t, 2, "", member("main"))
	path := bookPath(t)
	for n, contacts := range [][]bootstrap.Contact{bootstrap.Contacts(good.Addr()), nil} {
		node := listen(t, 10+uint64(n), "", transporttest.Funcs{})
		book := openBook(t, path, bootstrap.BookOptions{})
		got, err := bootstrap.Join(testContext(t), node, contacts, sayHello(node), bootstrap.Options{Book: book})
		require.NoError(t, err)
		require.Equal(t, id(2), got.ID)
		require.NoError(t, book.Close())
	}
}

func TestAllFailOverQUIC(t *testing.T) {
	node := listen(t, 1, "", transporttest.Funcs{})
	foreign := listen(t, 3, "", member("other"))
	mute := listen(t, 4, "", silent())
	client := listen(t, 5, "", nil)
	hole := udp(t).LocalAddr().String()
	contacts := append(bootstrap.Contacts(foreign.Addr(), mute.Addr(), client.Addr(), hole, node.Addr(), mirror(t, node.Addr())),
		bootstrap.Contact{ID: id(9), Addrs: []string{mute.Addr()}})
	o := bootstrap.Options{MaxRounds: 1, DialTimeout: time.Second, CheckTimeout: 100 * time.Millisecond, Stagger: time.Millisecond}
	_, err := bootstrap.Join(testContext(t), node, contacts, sayHello(node), o)
	causes := map[string]error{}
	for _, a := range attempts(t, err) {
		name := a.Addr
		if a.Peer == id(9) {
			name = "pinned"
		}
		causes[name] = a
	}
	require.Len(t, causes, len(contacts))
	require.ErrorIs(t, causes[foreign.Addr()], bootstrap.ErrNetwork)
	require.ErrorIs(t, causes[mute.Addr()], transport.ErrPeerGone)
	require.ErrorIs(t, causes[client.Addr()], transport.ErrRefused)
	require.ErrorIs(t, causes[hole], transport.ErrPeerGone)
	require.ErrorIs(t, causes[node.Addr()], bootstrap.ErrSelf)
	require.ErrorIs(t, causes["pinned"], transport.ErrIdentity)
	require.ErrorIs(t, causes[contacts[5].Addrs[0]], transport.ErrIdentity, "itself by another way")
	require.Empty(t, node.Peers())
}

func TestAHostNameOverQUIC(t *testing.T) {
	node := listen(t, 1, "", transporttest.Funcs{})
	good := listen(t, 2, "", member("main"))
	_, port, err := net.SplitHostPort(good.Addr())
	require.NoError(t, err)
	contacts := bootstrap.Contacts("seed.example.org:" + port)
	o := bootstrap.Options{Resolver: names{"seed.example.org": {"127.0.0.1"}}}
	got, err := bootstrap.Join(testContext(t), node, contacts, sayHello(node), o)
	require.NoError(t, err)
	require.Equal(t, bootstrap.Peer{ID: id(2), Addr: good.Addr()}, got.Peer)
}

func TestTheContextEndsADialOverQUIC(t *testing.T) {
	node := listen(t, 1, "", transporttest.Funcs{})
	ctx, cancel := context.WithCancel(testContext(t))
	o := bootstrap.Options{OnEvent: func(e bootstrap.Event) {
		if e.State == bootstrap.Dialling {
			cancel()
		}
	}}
	_, err := bootstrap.Join(ctx, node, bootstrap.Contacts(udp(t).LocalAddr().String()), sayHello(node), o)
	require.ErrorIs(t, err, context.Canceled)
}

// mirror sends all it gets on to addr: who dials it from there meets itself.
func mirror(t *testing.T, addr string) string {
	to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr))
	socket := udp(t)
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = socket.Close()
		<-done
	})
	go func() {
		defer close(done)
		buf := make([]byte, 2048)
		for {
			n, _, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = socket.WriteTo(buf[:n], to)
		}
	}()
	return socket.LocalAddr().String()
}
