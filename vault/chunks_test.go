package vault_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// A network grows from one vault to nine. A chunk has min(8, n) holders, more
// than half of them sign before a put is answered, and every receipt names the
// list of members by which it counts.
func TestAPutIsSignedByAMajorityOfTheHolders(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	for n := 1; n <= 9; n++ {
		net.Add()
		if n == 6 {
			continue
		}
		net.settle()
		p := net.peer()
		chunk := random(3000)
		name := xorname.FromContent(chunk)
		holders := net.Vaults[0].Holders(name)
		require.Len(t, holders, min(8, n))

		first, _ := p.route(net.Vaults[n/2], wire.Request{Op: routing.OpPut, Target: name}, chunk)
		require.Equal(t, routing.StatusOK, first.Status)
		signers := net.signers(t, first, name)
		require.Greater(t, 2*len(signers), len(holders), "%d vaults", n)
		last := first
		for !last.Final {
			last, _ = p.answer()
		}
		require.Equal(t, routing.StatusOK, last.Status)
		require.Len(t, net.signers(t, last, name), len(holders), "the rest follows")
		require.Equal(t, len(holders), net.copies(name), "and nobody else has it")
	}
}

// signers returns who signed for a chunk, and checks that each is a holder of
// it by the list that it names.
func (n *network) signers(t *testing.T, r wire.Response, name xorname.Name) (signers []routing.Key) {
	t.Helper()
	for _, s := range n.receipts(r) {
		require.True(t, s.Held)
		require.Equal(t, name, s.Name)
		require.Equal(t, n.Vaults[0].ListDigest(), s.Members)
		require.True(t, slices.ContainsFunc(n.Vaults[0].Holders(name), func(c routing.Contact) bool { return c.Key == s.Signer }))
		if !slices.Contains(signers, s.Signer) { // one who was asked by two routes signed twice
			signers = append(signers, s.Signer)
		}
	}
	return signers
}

func TestWithTooFewHoldersThePutSaysWhoSigned(t *testing.T) {
	t.Parallel()
	var mute atomic.Bool
	net := start(t, 4, tap(func(i int, _ transport.PeerID, m transport.Message) transport.Message {
		if i >= 1 && mute.Load() && m.Kind == wire.KindHold {
			m.Kind = 999 // refused at once
		}
		return m
	}))
	mute.Store(true)
	p := net.peer()
	chunk := random(100)
	name := xorname.FromContent(chunk)
	r, _ := p.route(net.Vaults[0], wire.Request{Op: routing.OpPut, Target: name}, chunk)
	require.Equal(t, routing.StatusTooFew, r.Status)
	require.NotEmpty(t, net.signers(t, r, name))

	mute.Store(false)
	_, r = p.put(net.Vaults[0], chunk)
	require.Equal(t, routing.StatusOK, r.Status)
	require.Equal(t, 4, net.copies(name))
}

// The holder that is silent costs time, but not the copies of other chunks.
func TestASilentHolderDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	var silent atomic.Bool
	net := start(t, 4, tap(func(i int, _ transport.PeerID, m transport.Message) transport.Message {
		if i == 3 && silent.Load() && m.Kind == wire.KindHold {
			m.Kind = 0
		}
		return m
	}))
	silent.Store(true)
	p := net.peer()
	var names []xorname.Name
	for range 10 {
		chunk := random(1000)
		req := wire.Request{Op: routing.OpPut, Target: xorname.FromContent(chunk), TTL: 60_000}
		rand.Read(req.ID[:])
		p.tell(net.Vaults[0], wire.KindRequest, req, chunk)
		names = append(names, req.Target)
	}
	begin := time.Now()
	for _, name := range names {
		vaulttest.Eventually(t, func() bool { return net.copies(name) >= 3 }, "the others have it")
	}
	require.Less(t, time.Since(begin), 30*time.Second) // one after the other takes 75
}

