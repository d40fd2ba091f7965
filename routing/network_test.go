package routing

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var ops = []Op{OpGet, OpOffer, OpPut}

// eachSeed runs a simulation for many seeds, or for the one of the flag. The
// first that fails says how to repeat it.
func eachSeed(t *testing.T, seeds int, run func(t require.TestingT, seed uint64)) {
	if *seedFlag != 0 {
		run(t, *seedFlag)
		return
	}
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		func() {
			done := false
			defer func() {
				if t.Failed() || !done {
					t.Logf("repeat it with: go test ./routing -run '^%s$' -seed %d", strings.ReplaceAll(t.Name(), "/", "$/^"), seed)
				}
			}()
			run(t, seed)
			done = true
		}()
	}
}

// size draws the number of vaults: mostly few, up to 200.
func size(seed uint64) int {
	if seed%100 == 0 {
		return 200
	}
	return 1 + int(seed*7%40)
}

func TestEveryRequestReachesTheClosestVaultAndItsAnswerTheClient(t *testing.T) {
	for name, partial := range map[string]bool{"full": false, "partial": true} {
		t.Run(name, func(t *testing.T) {
			eachSeed(t, 800, func(t require.TestingT, seed uint64) {
				w := newWorld(t, seed, size(seed), partial)
				for i := range 10 {
					w.ask(ops[i%len(ops)])
				}
				w.run()
				w.requireOver()
				for _, q := range w.asked {
					closest := Closest(w.vaults, q.req.Target, 1)[0]
					require.Equal(t, []Key{closest.Key}, q.served, "served once, by the closest")
					require.Equal(t, StatusOK, q.finals[0].Status)
					require.Len(t, q.interim, map[Op]int{OpPut: 1}[q.req.Op])
				}
			})
		})
	}
}

func TestGetsSucceedByOtherRoutesWhenATenthOfTheVaultsIsSilent(t *testing.T) {
	for _, c := range []struct {
		name     string
		partial  bool
		first    float64 // share found by the first request
		requests int     // within which all are
	}{
		{"full", false, 1, 1},
		// A vault that knows two vaults for each bit has few ways of its own: the
		// client asks again, by the next route and through another vault.
		{"partial", true, 0.98, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked, first := 0, 0
			eachSeed(t, 300, func(t require.TestingT, seed uint64) {
				w := newWorld(t, seed, 10+size(seed), c.partial)
				for _, v := range w.vaults[1:] {
					w.silent[v.Key] = w.rng.IntN(10) == 0
				}
				for range 10 {
					w.ask(OpGet)
				}
				w.run()
				w.requireOver()
				asked, first = asked+len(w.asked), first+w.found()
				for range c.requests - 1 {
					w.askAgain()
					w.run()
					w.requireOver()
				}
				require.Equal(t, len(w.asked), w.found())
			})
			require.GreaterOrEqual(t, float64(first), c.first*float64(asked))
		})
	}
}

func TestLossAndRepetitionLeaveOneAnswerAndNoMemory(t *testing.T) {
	eachSeed(t, 500, func(t require.TestingT, seed uint64) {
		w := newWorld(t, seed, size(seed), seed%2 == 0)
		w.loss = 0.2
		for i := range 10 {
			w.ask(ops[i%len(ops)])
		}
		w.run()
		w.requireOver()
	})
}

func TestVaultsThatVanishLeaveOneAnswerAndNoMemory(t *testing.T) {
	eachSeed(t, 500, func(t require.TestingT, seed uint64) {
		w := newWorld(t, seed, 20+size(seed), seed%2 == 0)
		for i := range 10 {
			w.ask(ops[i%len(ops)])
		}
		for range 4 {
			gone := w.some()
			if w.silent[gone.Key] || w.isEntry(gone.Key) {
				continue
			}
			w.vanish(gone.Key)
		}
		w.run()
		for key := range w.silent { // nobody drives them any more
			delete(w.nodes, key)
		}
		w.requireOver()
	})
}

func (w *world) isEntry(key Key) bool {
	for _, q := range w.asked {
		if q.entry == key {
			return true
		}
	}
	return false
}

// vanish lets some time pass and ends a vault; the others see its connections
// go.
func (w *world) vanish(key Key) {
	until := w.now.Add(time.Duration(w.rng.IntN(30)) * time.Millisecond)
	for len(w.queue) > 0 && !w.queue[0].at.After(until) {
		w.step()
	}
	w.silent[key] = true
	for _, c := range w.vaults {
		if r := w.nodes[c.Key]; c.Key != key {
			w.perform(r, r.Lost(w.now, key))
			r.Remove(key)
		}
	}
}

// TestWhatAVaultSeesDoesNotTellWhereARequestBegan compares, byte by byte but
// for the identifier, requests that come straight from an entry vault with ones
// that have come some way already.
func TestWhatAVaultSeesDoesNotTellWhereARequestBegan(t *testing.T) {
	eachSeed(t, 300, func(t require.TestingT, seed uint64) {
		w := newWorld(t, seed, 30+size(seed), true)
		q := w.ask(OpGet)
		want := q.req
		want.ID = ID{}
		for len(w.queue) > 0 {
			if m := w.queue[0]; m.request != nil && m.from != q.client {
				got := *m.request
				got.ID = ID{}
				require.Equal(t, want, got)
			}
			w.step()
		}
		w.run()
		w.requireOver()
	})
}
