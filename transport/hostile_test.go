package transport

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

func TestRandomDatagramsAreIgnored(t *testing.T) {
	a, b := start(t, 1, Config{}), start(t, 2, Config{})
	connect(t, a, b)
	udp := newSocket(t)
	rng := rand.New(rand.NewPCG(1, 2))
	buf := make([]byte, 1400)
	for range 20_000 {
		for i := 0; i+8 <= len(buf); i += 8 {
			binary.NativeEndian.PutUint64(buf[i:], rng.Uint64())
		}
		_, err := udp.WriteTo(buf[:rng.IntN(len(buf))], b.socket.LocalAddr())
		require.NoError(t, err)
	}
	_, err := a.Request(testContext(t), b.ID(), Message{})
	require.NoError(t, err)
	connect(t, start(t, 3, Config{}), b)
}

func TestAPeerWithoutHelloIsDropped(t *testing.T) {
	ep := start(t, 1, Config{HandshakeTimeout: 100 * time.Millisecond})
	intrude(t, ep, 2, nil).requireClosed(codeSlow)
	in := intrude(t, ep, 2, nil)
	in.say([]byte("SAF"))
	in.requireClosed(codeSlow)
	require.Empty(t, ep.Peers())
}

func TestBadHellosAreDropped(t *testing.T) {
	ep := start(t, 1, Config{})
	good := hello{version: helloOldest, calls: 1, bytes: minBytesPerPeer}
	for name, b := range map[string][]byte{
		"other magic":     []byte("HTTP/1.1 GET / 0123456789"),
		"too short":       []byte("SAFE\x00\x02\x00\x01"),
		"too long":        []byte("SAFE\xff\xff\x00\x01"),
		"version 0":       append([]byte("SAFE\x00\x0a\x00\x00"), good.append(nil)[8:]...),
		"no calls":        hello{version: helloOldest, bytes: minBytesPerPeer}.append(nil),
		"too many calls":  hello{version: helloOldest, calls: maxMaxStreams + 1, bytes: minBytesPerPeer}.append(nil),
		"too few bytes":   hello{version: helloOldest, calls: 1, bytes: minBytesPerPeer - 1}.append(nil),
		"too many bytes":  hello{version: helloOldest, calls: 1, bytes: maxBytesPerPeer + 1}.append(nil),
		"negative window": hello{version: helloOldest, calls: -1, bytes: -1}.append(nil),
	} {
		t.Run(name, func(t *testing.T) {
			in := intrude(t, ep, 2, nil)
			in.say(b)
			in.requireClosed(codeMalformed)
		})
	}
}

func TestALaterHelloIsUnderstood(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrude(t, ep, 2, nil)
	b := hello{version: helloOldest, calls: 5, bytes: minBytesPerPeer}.append(nil)
	b = append(b, "new fields"...)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-helloFixed))
	binary.BigEndian.PutUint16(b[6:], 2)
	in.say(b)
	_, err := readHello(in.lane)
	require.NoError(t, err)
	in.requireAlive()
}

func TestBadLaneFramesCostTheConnection(t *testing.T) {
	ep := start(t, 1, Config{})
	request := frame{typ: frameRequest, id: 1}.append(nil)
	for name, b := range map[string][]byte{
		"unknown type":             frame{typ: 99}.append(nil),
		"type zero":                frame{}.append(nil),
		"second byte set":          {byte(framePing), 1, 19: 0},
		"longer than the lane":     frame{typ: frameMessage, body: laneMax + 1}.append(nil),
		"length of 4 GiB":          frame{typ: frameMessage, head: 1<<32 - 1, body: 1<<32 - 1}.append(nil),
		"lengths that wrap around": frame{typ: frameMessage, head: 1<<32 - 8, body: 16}.append(nil),
		"control with a body":      frame{typ: framePing, body: 5}.append(nil),
		"message with an id":       frame{typ: frameMessage, id: 5}.append(nil),
		"request with stream id":   frame{typ: frameRequest, id: streamID | 5}.append(nil),
		"error text of 2 KiB":      frame{typ: frameFailure, body: 2 << 10}.append(nil),
		"refusal without a reason": frame{typ: frameRefusal, id: 5}.append(nil),
		"credit nobody is owed":    frame{typ: frameCredit, id: 1, arg: 1}.append(nil),
	} {
		t.Run(name, func(t *testing.T) {
			in := intrudeWithHello(t, ep, 2, nil)
			in.say(b)
			in.requireClosed(codeMalformed)
		})
	}
	t.Run("end of the lane", func(t *testing.T) {
		in := intrudeWithHello(t, ep, 2, nil)
		require.NoError(t, in.lane.Close())
		in.requireClosed(codeMalformed)
	})
	t.Run("end inside a frame", func(t *testing.T) {
		in := intrudeWithHello(t, ep, 2, nil)
		in.say(frame{typ: frameMessage, body: 100}.append(nil))
		require.NoError(t, in.lane.Close())
		in.requireClosed(codeMalformed)
	})
	t.Run("request id used twice", func(t *testing.T) {
		blocked := start(t, 3, Config{Handler: blocking()})
		in := intrudeWithHello(t, blocked, 2, nil)
		in.say(append(request, request...))
		in.requireClosed(codeMalformed)
	})
}

