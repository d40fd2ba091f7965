//go:build unix

package transport

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

// This file is what the benchmarks compare with: quic-go as its documentation shows it, with our TLS configuration. A request
// is a bidirectional stream, a message a unidirectional one; both begin with the sizes of the body and of the answer.

const rawBarrier = 1<<32 - 1 // as the size of the answer: the size of the body is the number of messages to wait for

type rawClient struct {
	tr *quic.Transport
	qc *quic.Conn
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

func newRawClient(b *testing.B, addr string) contestant {
	cert, err := selfSigned(testKey(1003))
	require.NoError(b, err)
	to, err := net.ResolveUDPAddr("udp", addr)
	require.NoError(b, err)
	tr := rawTransport()
	qc, err := tr.Dial(context.Background(), to, tlsConfig(cert, verifier(PeerID{}, PeerID{})), rawConfig())
	require.NoError(b, err)
	return &rawClient{tr: tr, qc: qc}
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
	cert, err := selfSigned(testKey(1002))
	if err != nil {
		panic(err)
	}
	tr := rawTransport()
	ln, err := tr.Listen(tlsConfig(cert, verifier(PeerID{}, PeerID{})), rawConfig())
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

// BenchmarkConnect compares a dial, our hellos included, with a plain one.
func BenchmarkConnect(b *testing.B) {
	ep := start(b, 1000, Config{})
	dialler := start(b, 1001, Config{})
	arrived := newArrivals()
	rawAddr, stop := rawServer(arrived, false)
	defer stop()
	var rawTime time.Duration
	b.ReportAllocs()
	for b.Loop() {
		begin := time.Now()
		c := newRawClient(b, rawAddr)
		rawTime += time.Since(begin)
		c.close()
		connect(b, dialler, ep)
		dialler.Disconnect(ep.ID())
	}
	ours := b.Elapsed() - rawTime
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "us/connect")
	b.ReportMetric(float64(rawTime)/float64(ours), "x-raw")
}

// BenchmarkIdlePeers reports what a connected, silent peer costs the process that has both ends.
func BenchmarkIdlePeers(b *testing.B) {
	const peers = 100
	for b.Loop() {
		ep := start(b, 1000, Config{})
		var before, after runtime.MemStats
		diallers := make([]*endpoint, 0, peers)
		for i := range uint64(peers) {
			diallers = append(diallers, start(b, 2000+i, Config{DisableGRO: true}))
		}
		goroutines := runtime.NumGoroutine()
		runtime.GC()
		runtime.ReadMemStats(&before)
		for _, d := range diallers {
			connect(b, d, ep)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/2/peers/1024, "KiB/end")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/2/peers, "goroutines/end")
		for _, d := range diallers {
			require.NoError(b, d.Close())
		}
		require.NoError(b, ep.Close())
	}
}
