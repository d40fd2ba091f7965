package brotli

import "math/bits"

const (
	shortCodes    = 16 // distance codes that refer to the last distances, RFC 7932 section 4
	literalCodes  = 256
	commandCodes  = 704 // insert-and-copy length codes, section 5
	distanceCodes = 64  // without direct codes and postfix bits
)

// command is literals and the copy behind them. The last command of a
// meta-block may have no copy.
type command struct {
	inserted uint32 // literals
	copied   uint32 // bytes
	// copyCode is what the copy's length code says: a word of the dictionary is
	// named by its full length, of which less may be copied.
	copyCode uint32
	distance uint32 // extra bits of the distance
	code     uint16 // insert-and-copy length code
	distCode uint16 // distance code, and from bit 10 the number of its extra bits
}

// hasDistance tells whether a distance code follows; otherwise the last distance
// is meant, or nothing is copied.
func (c *command) hasDistance() bool { return c.copied > 0 && c.code >= 128 }

func (c *command) setLengthCode() {
	insert, length := insertCode(c.inserted), copyCode(c.copyCode)
	low := insert&7<<3 | length&7
	if c.distCode == 0 && insert < 8 && length < 16 {
		c.code = length>>3<<6 | low
		return
	}
	c.code = cells[insert>>3][length>>3] | low
}

// cells holds the first insert-and-copy code with a stated distance for each
// eight insert and eight copy codes.
var cells = [3][3]uint16{{128, 192, 384}, {256, 320, 512}, {448, 576, 640}}

// setDistance stores distance code code in the form in which it is written.
func (c *command) setDistance(code int) {
	if code < shortCodes {
		c.distCode, c.distance = uint16(code), 0
		return
	}
	d := uint32(code-shortCodes) + 4
	n := uint32(bits.Len32(d)) - 2
	high := d >> n & 1
	c.distCode = uint16(n<<10 | (shortCodes + 2*(n-1) + high))
	c.distance = d - (2+high)<<n
}

// emit adds a command with the pending literals and m, of which position at is
// the start.
func (e *Encoder) emit(at int, m match) {
	code := m.distance + shortCodes - 1
	if m.distance <= min(at, maxDistance) {
		if code = e.shortCode(m.distance); code > 0 {
			e.last = [4]int{m.distance, e.last[0], e.last[1], e.last[2]}
		}
	}
	c := command{inserted: uint32(e.pending), copied: uint32(m.length), copyCode: uint32(m.wordLength)}
	c.setDistance(code)
	c.setLengthCode()
	e.commands = append(e.commands, c)
	e.literals += e.pending
	e.pending, e.lastCode = 0, code
}

// emitLiterals adds a command with the pending literals and no copy. Its code
// says four bytes, but the meta-block ends before them.
func (e *Encoder) emitLiterals() {
	c := command{inserted: uint32(e.pending), copyCode: 4, distCode: shortCodes}
	c.setLengthCode()
	e.commands = append(e.commands, c)
	e.literals += e.pending
	e.pending = 0
}

// shortCode returns the distance code for a distance in what has been encoded.
// Of several short codes it is not always the least that is taken.
func (e *Encoder) shortCode(distance int) int {
	switch {
	case distance == e.last[0]:
		return 0
	case distance == e.last[1]:
		return 1
	}
	if d := distance - e.last[0] + 3; uint(d) < 7 {
		return [7]int{8, 6, 4, 0, 5, 7, 9}[d]
	}
	if d := distance - e.last[1] + 3; uint(d) < 7 {
		return [7]int{14, 12, 10, 1, 11, 13, 15}[d]
	}
	switch distance {
	case e.last[2]:
		return 2
	case e.last[3]:
		return 3
	}
	return distance + shortCodes - 1
}

// lengths are the values that the codes of a kind start with, and how many extra
// bits they have.
type lengths struct {
	base  [24]uint32
	extra [24]uint8
}

var insertLengths = lengths{
	[24]uint32{
		0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 18, 26,
		34, 50, 66, 98, 130, 194, 322, 578, 1090, 2114, 6210, 22594,
	},
	[24]uint8{0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12, 14, 24},
}

var copyLengths = lengths{
	[24]uint32{
		2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 18,
		22, 30, 38, 54, 70, 102, 134, 198, 326, 582, 1094, 2118,
	},
	[24]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 24},
}

func insertCode(n uint32) uint16 {
	switch {
	case n < 6:
		return uint16(n)
	case n < 130:
		return halvedCode(n-2) + 2
	case n < 2114:
		return uint16(bits.Len32(n-66)) + 9
	case n < 6210:
		return 21
	case n < 22594:
		return 22
	}
	return 23
}

func copyCode(n uint32) uint16 {
	switch {
	case n < 10:
		return uint16(n - 2)
	case n < 134:
		return halvedCode(n-6) + 4
	case n < 2118:
		return uint16(bits.Len32(n-70)) + 11
	}
	return 23
}

// halvedCode numbers the halves of the ranges between powers of two, from 2 on.
func halvedCode(n uint32) uint16 {
	b := uint32(bits.Len32(n)) - 2
	return uint16(b<<1 + n>>b)
}

// extraBits returns the extra bits of both lengths of c, those of the insert
// length lowest.
func (c *command) extraBits() (n uint, v uint64) {
	insert, length := insertCode(c.inserted), copyCode(c.copyCode)
	low := uint(insertLengths.extra[insert])
	v = uint64(c.inserted-insertLengths.base[insert]) | uint64(c.copyCode-copyLengths.base[length])<<low
	return low + uint(copyLengths.extra[length]), v
}