// blocking is a handler that works until its context ends.
func blocking() handler {
	return handler{
		message: func(ctx context.Context, _ PeerID, _ Message) { <-ctx.Done() },
		request: func(ctx context.Context, _ PeerID, _ Message) (Message, error) {
			<-ctx.Done()
			return Message{}, ctx.Err()
		},
	}
}

func TestUnknownIDsAreIgnored(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrudeWithHello(t, ep, 2, nil)
	for _, typ := range []frameType{frameResponse, frameFailure, frameRefusal, frameCancel, frameEnded, framePong} {
		f := frame{typ: typ, id: 12345}
		if typ == frameRefusal {
			f.kind = uint16(codeBusy)
		}
		in.say(f.append(nil))
	}
	in.requireAlive()
}

func TestIgnoringTheWindowCostsTheConnection(t *testing.T) {
	t.Run("calls", func(t *testing.T) {
		ep := start(t, 1, Config{Handler: blocking(), MaxStreams: 4})
		in := intrudeWithHello(t, ep, 2, nil)
		for range 5 {
			in.say(frame{typ: frameMessage}.append(nil))
		}
		in.requireClosed(codeLimit)
	})
	t.Run("bytes", func(t *testing.T) {
		ep := start(t, 1, Config{Handler: blocking(), BytesPerPeer: minBytesPerPeer})
		in := intrudeWithHello(t, ep, 2, nil)
		for range 3 { // the announcement is enough
			in.stream(frame{typ: frameMessage, body: MaxBody}.append(nil))
		}
		in.requireClosed(codeLimit)
	})
}

func TestBadStreamsCostTheConnection(t *testing.T) {
	ep := start(t, 1, Config{})
	for name, test := range map[string]struct {
		b   []byte
		fin bool
	}{
		"a control frame":      {frame{typ: framePing}.append(nil), false},
		"a failure":            {frame{typ: frameFailure, id: 1}.append(nil), false},
		"unknown type":         {frame{typ: 200}.append(nil), false},
		"a call with an id":    {frame{typ: frameRequest, id: 1}.append(nil), false},
		"no header":            {[]byte{1}, true},
		"end inside the body":  {append(frame{typ: frameMessage, body: 10}.append(nil), 1, 2, 3), true},
		"end inside the head":  {append(frame{typ: frameRequest, head: 10, body: 1}.append(nil), 1, 2, 3), true},
		"bytes after the body": {append(frame{typ: frameMessage, body: 1}.append(nil), 1, 2), false},
	} {
		t.Run(name, func(t *testing.T) {
			in := intrudeWithHello(t, ep, 2, nil)
			str := in.stream(test.b)
			if test.fin {
				require.NoError(t, str.Close())
			}
			in.requireClosed(codeMalformed)
		})
	}
}

func TestAnAnnouncementTooLargeIsRefusedFromItsHeader(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrudeWithHello(t, ep, 2, nil)
	for _, f := range []frame{
		{typ: frameMessage, body: MaxBody + 1},
		{typ: frameRequest, head: MaxHead + 1},
		{typ: frameRequest, head: 1<<32 - 1, body: 1<<32 - 1},
	} {
		str := in.stream(f.append(nil))
		got, _ := in.hear()
		require.Equal(t, frame{typ: frameRefusal, kind: uint16(codeTooLarge), id: idOf(str.StreamID())}, got)
		<-str.Context().Done() // STOP_SENDING came
	}
	in.requireAlive()
}

func TestAStreamThatIsResetIsAccountedFor(t *testing.T) {
	ep := start(t, 1, Config{MaxStreams: 2})
	in := intrudeWithHello(t, ep, 2, nil)
	for i := range 10 {
		// Before the header, inside it, and inside the body.
		str := in.stream(append(frame{typ: frameRequest, body: 1000}.append(nil), 1, 2, 3)[:1+i*2])
		str.CancelWrite(quic.StreamErrorCode(codeCanceled))
		got, _ := in.hear()
		require.Equal(t, frame{typ: frameRefusal, kind: uint16(codeCanceled), id: idOf(str.StreamID())}, got)
	}
	in.requireAlive()
}

