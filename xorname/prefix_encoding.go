package xorname

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// prefixSize is the length in bytes of the binary form of a Prefix.
const prefixSize = 2 + Size

// ParsePrefix reads the text form of a prefix: its bits as 0 to 256
// characters 0 and 1, and nothing else. The empty text is the root. The error
// wraps [ErrMalformed].
func ParsePrefix(s string) (Prefix, error) { return parsePrefix(s) }

// String returns the text form of p, as "0101". That of the root is empty;
// where this would be unclear, print p with %#v.
func (p Prefix) String() string { return string(p.name.appendBits(nil, p.Len())) }

// GoString returns the text form of p in the way of "Prefix(0101)".
func (p Prefix) GoString() string { return "Prefix(" + p.String() + ")" }

// MarshalText returns the text form of p, which is also its form in JSON and
// as the key of a JSON object. The error is always nil.
func (p Prefix) MarshalText() ([]byte, error) {
	return p.name.appendBits(make([]byte, 0, p.Len()), p.Len()), nil
}

// UnmarshalText sets p from its text form, by the rules of [ParsePrefix]. On
// an error p keeps its value. (A JSON null never gets here: encoding/json
// leaves the value as it was.)
func (p *Prefix) UnmarshalText(text []byte) error {
	q, err := parsePrefix(text)
	if err != nil {
		return err
	}
	*p = q
	return nil
}

// MarshalBinary returns the 34 bytes of the binary form of p: its length in
// bits as a little-endian 16-bit number, then its bits followed by zeros. The
// error is always nil.
func (p Prefix) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, prefixSize)
	b = binary.LittleEndian.AppendUint16(b, uint16(p.bits))
	return append(b, p.name[:]...), nil
}

// UnmarshalBinary sets p from its binary form, which it copies. It accepts
// only what [Prefix.MarshalBinary] can write: 34 bytes, a length of at most
// 256, zeros after the bits. Otherwise p keeps its value and the error wraps
// [ErrMalformed].
func (p *Prefix) UnmarshalBinary(data []byte) error {
	if len(data) != prefixSize {
		return fmt.Errorf("%w: prefix of %d bytes, want %d", ErrMalformed, len(data), prefixSize)
	}
	count := int(binary.LittleEndian.Uint16(data))
	if count > Bits {
		return fmt.Errorf("%w: prefix of %d bits, at most %d", ErrMalformed, count, Bits)
	}
	q := Prefix{name: Name(data[2:]), bits: count}
	if q != NewPrefix(count, q.name) {
		return fmt.Errorf("%w: prefix of %d bits has a 1 after them", ErrMalformed, count)
	}
	*p = q
	return nil
}

func parsePrefix[T string | []byte](s T) (Prefix, error) {
	if len(s) > Bits {
		return Prefix{}, fmt.Errorf("%w: prefix of %d characters, at most %d", ErrMalformed, len(s), Bits)
	}
	p := Prefix{bits: len(s)}
	for i := range len(s) {
		switch s[i] {
		case '0':
		case '1':
			p.name[i/8] |= bitMask(i)
		default:
			r, _ := utf8.DecodeRuneInString(string(s[i:]))
			return Prefix{}, fmt.Errorf("%w: prefix has %q where bit %d should be", ErrMalformed, r, i)
		}
	}
	return p, nil
}
