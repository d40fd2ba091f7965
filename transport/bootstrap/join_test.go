package bootstrap_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/bootstrap"
	"github.com/safenet-go/safenet/transport/transporttest"
)

func TestTheFirstContactThatPassesWins(t *testing.T) {
	inBubble(t, func(w *world) {
		w.net.SetLatency(func(from, to transport.PeerID) time.Duration {
			if from == id(2) || to == id(2) {
				return time.Second
			}
			return 100 * time.Millisecond
		})
		w.vault(2)
		w.vault(3)
		o := w.options()
		o.Book = w.book(2, 3)
		got, took, err := w.join(context.Background(), nil, o)
		require.NoError(w, err)
		require.Equal(w, bootstrap.Result[string]{Peer: bootstrap.Peer{ID: id(3), Addr: addr(3)}, Value: "main"}, got)
		require.Equal(w, 250*time.Millisecond+6*100*time.Millisecond, took, "a stagger, two round trips of the handshake, one of the check")
		require.Equal(w, []transport.PeerID{id(3)}, w.node.Peers(), "it is connected, nobody else is")
		require.Equal(w, []string{addr(2)}, w.seen.addrs(bootstrap.LetGo))
		time.Sleep(time.Minute)
		require.Equal(w, []transport.PeerID{id(3)}, w.node.Peers())
	})
}

func TestWithoutACheckWhoeverAcceptsIsGood(t *testing.T) {
	inBubble(t, func(w *world) {
		w.vault(2)
		got, err := bootstrap.Join[struct{}](context.Background(), w.node, bootstrap.Contacts(addr(2)), nil, bootstrap.Options{})
		require.NoError(w, err)
		require.Equal(w, id(2), got.ID)
	})
}

func TestABlackHoleCostsOneStagger(t *testing.T) {
	inBubble(t, func(w *world) {
		w.vault(9)
		o := w.options()
		o.Book = w.book(100, 101, 102, 9)
		got, took, err := w.join(context.Background(), nil, o)
		require.NoError(w, err)
		require.Equal(w, id(9), got.ID)
		require.Equal(w, 3*250*time.Millisecond, took)
	})
}

func TestAPeerThatDoesNotAnswerTheCheckCostsOneStagger(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), silent())
		w.vault(3)
		o := w.options()
		o.Book = w.book(2, 3)
		got, took, err := w.join(context.Background(), nil, o)
		require.NoError(w, err)
		require.Equal(w, id(3), got.ID)
		require.Equal(w, 250*time.Millisecond, took)
		require.Equal(w, []transport.PeerID{id(3)}, w.node.Peers())
	})
}

func TestAFailureMakesRoomAtOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), nil) // refuses
		w.endpoint(3, addr(3), member("other"))
		w.vault(4)
		o := w.options()
		o.Book = w.book(2, 3, 4)
		got, took, err := w.join(context.Background(), nil, o)
		require.NoError(w, err)
		require.Equal(w, id(4), got.ID)
		require.Zero(w, took)
	})
}

