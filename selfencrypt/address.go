package selfencrypt

import (
	"bytes"
	"fmt"

	"github.com/safenet-go/safenet/xorname"
)

// An Address is all that one needs to read a file: the one entry to which its
// data map shrinks (paper, "Self Encryption": any resource is addressed by a
// single resource identifier). It names a chunk and carries the hash of that
// chunk's content and the convergence secret, if any, which open it; so the
// content is checked against the address itself, at the root as everywhere.
//
// An address is a secret like the file. It is comparable with ==; equal files
// written with equal secrets have equal addresses. The zero Address addresses
// nothing.
type Address struct {
	suite     Suite // 0 in the zero Address
	level     uint8
	name      xorname.Name
	src       digest
	hasSecret bool
	secret    [secretLen]byte
}

const (
	addressLen = 2 + 2*32

	addressLevelBits  = 0x0f
	addressSecretFlag = 0x80
)

func (m *DataMap) address() Address {
	a := Address{suite: SuiteSAFE, level: uint8(m.level), name: m.entries[0].dst, src: m.entries[0].src}
	a.hasSecret = copy(a.secret[:], m.secret) > 0
	return a
}

// root returns the map with one entry that the address is. Its size is not
// known yet.
func (a Address) root() *DataMap {
	m := &DataMap{suite: SuiteSAFE, level: int(a.level), unit: MaxPlain, entries: []entry{{dst: a.name, src: a.src}}}
	if a.hasSecret {
		m.secret = bytes.Clone(a.secret[:])
	}
	return m
}

// Name returns the name of the chunk to fetch first. It opens nothing.
func (a Address) Name() xorname.Name { return a.name }

// Level returns how many levels of maps lie between the address and the file.
// With 0 the chunk that it names is the whole file.
func (a Address) Level() int { return int(a.level) }

// IsZero tells whether a is the zero Address.
func (a Address) IsZero() bool { return a == Address{} }

// MarshalBinary returns the canonical binary form, of 66 bytes, or 98 if there
// is a convergence secret. Whoever reads it can read the file. The error for
// the zero Address wraps ErrAddressFormat.
func (a Address) MarshalBinary() ([]byte, error) {
	if a.suite != SuiteSAFE {
		return nil, fmt.Errorf("%w: it addresses nothing", ErrAddressFormat)
	}
	b := make([]byte, 0, addressLen+secretLen)
	levelAndFlags := a.level
	if a.hasSecret {
		levelAndFlags |= addressSecretFlag
	}
	b = append(b, byte(a.suite), levelAndFlags)
	b = append(b, a.name[:]...)
	b = append(b, a.src[:]...)
	if a.hasSecret {
		b = append(b, a.secret[:]...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote and refuses everything else
// with an error that wraps ErrAddressFormat.
func (a *Address) UnmarshalBinary(b []byte) error {
	parsed, err := parseAddress(b)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAddressFormat, err)
	}
	*a = parsed
	return nil
}

func parseAddress(b []byte) (Address, error) {
	if len(b) < addressLen {
		return Address{}, fmt.Errorf("%d bytes, at least %d are needed", len(b), addressLen)
	}
	a := Address{suite: Suite(b[0]), level: b[1] & addressLevelBits, hasSecret: b[1]&addressSecretFlag != 0}
	switch {
	case a.suite != SuiteSAFE:
		return Address{}, fmt.Errorf("%s has no addresses", a.suite)
	case b[1]&^(addressLevelBits|addressSecretFlag) != 0:
		return Address{}, fmt.Errorf("unknown flags %#x", b[1]&^addressLevelBits)
	case a.level > maxLevel:
		return Address{}, fmt.Errorf("level %d, at most %d is allowed", a.level, maxLevel)
	}
	want := addressLen
	if a.hasSecret {
		want += secretLen
	}
	if len(b) != want {
		return Address{}, fmt.Errorf("%d bytes, want %d", len(b), want)
	}
	copy(a.name[:], b[2:])
	copy(a.src[:], b[34:])
	copy(a.secret[:], b[addressLen:])
	return a, nil
}

// String shows the name and the level, and nothing that opens the file.
func (a Address) String() string {
	if a.suite == 0 {
		return "no address"
	}
	return fmt.Sprintf("address of level %d at %s", a.level, a.name)
}

// Format writes String for every verb, so that no way of printing an address
// shows its keys.
func (a Address) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.String())) }

// MarshalText returns String, so that an address within a logged or
// JSON-encoded value is not shown. It cannot be read back; see MarshalBinary.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
