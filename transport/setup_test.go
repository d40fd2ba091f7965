package transport

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testKey is the same for the same n, so that tests can choose which of two identities is smaller.
func testKey(n uint64) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, n)
	return ed25519.NewKeyFromSeed(seed)
}

func testID(n uint64) PeerID { return PeerID(testKey(n).Public().(ed25519.PublicKey)) }

// handler is a Handler made of functions; a nil one answers with what it got.
type handler struct {
	message func(ctx context.Context, from PeerID, m Message)
	request func(ctx context.Context, from PeerID, m Message) (Message, error)
}

func (h handler) HandleMessage(ctx context.Context, from PeerID, m Message) {
	if h.message != nil {
		h.message(ctx, from, m)
	}
}

func (h handler) HandleRequest(ctx context.Context, from PeerID, m Message) (Message, error) {
	if h.request != nil {
		return h.request(ctx, from, m)
	}
	return m, nil
}

// zeros is a body of any size.
var zeros = make([]byte, MaxBody)

// answering is a handler that answers every request with body.
func answering(body []byte) handler {
	return handler{request: func(context.Context, PeerID, Message) (Message, error) { return Message{Body: body}, nil }}
}

// start starts an endpoint with key number n that is closed with the test.
func start(t testing.TB, n uint64, cfg Config) *endpoint {
	return startPatient(t, n, cfg, defaultPatience)
}

func startPatient(t testing.TB, n uint64, cfg Config, patience time.Duration) *endpoint {
	t.Helper()
	cfg.Key = testKey(n)
	if cfg.DrainTimeout == 0 {
		cfg.DrainTimeout = 100 * time.Millisecond // the peers of some tests never finish
	}
	if cfg.Handler == nil {
		cfg.Handler = handler{}
	}
	ep, err := listen(cfg, patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ep.Close() })
	return ep
}

// testContext ends long before the test binary would, and long after anything a test waits for.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func connect(t testing.TB, from, to *endpoint) {
	t.Helper()
	id, err := from.Connect(testContext(t), to.Addr(), to.ID())
	require.NoError(t, err)
	require.Equal(t, to.ID(), id)
}
