package client_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/localnet"
	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// Twice in one upload the entry vault dies.
func TestAnUploadGoesOnWhenTheEntryVaultDies(t *testing.T) {
	t.Parallel()
	net := start(t, 6, vaulttest.QuickAway)
	c := net.dial(func(c *client.Config) { c.InFlight = 3 })
	data := random(10 << 20)
	killed := 0
	res, err := c.PutFile(t.Context(), bytes.NewReader(data), &client.PutOptions{Progress: func(p client.Progress) {
		if p.Chunks == 2 && killed == 0 || p.Chunks == 6 && killed == 1 {
			killed++
			net.Kill(net.entryOf(c))
		}
	}})
	require.NoError(t, err)
	require.Equal(t, 2, killed)
	require.Positive(t, res.Retries)
	get(t, net.dial(), res.Address, data)
}

func TestADownloadGoesOnWhenTheEntryVaultDies(t *testing.T) {
	t.Parallel()
	net := start(t, 5, vaulttest.QuickAway)
	data := random(10 << 20)
	res := put(t, net.dial(), data)
	settled(t, res)
	c := net.dial(func(c *client.Config) { c.InFlight = 2 })
	killed := false
	var got bytes.Buffer
	_, err := c.GetFile(t.Context(), res.Address, &got, func(p client.Progress) {
		if p.Done > 0 && !killed {
			killed = true
			net.Kill(net.entryOf(c))
		}
	})
	require.NoError(t, err)
	require.True(t, killed)
	require.True(t, bytes.Equal(data, got.Bytes()))
}

// The contact does not know yet that all others are gone and names them as entry
// vaults.
func TestAContactWhoseEntryVaultsAreAllGoneServesItself(t *testing.T) {
	t.Parallel()
	net := start(t, 5)
	for i := 1; i < 5; i++ {
		net.Kill(i)
	}
	for range 3 {
		c := net.dialThrough(0)
		require.Equal(t, net.Vaults[0].Info().Name, c.Entry())
	}
}

// Many chunks are under way when the one vault goes and comes back. They need
// one session between them, not one each.
func TestAllThatIsUnderWayGoesOnInOneSession(t *testing.T) {
	t.Parallel()
	var sessions atomic.Int32
	net := start(t, 1, vaulttest.QuickAway, tap(func(_ int, m transport.Message) transport.Message {
		if m.Kind == wire.KindSession {
			sessions.Add(1)
		}
		return m
	}))
	c := net.dial(func(c *client.Config) { c.InFlight = 64 })
	data := random(40 << 20)
	killed := false
	res, err := c.PutFile(t.Context(), bytes.NewReader(data), &client.PutOptions{Progress: func(p client.Progress) {
		if p.Chunks == 2 && !killed {
			killed = true
			net.Kill(0)
			net.Run(0)
		}
	}})
	require.NoError(t, err)
	require.Positive(t, res.Retries)
	require.Less(t, sessions.Load(), int32(10))
	get(t, c, res.Address, data)
}

// The same with processes on sockets: the entry vault gets a SIGKILL.
func TestAVaultProcessKilledInMidUpload(t *testing.T) {
	t.Parallel()
	net, err := localnet.Start(t.Context(), localnet.Options{Vaults: 5, Dir: filepath.Join(t.TempDir(), "net")})
	require.NoError(t, err)
	defer func() { require.NoError(t, net.Stop()) }()
	cfg := client.Config{InFlight: 4}
	for _, v := range net.Vaults {
		cfg.Contacts = append(cfg.Contacts, v.Addr)
	}
	c, err := client.Dial(t.Context(), cfg)
	require.NoError(t, err)
	defer c.Close()
	data := random(20 << 20)
	killed := false
	res, err := c.PutFile(t.Context(), bytes.NewReader(data), &client.PutOptions{Progress: func(p client.Progress) {
		if p.Chunks < 3 || killed {
			return
		}
		for _, v := range net.Vaults {
			if v.Name == c.Entry().String() {
				killed = true
				require.NoError(t, v.Kill())
			}
		}
	}})
	require.NoError(t, err)
	require.True(t, killed)
	require.Positive(t, res.Retries)
	reader, err := client.Dial(t.Context(), cfg)
	require.NoError(t, err)
	defer reader.Close()
	get(t, reader, res.Address, data)
}

