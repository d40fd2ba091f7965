package transport

import (
	"context"
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var dialRounds = flag.Int("dial.rounds", 0, "rounds of TestSimultaneousDials; 0: as many as fit into two seconds")

// arrivalsOf counts how often each call arrived.
type arrivalsOf struct {
	mu    sync.Mutex
	calls map[uint64]int
}

func (a *arrivalsOf) add(m Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[binary.BigEndian.Uint64(m.Head)]++
}

// take returns how many calls arrived and whether one did so twice, and forgets them.
func (a *arrivalsOf) take() (n int, twice bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, times := range a.calls {
		twice = twice || times != 1
	}
	n = len(a.calls)
	clear(a.calls)
	return n, twice
}

// Both sides dial within a few moments of each other, and call at once. Exactly one connection stays, OnPeer is called once on
// each side, and no call is lost or doubled, whoever's connection it began on.
func TestSimultaneousDials(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var (
		eps  [2]*endpoint
		up   [2]*ups
		got  [2]*arrivalsOf
		kept [2]int // by who dialled it
	)
	for i := range eps {
		up[i], got[i] = newUps(), &arrivalsOf{calls: make(map[uint64]int)}
		count := handler{
			message: func(_ context.Context, _ PeerID, m Message) { got[i].add(m) },
			request: func(_ context.Context, _ PeerID, m Message) (Message, error) {
				got[i].add(m)
				return m, nil
			},
		}
		eps[i] = start(t, uint64(100+i), Config{Handler: count, OnPeer: up[i].onPeer})
	}
	round := 0
	for begin := time.Now(); round < *dialRounds || *dialRounds == 0 && time.Since(begin) < 2*time.Second; round++ {
		const calls = 3
		errs := make(chan error, 2+4*calls)
		var wg sync.WaitGroup
		for i := range eps {
			late, size := time.Duration(rng.IntN(1500))*time.Microsecond, rng.IntN(2)*20_000
			wg.Go(func() {
				time.Sleep(late)
				_, err := eps[i].Connect(testContext(t), eps[1-i].Addr(), eps[1-i].ID())
				errs <- err
				for call := range uint64(calls) {
					wg.Go(func() {
						_, err := eps[i].Request(testContext(t), eps[1-i].ID(), Message{Head: binary.BigEndian.AppendUint64(nil, 2*call), Body: zeros[:size]})
						errs <- err
					})
					wg.Go(func() {
						errs <- eps[i].Send(testContext(t), eps[1-i].ID(), Message{Head: binary.BigEndian.AppendUint64(nil, 2*call+1), Body: zeros[:size]})
					})
				}
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err, "round %d", round)
		}
		require.Eventually(t, func() bool {
			return len(eps[0].connsOf(eps[1].ID())) == 1 && len(eps[1].connsOf(eps[0].ID())) == 1
		}, 20*time.Second, 200*time.Microsecond, "one connection stays, round %d", round)
		for i := range eps {
			if eps[i].live(eps[1-i].ID()).dialed {
				kept[i]++
			}
		}
		require.Eventually(t, func() bool { return got[0].len() == 2*calls && got[1].len() == 2*calls }, 20*time.Second, 200*time.Microsecond)
		eps[round%2].Disconnect(eps[1-round%2].ID())
		for i := range eps {
			require.True(t, up[i].next(t), "round %d", round)
			require.False(t, up[i].next(t), "round %d", round)
			require.Empty(t, up[i].c, "round %d", round)
			n, twice := got[i].take()
			require.Equal(t, 2*calls, n, "round %d", round)
			require.False(t, twice, "round %d", round)
		}
	}
	require.Equal(t, round, kept[0]+kept[1], "both ends kept the same connection")
	t.Logf("%d rounds; kept the first one's dial %d times, the other's %d", round, kept[0], kept[1])
}

func (a *arrivalsOf) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.calls)
}
