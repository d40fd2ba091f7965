package transport

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheBookIsBounded(t *testing.T) {
	b := newBook()
	for i := range uint64(2 * bookPeers) {
		var id PeerID
		binary.BigEndian.PutUint64(id[:], i)
		b.learn(id, "a:1")
	}
	require.Equal(t, bookPeers, b.entries.Len())
	require.Empty(t, b.addrs(PeerID{}))
	for i := range 10 {
		b.learn(PeerID{1}, fmt.Sprintf("a:%d", i))
	}
	require.Equal(t, []string{"a:9", "a:8", "a:7", "a:6"}, b.addrs(PeerID{1}))
}

func TestTheBookPrefersWhatWorked(t *testing.T) {
	b := newBook()
	b.learn(PeerID{1}, "a:1")
	b.learn(PeerID{1}, "a:2")
	b.reached(PeerID{1}, "a:1")
	require.Equal(t, []string{"a:1", "a:2"}, b.addrs(PeerID{1}))
}

func TestBackoffGrowsToASecondAndIsForgotten(t *testing.T) {
	b, now := newBook(), time.Unix(1000, 0)
	id := PeerID{1}
	require.ErrorIs(t, b.mayDial(id, now), ErrUnknownPeer)
	b.failed(id, now)
	require.ErrorIs(t, b.mayDial(id, now), ErrUnknownPeer, "failing makes no entry")
	b.learn(id, "a:1")
	for i, most := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		require.NoError(t, b.mayDial(id, now), "round %d", i)
		b.failed(id, now)
		most *= time.Millisecond
		require.ErrorIs(t, b.mayDial(id, now.Add(most/2-1)), ErrPeerGone)
		require.NoError(t, b.mayDial(id, now.Add(most)))
		now = now.Add(most)
	}
	b.failed(id, now)
	b.learn(id, "a:1")
	require.Error(t, b.mayDial(id, now), "nothing new was learned")
	b.learn(id, "a:2")
	require.NoError(t, b.mayDial(id, now), "a new address may be tried at once")
	b.failed(id, now)
	b.reached(id, "a:2")
	require.NoError(t, b.mayDial(id, now))
}