func TestAVaultWithoutSpaceIsPassedOver(t *testing.T) {
	t.Parallel()
	net := start(t, 4, func(i int, c *vault.Config) {
		if i == 1 {
			c.Space = 1000
		}
	})
	p := net.peer()
	for range 5 {
		name, r := p.put(net.Vaults[1], random(2000))
		require.Equal(t, routing.StatusOK, r.Status)
		require.Len(t, net.signers(t, r, name), 3)
		require.Equal(t, 3, net.copies(name))
	}
	require.Zero(t, net.Vaults[1].Info().Bytes)
}

func TestWithMostVaultsFullThePutSaysFull(t *testing.T) {
	t.Parallel()
	net := start(t, 3, func(i int, c *vault.Config) {
		if i > 0 {
			c.Space = 100_000
		}
	})
	p := net.peer()
	_, r := p.put(net.Vaults[0], random(110_000))
	require.Equal(t, routing.StatusFull, r.Status)
	for _, v := range net.Vaults[1:] {
		require.Zero(t, v.Info().Chunks)
		require.Empty(t, files(t, v), "nothing is left half written")
	}
	_, r = p.put(net.Vaults[0], random(90_000))
	require.Equal(t, routing.StatusOK, r.Status, "a smaller one fits")
}

// files lists the chunk files of a vault, finished or not.
func files(t *testing.T, n *vaulttest.Node) (files []string) {
	for _, pattern := range []string{"chunks/*/*", "tmp/*"} {
		found, err := filepath.Glob(filepath.Join(n.Config.Dir, pattern))
		require.NoError(t, err)
		files = append(files, found...)
	}
	return files
}

// file is where a vault keeps a chunk of 64 KiB and more.
func file(n *vaulttest.Node, name xorname.Name) string {
	return filepath.Join(n.Config.Dir, "chunks", hex.EncodeToString(name[31:]), name.String())
}

func TestADamagedChunkIsNoticedAndRepaired(t *testing.T) {
	t.Parallel()
	var corrupt, repaired atomic.Int32
	net := start(t, 4, func(_ int, c *vault.Config) {
		c.Events.Corrupt = func(xorname.Name) { corrupt.Add(1) }
		c.Events.Repaired = func(xorname.Name) { repaired.Add(1) }
	})
	p := net.peer()
	chunk := random(100_000)
	name, r := p.put(net.Vaults[0], chunk)
	require.Equal(t, routing.StatusOK, r.Status)
	require.Equal(t, 4, net.copies(name))
	holders := net.Vaults[0].Holders(name)

	for how, damage := range map[string]func(path string){
		"truncated":   func(path string) { require.NoError(t, os.Truncate(path, 5)) },
		"longer":      func(path string) { require.NoError(t, os.WriteFile(path, append(slices.Clone(chunk), 0), 0o600)) },
		"flipped bit": func(path string) { flip(t, path) },
		"removed":     func(path string) { require.NoError(t, os.Remove(path)) },
	} {
		for _, count := range []int{1, 3} { // the closest; all but the farthest
			corrupt.Store(0)
			repaired.Store(0)
			for _, h := range holders[:count] {
				damage(file(net.byKey(h.Key), name))
			}
			what := fmt.Sprintf("%s at %d holders", how, count)
			r, got := p.get(net.Vaults[0], name)
			require.Equal(t, routing.StatusOK, r.Status, what)
			require.Equal(t, chunk, got, what)
			vaulttest.Eventually(t, func() bool { return int(repaired.Load()) == count }, what+": repaired")
			require.EqualValues(t, count, corrupt.Load(), what)
			for _, h := range holders {
				data, err := os.ReadFile(file(net.byKey(h.Key), name))
				require.NoError(t, err, what)
				require.Equal(t, chunk, data, what)
			}
		}
	}
}

func flip(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)/2] ^= 4
	require.NoError(t, os.WriteFile(path, data, 0o600))
}
