package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// network is vaults, and the clients that a test dials.
type network struct{ *vaulttest.Network }

func start(t testing.TB, n int, tunes ...vaulttest.Tune) *network {
	t.Helper()
	return &network{vaulttest.Start(t, n, tunes...)}
}

// alwaysPresent lets no silence count: the member list stays as it is.
func alwaysPresent(_ int, c *vault.Config) { c.AwayAfter = time.Hour }

// config is that of a client whose contacts are all vaults.
func (n *network) config() client.Config {
	cfg := client.Config{Transport: n.Endpoint, Timeout: vaulttest.Patience}
	for _, v := range n.Vaults {
		cfg.Contacts = append(cfg.Contacts, v.Info().Addr)
	}
	return cfg
}

func (n *network) dial(tunes ...func(*client.Config)) *client.Client {
	n.T.Helper()
	cfg := n.config()
	for _, f := range tunes {
		f(&cfg)
	}
	c, err := client.Dial(n.T.Context(), cfg)
	require.NoError(n.T, err)
	n.T.Cleanup(func() { _ = c.Close() })
	return c
}

// dialThrough dials until the entry vault is the given one.
func (n *network) dialThrough(i int, tunes ...func(*client.Config)) *client.Client {
	n.T.Helper()
	for {
		c := n.dial(tunes...)
		if c.Entry() == n.Vaults[i].Info().Name {
			return c
		}
		require.NoError(n.T, c.Close())
	}
}

// entryOf returns the index of a client's entry vault.
func (n *network) entryOf(c *client.Client) int {
	for i, v := range n.Vaults {
		if v.Info().Name == c.Entry() {
			return i
		}
	}
	n.T.Fatal("the entry vault is none of the vaults")
	return 0
}

// chunks counts the chunks that living vaults hold.
func (n *network) chunks() (count int64) {
	for _, v := range n.Vaults {
		if v.Live {
			count += v.Info().Chunks
		}
	}
	return count
}

// nowhere is the address of a file that nobody stored.
func nowhere(t testing.TB, c *client.Client) client.Address {
	t.Helper()
	file, _, err := selfencrypt.Write(t.Context(), bytes.NewReader(random(1000)), new(selfencrypt.MemStore), nil)
	require.NoError(t, err)
	return client.NewAddress(c.Network(), file)
}

func random(size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	return data
}

func put(t testing.TB, c *client.Client, data []byte) client.PutResult {
	t.Helper()
	res, err := c.PutFile(t.Context(), bytes.NewReader(data), nil)
	require.NoError(t, err)
	return res
}

func get(t testing.TB, c *client.Client, a client.Address, want []byte) {
	t.Helper()
	var got bytes.Buffer
	_, err := c.GetFile(t.Context(), a, &got, nil)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got.Bytes()), "the file reads as it was stored")
}

// settled waits for all copies and checks that there are as many as should be.
func settled(t testing.TB, res client.PutResult) {
	t.Helper()
	copies, holders, err := res.Settle(t.Context())
	require.NoError(t, err)
	require.Equal(t, holders, copies)
}

// counter is a client's transport that counts the chunks that it sends.
type counter struct {
	transport.Endpoint
	mu   sync.Mutex
	sent map[xorname.Name]int
}

func (c *counter) wrap(listen func(transport.Config) (transport.Endpoint, error)) func(transport.Config) (transport.Endpoint, error) {
	return func(tc transport.Config) (_ transport.Endpoint, err error) {
		c.Endpoint, err = listen(tc)
		return c, err
	}
}

func (c *counter) Send(ctx context.Context, to transport.PeerID, m transport.Message) error {
	var req wire.Request
	if m.Kind == wire.KindRequest && wire.Unmarshal(m.Head, &req) == nil && len(m.Body) > 0 {
		c.mu.Lock()
		if c.sent == nil {
			c.sent = make(map[xorname.Name]int)
		}
		c.sent[req.Target]++
		c.mu.Unlock()
	}
	return c.Endpoint.Send(ctx, to, m)
}