func TestWhenAllFailTheErrorTellsOfEach(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), nil)
		w.endpoint(3, addr(3), member("other"))
		w.endpoint(4, addr(4), silent())
		w.endpoint(5, addr(5), transporttest.Funcs{Request: func(context.Context, transport.PeerID, transport.Message) (transport.Message, error) {
			return transport.Message{}, &transport.RemoteError{Code: 7, Text: "go away"}
		}})
		o := w.options()
		contacts := append(bootstrap.Contacts(addr(2), addr(3), addr(4), addr(5), addr(6), "nonsense", "", addr(1)),
			bootstrap.Contact{ID: id(77), Addrs: []string{addr(3)}})
		_, took, err := w.join(context.Background(), contacts, o)
		require.ErrorIs(w, err, transport.ErrRefused)
		require.NotErrorIs(w, err, context.DeadlineExceeded, "the caller's context has not ended")

		var failure *bootstrap.JoinError
		require.ErrorAs(w, err, &failure)
		require.NoError(w, failure.Cause)
		require.Equal(w, 1, failure.Rounds)
		require.Equal(w, len(contacts), failure.Failures)
		require.Less(w, took, 15*time.Second)
		require.Empty(w, w.node.Peers(), "no connection is left")

		want := map[string]struct {
			step  bootstrap.State
			cause error
			hint  string
		}{
			addr(2) + "/0":        {bootstrap.Dialling, transport.ErrRefused, "client"},
			addr(3) + "/0":        {bootstrap.Checking, bootstrap.ErrNetwork, "network"},
			addr(4) + "/0":        {bootstrap.Checking, transport.ErrPeerGone, "overloaded"},
			addr(5) + "/0":        {bootstrap.Checking, &transport.RemoteError{Code: 7, Text: "go away"}, "clocks"},
			addr(6) + "/0":        {bootstrap.Dialling, transport.ErrPeerGone, "UDP"},
			"nonsense/0":          {bootstrap.Resolving, bootstrap.ErrAddress, "host:port"},
			"/0":                  {bootstrap.Resolving, bootstrap.ErrAddress, "host:port"},
			addr(1) + "/0":        {bootstrap.Resolving, bootstrap.ErrSelf, "another node"},
			addr(3) + "/" + "pin": {bootstrap.Dialling, transport.ErrIdentity, "still right"},
		}
		for _, a := range failure.Attempts {
			name := a.Addr + "/0"
			if a.Peer == id(77) {
				name = a.Addr + "/pin"
			}
			require.Equal(w, want[name].step, a.Step, name)
			require.ErrorContains(w, a.Cause, want[name].cause.Error(), name)
			require.Contains(w, a.Hint, want[name].hint, name)
			require.Contains(w, err.Error(), a.Error(), "the text has it, too")
			delete(want, name)
		}
		require.Empty(w, want)
	})
}

func TestItDoesNotJoinItself(t *testing.T) {
	inBubble(t, func(w *world) {
		o := w.options()
		o.Book = w.book(1)
		o.Own = []string{"198.51.100.7:4000", "Vault.Example.Org:4000"}
		contacts := []bootstrap.Contact{
			{Addrs: []string{addr(1)}},
			{ID: id(1), Addrs: []string{"mem:99"}},
			{Addrs: []string{"[::ffff:198.51.100.7]:4000"}},
			{Addrs: []string{"vault.example.org:4000"}},
		}
		_, took, err := w.join(context.Background(), contacts, o)
		require.ErrorIs(w, err, bootstrap.ErrSelf)
		require.ErrorIs(w, err, bootstrap.ErrNoContact)
		require.Len(w, attempts(w, err), 4)
		require.Zero(w, took)
		require.Empty(w, w.seen.addrs(bootstrap.Dialling))
		require.Len(w, o.Book.Entries(), 1, "the book may be shared with others, to whom this node is a peer")
	})
}

func TestNoContactIsAnErrorAtOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		o := w.options()
		o.MaxRounds = 0
		_, _, err := w.join(context.Background(), nil, o)
		require.ErrorIs(w, err, bootstrap.ErrNoContact)
	})
}

func TestWhatCannotBecomeGoodIsNotTriedAgain(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), member("other"))
		o := w.options()
		o.MaxRounds = 0 // would go on for ever
		contacts := append(bootstrap.Contacts(addr(2)), bootstrap.Contact{ID: id(8), Addrs: []string{addr(2)}})
		_, _, err := w.join(context.Background(), contacts, o)
		require.ErrorIs(w, err, bootstrap.ErrNoContact)
		require.ErrorIs(w, err, bootstrap.ErrNetwork)
		require.ErrorIs(w, err, transport.ErrIdentity)
		require.Len(w, w.seen.addrs(bootstrap.Dialling), 2)
	})
}

