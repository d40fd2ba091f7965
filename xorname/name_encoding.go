package xorname

import (
	"encoding/hex"
	"fmt"
)

// Parse reads the text form of a name: exactly 64 hexadecimal digits and
// nothing else. Lower and upper case are both accepted, so compare names and
// not their texts; [Name.String] writes lower case. The error wraps
// [ErrMalformed].
func Parse(s string) (Name, error) { return parseName(s) }

// String returns the text form of n: 64 lower-case hexadecimal digits.
func (n Name) String() string {
	var text [2 * Size]byte
	hex.Encode(text[:], n[:])
	return string(text[:])
}

// Short returns the first six digits of n and two dots, as "412082..", for
// logs and screens. It does not identify a name.
func (n Name) Short() string { return hex.EncodeToString(n[:3]) + ".." }

// Format implements [fmt.Formatter]. The verbs s, v and q print the text form
// of n. The verbs x and X print it as [fmt] prints a byte slice, b its 256
// bits; their precision is how many bytes, or bits, to print: %.5x, %.36b.
func (n Name) Format(s fmt.State, verb rune) {
	switch verb {
	case 's', 'v', 'q':
		fmt.Fprintf(s, fmt.FormatString(s, verb), n.String())
	case 'x', 'X':
		fmt.Fprintf(s, fmt.FormatString(s, verb), n[:])
	case 'b':
		fmt.Fprintf(s, fmt.FormatString(s, 's'), string(n.appendBits(nil, Bits)))
	default:
		fmt.Fprintf(s, "%%!%c(xorname.Name=%s)", verb, n.String())
	}
}

// MarshalText returns the text form of n, which is also its form in JSON and
// as the key of a JSON object. The error is always nil.
func (n Name) MarshalText() ([]byte, error) {
	return hex.AppendEncode(make([]byte, 0, 2*Size), n[:]), nil
}

// UnmarshalText sets n from its text form, by the rules of [Parse]. On an
// error n keeps its value. (A JSON null never gets here: encoding/json leaves
// the value as it was.)
func (n *Name) UnmarshalText(text []byte) error {
	m, err := parseName(text)
	if err != nil {
		return err
	}
	*n = m
	return nil
}

// MarshalBinary returns the 32 bytes of n. The error is always nil.
func (n Name) MarshalBinary() ([]byte, error) { return n[:], nil }

// UnmarshalBinary sets n from exactly 32 bytes, which it copies. Otherwise n
// keeps its value and the error wraps [ErrMalformed].
func (n *Name) UnmarshalBinary(data []byte) error {
	if len(data) != Size {
		return fmt.Errorf("%w: name of %d bytes, want %d", ErrMalformed, len(data), Size)
	}
	copy(n[:], data)
	return nil
}

func parseName[T string | []byte](s T) (Name, error) {
	if len(s) != 2*Size {
		return Name{}, fmt.Errorf("%w: name of %d characters, want %d", ErrMalformed, len(s), 2*Size)
	}
	var n Name
	for i := range len(s) {
		d, ok := hexDigit(s[i])
		if !ok {
			return Name{}, fmt.Errorf("%w: name has byte %#02x where digit %d should be", ErrMalformed, s[i], i)
		}
		n[i/2] = n[i/2]<<4 | d
	}
	return n, nil
}

func hexDigit(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// appendBits appends the first count bits of n as characters 0 and 1.
func (n Name) appendBits(b []byte, count int) []byte {
	for i := range count {
		c := byte('0')
		if n.Bit(i) {
			c = '1'
		}
		b = append(b, c)
	}
	return b
}
