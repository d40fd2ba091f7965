package selfencrypt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// The binary form of a data map: a header of 16 bytes, the secret if there is
// one, then the entries. Everything else follows from level and size.
const (
	mapMagic     = "SMAP"
	mapVersion   = 1
	mapHeaderLen = 16
	entryLen     = 64

	flagSecret = 1 // in maps: the convergence secret follows the header
)

func (m *DataMap) binaryLen() int64 {
	return mapHeaderLen + int64(len(m.secret)) + entryLen*int64(len(m.entries))
}

// MarshalBinary returns the canonical binary form, of 16 bytes, 32 more if
// there is a convergence secret, and 64 for each chunk. Whoever reads it can
// read the file. A zero map has no form: the error wraps ErrMapFormat.
func (m *DataMap) MarshalBinary() ([]byte, error) {
	if m == nil || len(m.entries) == 0 {
		return nil, fmt.Errorf("%w: it has no chunks", ErrMapFormat)
	}
	b := make([]byte, 0, m.binaryLen())
	b = append(b, mapMagic...)
	flags := byte(0)
	if len(m.secret) > 0 {
		flags = flagSecret
	}
	b = append(b, mapVersion, suiteSAFE, flags, byte(m.level))
	b = binary.LittleEndian.AppendUint64(b, uint64(m.size))
	b = append(b, m.secret...)
	for _, e := range m.entries {
		b = append(b, e.dst[:]...)
		b = append(b, e.src[:]...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote and refuses everything else
// with an error that wraps ErrMapFormat. What it allocates is in proportion to
// the length of b. A well-formed map may still stand for chunks that do not
// exist or do not fit it; reading finds that out.
func (m *DataMap) UnmarshalBinary(b []byte) error {
	parsed, err := parseMap(b)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMapFormat, err)
	}
	*m = *parsed
	return nil
}

func parseMap(b []byte) (*DataMap, error) {
	if len(b) < mapHeaderLen {
		return nil, fmt.Errorf("%d bytes, the header alone has %d", len(b), mapHeaderLen)
	}
	magic, version, suite, flags, level := string(b[:4]), b[4], b[5], b[6], b[7]
	stated := binary.LittleEndian.Uint64(b[8:])
	switch {
	case magic != mapMagic:
		return nil, fmt.Errorf("it does not begin with %q", mapMagic)
	case version != mapVersion:
		return nil, fmt.Errorf("unknown version %d", version)
	case suite != suiteSAFE:
		return nil, fmt.Errorf("unknown suite %d", suite)
	case flags&^flagSecret != 0:
		return nil, fmt.Errorf("unknown flags %#x", flags)
	case level > maxLevel:
		return nil, fmt.Errorf("level %d, at most %d is allowed", level, maxLevel)
	case stated > math.MaxInt64:
		return nil, fmt.Errorf("size %d", stated)
	}
	m := &DataMap{level: int(level), size: int64(stated)}
	rest := b[mapHeaderLen:]
	if flags&flagSecret != 0 {
		if len(rest) < secretLen {
			return nil, fmt.Errorf("%d bytes are too few for its secret", len(b))
		}
		m.secret, rest = bytes.Clone(rest[:secretLen]), rest[secretLen:]
	}
	if n := m.layout().chunks(); int64(len(rest)) != n*entryLen {
		return nil, fmt.Errorf("%d bytes of entries for %d chunks", len(rest), n)
	}
	m.entries = make([]entry, len(rest)/entryLen)
	for i := range m.entries {
		copy(m.entries[i].dst[:], rest[i*entryLen:])
		copy(m.entries[i].src[:], rest[i*entryLen+entryLen/2:])
	}
	return m, nil
}
