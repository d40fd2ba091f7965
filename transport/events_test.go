package transport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// happened collects events as text.
func happened() (Events, chan string) {
	all := make(chan string, 100)
	return Events{
		PeerUp: func(id PeerID, addr string, dialled bool) {
			side := "accepted"
			if dialled {
				side = "dialled"
			}
			all <- "up " + side
		},
		PeerDown: func(_ PeerID, reason error) { all <- "down: " + reason.Error() },
		Refused:  func(_ PeerID, _ string, reason error) { all <- "refused: " + reason.Error() },
		Limited:  func(_ PeerID, reason error) { all <- "limited: " + reason.Error() },
		Strike:   func(_ PeerID, offence string, ban time.Duration) { all <- "strike: " + offence + " " + ban.String() },
	}, all
}

func requireEvent(t *testing.T, all <-chan string, want string) {
	t.Helper()
	select {
	case got := <-all:
		require.Contains(t, got, want)
	case <-testContext(t).Done():
		require.FailNow(t, "no event", want)
	}
}

func TestEventsTellTheLifeOfAPeer(t *testing.T) {
	eventsA, a := happened()
	eventsB, b := happened()
	epA, epB := start(t, 1, Config{Events: eventsA}), start(t, 2, Config{Events: eventsB})
	connect(t, epA, epB)
	requireEvent(t, a, "up dialled")
	requireEvent(t, b, "up accepted")
	epA.Disconnect(epB.ID())
	requireEvent(t, a, "down: "+ErrPeerGone.Error())
	requireEvent(t, b, "down: "+ErrPeerGone.Error())
	connect(t, epB, epA)
	requireEvent(t, a, "up accepted")
	requireEvent(t, b, "up dialled")
	require.NoError(t, epB.Close())
	requireEvent(t, a, "down: "+ErrPeerGone.Error()+": it takes its leave")
	requireEvent(t, b, "down: "+ErrClosed.Error())
}

func TestEventsTellOfOffences(t *testing.T) {
	events, all := happened()
	ep := start(t, 1, Config{Events: events})
	in := intrude(t, ep, 2, nil)
	in.say([]byte("HTTP/1.1 GET / 0123456789"))
	requireEvent(t, all, "refused: "+ErrMalformed.Error())

	in = intrudeWithHello(t, ep, 2, nil)
	requireEvent(t, all, "up accepted")
	for range tooLargePerMinute {
		in.stream(frame{typ: frameMessage, body: MaxBody + 1}.append(nil))
		requireEvent(t, all, "strike: announced too much 0s")
	}
	in.stream(frame{typ: frameMessage, body: MaxBody + 1}.append(nil))
	requireEvent(t, all, "strike: announced too much 1m0s")
	requireEvent(t, all, "limited: "+errOverLimit.Error())
	requireEvent(t, all, "down: "+ErrPeerGone.Error())
	intrude(t, ep, 2, nil).requireClosed(codeLimit)
	requireEvent(t, all, "refused: "+errBanned.Error())
}

func TestEventsTellThatMemoryIsShort(t *testing.T) {
	events, all := happened()
	a, b := start(t, 1, Config{}), start(t, 2, Config{Events: events})
	connect(t, a, b)
	requireEvent(t, all, "up")
	b.total.free.Store(0)
	_, err := a.Request(testContext(t), b.ID(), Message{})
	require.ErrorIs(t, err, ErrBusy)
	requireEvent(t, all, "limited: "+ErrBusy.Error())
}

// What peers can cause at will does not pile up behind a callback that hangs.
func TestEventsDoNotPileUp(t *testing.T) {
	hold := make(chan struct{})
	ep := start(t, 1, Config{MaxPeers: 4, Events: Events{Limited: func(PeerID, error) { <-hold }}})
	defer close(hold)
	for range 1000 {
		ep.noticeLimited(testID(2), ErrBusy)
	}
	require.LessOrEqual(t, ep.events.Len(), 4)
}

func TestQLogOfEachConnection(t *testing.T) {
	dir := t.TempDir()
	a, b := start(t, 1, Config{QLogDir: dir}), start(t, 2, Config{QLogDir: dir})
	connect(t, a, b)
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
	for _, side := range []string{"dialler", "acceptor"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_"+side+".sqlog"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		log, err := os.ReadFile(files[0])
		require.NoError(t, err)
		require.Greater(t, strings.Count(string(log), "\n"), 10)
		require.Contains(t, string(log), "connection_closed")
	}
}

func TestQLogWithoutADirectoryIsNoReasonToFail(t *testing.T) {
	a, b := start(t, 1, Config{QLogDir: filepath.Join(t.TempDir(), "missing")}), start(t, 2, Config{})
	connect(t, a, b)
}
