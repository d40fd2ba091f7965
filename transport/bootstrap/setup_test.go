package bootstrap_test

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/bootstrap"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

// The test binary is also the other processes that write a book.
func TestMain(m *testing.M) {
	if path := os.Getenv(bookWriterEnv); path != "" {
		writeBook(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// key is the same for the same n.
func key(n uint64) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, n)
	return ed25519.NewKeyFromSeed(seed)
}

func id(n uint64) transport.PeerID { return transport.PeerID(key(n).Public().(ed25519.PublicKey)) }

// kindHello asks a vault for the name of its network.
const kindHello = 1

// member is the handler of a vault of a network.
func member(network string) transport.Handler {
	return transporttest.Funcs{
		Request: func(context.Context, transport.PeerID, transport.Message) (transport.Message, error) {
			return transport.Message{Body: []byte(network)}, nil
		},
	}
}

// silent answers no request in time.
func silent() transport.Handler {
	return transporttest.Funcs{
		Request: func(ctx context.Context, _ transport.PeerID, _ transport.Message) (transport.Message, error) {
			<-ctx.Done()
			return transport.Message{}, ctx.Err()
		},
	}
}

// sayHello is the check of a node of network "main".
func sayHello(ep transport.Endpoint) bootstrap.Check[string] {
	return func(ctx context.Context, peer bootstrap.Peer) (string, error) {
		m, err := ep.Request(ctx, peer.ID, transport.Message{Kind: kindHello})
		if err != nil {
			return "", err
		}
		if string(m.Body) != "main" {
			return "", fmt.Errorf("%w: %q", bootstrap.ErrNetwork, m.Body)
		}
		return string(m.Body), nil
	}
}

// world is one test's network in virtual time. Endpoint number n listens at "mem:n" and has key number n; the node that joins is
// number 1. Nobody answers at the address of a number that is not there.
type world struct {
	*testing.T
	net  *memnet.Net
	node transport.Endpoint
	seen events
}

func inBubble(t *testing.T, body func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, net: memnet.New(1)}
		w.node = w.endpoint(1, addr(1), transporttest.Funcs{})
		body(w)
	})
}

func addr(n uint64) string { return fmt.Sprintf("mem:%d", n) }

func (w *world) endpoint(n uint64, listen string, h transport.Handler) transport.Endpoint {
	w.Helper()
	ep, err := w.net.Endpoint(transport.Config{Key: key(n), Listen: listen, Handler: h})
	require.NoError(w, err)
	w.Cleanup(func() { _ = ep.Close() })
	return ep
}

func (w *world) vault(n uint64) transport.Endpoint { return w.endpoint(n, addr(n), member("main")) }

// options are deterministic and record the events.
func (w *world) options() bootstrap.Options {
	return bootstrap.Options{Rand: rand.New(rand.NewPCG(1, 2)), OnEvent: w.seen.add, MaxRounds: 1}
}

// book has entries for the numbers, best first.
func (w *world) book(numbers ...uint64) *bootstrap.Book {
	w.Helper()
	b := openBook(w, "", bootstrap.BookOptions{})
	for i, n := range numbers {
		b.Passed(id(n), addr(n))
		for range i {
			b.Failed(id(n))
		}
	}
	return b
}

// join joins with the node and says how long it took.
func (w *world) join(ctx context.Context, contacts []bootstrap.Contact, o bootstrap.Options) (bootstrap.Result[string], time.Duration, error) {
	begin := time.Now()
	got, err := bootstrap.Join(ctx, w.node, contacts, sayHello(w.node), o)
	return got, time.Since(begin), err
}

func openBook(t testing.TB, path string, o bootstrap.BookOptions) *bootstrap.Book {
	t.Helper()
	b, err := bootstrap.OpenBook(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// events records what OnEvent is told.
type events struct {
	mu   sync.Mutex
	list []bootstrap.Event
}

func (e *events) add(event bootstrap.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

// addrs lists the addresses of the events of a state.
func (e *events) addrs(s bootstrap.State) (addrs []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.list {
		if event.State == s {
			addrs = append(addrs, event.Addr)
		}
	}
	return addrs
}

// attempts returns the attempts that an error of Join lists.
func attempts(t testing.TB, err error) []*bootstrap.AttemptError {
	t.Helper()
	var failure *bootstrap.JoinError
	require.ErrorAs(t, err, &failure)
	return failure.Attempts
}
