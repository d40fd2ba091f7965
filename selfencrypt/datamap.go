package selfencrypt

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/safenet-go/safenet/xorname"
)

// A DataMap lists the chunks of a file and holds what opens them: who has it
// can read the file (paper, "Self Encryption": it acts as the encryption key).
// Its text forms show sizes only; [DataMap.MarshalBinary] is the way to keep
// one. Apart from UnmarshalBinary nothing changes a map, so that one may be
// used by many goroutines.
type DataMap struct {
	suite   Suite
	level   int
	size    int64
	unit    int64  // the length of all chunks but the last few, see Layout
	secret  []byte // empty or secretLen bytes
	entries []entry

	// root is the verified content of the only chunk, if it is known already.
	root []byte
}

type entry struct {
	dst xorname.Name // of the encrypted chunk
	src digest       // of its content
}

// Suite returns the format of the chunks.
func (m *DataMap) Suite() Suite { return m.suite }

// Layout returns how the content is cut.
func (m *DataMap) Layout() Layout {
	if m.suite == SuiteSAFE || len(m.entries) == 0 {
		return cutting{SuiteSAFE, m.level, MaxPlain}.layout(m.size)
	}
	return Layout{size: m.size, unit: m.unit, head: int64(len(m.entries)) - 1, tail: 1}
}

// Size returns the length in bytes of what the map stands for.
func (m *DataMap) Size() int64 { return m.size }

// Level returns 0 for the map of a file, and k for a map whose content is a
// map of level k-1. LoadMap, Expand and Encrypt return maps of level 0.
func (m *DataMap) Level() int { return m.level }

// Len returns the number of chunks: 1 or at least 3.
func (m *DataMap) Len() int { return len(m.entries) }

// ChunkSize returns the bytes of content in chunk i, and 0 if there is no such
// chunk. Encrypted chunks may be shorter, or longer by a few bytes.
func (m *DataMap) ChunkSize(i int) int {
	if i < 0 || i >= len(m.entries) {
		return 0
	}
	return m.Layout().Length(int64(i))
}

// Names yields the names of the chunks in the order of the content. They open
// nothing.
func (m *DataMap) Names() iter.Seq[xorname.Name] {
	return func(yield func(xorname.Name) bool) {
		for _, e := range m.entries {
			if !yield(e.dst) {
				return
			}
		}
	}
}

// Equal tells whether both maps have the same binary form.
func (m *DataMap) Equal(other *DataMap) bool {
	if m == nil || other == nil {
		return m == other
	}
	if m.suite != other.suite || m.level != other.level || m.unit != other.unit || m.size != other.size || !bytes.Equal(m.secret, other.secret) ||
		len(m.entries) != len(other.entries) {
		return false
	}
	for i, e := range m.entries {
		if e != other.entries[i] {
			return false
		}
	}
	return true
}

// place returns what the key of chunk i depends on.
func (m *DataMap) place(i int) place {
	p := m.suite.place(i, len(m.entries), func(k int) digest { return m.entries[k].src })
	p.level, p.secret = int64(m.level), m.secret
	return p
}

// String says how much the map stands for, and nothing that opens it.
func (m DataMap) String() string {
	return fmt.Sprintf("data map of %d bytes in %d chunks of %s", m.size, len(m.entries), m.suite)
}

// Format writes String for every verb, so that no way of printing a map shows
// its keys.
func (m DataMap) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(m.String())) }

// MarshalText returns String, so that a map within a logged or JSON-encoded
// value is not shown. It cannot be read back; see MarshalBinary.
func (m DataMap) MarshalText() ([]byte, error) { return []byte(m.String()), nil }
