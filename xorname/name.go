package xorname

import (
	"cmp"
	"crypto/rand"
	"crypto/sha3"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

const (
	// Size is the length of a [Name] in bytes.
	Size = 32

	// Bits is the length of a [Name] in bits, and the greatest length of a
	// [Prefix].
	Bits = 8 * Size
)

// ErrMalformed is wrapped by every error that a decoder of this package
// returns: [Parse], [ParsePrefix] and the Unmarshal methods.
var ErrMalformed = errors.New("xorname: malformed encoding")

// Name is a point in the network's name space: a 256-bit number, most
// significant byte first. Bit 0 is the most significant bit of byte 0. The
// zero value is the name 0.
type Name [Size]byte

// FromContent names content by its SHA3-256 hash (paper,
// "Introduction" and "Immutable Data"). Several parts are hashed as if they were
// joined, so a caller for whom the border between parts matters must encode
// their lengths.
func FromContent(parts ...[]byte) Name {
	if len(parts) == 1 {
		return sha3.Sum256(parts[0])
	}
	var n Name
	h := sha3.New256()
	for _, part := range parts {
		h.Write(part) // never fails
	}
	h.Sum(n[:0])
	return n
}

// Random returns a uniformly random name from the system's secure source.
// A random name under prefix p is p.SubstitutedIn(Random()).
func Random() Name {
	var n Name
	rand.Read(n[:]) // never fails: without randomness the program stops
	return n
}

// ReadRandom returns a name made of the next 32 bytes of r. It is [Random]
// for callers with a randomness of their own, such as a simulation that must
// repeat. The error wraps what r returned, [io.ErrUnexpectedEOF] if r ended
// inside the name.
func ReadRandom(r io.Reader) (Name, error) {
	var n Name
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return Name{}, fmt.Errorf("xorname: reading a random name: %w", err)
	}
	return n, nil
}

// IsZero reports whether n is the name 0.
func (n Name) IsZero() bool { return n == Name{} }

// Bit returns bit i, counted from the most significant. Outside 0..255 there
// are no bits and the answer is false.
func (n Name) Bit(i int) bool {
	return uint(i) < Bits && n[i/8]&bitMask(i) != 0
}

// WithBit returns n with bit i set to b. If i is outside 0..255, it returns n.
func (n Name) WithBit(i int, b bool) (m Name) {
	m = n
	if uint(i) >= Bits {
		return m
	}
	if b {
		m[i/8] |= bitMask(i)
	} else {
		m[i/8] &^= bitMask(i)
	}
	return m
}

// Not returns n with every bit inverted: the name farthest from n.
func (n Name) Not() (m Name) {
	for i := 0; i < Size; i += 8 {
		m.setLane(i, ^n.lane(i))
	}
	return m
}

// CommonPrefix returns how many leading bits n and m share, 0..256. The more
// they share, the closer they are.
func (n Name) CommonPrefix(m Name) int { return commonPrefix(&n, &m) }

func commonPrefix(n, m *Name) int {
	for i := 0; i < Size; i += 8 {
		if x := n.word(i) ^ m.word(i); x != 0 {
			return 8*i + bits.LeadingZeros64(x)
		}
	}
	return Bits
}

// Compare orders names as numbers: -1 if n < m, 0 if they are equal, +1 if
// n > m.
func (n Name) Compare(m Name) int { return compareNames(&n, &m) }

func compareNames(n, m *Name) int {
	for i := 0; i < Size; i += 8 {
		if x, y := n.word(i), m.word(i); x != y {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

// Less reports whether n < m as numbers.
func (n Name) Less(m Name) bool { return n.Compare(m) < 0 }

// next returns n+1, and false if n is the greatest name.
func (n Name) next() (Name, bool) {
	for i := Size - 8; i >= 0; i -= 8 {
		w := n.word(i) + 1
		n.setWord(i, w)
		if w != 0 {
			return n, true
		}
	}
	return n, false
}

// word returns the eight bytes from byte i on as a number, so that the loops
// of this package take four steps instead of 32 or 256.
func (n *Name) word(i int) uint64 { return binary.BigEndian.Uint64(n[i:]) }

func (n *Name) setWord(i int, w uint64) { binary.BigEndian.PutUint64(n[i:], w) }

// lane is word for operations that treat all bits alike, and needs no
// swapping of bytes.
func (n *Name) lane(i int) uint64 { return binary.NativeEndian.Uint64(n[i:]) }

func (n *Name) setLane(i int, w uint64) { binary.NativeEndian.PutUint64(n[i:], w) }

// tail returns the name whose first count bits, 0..256, are 0 and all others
// are 1. It must not be changed.
func tail(count int) *Name {
	return (*Name)(tails[count%8][Size-count/8:])
}

// tails holds every tail: for each count modulo 8 a row of zeros, the byte in
// which the ones begin, and a row of ones. A tail is a window on them.
var tails = func() (t [8][2*Size + 1]byte) {
	for row := range t {
		t[row][Size] = 0xff >> row
		for i := Size + 1; i < len(t[row]); i++ {
			t[row][i] = 0xff
		}
	}
	return t
}()

// bitMask selects bit i within its byte.
func bitMask(i int) byte { return 0x80 >> (uint(i) % 8) }