func TestAtMostEightAttemptsAreUnderWay(t *testing.T) {
	inBubble(t, func(w *world) {
		o := w.options()
		now, most := 0, 0
		o.OnEvent = func(e bootstrap.Event) {
			switch {
			case e.State == bootstrap.Dialling:
				now++
				most = max(most, now)
			case e.State == bootstrap.Failed && e.Addr != "":
				now--
			}
		}
		var addrs []string
		for n := range uint64(40) {
			addrs = append(addrs, addr(100+n))
		}
		_, _, err := w.join(context.Background(), bootstrap.Contacts(addrs...), o)
		require.Error(w, err)
		require.Equal(w, 8, most)
		require.Zero(w, now)
	})
}

func TestThousandsOfContactsAreTriedInPortions(t *testing.T) {
	inBubble(t, func(w *world) {
		var addrs []string
		for n := range uint64(5000) {
			addrs = append(addrs, addr(100+n))
		}
		o := w.options()
		o.MaxRounds = 3
		_, took, err := w.join(context.Background(), bootstrap.Contacts(addrs...), o)
		tried := make(map[string]bool)
		for _, a := range w.seen.addrs(bootstrap.Dialling) {
			tried[a] = true
		}
		require.Greater(w, len(tried), 180, "others each time")
		require.LessOrEqual(w, len(tried), 3*64)
		require.Less(w, took, 3*time.Minute)
		require.Len(w, attempts(w, err), 32)
		require.Less(w, len(err.Error()), 16<<10)
	})
}

func TestTwoOfEightAreContacts(t *testing.T) {
	inBubble(t, func(w *world) {
		o := w.options()
		var known []uint64
		for n := range uint64(20) {
			known = append(known, 100+n)
		}
		o.Book = w.book(known...)
		_, _, err := w.join(context.Background(), bootstrap.Contacts("given:1", "given:2", "given:3"), o)
		require.Error(w, err)
		var order string
		for _, a := range w.seen.addrs(bootstrap.Dialling) {
			order += a[:1]
		}
		require.Equal(w, "mgmmmgmmmg"+strings.Repeat("m", 13), order)
	})
}

func TestTheFirstAddressesOfAllComeBeforeTheSecond(t *testing.T) {
	inBubble(t, func(w *world) {
		contacts := []bootstrap.Contact{{Addrs: []string{"a:1", "a:2"}}, {Addrs: []string{"b:1", "b:2", "b:3", "b:4", "b:5", "b:6", "b:7", "b:8", "b:9"}}}
		_, _, err := w.join(context.Background(), contacts, w.options())
		require.Error(w, err)
		got := w.seen.addrs(bootstrap.Dialling)
		require.ElementsMatch(w, []string{"a:1", "b:1"}, got[:2])
		require.ElementsMatch(w, []string{"a:2", "b:2"}, got[2:4])
		require.Equal(w, []string{"b:3", "b:4", "b:5", "b:6", "b:7", "b:8"}, got[4:], "no more than eight of one contact")
	})
}

func TestRoundsComeAfterPausesThatDouble(t *testing.T) {
	inBubble(t, func(w *world) {
		o := w.options()
		o.MaxRounds = 12
		_, _, err := w.join(context.Background(), bootstrap.Contacts(addr(100)), o)
		require.Error(w, err)
		want := time.Second
		for _, e := range w.seen.list {
			if e.State != bootstrap.Waiting {
				continue
			}
			require.InDelta(w, float64(want), float64(e.Pause), 0.2*float64(want), "after round %d", e.Round)
			require.NotEqual(w, want, e.Pause, "it is random")
			want = min(2*want, 5*time.Minute)
		}
		require.Equal(w, 5*time.Minute, want)
	})
}

func TestALateVaultIsFound(t *testing.T) {
	inBubble(t, func(w *world) {
		o := w.options()
		o.MaxRounds = 0
		time.AfterFunc(time.Minute, func() { w.vault(2) })
		got, took, err := w.join(context.Background(), bootstrap.Contacts(addr(2)), o)
		require.NoError(w, err)
		require.Equal(w, id(2), got.ID)
		require.Less(w, took, 3*time.Minute)
	})
}

