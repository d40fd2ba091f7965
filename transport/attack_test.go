package transport

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

// What the endpoint under attack may hold, and what this process may hold for both sides beside it, in bytes.
const (
	attackBudget = 16 << 20
	attackRoom   = 24 << 20
)

const panicKind = 13

// Whatever one peer does, memory stays within the budget, and another one is served meanwhile. Each attack goes on for a moment
// from two sockets, with identities of its own.
func TestUnderAttack(t *testing.T) {
	attacks := map[string]func(a *attacker){
		"random datagrams":                (*attacker).noise,
		"bad certificates":                (*attacker).badCertificates,
		"half handshakes":                 (*attacker).halfHandshakes,
		"connections without hello":       (*attacker).silentConnections,
		"malformed frames":                (*attacker).malformedFrames,
		"announcements of 4 GiB":          (*attacker).hugeAnnouncements,
		"stalled streams":                 (*attacker).stalledStreams,
		"bodies of a byte at a time":      (*attacker).drip,
		"streams that are reset":          (*attacker).resets,
		"calls beyond the window":         (*attacker).ignoreWindow,
		"small answers that are not read": (*attacker).unreadSmall,
		"large answers that are not read": (*attacker).unreadLarge,
		"requests that are cancelled":     (*attacker).cancels,
		"pings":                           (*attacker).pings,
		"handlers made to panic":          (*attacker).panics,
	}
	for _, name := range slices.Sorted(maps.Keys(attacks)) {
		t.Run(name, func(t *testing.T) { underAttack(t, attacks[name]) })
	}
}

func underAttack(t *testing.T, attack func(*attacker)) {
	ep := startPatient(t, 1, Config{IdleTimeout: 3 * time.Second, BytesTotal: attackBudget, BytesPerPeer: 4 << 20, MaxStreams: 64, Handler: handler{
		request: func(_ context.Context, _ PeerID, m Message) (Message, error) {
			if m.Kind == panicKind {
				panic("as asked")
			}
			if len(m.Body) == 1 { // a large answer
				return Message{Body: zeros}, nil
			}
			return m, nil
		},
	}}, 2*time.Second)
	honest := start(t, 2, Config{})
	connect(t, honest, ep)
	calm := honestRequests(t, honest, ep, 50*time.Millisecond, nil)

	ctx, stop := context.WithCancel(context.Background())
	before, peak := liveHeap(), int64(0)
	var wg sync.WaitGroup
	for i := range uint64(2) {
		a := &attacker{ctx: ctx, tr: &quic.Transport{Conn: newSocket(t)}, ep: ep, next: 1_000_000 * (i + 1)}
		wg.Go(func() {
			defer func() { _ = a.tr.Close() }()
			for ctx.Err() == nil {
				attack(a)
			}
		})
	}
	busy := honestRequests(t, honest, ep, 200*time.Millisecond, func() { peak = max(peak, liveHeap()-before) })
	stop()
	wg.Wait()

	t.Logf("p99 %v, calm %v; %.1f MiB at most", busy.Round(time.Microsecond), calm.Round(time.Microsecond), float64(peak)/(1<<20))
	require.LessOrEqual(t, peak, int64(attackBudget+attackBudget/5+attackRoom))
	require.Less(t, busy, 5*time.Second, "no tight bound: the machine may be busy")
	require.Eventually(t, func() bool { return len(ep.Peers()) == 1 }, 40*time.Second, 10*time.Millisecond, "the attackers are gone")
	require.Eventually(t, func() bool { return ep.total.free.Load() == attackBudget }, 20*time.Second, 10*time.Millisecond, "and hold nothing")
	connect(t, start(t, 3, Config{}), ep)
}

