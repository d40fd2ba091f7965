package transport

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"
)

// badTLS lists certificates and configurations that no endpoint may accept, on either side.
func badTLS(t *testing.T) map[string]*tls.Config {
	good, err := selfSigned(testKey(9))
	require.NoError(t, err)
	conf := func(cert tls.Certificate) *tls.Config {
		return tlsConfig(cert, verifier(newCertificates(), PeerID{}, PeerID{}))
	}

	otherALPN := conf(good)
	otherALPN.NextProtos = []string{"safe/2"}
	noALPN := conf(good)
	noALPN.NextProtos = nil
	two := good
	two.Certificate = append(two.Certificate[:1:1], two.Certificate[0])
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return map[string]*tls.Config{
		"another ALPN":     otherALPN,
		"no ALPN":          noALPN,
		"two certificates": conf(two),
		"ECDSA key":        conf(certificate(t, &x509.Certificate{}, key.Public(), key)),
		"2 KiB":            conf(certificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: strings.Repeat("x", 2<<10)}}, testKey(9).Public(), testKey(9))),
		"20 KiB":           conf(certificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: strings.Repeat("x", 20<<10)}}, testKey(9).Public(), testKey(9))),
		"signed by another": conf(tls.Certificate{
			Certificate: certificate(t, &x509.Certificate{}, testKey(9).Public(), testKey(8)).Certificate,
			PrivateKey:  testKey(9),
		}),
	}
}

func certificate(t *testing.T, template *x509.Certificate, public, private any) tls.Certificate {
	template.SerialNumber = big.NewInt(1)
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

func TestBadCertificatesAreTurnedAway(t *testing.T) {
	ep := start(t, 1, Config{OnPeer: func(PeerID, bool) { panic("nobody should come up") }})
	bad := badTLS(t)
	none := tlsConfig(tls.Certificate{}, nil)
	none.Certificates = nil
	bad["no certificate"] = none
	for name, conf := range bad {
		t.Run(name, func(t *testing.T) { requireRefused(t, ep, conf) })
	}
	require.Empty(t, ep.Peers())
}

func TestADialFindsOutAboutBadCertificates(t *testing.T) {
	for name, conf := range badTLS(t) {
		t.Run(name, func(t *testing.T) {
			tr := &quic.Transport{Conn: newSocket(t)}
			_, err := tr.Listen(conf, nil)
			require.NoError(t, err)
			t.Cleanup(func() { _ = tr.Close() })
			ep := start(t, 1, Config{})
			_, err = ep.Connect(testContext(t), tr.Conn.LocalAddr().String(), PeerID{})
			if name == "another ALPN" {
				require.ErrorIs(t, err, ErrRefused)
			} else {
				require.ErrorIs(t, err, ErrIdentity)
			}
			require.Empty(t, ep.Peers())
		})
	}
}

func TestOurOwnCertificateIsNoPeer(t *testing.T) {
	ep := start(t, 1, Config{})
	requireRefused(t, ep, tlsConfig(ep.cert, verifier(newCertificates(), PeerID{}, PeerID{})))
}

func TestCertificateIsSmall(t *testing.T) {
	cert, err := selfSigned(testKey(1))
	require.NoError(t, err)
	require.Less(t, len(cert.Certificate[0]), maxCertificate/2)
	again, err := selfSigned(testKey(1))
	require.NoError(t, err)
	require.Equal(t, cert.Certificate, again.Certificate, "nothing in it but the key")
}

func TestPeerIDText(t *testing.T) {
	id := PeerID{0xab, 31: 0x01}
	back, err := ParsePeerID(strings.ToUpper(id.String()))
	require.NoError(t, err)
	require.Equal(t, id, back)
	require.False(t, id.IsZero())
	require.True(t, PeerID{}.IsZero())
	for _, bad := range []string{"", "ab", id.String() + "00", strings.Repeat("g", 64)} {
		_, err := ParsePeerID(bad)
		require.Error(t, err, "%q", bad)
	}
}

// What a certificate was good for is remembered by all its bytes, and not for ever.
func TestOnlyTheSameCertificateIsTakenUnchecked(t *testing.T) {
	known := newCertificates()
	good, err := selfSigned(testKey(9))
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(good.Certificate[0])
	require.NoError(t, err)
	require.NoError(t, known.check(parsed))
	require.NoError(t, known.check(parsed))
	require.Equal(t, 1, known.good.Len())

	forged := bytes.Clone(good.Certificate[0])
	forged[len(forged)-1] ^= 1
	parsed, err = x509.ParseCertificate(forged)
	require.NoError(t, err)
	for range 2 {
		require.Error(t, known.check(parsed))
	}
	require.Equal(t, 1, known.good.Len(), "only good ones are kept")
}