func TestTheSameRandomSourceGivesTheSameCourse(t *testing.T) {
	course := func(seed uint64) (s string) {
		inBubble(t, func(w *world) {
			w.endpoint(2, addr(2), nil)
			w.endpoint(3, addr(3), silent())
			o := w.options()
			o.Rand = rand.New(rand.NewPCG(seed, 0))
			o.MaxRounds = 4
			begin := time.Now()
			o.OnEvent = func(e bootstrap.Event) { s += fmt.Sprintln(time.Since(begin), e.State, e.Round, e.Addr, e.Pause) }
			w.net.SetLatency(func(_, to transport.PeerID) time.Duration { return time.Duration(to[0]) * time.Millisecond })
			_, _, err := w.join(context.Background(), bootstrap.Contacts(addr(2), addr(3), addr(4), addr(5), addr(6)), o)
			require.Error(w, err)
		})
		return s
	}
	require.Equal(t, course(1), course(1))
	require.NotEqual(t, course(1), course(2))
}

func TestItEndsWithItsContext(t *testing.T) {
	for name, after := range map[string]struct {
		time time.Duration
		step bootstrap.State
	}{
		"while it connects": {time.Second, bootstrap.Dialling},
		"while it checks":   {time.Second, bootstrap.Checking},
		"in a pause":        {15500 * time.Millisecond, bootstrap.Dialling},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				contact := addr(100)
				if after.step == bootstrap.Checking {
					w.endpoint(100, addr(100), silent())
				}
				o := w.options()
				o.MaxRounds, o.Backoff = 0, time.Hour
				ctx, cancel := context.WithCancel(context.Background())
				time.AfterFunc(after.time, cancel)
				_, took, err := w.join(ctx, bootstrap.Contacts(contact), o)
				require.Equal(w, after.time, took)
				require.ErrorIs(w, err, context.Canceled)
				require.Len(w, attempts(w, err), 1)
				require.Equal(w, after.step, attempts(w, err)[0].Step, "it tells what it was at")
				require.Empty(w, w.node.Peers())
			})
		})
	}
	inBubble(t, func(w *world) {
		w.vault(2)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, _, err := w.join(ctx, bootstrap.Contacts(addr(2)), w.options())
		require.ErrorIs(w, err, context.Canceled)
		require.Empty(w, w.seen.addrs(bootstrap.Dialling))
	})
}

func TestAClosedEndpointEndsIt(t *testing.T) {
	inBubble(t, func(w *world) {
		o := w.options()
		o.MaxRounds = 0
		time.AfterFunc(time.Second, func() { _ = w.node.Close() })
		_, took, err := w.join(context.Background(), bootstrap.Contacts(addr(100), addr(101)), o)
		require.ErrorIs(w, err, transport.ErrClosed)
		require.Equal(w, time.Second, took)
	})
}

func TestConnectionsOfOthersAreLeft(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), member("other"))
		_, err := w.node.Connect(context.Background(), addr(2), id(2))
		require.NoError(w, err)
		w.vault(3)
		o := w.options()
		o.Book = w.book(2)
		_, _, err = w.join(context.Background(), bootstrap.Contacts(addr(3)), o)
		require.NoError(w, err)
		require.ElementsMatch(w, []transport.PeerID{id(2), id(3)}, w.node.Peers())
	})
}

