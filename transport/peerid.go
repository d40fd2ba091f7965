package transport

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
)

// PeerID is a peer's Ed25519 public key (RFC 8032). The key is the identity: whoever completes a handshake has proved that it
// holds the private half. It is comparable and its zero value is no peer.
type PeerID [ed25519.PublicKeySize]byte

// String returns the 64 lower-case hexadecimal digits of id.
func (id PeerID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id names no peer.
func (id PeerID) IsZero() bool { return id == PeerID{} }

// less orders identities as byte strings; both ends of a connection agree on it.
func (id PeerID) less(other PeerID) bool { return bytes.Compare(id[:], other[:]) < 0 }

// short is enough of an identity to tell peers apart in a log line.
func (id PeerID) short() string { return hex.EncodeToString(id[:4]) }

// ParsePeerID reads the form that [PeerID.String] writes; upper-case digits are accepted too.
func ParsePeerID(s string) (PeerID, error) {
	var id PeerID
	if len(s) != hex.EncodedLen(len(id)) {
		return PeerID{}, fmt.Errorf("transport: peer id has %d characters, want %d", len(s), hex.EncodedLen(len(id)))
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return PeerID{}, fmt.Errorf("transport: peer id: %w", err)
	}
	return id, nil
}
