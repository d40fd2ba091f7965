package vault_test

import (
	"testing"
	"time"

	"github.com/safenet-go/safenet/internal/vaulttest"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// majorityOnly puts a chunk that more than half of its holders have, while the
// others wait for theirs.
func majorityOnly(t *testing.T) (*network, *peer, xorname.Name) {
	t.Helper()
	net := start(t, 8)
	for _, v := range net.Vaults {
		v.HoldBack()
	}
	p := net.peer()
	chunk := random(70_000)
	name := xorname.FromContent(chunk)
	first, _ := p.route(net.Vaults[0], wire.Request{Op: routing.OpPut, Target: name}, chunk)
	require.Equal(t, routing.StatusOK, first.Status)
	require.False(t, first.Final)
	require.Len(t, first.Statements, 5)
	require.Equal(t, 5, net.copies(name), "the other three wait")
	return net, p, name
}

// A put is answered when more than half of the holders have signed. The others
// get their copies when the client, done, offers the name once more.
func TestAnOfferHurriesTheLastCopies(t *testing.T) {
	t.Parallel()
	net, p, name := majorityOnly(t)

	p.tell(net.Vaults[0], wire.KindRequest, wire.Request{
		ID: routing.ID{9}, Op: routing.OpOffer, Target: name, TTL: uint32(vaulttest.Patience / time.Millisecond),
	}, nil)
	finals := 0
	for range 2 { // of the offer, and the last of the put
		r, _ := p.answer()
		require.Equal(t, routing.StatusOK, r.Status)
		require.True(t, r.Final)
		if len(r.Statements) == 8 {
			finals++
		}
	}
	require.Equal(t, 1, finals, "the put is told when all have signed")
	require.Equal(t, 8, net.copies(name))
}

// When the vault that served a put is gone before the last holders had their
// copies, another makes them up as soon as somebody stores the chunk again.
func TestAnOfferElsewhereMakesUpMissingCopies(t *testing.T) {
	t.Parallel()
	net, p, name := majorityOnly(t)

	again, _ := p.route(net.Vaults[0], wire.Request{Op: routing.OpOffer, Target: name, Route: 1}, nil)
	require.Equal(t, routing.StatusOK, again.Status)
	require.Len(t, again.Statements, 5, "it counts as stored")
	vaulttest.Eventually(t, func() bool { return net.copies(name) == 8 }, "all holders have a copy")
}
