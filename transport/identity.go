package transport

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/safenet-go/safenet/transport/internal/lru"
)

// alpn names the protocol and its version (RFC 7301).
const alpn = "safe/1"

// maxCertificate is the size in bytes of the largest certificate a peer may show; ours have about 250.
const maxCertificate = 1 << 10

// selfSigned wraps the key in a certificate. Nothing in it but the key is ever looked at.
func selfSigned(key ed25519.PrivateKey) (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // no expiry, RFC 5280 section 4.1.2.5
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("transport: making the certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// tlsConfig is the same for both directions. Tickets are off because 0-RTT data can be replayed. The groups leave out the
// post-quantum hybrid: it adds a packet each way and a third to the cost of a handshake.
func tlsConfig(cert tls.Certificate, verify func(tls.ConnectionState) error) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{alpn},
		Certificates:           []tls.Certificate{cert},
		ClientAuth:             tls.RequireAnyClientCert,
		InsecureSkipVerify:     true, // there are no authorities; verify checks the key instead
		VerifyConnection:       verify,
		SessionTicketsDisabled: true,
		CurvePreferences:       []tls.CurveID{tls.X25519},
	}
}

// identify returns the peer's identity. TLS has proved that the peer holds the private key of the certificate it showed.
func identify(cs tls.ConnectionState, known *certificates) (PeerID, error) {
	if len(cs.PeerCertificates) != 1 {
		return PeerID{}, fmt.Errorf("%w: %d certificates, want one", ErrIdentity, len(cs.PeerCertificates))
	}
	cert := cs.PeerCertificates[0]
	if len(cert.Raw) > maxCertificate {
		return PeerID{}, fmt.Errorf("%w: certificate of %d bytes", ErrIdentity, len(cert.Raw))
	}
	key, ok := cert.PublicKey.(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PublicKeySize {
		return PeerID{}, fmt.Errorf("%w: key of type %T, want Ed25519", ErrIdentity, cert.PublicKey)
	}
	if err := known.check(cert); err != nil {
		return PeerID{}, fmt.Errorf("%w: certificate is not self-signed: %w", ErrIdentity, err)
	}
	return PeerID(key), nil
}

// certificates remembers those whose own signature was good: a peer shows the same one each time, and checking it again would
// be a tenth of the handshake.
type certificates struct {
	mu   sync.Mutex
	good *lru.Map[[sha256.Size]byte, struct{}]
}

// certificatesKnown is as many as there are peers in the book of addresses.
const certificatesKnown = bookPeers

func newCertificates() *certificates {
	return &certificates{good: lru.New[[sha256.Size]byte, struct{}](certificatesKnown)}
}

// check is nil if the key in cert signed it.
func (k *certificates) check(cert *x509.Certificate) error {
	sum := sha256.Sum256(cert.Raw)
	k.mu.Lock()
	_, found := k.good.Get(sum)
	k.mu.Unlock()
	if found {
		return nil
	}
	if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.good.Put(sum, struct{}{})
	return nil
}

// verifier checks the certificate during the handshake and, for a dial, that it is the wanted one and not our own.
func verifier(known *certificates, self, want PeerID) func(tls.ConnectionState) error {
	return func(cs tls.ConnectionState) error {
		id, err := identify(cs, known)
		switch {
		case err != nil:
			return err
		case id == self:
			return fmt.Errorf("%w: it has our own key", ErrIdentity)
		case !want.IsZero() && id != want:
			return fmt.Errorf("%w: want %s, got %s", ErrIdentity, want, id)
		}
		return nil
	}
}

// resetKey lets a restarted peer tell others that it has forgotten their connections (RFC 9000 section 10.3): it must be the
// same after the restart, so it is derived from the identity's key.
func resetKey(key ed25519.PrivateKey) *quic.StatelessResetKey {
	sum := sha256.Sum256(append([]byte("safe/1 stateless reset key\x00"), key.Seed()...))
	return (*quic.StatelessResetKey)(&sum)
}
