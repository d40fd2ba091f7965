package selfencrypt

// Sizes of the format, in bytes.
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

// A layout says how size bytes are cut: head chunks of MaxPlain, then tail
// chunks that share the rest as equally as possible, the larger ones first.
// Because the tail is shared no chunk is ever tiny, and because there are one
// or at least three chunks each has two neighbours or none.
type layout struct {
	size int64
	head int64
	tail int64 // 1, 2 or 3
}

// singleMax is the longest content that is one chunk. Maps are cut late, as
// each level costs a reader a round trip.
func singleMax(level int) int {
	if level == 0 {
		return smallMax
	}
	return MaxPlain
}

func layoutOf(level int, size int64) layout {
	switch {
	case size <= int64(singleMax(level)):
		return layout{size: size, tail: 1}
	case size <= 3*MaxPlain:
		return layout{size: size, tail: 3}
	}
	return layout{size: size, head: (size-1)/MaxPlain - 1, tail: 2}
}

func (l layout) chunks() int64 { return l.head + l.tail }

// start returns the offset of chunk i; start(chunks()) is the size.
func (l layout) start(i int64) int64 {
	if i <= l.head {
		return i * MaxPlain
	}
	rest := l.size - l.head*MaxPlain
	j := i - l.head
	return l.head*MaxPlain + j*(rest/l.tail) + min(j, rest%l.tail)
}

func (l layout) length(i int64) int { return int(l.start(i+1) - l.start(i)) }

// find returns the chunk that holds the byte at off, for 0 <= off < size.
func (l layout) find(off int64) int64 {
	i := min(off/MaxPlain, l.head)
	for i+1 < l.chunks() && off >= l.start(i+1) {
		i++
	}
	return i
}

// neighbours returns the two chunks whose content hashes go into the key of
// chunk i of n. They precede it, save for the first two, so that a stream can
// be encrypted as it comes.
func neighbours(i, n int) (int, int) {
	switch {
	case n == 1:
		return 0, 0
	case i == 0:
		return 1, 2
	case i == 1:
		return 0, 2
	}
	return i - 1, i - 2
}
