package transport

import (
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

func TestOffencesAreForgivenUntilThereAreTooMany(t *testing.T) {
	now := time.Now()
	for o, allowed := range map[offence]int{
		offenceTooLarge: tooLargePerMinute,
		offenceStalled:  stalledPerMinute,
		offenceUnread:   unreadPerMinute,
		offenceReset:    resetsPerSecond,
	} {
		t.Run(o.String(), func(t *testing.T) {
			d, at := newConduct(1), now
			var ban time.Duration
			for n := 0; ban == 0; n++ {
				require.LessOrEqual(t, n, allowed+1, "a little is forgiven meanwhile")
				if ban = d.strike(testID(1), o, at); ban > 0 {
					require.GreaterOrEqual(t, n, allowed)
				} else if o != offenceReset {
					at = at.Add(time.Second)
				}
			}
			require.Equal(t, firstBan, ban)
			require.Zero(t, d.strike(testID(1), o, at.Add(time.Second)), "it is banned already")
			require.ErrorIs(t, d.check(testID(1), at), errBanned)
			require.NoError(t, d.check(testID(2), at), "nobody else is")
			require.NoError(t, d.check(testID(1), at.Add(firstBan)), "not for ever")

			patient := newConduct(1)
			for i := range 10 * allowed {
				require.Zero(t, patient.strike(testID(1), o, now.Add(time.Duration(i)*time.Minute/tooLargePerMinute)))
			}
		})
	}
}

func TestWhatABadLinkDelaysTogetherCountsOnce(t *testing.T) {
	d, now := newConduct(256), time.Now()
	for range 1000 {
		require.Zero(t, d.strike(testID(1), offenceStalled, now))
	}
}

func TestBansGrowAndAreForgotten(t *testing.T) {
	d, now := newConduct(1), time.Now()
	offend := func() time.Duration {
		for {
			if ban := d.strike(testID(1), offenceTooLarge, now); ban > 0 {
				return ban
			}
		}
	}
	for want := firstBan; want < maxBan; want *= 2 {
		ban := offend()
		require.Equal(t, want, ban)
		now = now.Add(ban)
	}
	for range 20 {
		require.Equal(t, maxBan, offend())
		now = now.Add(maxBan)
	}
	now = now.Add(2 * maxBan)
	require.Equal(t, firstBan, offend())
}

func TestConductTakesBoundedMemory(t *testing.T) {
	d, now := newConduct(256), time.Now()
	for i := range uint64(offenders + 100) {
		d.strike(PeerID{byte(i), byte(i >> 8)}, offenceTooLarge, now)
	}
	require.Equal(t, offenders, d.records.Len())
}

// requireBanned checks that identity n cannot come back to ep, and that another one is served.
func requireBanned(t *testing.T, ep *endpoint, n uint64) {
	t.Helper()
	intrude(t, ep, n, nil).requireClosed(codeLimit)
	_, err := start(t, n, Config{}).Connect(testContext(t), ep.Addr(), ep.ID())
	require.ErrorIs(t, err, ErrBusy)
	honest := start(t, n+1, Config{})
	connect(t, honest, ep)
	_, err = honest.Request(testContext(t), ep.ID(), Message{})
	require.NoError(t, err)
}

func TestAnnouncingTooMuchTooOftenIsBanned(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrudeWithHello(t, ep, 2, nil)
	for range tooLargePerMinute + 1 {
		in.stream(frame{typ: frameMessage, body: MaxBody + 1}.append(nil))
	}
	in.requireClosed(codeLimit)
	requireBanned(t, ep, 2)
	require.NotErrorIs(t, ep.conduct.check(testID(3), time.Now()), errBanned)
}

func TestComingBackDoesNotClearTheCount(t *testing.T) {
	ep := start(t, 1, Config{})
	for range tooLargePerMinute {
		in := intrudeWithHello(t, ep, 2, nil)
		in.stream(frame{typ: frameMessage, body: MaxBody + 1}.append(nil))
		in.hear()
		_ = in.qc.CloseWithError(0, "")
	}
	in := intrudeWithHello(t, ep, 2, nil)
	in.stream(frame{typ: frameMessage, body: MaxBody + 1}.append(nil))
	in.requireClosed(codeLimit)
}

func TestWeDoNotDialWhoIsBanned(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	for a.conduct.strike(b.ID(), offenceTooLarge, time.Now()) == 0 {
	}
	_, err := a.Connect(testContext(t), b.Addr(), b.ID())
	require.ErrorIs(t, err, ErrRefused)
}

// Rapid reset: open a stream, say something, give it up, and again.
func TestAFloodOfResetsIsBanned(t *testing.T) {
	ep := start(t, 1, Config{MaxStreams: 4})
	in := intrudeWithHello(t, ep, 2, nil)
	begin := append(frame{typ: frameRequest, body: 1000}.append(nil), 1, 2, 3)
	go func() { // whoever floods does not wait for what we say
		buf := make([]byte, 4096)
		for {
			if _, err := in.lane.Read(buf); err != nil {
				return
			}
		}
	}()
	for range 100_000 {
		str, err := in.qc.OpenUniStreamSync(testContext(t))
		if err != nil {
			break
		}
		if _, err := in.lane.Write(frame{typ: frameStream}.append(nil)); err != nil {
			break
		}
		_, _ = str.Write(begin)
		str.CancelWrite(quic.StreamErrorCode(codeCanceled))
	}
	in.requireClosed(codeLimit)
	requireBanned(t, ep, 2)
}

// A peer may ask for a deadline in seven weeks and not read the answer: the memory comes back much earlier.
func TestAnAnswerThatIsNotReadIsGivenUp(t *testing.T) {
	body := make([]byte, MaxBody)
	ep := startPatient(t, 1, Config{Handler: answering(body)}, 100*time.Millisecond)
	in := intrudeWithHello(t, ep, 2, &quic.Config{MaxIncomingUniStreams: 100, InitialStreamReceiveWindow: 4096, MaxStreamReceiveWindow: 4096})
	for i := range uint32(8) {
		in.say(frame{typ: frameRequest, id: i, arg: 1<<32 - 1}.append(nil))
	}
	free := ep.total.free.Load
	require.Eventually(t, func() bool { return free() <= int64(ep.cfg.BytesTotal-8*MaxBody) }, 20*time.Second, time.Millisecond, "the answers are held")
	require.Eventually(t, func() bool { return free() == int64(ep.cfg.BytesTotal) }, 20*time.Second, time.Millisecond, "and let go")
	for refused := 0; refused < 8; {
		if f, _ := in.hear(); f.typ == frameRefusal {
			require.Equal(t, uint16(codeSlow), f.kind)
			refused++
		}
	}
	in.requireAlive() // once is no crime
}

// Some answers are waited for while others move: as long as one does, none is given up.
func TestASlowReaderGetsItsAnswers(t *testing.T) {
	body := make([]byte, 200_000)
	ep := startPatient(t, 1, Config{Handler: answering(body)}, 200*time.Millisecond)
	const window = 8 << 10
	in := intrudeWithHello(t, ep, 2, &quic.Config{
		MaxIncomingUniStreams: 100, InitialStreamReceiveWindow: window, MaxStreamReceiveWindow: window,
	})
	for i := range uint32(2) {
		in.say(frame{typ: frameRequest, id: i, arg: 60_000}.append(nil))
	}
	for range 2 {
		str, err := in.qc.AcceptUniStream(testContext(t))
		require.NoError(t, err)
		buf, got := make([]byte, window/2), 0
		for got < frameSize+len(body) {
			n, err := str.Read(buf)
			got += n
			if err != nil {
				break
			}
			time.Sleep(10 * time.Millisecond) // 400 KB/s, and the other one waits meanwhile
		}
		require.Equal(t, frameSize+len(body), got)
	}
}