func TestStalledStreamsDelayNobodyAndAreCutOff(t *testing.T) {
	ep := startPatient(t, 1, Config{MaxStreams: 64}, 300*time.Millisecond)
	in := intrudeWithHello(t, ep, 2, nil)
	waiting := make(map[uint32]bool)
	for i := range 60 {
		b := append(frame{typ: frameRequest, body: 1000}.append(nil), 1, 2, 3)
		if i%2 == 0 {
			b = b[:10]
		}
		waiting[idOf(in.stream(b).StreamID())] = true
	}
	in.requireAlive()
	str := in.stream(append(frame{typ: frameRequest, body: 3}.append(nil), "abc"...))
	require.NoError(t, str.Close())
	answered := false
	for len(waiting) > 0 || !answered {
		f, payload := in.hear()
		if f.id == idOf(str.StreamID()) {
			require.Equal(t, "abc", string(payload))
			answered = true
			continue
		}
		require.Equal(t, frame{typ: frameRefusal, kind: uint16(codeSlow), id: f.id}, f)
		require.True(t, waiting[f.id])
		delete(waiting, f.id)
	}
	in.requireAlive()
}

// neverReads is a QUIC configuration with which the other side's lane is stuck after a few bytes.
func neverReads() *quic.Config {
	return &quic.Config{InitialStreamReceiveWindow: 512, MaxStreamReceiveWindow: 512}
}

func TestAPeerThatNeverReadsItsAnswersIsDropped(t *testing.T) {
	ep := start(t, 1, Config{MaxStreams: 2})
	in := intrudeWithHello(t, ep, 2, neverReads())
	body := make([]byte, laneMax)
	for i := range uint32(10_000) {
		b := append(frame{typ: frameRequest, id: i, body: laneMax}.append(nil), body...)
		if _, err := in.lane.Write(b); err != nil {
			break
		}
	}
	in.requireClosed(codeLimit)
}

func TestAPeerThatNeverReadsHoldsTheSender(t *testing.T) {
	ep := start(t, 1, Config{})
	intrudeWithHello(t, ep, 2, neverReads())
	to := testID(2)
	for _, size := range []int{100, 100_000} {
		var sent int
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			err := ep.Send(ctx, to, Message{Body: make([]byte, size)})
			cancel()
			if err != nil {
				require.ErrorIs(t, err, context.DeadlineExceeded)
				break
			}
			sent++
		}
		require.LessOrEqual(t, sent, 64, "the window that the hello gave")
	}
}

func TestASecondAnswerOnAStreamCostsTheConnection(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrudeWithHello(t, ep, 2, nil)
	failed := make(chan error, 1)
	go func() {
		_, err := ep.Request(context.Background(), testID(2), Message{})
		failed <- err
	}()
	f, _ := in.hear()
	require.Equal(t, frameRequest, f.typ)
	for range 2 {
		in.stream(frame{typ: frameResponse, id: f.id, body: 100_000}.append(nil))
	}
	in.requireClosed(codeMalformed)
	require.ErrorIs(t, <-failed, ErrPeerGone)
}

// Each side sends more than the other's window holds, before it reads a single answer: nobody waits for ever, because a request
// is read whole before it is answered, and answers need no window.
func TestBothSidesMaySendMoreThanTheWindow(t *testing.T) {
	cfg := Config{BytesPerPeer: minBytesPerPeer}
	a, b := start(t, 1, cfg), start(t, 2, cfg)
	connect(t, a, b)
	errs := make(chan error, 40)
	for range 20 {
		for _, pair := range [][2]*endpoint{{a, b}, {b, a}} {
			go func() {
				m, err := pair[0].Request(testContext(t), pair[1].ID(), Message{Body: zeros})
				if err == nil && len(m.Body) != len(zeros) {
					err = ErrMalformed
				}
				errs <- err
			}()
		}
	}
	for range 40 {
		require.NoError(t, <-errs)
	}
}

// Nothing older than TLS 1.3 is spoken (RFC 9001 section 4.2).
func TestOldTLSIsNotSpoken(t *testing.T) {
	ep := start(t, 1, Config{})
	cert, err := selfSigned(testKey(2))
	require.NoError(t, err)
	conf := tlsConfig(cert, nil)
	conf.MinVersion, conf.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	tr := &quic.Transport{Conn: newSocket(t)}
	defer func() { _ = tr.Close() }()
	_, err = tr.Dial(testContext(t), ep.socket.LocalAddr(), conf, nil)
	require.Error(t, err)
	require.EqualValues(t, tls.VersionTLS13, tlsConfig(cert, nil).MinVersion)
}