// honestRequests makes requests one after the other, and a large one from time to time, all of which must be answered. It returns
// the 99th percentile of their time.
func honestRequests(t *testing.T, from, to *endpoint, long time.Duration, sample func()) time.Duration {
	var took []time.Duration
	for begin := time.Now(); time.Since(begin) < long || len(took) < 100; {
		size := 64
		if len(took)%50 == 49 {
			size = 100_000
		}
		at := time.Now()
		m, err := from.Request(testContext(t), to.ID(), Message{Body: zeros[:size]})
		require.NoError(t, err)
		require.Len(t, m.Body, size)
		took = append(took, time.Since(at))
		if sample != nil && len(took)%50 == 0 {
			sample()
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// attacker carries out one attack again and again. Its errors mean nothing: it is turned away all the time.
type attacker struct {
	ctx  context.Context
	tr   *quic.Transport
	ep   *endpoint
	next uint64 // identity
}

// dial connects with an identity not used before, without saying hello.
func (a *attacker) dial(conf *tls.Config, qcfg *quic.Config) (*quic.Conn, *quic.Stream) {
	if conf == nil {
		a.next++
		cert, err := selfSigned(testKey(a.next))
		if err != nil {
			return nil, nil
		}
		conf = tlsConfig(cert, nil)
	}
	qc, err := a.tr.Dial(a.ctx, a.ep.socket.LocalAddr(), conf, qcfg)
	if err != nil {
		return nil, nil
	}
	str, err := qc.OpenStreamSync(a.ctx)
	if err != nil {
		return nil, nil
	}
	return qc, str
}

// enter says hello too, passes the lane to do, and hangs up afterwards.
func (a *attacker) enter(qcfg *quic.Config, do func(qc *quic.Conn, lane *quic.Stream)) {
	qc, lane := a.dial(nil, qcfg)
	if qc == nil {
		return
	}
	defer func() { _ = qc.CloseWithError(0, "") }()
	defer context.AfterFunc(a.ctx, func() { _ = qc.CloseWithError(0, "") })()
	_, _ = lane.Write(hello{version: helloVersion, calls: 64, bytes: minBytesPerPeer}.append(nil))
	if _, err := readHello(lane); err == nil {
		do(qc, lane)
	}
}

// until waits for the end of the connection or of the attack.
func (a *attacker) until(qc *quic.Conn, atMost time.Duration) {
	select {
	case <-qc.Context().Done():
	case <-a.ctx.Done():
	case <-time.After(atMost):
	}
}

// openAnnounced opens a stream as the specification has it, and writes to it. It does not wait for a free one.
func openAnnounced(qc *quic.Conn, lane *quic.Stream, b []byte) (*quic.SendStream, error) {
	str, err := qc.OpenUniStream()
	if err != nil {
		return nil, err
	}
	if _, err := lane.Write(frame{typ: frameStream}.append(nil)); err != nil {
		return nil, err
	}
	_, err = str.Write(b)
	return str, err
}

func (a *attacker) noise() {
	buf := make([]byte, 1200)
	for i := 0; i+8 <= len(buf); i += 8 {
		binary.NativeEndian.PutUint64(buf[i:], rand.Uint64())
	}
	for first := range 256 { // also what looks like the first packet of a connection
		buf[0] = byte(first)
		binary.BigEndian.PutUint32(buf[1:], 1)
		_, _ = a.tr.WriteTo(buf, a.ep.socket.LocalAddr())
	}
	if raceEnabled {
		time.Sleep(50 * time.Millisecond) // the detector makes each packet ten times as dear
	}
	time.Sleep(5 * time.Millisecond) // some 75,000 a second in all
}

func (a *attacker) badCertificates() {
	a.next++
	cert, err := selfSigned(testKey(a.next))
	if err != nil {
		return
	}
	cert.Certificate = append(cert.Certificate, cert.Certificate[0])
	if qc, lane := a.dial(tlsConfig(cert, nil), nil); qc != nil {
		_, _ = lane.Write(hello{version: helloVersion, calls: 64, bytes: minBytesPerPeer}.append(nil))
		a.until(qc, time.Second)
		_ = qc.CloseWithError(0, "")
	}
}

func (a *attacker) halfHandshakes() {
	ctx, cancel := context.WithTimeout(a.ctx, 500*time.Microsecond)
	defer cancel()
	cert, err := selfSigned(testKey(7))
	if err != nil {
		return
	}
	if qc, err := a.tr.Dial(ctx, a.ep.socket.LocalAddr(), tlsConfig(cert, nil), nil); err == nil {
		_ = qc.CloseWithError(0, "")
	}
}

func (a *attacker) silentConnections() {
	if qc, _ := a.dial(nil, nil); qc != nil { // stays until it is thrown out
		context.AfterFunc(a.ctx, func() { _ = qc.CloseWithError(0, "") })
	}
}

func (a *attacker) malformedFrames() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		_, _ = lane.Write(frame{typ: frameMessage, head: 1<<32 - 8, body: 16}.append(nil))
		a.until(qc, time.Second)
	})
}