// One that passes while another has just won is as good, but not needed.
func TestASecondToPassIsRecordedAndLetGo(t *testing.T) {
	for name, ctxEnds := range map[string]bool{"another won": false, "the context ended": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.vault(2)
				w.vault(3)
				o := w.options()
				o.Book = w.book()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				time.AfterFunc(time.Second, cancel)
				check := func(ctx context.Context, peer bootstrap.Peer) (struct{}, error) {
					if ctxEnds || len(o.Book.Entries()) > 0 || w.seen.addrs(bootstrap.Checking)[0] == peer.Addr {
						<-ctx.Done()
					}
					return struct{}{}, nil
				}
				got, err := bootstrap.Join(ctx, w.node, bootstrap.Contacts(addr(2), addr(3)), check, o)
				if ctxEnds {
					require.ErrorIs(w, err, context.Canceled)
					require.Empty(w, w.node.Peers())
				} else {
					require.NoError(w, err)
					require.Equal(w, []transport.PeerID{got.ID}, w.node.Peers())
				}
				require.ElementsMatch(w, []transport.PeerID{id(2), id(3)}, ids(o.Book))
			})
		})
	}
}

// Two attempts end in the same moment, one well and one not: whichever is looked at first, both count.
func TestAFailureInTheMomentOfSuccessCounts(t *testing.T) {
	for range 10 {
		inBubble(t, func(w *world) {
			w.vault(2)
			w.vault(3)
			w.endpoint(4, addr(4), nil)
			o := w.options()
			o.Book = w.book(2, 3, 4)
			verdict := make(chan struct{})
			check := func(_ context.Context, peer bootstrap.Peer) (struct{}, error) {
				<-verdict
				if peer.ID == id(2) {
					return struct{}{}, bootstrap.ErrNetwork
				}
				return struct{}{}, nil
			}
			o.OnEvent = func(e bootstrap.Event) {
				if e.State == bootstrap.Failed && e.Addr == addr(4) {
					close(verdict)
					synctest.Wait() // both are over, and Join has not seen it
				}
			}
			got, err := bootstrap.Join(context.Background(), w.node, nil, check, o)
			require.NoError(w, err)
			require.Equal(w, id(3), got.ID)
			require.Equal(w, []transport.PeerID{id(3)}, w.node.Peers())
			require.Equal(w, []transport.PeerID{id(3), id(4)}, ids(o.Book))
		})
	}
}

func TestReleaseMaySpareAConnection(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), silent())
		w.endpoint(3, addr(3), member("other"))
		w.vault(4)
		o := w.options()
		o.Book = w.book(2, 3, 4)
		var released []transport.PeerID
		o.Release = func(id transport.PeerID) { released = append(released, id) }
		_, _, err := w.join(context.Background(), nil, o)
		require.NoError(w, err)
		require.Equal(w, []transport.PeerID{id(3), id(2)}, released, "when it failed, and when another won")
		require.Len(w, w.node.Peers(), 3)
	})
}

func TestTheBookLearnsWhatBecameOfItsPeers(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), member("other"))
		w.endpoint(3, addr(3), nil)
		o := w.options()
		o.Book = w.book(2, 3, 4)
		o.Book.Passed(id(5), addr(3)) // somebody else is there now
		o.Book.Passed(id(5), addr(55))
		for range 5 {
			o.Book.Failed(id(5))
		}
		o.Book.Passed(id(6), addr(66))
		o.Book.Passed(id(6), addr(67))
		time.Sleep(time.Hour)
		w.endpoint(7, addr(7), member("main"))
		w.net.SetLatency(func(_, to transport.PeerID) time.Duration {
			if to == id(7) {
				return 2400 * time.Millisecond // it passes after all others have failed
			}
			return 0
		})
		_, _, err := w.join(context.Background(), bootstrap.Contacts(addr(7)), o)
		require.NoError(w, err)

		failures := make(map[transport.PeerID]int)
		addrs := make(map[transport.PeerID][]string)
		for _, e := range o.Book.Entries() {
			failures[e.ID] = e.Failures
			addrs[e.ID] = e.Addrs
		}
		require.Equal(w, map[transport.PeerID]int{
			id(7): 0, // recorded
			id(3): 2, // refused, and had failed once
			id(4): 3, // silent, and had failed twice
			id(5): 6,
			id(6): 1, // once, though both its addresses failed
		}, failures, "the one of another network is gone")
		require.Equal(w, []string{addr(55)}, addrs[id(5)])
		require.Equal(w, id(7), o.Book.Entries()[0].ID)
		require.Equal(w, time.Now().Unix(), o.Book.Entries()[0].Passed.Unix())
	})
}

