package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

// intruder is a peer that speaks the wire format by hand, and so can break it.
type intruder struct {
	t    *testing.T
	tr   *quic.Transport
	qc   *quic.Conn
	lane *quic.Stream
}

func newSocket(t *testing.T) *net.UDPConn {
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = udp.Close() })
	return udp
}

// intrude completes the TLS handshake with ep, as identity number n.
func intrude(t *testing.T, ep *endpoint, n uint64, qcfg *quic.Config) *intruder {
	t.Helper()
	cert, err := selfSigned(testKey(n))
	require.NoError(t, err)
	in := &intruder{t: t, tr: &quic.Transport{Conn: newSocket(t)}}
	t.Cleanup(func() { _ = in.tr.Close() })
	if qcfg == nil {
		qcfg = &quic.Config{MaxIncomingUniStreams: 100}
	}
	in.qc, err = in.tr.Dial(testContext(t), ep.socket.LocalAddr(), tlsConfig(cert, verifier(newCertificates(), PeerID{}, ep.id)), qcfg)
	require.NoError(t, err)
	in.lane, err = in.qc.OpenStreamSync(testContext(t))
	require.NoError(t, err)
	return in
}

// intrudeWithHello is accepted by ep.
func intrudeWithHello(t *testing.T, ep *endpoint, n uint64, qcfg *quic.Config) *intruder {
	t.Helper()
	in := intrude(t, ep, n, qcfg)
	in.say(hello{version: helloVersion, calls: 64, bytes: minBytesPerPeer}.append(nil))
	_, err := readHello(in.lane)
	require.NoError(t, err)
	return in
}

func (in *intruder) say(b []byte) {
	in.t.Helper()
	_, err := in.lane.Write(b)
	require.NoError(in.t, err)
}

// hear reads the next frame from the lane.
func (in *intruder) hear() (frame, []byte) {
	in.t.Helper()
	_ = in.lane.SetReadDeadline(time.Now().Add(20 * time.Second))
	header := make([]byte, frameSize)
	_, err := io.ReadFull(in.lane, header)
	require.NoError(in.t, err)
	f, err := parseLane(header)
	require.NoError(in.t, err)
	payload := make([]byte, f.head+f.body)
	_, err = io.ReadFull(in.lane, payload)
	require.NoError(in.t, err)
	return f, payload
}

// stream announces a stream, opens it and writes to it.
func (in *intruder) stream(b []byte) *quic.SendStream {
	in.t.Helper()
	in.say(frame{typ: frameStream}.append(nil))
	return in.silentStream(b)
}

func (in *intruder) silentStream(b []byte) *quic.SendStream {
	in.t.Helper()
	str, err := in.qc.OpenUniStreamSync(testContext(in.t))
	require.NoError(in.t, err)
	_, err = str.Write(b)
	require.NoError(in.t, err)
	return str
}

// requireClosed waits until ep has closed the connection, for the given reason.
func (in *intruder) requireClosed(why code) {
	in.t.Helper()
	select {
	case <-in.qc.Context().Done():
	case <-testContext(in.t).Done():
		require.FailNow(in.t, "the connection lives")
	}
	var app *quic.ApplicationError
	require.ErrorAs(in.t, context.Cause(in.qc.Context()), &app)
	require.True(in.t, app.Remote)
	require.Equal(in.t, why, code(app.ErrorCode))
}

// requireAlive checks that ep still serves the connection.
func (in *intruder) requireAlive() {
	in.t.Helper()
	in.say(frame{typ: framePing, id: 77}.append(nil))
	for {
		if f, _ := in.hear(); f.typ == framePong && f.id == 77 {
			return
		}
	}
}

// requireRefused checks that a TLS client is turned away: during the handshake, or at its first use of the connection.
func requireRefused(t *testing.T, ep *endpoint, conf *tls.Config) {
	t.Helper()
	tr := &quic.Transport{Conn: newSocket(t)}
	defer func() { _ = tr.Close() }()
	qc, err := tr.Dial(testContext(t), ep.socket.LocalAddr(), conf, nil)
	if err == nil {
		<-qc.Context().Done()
		err = context.Cause(qc.Context())
	}
	var trans *quic.TransportError
	require.True(t, errors.As(err, &trans) && trans.Remote, "got %v", err)
	require.True(t, trans.ErrorCode.IsCryptoError() || trans.ErrorCode == quic.CryptoBufferExceeded, "got %v", err)
}