// All vaults go; then all but one come back elsewhere.
func TestAClientOutlivesTheWholeNetwork(t *testing.T) {
	t.Parallel()
	net := start(t, 3, vaulttest.QuickAway)
	c := net.dial()
	data := random(100_000)
	res := put(t, c, data)
	settled(t, res)
	for i := range net.Vaults {
		net.Kill(i)
	}
	for i := range net.Vaults {
		if i != 1 { // one of the contacts stays where it was
			net.Vaults[i].Config.Listen = fmt.Sprintf("moved:%d", i)
		}
		net.Vaults[i].Config.Contacts = nil
		if i == 2 {
			net.Vaults[i].Config.Contacts = []string{net.Vaults[1].Info().Addr}
		}
		if i == 0 {
			continue // the last to come
		}
		net.Run(i)
	}
	net.Vaults[0].Config.Contacts = []string{net.Vaults[1].Info().Addr}
	net.Run(0)
	net.Settle()
	get(t, c, res.Address, data)
	more := random(1000)
	get(t, c, put(t, c, more).Address, more)
}

// recorder remembers what a store has acknowledged, and calls after so many.
type recorder struct {
	selfencrypt.ChunkStore
	mu    sync.Mutex
	names map[xorname.Name]bool
	after int
	call  func()
}

func (r *recorder) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	err := r.ChunkStore.Put(ctx, name, chunk)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.names[name] = true
		if len(r.names) == r.after {
			r.call()
		}
	}
	return err
}

func TestAnUploadInterruptedSendsNothingAgain(t *testing.T) {
	t.Parallel()
	net := start(t, 5)
	data := random(12 << 20)
	ctx, cancel := context.WithCancel(t.Context())
	first := &recorder{
		ChunkStore: net.dial(func(c *client.Config) { c.InFlight = 3 }).Chunks(),
		names:      make(map[xorname.Name]bool), after: 5, call: cancel,
	}
	_, _, err := selfencrypt.Write(ctx, bytes.NewReader(data), first, &selfencrypt.Options{InFlight: 3})
	require.ErrorIs(t, err, context.Canceled)
	require.GreaterOrEqual(t, len(first.names), 5)

	var sent counter
	c := net.dial(func(c *client.Config) { c.Transport = sent.wrap(net.Endpoint) })
	res := put(t, c, data)
	require.GreaterOrEqual(t, res.There, len(first.names))
	for name := range first.names {
		require.Zero(t, sent.sent[name], "acknowledged, and sent again")
	}
	require.Len(t, sent.sent, res.Chunks-res.There)
	settled(t, res)
	get(t, net.dial(), res.Address, data)

	sent.sent = nil
	again := put(t, c, data)
	require.Equal(t, again.Chunks, again.There)
	require.Empty(t, sent.sent)
	require.Equal(t, res.Address, again.Address)
	copies, holders, err := again.Settle(t.Context())
	require.NoError(t, err)
	require.Zero(t, copies+holders, "nothing had to settle")
}

// Two clients store one file at once: one address, and one copy a holder.
func TestTwoClientsStoreOneFileAtOnce(t *testing.T) {
	t.Parallel()
	net := start(t, 4)
	data := random(4 << 20)
	results := make([]client.PutResult, 2)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range results {
		c := net.dial()
		wg.Go(func() { results[i], errs[i] = c.PutFile(t.Context(), bytes.NewReader(data), nil) })
	}
	wg.Wait()
	for i, res := range results {
		require.NoError(t, errs[i])
		require.Equal(t, results[0].Address, res.Address)
		settled(t, res)
	}
	require.EqualValues(t, 4*results[0].Chunks, net.chunks())
	get(t, net.dial(), results[0].Address, data)
}

// A client that was closed leaves no goroutine, whatever was under way.
func TestCloseLeavesNothingBehind(t *testing.T) {
	net := start(t, 3)
	before := goleak.IgnoreCurrent()
	c, err := client.Dial(t.Context(), net.config())
	require.NoError(t, err)
	res := put(t, c, random(3<<20)) // its last copies are still being made
	r, err := c.Open(t.Context(), res.Address)
	require.NoError(t, err)
	_, err = r.Read(make([]byte, 10))
	require.NoError(t, err)
	put := make(chan error)
	go func() {
		_, err := c.PutFile(t.Context(), bytes.NewReader(random(50<<20)), nil)
		put <- err
	}()
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-put, client.ErrClosed)
	require.NoError(t, r.Close())
	for i := range net.Vaults {
		net.Close(i)
	}
	goleak.VerifyNone(t, before)
}
