package vault_test

import (
	"crypto/rand"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// Vault Naming: "All vaults are allocated a random unique 256 bit identifier by
// the network upon joining".
func TestPaperVaultsAreAllocatedNames(t *testing.T) {
	t.Parallel()
	net := start(t, 4)
	seen := make(map[xorname.Name]bool)
	for _, v := range net.Vaults {
		require.False(t, seen[v.Info().Name])
		seen[v.Info().Name] = true
	}
	p := net.peer()
	allotment, signed := p.join(net.Vaults[2])
	require.Equal(t, net.Vaults[2].Info().Key, transport.PeerID(signed.Signer), "by a member, not by the newcomer")
	require.False(t, seen[allotment.Name])
}

// Vault Naming: "the attacker may not choose the identifier for their vault".
func TestPaperNobodyChoosesAName(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	p := net.peer()
	id := net.Vaults[0].Info().Network
	wanted := net.Vaults[0].Info().Name
	wanted[31] ^= 1 // right beside a victim
	own := wire.NewSigned(p.key, sign.Allotment, &wire.Allotment{Network: id, Key: p.ID(), Name: wanted})
	err := p.ask(net.Vaults[0], wire.KindAnnounce, wire.Announce{Network: id, Allotment: own, Addr: "me:1"}, nil, nil)
	require.Equal(t, routing.StatusDenied, remote(t, err))
	require.Equal(t, 2, net.Vaults[0].Known())
}

// Network Traversal: "When a client connects to the network they are allocated
// a session identifier. The session identifier determines which vault acts as
// their entry point to the network."
func TestPaperASessionDeterminesTheEntryVault(t *testing.T) {
	t.Parallel()
	net := start(t, 5)
	p := net.peer()
	for range 20 {
		var s wire.SessionReply
		require.NoError(t, p.ask(net.Vaults[0], wire.KindSession, nil, &s, nil))
		require.Len(t, s.Entries, 3)
		closest := net.Vaults[0].Info()
		for _, v := range net.Vaults {
			if xorname.CompareDistance(s.Session, v.Info().Name, closest.Name) < 0 {
				closest = v.Info()
			}
		}
		require.Equal(t, closest.Addr, s.Entries[0].Addr)
	}
}

// Network Traversal: "This continues until there is no vault with a closer XOR
// distance to the chunk." and "The chunk will be stored in the vault with the
// identifier closest to the chunk identifier (measured using XOR distance)."
func TestPaperAChunkIsStoredAtTheClosestVault(t *testing.T) {
	t.Parallel()
	net := start(t, 5, copies(2))
	p := net.peer()
	for range 10 {
		name, r := p.put(net.Vaults[0], random(100))
		require.Equal(t, routing.StatusOK, r.Status)
		closest := net.Vaults[0]
		for _, v := range net.Vaults {
			if xorname.CompareDistance(name, v.Info().Name, closest.Info().Name) < 0 {
				closest = v
			}
		}
		require.True(t, closest.Has(name))
		require.Equal(t, 2, net.copies(name))
	}
}

// Network Traversal: "That vault checks if it has a copy of the requested chunk
// and returns the response back along the route the request came from." and
// "each vault only knows the details of the node one step away in the chain."
func TestPaperAVaultKnowsOnlyItsNeighboursInTheChain(t *testing.T) {
	t.Parallel()
	type passed struct {
		at   int
		from transport.PeerID
		id   routing.ID
	}
	var mu sync.Mutex
	var chain []passed
	net := start(t, 3, copies(1), tap(func(i int, from transport.PeerID, m transport.Message) transport.Message {
		var req wire.Request
		if m.Kind == wire.KindRequest && wire.Unmarshal(m.Head, &req) == nil {
			mu.Lock()
			defer mu.Unlock()
			chain = append(chain, passed{i, from, req.ID})
		}
		return m
	}))
	p := net.peer()
	chunk := random(100)
	for net.place(chunk) == 0 { // the entry vault is not the one that holds it
		chunk = random(100)
	}
	name, r := p.put(net.Vaults[0], chunk)
	require.Equal(t, routing.StatusOK, r.Status)
	chain = nil
	req := wire.Request{Op: routing.OpGet, Target: name}
	rand.Read(req.ID[:])
	r, got := p.route(net.Vaults[0], req, nil)
	require.Equal(t, routing.StatusOK, r.Status)
	require.Equal(t, chunk, got)

	mu.Lock()
	defer mu.Unlock()
	require.Len(t, chain, 2)
	require.Equal(t, passed{0, p.ID(), req.ID}, chain[0])
	require.Equal(t, net.Vaults[0].Info().Key, chain[1].from, "the holder sees the entry vault, not the client")
	require.NotEqual(t, req.ID, chain[1].id, "and not what the client calls the request")
}

// Network Traversal: "The same network traversal happens when storing chunks."
func TestPaperStoringTakesTheSameWay(t *testing.T) {
	t.Parallel()
	net := start(t, 4, copies(1))
	p := net.peer()
	for _, v := range net.Vaults {
		chunk := random(100)
		name, r := p.put(v, chunk)
		require.Equal(t, routing.StatusOK, r.Status)
		for _, other := range net.Vaults {
			r, got := p.get(other, name)
			require.Equal(t, routing.StatusOK, r.Status)
			require.Equal(t, chunk, got)
		}
	}
}

// Immutable Data: "Resource identifiers are determined by the content of that
// resource." A vault takes nothing under another name.
func TestPaperAResourceIsNamedByItsContent(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	p := net.peer()
	chunk := random(100)
	name := xorname.FromContent(chunk)
	name[0] ^= 1
	r, _ := p.route(net.Vaults[0], wire.Request{Op: routing.OpPut, Target: name}, chunk)
	require.Equal(t, routing.StatusCorrupt, r.Status)
	require.Zero(t, net.copies(name))
}

// Immutable Data: "resources cannot be duplicated on the network".
func TestPaperResourcesCannotBeDuplicated(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	chunk := random(100)
	var bytes int64
	for i := range net.Vaults {
		_, r := net.peer().put(net.Vaults[i], chunk)
		require.Equal(t, routing.StatusOK, r.Status)
	}
	for _, v := range net.Vaults {
		bytes += v.Info().Bytes
		require.EqualValues(t, 1, v.Info().Chunks)
	}
	require.EqualValues(t, 3*len(chunk), bytes)
}
