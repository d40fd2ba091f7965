package selfencrypt

import "fmt"

// Sizes of the SAFE format, in bytes.
const (
	// MaxChunk is the most that a chunk has after encryption (paper, "Self
	// Encryption": resources are never more than 1 MB each).
	MaxChunk = 1 << 20

	// MaxPlain is the most content that one chunk carries. The difference to
	// MaxChunk leaves room for what encryption adds.
	MaxPlain = MaxChunk - 4<<10

	// smallMax is the longest content of level 0 that stays in one chunk.
	smallMax = 64 << 10

	// maxLevel bounds the levels of stored maps that a reader follows.
	maxLevel = 8
)

// A Layout says how content is cut: some chunks of equal length, then a tail
// that shares the rest as equally as possible, its larger ones first. It is a
// value; see [DataMap.Layout] and [Plan].
type Layout struct {
	size int64
	unit int64 // the length of those before the tail
	head int64 // how many they are
	tail int64
}

// Size returns the length of the content in bytes.
func (l Layout) Size() int64 { return l.size }

// Chunks returns how many chunks there are.
func (l Layout) Chunks() int64 { return l.head + l.tail }

// Start returns the offset of chunk i; Start(Chunks()) is the size.
func (l Layout) Start(i int64) int64 {
	if i <= l.head {
		return i * l.unit
	}
	rest := l.size - l.head*l.unit
	j := i - l.head
	return l.head*l.unit + j*(rest/l.tail) + min(j, rest%l.tail)
}

// Length returns the bytes of content in chunk i.
func (l Layout) Length(i int64) int { return int(l.Start(i+1) - l.Start(i)) }

// Find returns the chunk that holds the byte at off, for 0 <= off < Size().
func (l Layout) Find(off int64) int64 {
	i := l.head
	if l.unit > 0 {
		i = min(off/l.unit, l.head)
	}
	for i+1 < l.Chunks() && off >= l.Start(i+1) {
		i++
	}
	return i
}

// A cutting is the rule by which a suite cuts content of any size.
type cutting struct {
	suite Suite
	level int
	max   int // the most content of a chunk, save that of the last of three
}

// check refuses content that the suite cannot encrypt.
func (c cutting) check(size int64) error {
	if c.suite != SuiteSAFE && size < MinCompatible {
		return fmt.Errorf("%w: %d bytes, at least %d are needed by %s", ErrTooSmall, size, MinCompatible, c.suite)
	}
	return nil
}

// layout cuts size bytes, of which the compatible suites need MinCompatible.
//
// SAFE shares the tail of long content between two chunks, so that none is ever
// tiny; there are one or at least three chunks, so that each has two
// neighbours or none. The crates fill every chunk but the last.
func (c cutting) layout(size int64) Layout {
	limit := int64(c.max)
	switch {
	case c.suite != SuiteSAFE && size < 3*limit:
		return Layout{size: size, unit: size / 3, head: 2, tail: 1}
	case c.suite != SuiteSAFE:
		return Layout{size: size, unit: limit, head: (size - 1) / limit, tail: 1}
	case size <= int64(singleMax(c.level)):
		return Layout{size: size, unit: limit, tail: 1}
	case size <= 3*limit:
		return Layout{size: size, unit: limit, tail: 3}
	}
	return Layout{size: size, unit: limit, head: (size-1)/limit - 1, tail: 2}
}

// hold returns how many bytes of a stream have to be there before the next
// chunk, after cut bytes in others, can be cut without knowing what follows.
func (c cutting) hold(cut int64) int64 {
	limit := int64(c.max)
	switch {
	case c.suite != SuiteSAFE && cut > 0:
		return limit
	case c.suite != SuiteSAFE:
		return 3 * limit
	case cut > 0:
		return 2*limit + 1
	}
	return 3*limit + 1
}

// singleMax is the longest content that is one chunk of SAFE. Maps are cut
// late, as each level costs a reader a round trip.
func singleMax(level int) int {
	if level == 0 {
		return smallMax
	}
	return MaxPlain
}

// neighbours returns the two chunks whose content hashes go into the key of
// chunk i of n: those before it. In SAFE the first two chunks take from the
// first three, so that a stream can be encrypted as it comes; in the
// compatible suites the end of the file is before its beginning.
func (s Suite) neighbours(i, n int) (int, int) {
	switch {
	case s != SuiteSAFE:
		return (i + n - 1) % n, (i + n - 2) % n
	case n == 1:
		return 0, 0
	case i == 0:
		return 1, 2
	case i == 1:
		return 0, 2
	}
	return i - 1, i - 2
}
