package selfencrypt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// The binary form of a data map: a header of 16 bytes; the secret if there is
// one; for compatible suites the length of the chunks; then the entries.
// Everything else follows from level and size.
const (
	mapMagic     = "SMAP"
	mapVersion   = 1
	mapHeaderLen = 16
	entryLen     = 64
	unitLen      = 4

	flagSecret = 1 // in maps: the convergence secret follows the header
)

func (m *DataMap) binaryLen() int64 {
	return mapHeaderLen + int64(len(m.secret)) + unitLen + entryLen*int64(len(m.entries))
}

// mapLen is how long a map of n entries is in the form in which the suite
// stores it.
func (s Suite) mapLen(n int64, level, secret int) int64 {
	switch {
	case s == SuiteSAFE:
		return mapHeaderLen + int64(secret) + entryLen*n
	case s == Suite030:
		return 8 + bincodeEntryLen*n
	case level == 0:
		return 10 + bincodeEntryLen*n
	}
	return maxBincodeFixed + bincodeEntryLen*n
}

// MarshalBinary returns the canonical binary form, of 16 bytes, 32 more if
// there is a convergence secret, 4 for a compatible suite, and 64 for each
// chunk. It is this package's for maps of all suites, and records which; see
// ExportBincode for the form of others. Whoever reads it can read the file. A
// zero map has no form: the error wraps ErrMapFormat.
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
	b = append(b, mapVersion, byte(m.suite), flags, byte(m.level))
	b = binary.LittleEndian.AppendUint64(b, uint64(m.size))
	b = append(b, m.secret...)
	if m.suite != SuiteSAFE {
		b = binary.LittleEndian.AppendUint32(b, uint32(m.unit))
	}
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
	magic, version, suite, flags, level := string(b[:4]), b[4], Suite(b[5]), b[6], b[7]
	stated := binary.LittleEndian.Uint64(b[8:])
	switch {
	case magic != mapMagic:
		return nil, fmt.Errorf("it does not begin with %q", mapMagic)
	case version != mapVersion:
		return nil, fmt.Errorf("unknown version %d", version)
	case !suite.known():
		return nil, fmt.Errorf("unknown suite %d", b[5])
	case flags&^flagSecret != 0, flags != 0 && suite != SuiteSAFE:
		return nil, fmt.Errorf("unknown flags %#x", flags)
	case level > 0 && suite == Suite030:
		return nil, fmt.Errorf("level %d, but %s has no levels", level, suite)
	case level > maxLevel:
		return nil, fmt.Errorf("level %d, at most %d is allowed", level, maxLevel)
	case stated > math.MaxInt64:
		return nil, fmt.Errorf("size %d", stated)
	}
	m := &DataMap{suite: suite, level: int(level), size: int64(stated), unit: MaxPlain}
	rest := b[mapHeaderLen:]
	if flags&flagSecret != 0 {
		if len(rest) < secretLen {
			return nil, fmt.Errorf("%d bytes are too few for its secret", len(b))
		}
		m.secret, rest = bytes.Clone(rest[:secretLen]), rest[secretLen:]
	}
	if suite != SuiteSAFE {
		if len(rest) < unitLen {
			return nil, fmt.Errorf("%d bytes are too few for the length of its chunks", len(b))
		}
		m.unit, rest = int64(binary.LittleEndian.Uint32(rest)), rest[unitLen:]
	}
	if err := m.fits(int64(len(rest)/entryLen), len(rest)%entryLen); err != nil {
		return nil, err
	}
	m.entries = make([]entry, len(rest)/entryLen)
	for i := range m.entries {
		copy(m.entries[i].dst[:], rest[i*entryLen:])
		copy(m.entries[i].src[:], rest[i*entryLen+entryLen/2:])
	}
	return m, nil
}

// fits checks that content of the stated size has n chunks of the stated
// length, and that nothing but them is there.
func (m *DataMap) fits(n int64, odd int) error {
	want := cutting{m.suite, m.level, MaxPlain}
	if m.suite != SuiteSAFE {
		// Three chunks say nothing of the limit of the build that wrote them.
		if want.max = maxCompatible; n != 3 {
			want.max = int(m.unit)
		}
		if m.unit < 1 || m.unit > maxCompatible {
			return fmt.Errorf("chunks of %d bytes", m.unit)
		}
		if err := want.check(m.size); err != nil {
			return err
		}
	}
	if l := want.layout(m.size); l.Chunks() != n || l.unit != m.unit || odd != 0 {
		return fmt.Errorf("%d and %d/%d entries for %d bytes in chunks of %d", n, odd, entryLen, m.size, m.unit)
	}
	return nil
}
