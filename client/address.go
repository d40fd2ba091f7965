package client

import (
	"bytes"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/xorname"
)

// Address is the address of a file: the network it is on and what selfencrypt
// needs to find and open it. Whoever has it can read the file, so it is as
// secret as the file is.
type Address struct {
	network [networkTag]byte
	file    selfencrypt.Address
}

const (
	addressPrefix = "safe1"
	networkTag    = 8 // bytes of the network's identifier
	checksum      = 4
)

// The reasons for refusing an address.
var (
	// ErrAddress: the text is not an address. The error says what is wrong.
	ErrAddress = errors.New("not an address")
	// ErrOtherNetwork: the address is of another network.
	ErrOtherNetwork = errors.New("the address is of another network")
)

// text32 has small letters of its own: folding case would let letters of other
// scripts in, as the dotless i, whose capital is I.
var text32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func newAddress(n wire.Network, file selfencrypt.Address) Address {
	return Address{network: [networkTag]byte(n[:networkTag]), file: file}
}

// Text returns the address in letters and digits: "safe1" and, in base 32, the
// first 8 bytes of the network's identifier, the file's address and a
// checksum.
func (a Address) Text() string {
	file, err := a.file.MarshalBinary()
	if err != nil {
		return "" // the zero Address
	}
	b := append(a.network[:], file...)
	sum := addressSum(b)
	return addressPrefix + text32.EncodeToString(append(b, sum[:]...))
}

// String returns the address shortened, so that a log does not give the file
// away. Text returns it whole.
func (a Address) String() string {
	name := a.file.Name()
	return fmt.Sprintf("%s(%x..)", addressPrefix, name[:3])
}

// Format writes String for every verb, so that no way of printing an address
// shows its keys.
func (a Address) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// Name returns the name of the chunk at which the file begins.
func (a Address) Name() xorname.Name { return a.file.Name() }

// ParseAddress reads the text of an address. It returns ErrAddress with the
// reason for anything that Text does not write.
func ParseAddress(s string) (Address, error) {
	rest, ok := strings.CutPrefix(s, addressPrefix)
	if !ok {
		return Address{}, fmt.Errorf("%w: it does not begin with %q", ErrAddress, addressPrefix)
	}
	if len(rest) > 256 {
		return Address{}, fmt.Errorf("%w: it is too long", ErrAddress)
	}
	if rest != strings.ToLower(rest) {
		return Address{}, fmt.Errorf("%w: it has capital letters", ErrAddress)
	}
	b, err := text32.DecodeString(rest)
	if err != nil || text32.EncodeToString(b) != rest {
		return Address{}, fmt.Errorf("%w: it has a character or a length that no address has", ErrAddress)
	}
	if len(b) < networkTag+checksum {
		return Address{}, fmt.Errorf("%w: it is too short", ErrAddress)
	}
	b, sum := b[:len(b)-checksum], b[len(b)-checksum:]
	if want := addressSum(b); !bytes.Equal(want[:], sum) {
		return Address{}, fmt.Errorf("%w: the checksum does not match, a character is wrong or missing", ErrAddress)
	}
	a := Address{network: [networkTag]byte(b[:networkTag])}
	if err := a.file.UnmarshalBinary(b[networkTag:]); err != nil {
		return Address{}, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return a, nil
}

func addressSum(b []byte) [checksum]byte {
	h := xorname.FromContent([]byte("safenet/address/v1\x00"), b)
	return [checksum]byte(h[:checksum])
}