func TestOnlyWhoPassedIsRecorded(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), silent())
		w.endpoint(3, addr(3), member("other"))
		o := w.options()
		o.Book = w.book()
		_, _, err := w.join(context.Background(), bootstrap.Contacts(addr(2), addr(3)), o)
		require.Error(w, err)
		require.Empty(w, o.Book.Entries())
	})
}

func TestTheStatesAreLogged(t *testing.T) {
	inBubble(t, func(w *world) {
		w.endpoint(2, addr(2), nil)
		var text bytes.Buffer
		o := w.options()
		o.MaxRounds = 2
		o.Book = w.book(2, 3)
		time.AfterFunc(time.Second, func() { w.vault(3) })
		o.DialTimeout = 2 * time.Second
		o.Logger = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey, "peer", "pause", "error":
				return slog.Attr{}
			}
			return a
		}}))
		_, _, err := w.join(context.Background(), nil, o)
		require.NoError(w, err)
		require.Equal(w, `level=DEBUG msg="bootstrap: dialling" round=1 addr=mem:2
level=INFO msg="bootstrap: failed" round=1 addr=mem:2
level=DEBUG msg="bootstrap: dialling" round=1 addr=mem:3
level=INFO msg="bootstrap: failed" round=1 addr=mem:3
level=INFO msg="bootstrap: waiting" round=1
level=DEBUG msg="bootstrap: dialling" round=2 addr=mem:2
level=INFO msg="bootstrap: failed" round=2 addr=mem:2
level=DEBUG msg="bootstrap: dialling" round=2 addr=mem:3
level=DEBUG msg="bootstrap: checking" round=2 addr=mem:3
level=INFO msg="bootstrap: joined" round=2 addr=mem:3
`, text.String())
		text.Reset()
		w.node.Disconnect(id(3))
		w.net.Kill(id(3))
		_, _, err = w.join(context.Background(), nil, o)
		require.Error(w, err)
		require.Contains(w, text.String(), `level=WARN msg="bootstrap: failed" round=2`)
	})
}

func TestStatesHaveNames(t *testing.T) {
	var names []string
	for s := bootstrap.State(0); s < 9; s++ {
		names = append(names, s.String())
	}
	require.Equal(t, []string{"unknown", "resolving", "dialling", "checking", "joined", "failed", "let go", "waiting", "unknown"}, names)
}

func TestOptionsAreValidated(t *testing.T) {
	inBubble(t, func(w *world) {
		for _, o := range []bootstrap.Options{
			{Parallel: -1},
			{Parallel: 33},
			{PerRound: -1},
			{MaxRounds: -1},
			{Stagger: -1},
			{DialTimeout: -1},
			{CheckTimeout: -1},
			{Backoff: -1},
			{MaxBackoff: -1},
		} {
			_, _, err := w.join(context.Background(), nil, o)
			require.ErrorContains(w, err, "Options", "%+v", o)
		}
	})
}

// Two calls with one book, as two endpoints of one program may make.
func TestJoinsAtTheSameTimeShareABook(t *testing.T) {
	inBubble(t, func(w *world) {
		w.net.SetLatency(func(_, _ transport.PeerID) time.Duration { return time.Millisecond })
		b := w.book()
		for n := range uint64(8) {
			w.vault(20 + n)
		}
		done := make(chan error)
		for n := range uint64(8) {
			ep := w.endpoint(50+n, addr(50+n), transporttest.Funcs{})
			go func() {
				_, err := bootstrap.Join(context.Background(), ep, bootstrap.Contacts(addr(20+n)), sayHello(ep), bootstrap.Options{Book: b})
				done <- err
			}()
		}
		for range 8 {
			require.NoError(w, <-done)
		}
		require.Len(w, b.Entries(), 8)
	})
}