func (a *attacker) hugeAnnouncements() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		for {
			if _, err := openAnnounced(qc, lane, frame{typ: frameRequest, body: 1<<32 - 1}.append(nil)); err != nil {
				return
			}
		}
	})
}

// stalledStreams fills the window with announcements and sends nothing of what it announced.
func (a *attacker) stalledStreams() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		for range 60 {
			if _, err := openAnnounced(qc, lane, append(frame{typ: frameRequest, body: 60_000}.append(nil), 1, 2, 3)); err != nil {
				return
			}
		}
		a.until(qc, 100*time.Millisecond)
	})
}

func (a *attacker) drip() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		str, err := openAnnounced(qc, lane, frame{typ: frameRequest, body: MaxBody}.append(nil))
		for err == nil && a.ctx.Err() == nil {
			_, err = str.Write([]byte{1})
			time.Sleep(time.Millisecond)
		}
	})
}

func (a *attacker) resets() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		go func() { _, _ = io.Copy(io.Discard, lane) }()
		for {
			str, err := openAnnounced(qc, lane, append(frame{typ: frameRequest, body: 1000}.append(nil), 1, 2, 3))
			if err != nil && qc.Context().Err() != nil {
				return
			}
			if err == nil {
				str.CancelWrite(1)
			} else {
				runtime.Gosched() // no stream is free
			}
		}
	})
}

func (a *attacker) ignoreWindow() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		for {
			if _, err := openAnnounced(qc, lane, append(frame{typ: frameRequest, body: MaxBody}.append(nil), 1)); err != nil {
				return
			}
		}
	})
}

func (a *attacker) unreadSmall() {
	a.enter(neverReads(), func(qc *quic.Conn, lane *quic.Stream) {
		body := make([]byte, laneMax)
		for i := range uint32(1 << 30) {
			_ = lane.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := lane.Write(append(frame{typ: frameRequest, id: i, body: laneMax}.append(nil), body...)); err != nil {
				return
			}
		}
	})
}

func (a *attacker) unreadLarge() {
	qcfg := neverReads()
	qcfg.MaxIncomingUniStreams = 100
	a.enter(qcfg, func(qc *quic.Conn, lane *quic.Stream) {
		for i := range uint32(60) {
			_, _ = lane.Write(append(frame{typ: frameRequest, id: i, arg: 1<<32 - 1, body: 1}.append(nil), 0))
		}
		a.until(qc, 100*time.Millisecond)
	})
}

func (a *attacker) cancels() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		go func() { _, _ = io.Copy(io.Discard, lane) }()
		for i := range uint32(1 << 30) {
			b := frame{typ: frameRequest, id: i}.append(nil)
			if _, err := lane.Write(frame{typ: frameCancel, id: i}.append(b)); err != nil {
				return
			}
		}
	})
}

func (a *attacker) pings() {
	a.enter(neverReads(), func(qc *quic.Conn, lane *quic.Stream) {
		var b []byte
		for range 100 {
			b = frame{typ: framePing, id: 1}.append(b)
		}
		for {
			_ = lane.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := lane.Write(b); err != nil {
				return
			}
		}
	})
}

func (a *attacker) panics() {
	a.enter(nil, func(qc *quic.Conn, lane *quic.Stream) {
		go func() { _, _ = io.Copy(io.Discard, lane) }()
		for i := range uint32(1 << 30) {
			if _, err := lane.Write(frame{typ: frameRequest, kind: panicKind, id: i}.append(nil)); err != nil {
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
	})
}
