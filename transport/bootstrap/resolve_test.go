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

// names is a Resolver with a fixed table. A name with an empty list is never answered.
type names map[string][]string

func (n names) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	list, known := n[host]
	if !known {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(list) == 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	var ips []netip.Addr
	for _, s := range list {
		ips = append(ips, netip.MustParseAddr(s))
	}
	return ips, nil
}

// ipNode is a node whose addresses are IP addresses, so that host names have to be looked up.
func (w *world) ipNode() transport.Endpoint {
	return w.endpoint(11, "192.0.2.1:4000", transporttest.Funcs{})
}

func TestEachAddressOfAHostNameIsAnAttempt(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(12, "192.0.2.9:4000", member("main"))
		node := w.ipNode()
		o := w.options()
		o.Resolver = names{"seed.example.org": {"192.0.2.7", "::ffff:192.0.2.8", "192.0.2.9"}}
		begin := time.Now()
		got, err := bootstrap.Join(context.Background(), node, bootstrap.Contacts("seed.example.org:4000"), sayHello(node), o)
		require.NoError(w, err)
		require.Equal(w, bootstrap.Peer{ID: id(12), Addr: "192.0.2.9:4000"}, got.Peer)
		require.Equal(w, 2*250*time.Millisecond, time.Since(begin), "looking up takes no stagger")
		require.Equal(w, []string{"seed.example.org:4000"}, w.seen.addrs(bootstrap.Resolving))
	})
}

func TestNamesThatDoNotHelp(t *testing.T) {
	inBubble(t, func(w *world) {
		node := w.ipNode()
		o := w.options()
		o.Resolver = names{"slow.example.org": nil, "self.example.org": {"192.0.2.1"}, "dead.example.org": {"192.0.2.66"}}
		contacts := bootstrap.Contacts("slow.example.org:1", "self.example.org:4000", "dead.example.org:3", "typo.example.org:4")
		_, err := bootstrap.Join(context.Background(), node, contacts, sayHello(node), o)
		got := make(map[string]*bootstrap.AttemptError)
		for _, a := range attempts(w, err) {
			got[a.Addr] = a
		}
		require.Len(w, got, 4)
		require.Equal(w, bootstrap.Resolving, got["slow.example.org:1"].Step)
		require.Contains(w, got["slow.example.org:1"].Hint, "name server")
		require.ErrorIs(w, got["192.0.2.1:4000"], bootstrap.ErrSelf)
		require.Equal(w, bootstrap.Dialling, got["192.0.2.66:3"].Step)
		require.ErrorContains(w, got["192.0.2.66:3"], "dead.example.org:3", "the name is told as well")
		require.Contains(w, got["typo.example.org:4"].Hint, "spelled")
	})
}

func TestANameOfNobodyUsefulIsNotTriedAgain(t *testing.T) {
	inBubble(t, func(w *world) {
		node := w.ipNode()
		o := w.options()
		o.MaxRounds = 0
		o.Resolver = names{"self.example.org": {"192.0.2.1"}}
		_, err := bootstrap.Join(context.Background(), node, bootstrap.Contacts("self.example.org:4000"), sayHello(node), o)
		require.ErrorIs(w, err, bootstrap.ErrNoContact)
		require.ErrorIs(w, err, bootstrap.ErrSelf)
	})
}

func TestAPeerOfTwoNamesIsJudgedOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(12, "192.0.2.9:4000", silent())
		node := w.ipNode()
		o := w.options()
		o.Resolver = names{"a.example.org": {"192.0.2.9"}, "b.example.org": {"192.0.2.9"}}
		_, err := bootstrap.Join(context.Background(), node, bootstrap.Contacts("a.example.org:4000", "b.example.org:4000"), sayHello(node), o)
		require.Len(w, attempts(w, err), 1)
		require.Len(w, w.seen.addrs(bootstrap.Dialling), 2)
		require.Len(w, w.seen.addrs(bootstrap.Checking), 1)
		require.Len(w, w.seen.addrs(bootstrap.LetGo), 1)
		require.Empty(w, node.Peers())
	})
}

func TestANodeOnAllInterfacesKnowsItsLoopback(t *testing.T) {
	inBubble(t, func(w *world) {
		node := w.endpoint(11, "[::]:4000", transporttest.Funcs{})
		contacts := bootstrap.Contacts("127.0.0.1:4000", "[::1]:4000", "0.0.0.0:4000")
		_, err := bootstrap.Join(context.Background(), node, contacts, sayHello(node), w.options())
		require.ErrorIs(w, err, bootstrap.ErrNoContact)
		for _, a := range attempts(w, err) {
			require.ErrorIs(w, a, bootstrap.ErrSelf)
		}
	})
}
