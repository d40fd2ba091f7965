//go:build unix

package transport

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

// This file is what the benchmarks compare with: quic-go as its documentation shows it, with mutual TLS that compares
// the identity and nothing else. A request is a bidirectional stream, a message a unidirectional one; both begin with the sizes of the body and of the answer.

const rawBarrier = 1<<32 - 1 // as the size of the answer: the size of the body is the number of messages to wait for

type rawClient struct {
	tr   *quic.Transport
	addr net.Addr
	conf *tls.Config
	qc   *quic.Conn
}

const rawServerKey = 1002

// rawTLS has our settings. A want of zero takes any peer with an Ed25519 key.
func rawTLS(key uint64, want PeerID) *tls.Config {
	cert, err := selfSigned(testKey(key))
	if err != nil {
		panic(err)
	}
	return tlsConfig(cert, func(cs tls.ConnectionState) error {
		key, ok := cs.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
		if !ok || !want.IsZero() && PeerID(key) != want {
			return ErrIdentity
		}
		return nil
	})
}

func rawTransport() *quic.Transport {
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		panic(err)
	}
	return &quic.Transport{Conn: udp}
}

func rawConfig() *quic.Config {
	return &quic.Config{MaxIncomingStreams: 1024, MaxIncomingUniStreams: 1024}
}

func newRawClient(b *testing.B, addr string, key uint64) contestant {
	to, err := net.ResolveUDPAddr("udp", addr)
	require.NoError(b, err)
	c := &rawClient{tr: rawTransport(), addr: to, conf: rawTLS(key, testID(rawServerKey))}
	require.NoError(b, c.dial(context.Background()))
	return c
}

// dial returns after one round trip on the new connection: until then it is not known whether the server took it.
func (c *rawClient) dial(ctx context.Context) (err error) {
	if c.qc, err = c.tr.Dial(ctx, c.addr, c.conf, rawConfig()); err != nil {
		return err
	}
	return c.ask(ctx, 0, 0)
}

func (c *rawClient) reconnect(ctx context.Context) error {
	_ = c.qc.CloseWithError(0, "")
	return c.dial(ctx)
}

func rawHeader(size, answer int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(size)), uint32(answer))
}

func (c *rawClient) ask(ctx context.Context, size, answer int) error {
	return c.exchange(ctx, rawHeader(size, answer), zeros[:size], answer)
}

func (c *rawClient) exchange(ctx context.Context, header, body []byte, answer int) error {
	str, err := c.qc.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	if err := writeAll(str, header, body); err != nil {
		return err
	}
	got := make([]byte, answer)
	if _, err := io.ReadFull(str, got); err != nil {
		return err
	}
	if n, err := str.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return fmt.Errorf("answer goes on: %d, %w", n, err)
	}
	return nil
}

func (c *rawClient) push(ctx context.Context, size int) error {
	str, err := c.qc.OpenUniStreamSync(ctx)
	if err != nil {
		return err
	}
	return writeAll(str, rawHeader(size, 0), zeros[:size])
}

func writeAll(str io.WriteCloser, header, body []byte) error {
	if _, err := str.Write(header); err != nil {
		return err
	}
	if _, err := str.Write(body); err != nil {
		return err
	}
	return str.Close()
}

func (c *rawClient) barrier(ctx context.Context, n int) error {
	return c.exchange(ctx, rawHeader(n, rawBarrier), nil, 0)
}

func (c *rawClient) close() {
	_ = c.qc.CloseWithError(0, "")
	_ = c.tr.Close()
	_ = c.tr.Conn.Close()
}

func rawServer(arrived *arrivals, _ bool) (addr string, stop func()) {
	tr := rawTransport()
	ln, err := tr.Listen(rawTLS(rawServerKey, PeerID{}), rawConfig())
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			qc, err := ln.Accept(context.Background())
			if err != nil {
				return
			}
			go rawServeRequests(qc, arrived)
			go rawServeMessages(qc, arrived)
		}
	}()
	return tr.Conn.LocalAddr().String(), func() {
		_ = tr.Close()
		_ = tr.Conn.Close()
	}
}

func rawServeRequests(qc *quic.Conn, arrived *arrivals) {
	for {
		str, err := qc.AcceptStream(context.Background())
		if err != nil {
			return
		}
		go func() {
			if err := rawAnswer(str, arrived); err != nil {
				str.CancelWrite(1)
			}
		}()
	}
}

func rawAnswer(str *quic.Stream, arrived *arrivals) error {
	var header [8]byte
	if _, err := io.ReadFull(str, header[:]); err != nil {
		return err
	}
	size, answer := binary.BigEndian.Uint32(header[:]), binary.BigEndian.Uint32(header[4:])
	if answer == rawBarrier {
		arrived.wait(int(size))
		return str.Close()
	}
	if err := rawBody(str, int(size)); err != nil {
		return err
	}
	if _, err := str.Write(zeros[:answer]); err != nil {
		return err
	}
	return str.Close()
}

func rawBody(str io.Reader, size int) error {
	if _, err := io.ReadFull(str, make([]byte, size)); err != nil {
		return err
	}
	if n, err := str.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return fmt.Errorf("message goes on: %d, %w", n, err)
	}
	return nil
}

func rawServeMessages(qc *quic.Conn, arrived *arrivals) {
	for {
		str, err := qc.AcceptUniStream(context.Background())
		if err != nil {
			return
		}
		go func() {
			var header [8]byte
			if _, err := io.ReadFull(str, header[:]); err != nil {
				return
			}
			if rawBody(str, int(binary.BigEndian.Uint32(header[:]))) == nil {
				arrived.add()
			}
		}()
	}
}
