package client_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// The bound is what this machine can do at best with the parts that every
// copy needs: raw quic-go between processes on the loopback interface, one
// SHA3-256 a copy, one fsynced file a copy. It has no encryption of files, no
// entry vault, no receipts and no directories.
const (
	boundReceivers = 8
	boundWindow    = 16 // chunks under way at once
)

// receiver takes chunks on streams, names each by its hash, writes it
// durably and answers with one byte.
func receiver(dir string) error {
	ln, err := quic.ListenAddr("127.0.0.1:0", boundTLS(), boundQUIC())
	if err != nil {
		return err
	}
	go func() {
		for {
			conn, err := ln.Accept(context.Background())
			if err != nil {
				return
			}
			go receive(conn, dir)
		}
	}()
	return serve(ln.Addr().String())
}

func receive(conn *quic.Conn, dir string) {
	var count atomic.Int64
	for {
		s, err := conn.AcceptStream(context.Background())
		if err != nil {
			return
		}
		go func() {
			defer s.Close()
			var size [4]byte
			if _, err := io.ReadFull(s, size[:]); err != nil {
				return
			}
			chunk := make([]byte, binary.BigEndian.Uint32(size[:]))
			if _, err := io.ReadFull(s, chunk); err != nil {
				return
			}
			name := xorname.FromContent(chunk)
			if writeDurably(filepath.Join(dir, fmt.Sprintf("%s-%d", name, count.Add(1))), chunk) == nil {
				_, _ = s.Write([]byte{1})
			}
		}()
	}
}

func writeDurably(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// measureBound sends every chunk to every receiver and returns the seconds
// that takes.
func measureBound(tb testing.TB, chunks [][]byte) float64 {
	tb.Helper()
	conns := make([]*quic.Conn, boundReceivers)
	for i := range conns {
		var addr string
		startRole(tb, receiverVar, tb.TempDir(), &addr)
		conn, err := quic.DialAddr(tb.Context(), addr, boundTLS(), boundQUIC())
		require.NoError(tb, err)
		defer func() { _ = conn.CloseWithError(0, "") }()
		conns[i] = conn
	}
	start := time.Now()
	var wg sync.WaitGroup
	var failed atomic.Value
	window := make(chan struct{}, boundWindow)
	for _, chunk := range chunks {
		window <- struct{}{}
		var copies sync.WaitGroup
		for _, conn := range conns {
			copies.Go(func() {
				if err := sendCopy(conn, chunk); err != nil {
					failed.Store(err)
				}
			})
		}
		wg.Go(func() {
			copies.Wait()
			<-window
		})
	}
	wg.Wait()
	require.Nil(tb, failed.Load())
	return time.Since(start).Seconds()
}

func sendCopy(conn *quic.Conn, chunk []byte) error {
	s, err := conn.OpenStreamSync(context.Background())
	if err != nil {
		return err
	}
	if _, err := s.Write(binary.BigEndian.AppendUint32(nil, uint32(len(chunk)))); err != nil {
		return err
	}
	if _, err := s.Write(chunk); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	ok, err := io.ReadAll(s)
	if err == nil && !bytes.Equal(ok, []byte{1}) {
		err = fmt.Errorf("copy refused")
	}
	return err
}

func boundQUIC() *quic.Config {
	return &quic.Config{MaxIncomingStreams: 1024, MaxIdleTimeout: time.Minute}
}

// boundTLS is mutual TLS 1.3 with Ed25519 keys, as the vaults use it.
func boundTLS() *tls.Config {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{
		Certificates:       []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:         tls.RequireAnyClientCert,
		InsecureSkipVerify: true, // the bound needs the cost of TLS, not its assurance
		NextProtos:         []string{"bound"},
		CurvePreferences:   []tls.CurveID{tls.X25519},
		MinVersion:         tls.VersionTLS13,
	}
}
