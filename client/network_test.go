package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// patience is how long tests wait for a condition. None waits for so long
// unless it fails.
const patience = 40 * time.Second

// network is vaults on a network in memory.
type network struct {
	t      testing.TB
	mem    *memnet.Net
	dir    string
	vaults []*node
}

// node is a vault that can be stopped and started again on its directory.
type node struct {
	*vault.Vault
	cfg  vault.Config
	live bool
}

// tune changes how the i-th vault is started.
type tune func(i int, c *vault.Config)

// start begins a network of n vaults that all know each other.
func start(t testing.TB, n int, tunes ...tune) *network {
	t.Helper()
	net := &network{t: t, mem: memnet.New(1), dir: t.TempDir()}
	t.Cleanup(net.stop)
	for range n {
		net.add(tunes...)
	}
	net.settle()
	return net
}

// add starts one vault more.
func (n *network) add(tunes ...tune) {
	n.t.Helper()
	i := len(n.vaults)
	cfg := vault.Config{
		Dir: filepath.Join(n.dir, strconv.Itoa(i)), Transport: n.endpoint, First: i == 0,
		Heartbeat: 100 * time.Millisecond, AwayAfter: 3 * time.Second, JoinTimeout: patience,
	}
	if i > 0 {
		cfg.Contacts = []string{n.vaults[0].Info().Addr}
	}
	for _, f := range tunes {
		f(i, &cfg)
	}
	n.vaults = append(n.vaults, &node{cfg: cfg})
	n.start(i)
	n.vaults[i].cfg.First = false
}

// endpoint makes endpoints that ask for any port get an address of their own,
// and that see soon when nobody is there.
func (n *network) endpoint(c transport.Config) (transport.Endpoint, error) {
	if c.Listen == ":0" || c.Listen == "127.0.0.1:0" {
		c.Listen = ""
	}
	c.HandshakeTimeout = 200 * time.Millisecond
	c.IdleTimeout = min(c.IdleTimeout, time.Second)
	return n.mem.Endpoint(c)
}

// alwaysPresent lets no silence count: the member list stays as it is.
func alwaysPresent(_ int, c *vault.Config) { c.AwayAfter = time.Hour }

func quickAway(_ int, c *vault.Config) {
	c.Heartbeat, c.AwayAfter = 50*time.Millisecond, 500*time.Millisecond
}

func (n *network) start(i int) {
	n.t.Helper()
	v, err := vault.Start(n.t.Context(), n.vaults[i].cfg)
	require.NoError(n.t, err)
	n.vaults[i].Vault, n.vaults[i].live = v, true
}

// kill ends a vault without a goodbye.
func (n *network) kill(i int) {
	n.mem.Kill(n.vaults[i].Info().Key)
	_ = n.vaults[i].Close()
	n.vaults[i].live = false
}

func (n *network) stop() {
	for _, v := range n.vaults {
		if v.live {
			_ = v.Close()
		}
	}
}

// settle waits until all living vaults know each other.
func (n *network) settle() {
	n.t.Helper()
	eventually(n.t, func() bool {
		live := 0
		for _, v := range n.vaults {
			if v.live {
				live++
			}
		}
		for _, v := range n.vaults {
			if v.live && v.Info().Members != live {
				return false
			}
		}
		return true
	}, "all vaults know each other")
}

func eventually(t testing.TB, cond func() bool, what string) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			require.FailNow(t, "never came true: "+what)
		}
	}
}

// config is that of a client whose contacts are all vaults.
func (n *network) config() client.Config {
	cfg := client.Config{Transport: n.endpoint, Timeout: patience}
	for _, v := range n.vaults {
		cfg.Contacts = append(cfg.Contacts, v.Info().Addr)
	}
	return cfg
}

func (n *network) dial(tunes ...func(*client.Config)) *client.Client {
	n.t.Helper()
	cfg := n.config()
	for _, f := range tunes {
		f(&cfg)
	}
	c, err := client.Dial(n.t.Context(), cfg)
	require.NoError(n.t, err)
	n.t.Cleanup(func() { _ = c.Close() })
	return c
}

// dialThrough dials until the entry vault is the given one.
func (n *network) dialThrough(i int, tunes ...func(*client.Config)) *client.Client {
	n.t.Helper()
	for {
		c := n.dial(tunes...)
		if c.Entry() == n.vaults[i].Info().Name {
			return c
		}
		require.NoError(n.t, c.Close())
	}
}

// entryOf returns the index of a client's entry vault.
func (n *network) entryOf(c *client.Client) int {
	for i, v := range n.vaults {
		if v.Info().Name == c.Entry() {
			return i
		}
	}
	n.t.Fatal("the entry vault is none of the vaults")
	return 0
}

// chunks counts the chunks that living vaults hold.
func (n *network) chunks() (count int64) {
	for _, v := range n.vaults {
		if v.live {
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
