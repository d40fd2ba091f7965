package wire

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/xorname"
)

// ErrSignature is returned for a statement whose signature is not valid.
var ErrSignature = errors.New("signature not valid")

// Signed is a signed statement: the canonical bytes of the statement, over
// which the signature is checked, the signer and the signature.
type Signed struct {
	_      struct{} `cbor:",toarray"`
	Body   []byte
	Signer sign.PublicKey
	Sig    [sign.Size]byte
}

// MaxStatement bounds the body of a signed statement, in bytes.
const MaxStatement = 4096

// NewSigned signs the statement v for the domain.
func NewSigned(key ed25519.PrivateKey, d sign.Domain, v any) Signed {
	body := Marshal(v)
	return Signed{Body: body, Signer: sign.Public(key), Sig: sign.Sign(key, d, body)}
}

// Open decodes the statement into v and checks its signature.
func (s *Signed) Open(d sign.Domain, v any) error {
	if err := s.Peek(v); err != nil {
		return err
	}
	if !sign.Verify(s.Signer, d, s.Body, s.Sig) {
		return fmt.Errorf("%s: %w", d, ErrSignature)
	}
	return nil
}

// Peek decodes the statement without checking its signature, for callers that
// check many at once.
func (s *Signed) Peek(v any) error {
	if len(s.Body) > MaxStatement {
		return fmt.Errorf("%w: statement of %d bytes", ErrMalformed, len(s.Body))
	}
	return Unmarshal(s.Body, v)
}

// Genesis is the first statement of a network, signed by its founder. The
// hash of the signed form is the network's identifier.
type Genesis struct {
	_       struct{} `cbor:",toarray"`
	Version uint16
	Time    uint64 // milliseconds since 1970, UTC, on the founder's clock
	Random  [32]byte
	Copies  uint8        // holders of a chunk, k
	Name    xorname.Name // of the founder, the only one not allotted by a member
}

// NetworkID returns the identifier of the network that the signed genesis
// begins.
func NetworkID(g Signed) [32]byte {
	return xorname.FromContent(Marshal(g))
}

// Allotment gives a key its name; signed by the member that allotted it.
type Allotment struct {
	_       struct{} `cbor:",toarray"`
	Network [32]byte
	Key     sign.PublicKey
	Name    xorname.Name
}

// Receipt says that its signer holds the chunk of that name, or denies it.
type Receipt struct {
	_       struct{} `cbor:",toarray"`
	Network [32]byte
	Name    xorname.Name
	Held    bool
	Members [32]byte // digest of the member list known to the signer
	Nonce   [16]byte // of the request denied; zero in a receipt
}

// Network is a network's identifier: the SHA3-256 of its signed genesis.
type Network [32]byte

// String returns the identifier as 64 hex digits.
func (n Network) String() string { return hex.EncodeToString(n[:]) }

// ParseNetwork reads the 64 hex digits of an identifier.
func ParseNetwork(s string) (n Network, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(n) {
		return n, fmt.Errorf("network identifier %q: want 64 hex digits", s)
	}
	return Network(b), nil
}
