package selfencrypt

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Data maps of the compatible suites as the crates write them: in bincode 1.3
// with its defaults, and in JSON.
//
//	0.30         u64 n | n entries
//	0.31         u64 n | n entries | tag [| u64 child]
//	0.32 to 0.36 version | u64 n | n entries | tag [| u64 child]
//	entry        u64 index | 32 dst | 32 src | u64 src_size
//
// All numbers are little-endian; version is the byte 1; tag is 0 for the map of
// a file, 1 for one of level child.
const (
	bincodeVersion  = 1
	bincodeEntryLen = 8 + 32 + 32 + 8
	maxBincodeFixed = 1 + 8 + 1 + 8
)

// ExportBincode returns a map of a compatible suite as the crate of that version
// serializes it. Whoever reads it can read the file. The error wraps ErrSuite
// for a map of SAFE, and ErrMapFormat for a zero map.
func (m *DataMap) ExportBincode() ([]byte, error) {
	if err := m.exportable(); err != nil {
		return nil, err
	}
	b := make([]byte, 0, maxBincodeFixed+bincodeEntryLen*len(m.entries))
	if m.suite != Suite030 {
		b = append(b, bincodeVersion)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(len(m.entries)))
	for i, e := range m.entries {
		b = binary.LittleEndian.AppendUint64(b, uint64(i))
		b = append(b, e.dst[:]...)
		b = append(b, e.src[:]...)
		b = binary.LittleEndian.AppendUint64(b, uint64(m.ChunkSize(i)))
	}
	switch {
	case m.suite == Suite030:
	case m.level == 0:
		b = append(b, 0)
	default:
		b = binary.LittleEndian.AppendUint64(append(b, 1), uint64(m.level))
	}
	return b, nil
}

func (m *DataMap) exportable() error {
	switch {
	case m == nil || len(m.entries) == 0:
		return fmt.Errorf("%w: it has no chunks", ErrMapFormat)
	case m.suite == SuiteSAFE:
		return fmt.Errorf("%w: no crate reads maps of %s", ErrSuite, m.suite)
	}
	return nil
}

// ImportBincode reads a map that a crate wrote. Suite030 reads the form of 0.30
// and before, Suite036 that of 0.32 and later; Suite034 reads these and that of
// 0.31, which it tells apart by the length alone. Everything that no crate
// writes is refused with an error that wraps ErrMapFormat: other lengths,
// indices out of order, chunk sizes that are not cut by the rule, an empty map.
func ImportBincode(s Suite, b []byte) (*DataMap, error) { return importMap(s, b, parseBincode) }

func importMap(s Suite, b []byte, parse func(Suite, []byte) (*DataMap, error)) (*DataMap, error) {
	if s == SuiteSAFE || !s.known() {
		return nil, fmt.Errorf("%w: no crate writes maps of %s", ErrSuite, s)
	}
	m, err := parse(s, b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMapFormat, err)
	}
	return m, nil
}

func parseBincode(s Suite, b []byte) (*DataMap, error) {
	fixed := len(b) % bincodeEntryLen
	versioned, child := false, false
	switch {
	case fixed == 8 && s != Suite036:
	case fixed == 9 && s == Suite034, fixed == 17 && s == Suite034:
		child = fixed == 17
	case fixed == 10 && s != Suite030, fixed == 18 && s != Suite030:
		versioned, child = true, fixed == 18
	default:
		return nil, fmt.Errorf("no map of %s has %d bytes", s, len(b))
	}
	if len(b) < fixed {
		return nil, fmt.Errorf("%d bytes", len(b))
	}
	n := len(b) / bincodeEntryLen
	if versioned {
		if b[0] != bincodeVersion {
			return nil, fmt.Errorf("unknown version %d", b[0])
		}
		b = b[1:]
	}
	if stated := binary.LittleEndian.Uint64(b); stated != uint64(n) {
		return nil, fmt.Errorf("%d entries stated, %d there", stated, n)
	}
	b = b[8:]
	list := make([]listed, n)
	for i := range list {
		e := b[i*bincodeEntryLen:][:bincodeEntryLen]
		list[i] = listed{
			index: binary.LittleEndian.Uint64(e),
			size:  binary.LittleEndian.Uint64(e[72:]),
		}
		copy(list[i].dst[:], e[8:])
		copy(list[i].src[:], e[40:])
	}
	var level uint64
	if b = b[n*bincodeEntryLen:]; len(b) > 0 {
		if tag := b[0]; tag > 1 || (tag == 1) != child {
			return nil, fmt.Errorf("tag %d before %d bytes", tag, len(b)-1)
		}
		if child {
			level = binary.LittleEndian.Uint64(b[1:])
			if level == 0 {
				return nil, errors.New("a child of level 0")
			}
		}
	}
	return fromList(s, list, level)
}

// listed is an entry as it was found in a map of a crate.
type listed struct {
	index, size uint64
	entry
}

// fromList makes a map of entries that must be all, in order, and cut as the
// suite does.
func fromList(s Suite, list []listed, level uint64) (*DataMap, error) {
	if level > maxLevel {
		return nil, fmt.Errorf("level %d, at most %d is allowed", level, maxLevel)
	}
	if len(list) < 3 {
		return nil, fmt.Errorf("%d entries, at least 3 are needed", len(list))
	}
	m := &DataMap{suite: s, level: int(level), entries: make([]entry, len(list))}
	for i, e := range list {
		if e.index != uint64(i) {
			return nil, fmt.Errorf("the entry with index %d is at place %d", e.index, i)
		}
		if e.size > maxCompatible+1 || m.size > math.MaxInt64-int64(e.size) {
			return nil, fmt.Errorf("chunk %d has %d bytes", i, e.size)
		}
		m.size += int64(e.size)
		m.entries[i] = e.entry
	}
	m.unit = int64(list[0].size)
	if err := m.fits(int64(len(list)), 0); err != nil {
		return nil, err
	}
	l := m.Layout()
	for i, e := range list {
		if int(e.size) != l.Length(int64(i)) {
			return nil, fmt.Errorf("chunk %d has %d bytes, not %d", i, e.size, l.Length(int64(i)))
		}
	}
	return m, nil
}

type jsonEntry struct {
	Index uint64 `json:"index"`
	Dst   string `json:"dst_hash"`
	Src   string `json:"src_hash"`
	Size  uint64 `json:"src_size"`
}

type jsonMap struct {
	Chunks []jsonEntry `json:"chunk_identifiers"`
	Child  *int        `json:"child"`
}

// ExportJSON returns a map of a compatible suite as the crate of that version
// writes it in JSON: a list in 0.30, an object in the others. Whoever reads it
// can read the file. The errors are those of ExportBincode.
func (m *DataMap) ExportJSON() ([]byte, error) {
	if err := m.exportable(); err != nil {
		return nil, err
	}
	j := jsonMap{Chunks: make([]jsonEntry, len(m.entries))}
	for i, e := range m.entries {
		j.Chunks[i] = jsonEntry{uint64(i), hex.EncodeToString(e.dst[:]), hex.EncodeToString(e.src[:]), uint64(m.ChunkSize(i))}
	}
	if m.suite == Suite030 {
		return json.Marshal(j.Chunks)
	}
	if m.level > 0 {
		j.Child = &m.level
	}
	return json.Marshal(j)
}

// ImportJSON reads a map that a crate wrote in JSON: Suite030 a list, Suite036
// an object, Suite034 either. Like the crates it allows white space, any order
// of keys, keys that it does not know, upper-case hex and a missing child;
// unlike them it refuses what ImportBincode refuses, and keys that come twice.
func ImportJSON(s Suite, b []byte) (*DataMap, error) { return importMap(s, b, parseJSON) }

func parseJSON(s Suite, b []byte) (*DataMap, error) {
	var level uint64
	chunks := json.RawMessage(bytes.TrimSpace(b))
	switch {
	case len(chunks) == 0:
		return nil, errors.New("no JSON")
	case chunks[0] == '[' && s == Suite036, chunks[0] != '[' && s == Suite030:
		return nil, fmt.Errorf("not the JSON of a map of %s", s)
	case chunks[0] != '[':
		keys, err := jsonObject(b)
		if err != nil {
			return nil, err
		}
		if chunks = keys["chunk_identifiers"]; chunks == nil {
			return nil, errors.New("no chunk_identifiers")
		}
		if child := keys["child"]; child != nil && string(child) != "null" {
			if level, err = jsonNumber(child); err != nil {
				return nil, err
			}
			if level == 0 {
				return nil, errors.New("a child of level 0")
			}
		}
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(chunks, &raw); err != nil {
		return nil, err
	}
	list := make([]listed, len(raw))
	for i, r := range raw {
		if err := list[i].parseJSON(r); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return fromList(s, list, level)
}

func (e *listed) parseJSON(raw json.RawMessage) error {
	keys, err := jsonObject(raw)
	if err != nil {
		return err
	}
	if e.index, err = jsonNumber(keys["index"]); err != nil {
		return err
	}
	if e.size, err = jsonNumber(keys["src_size"]); err != nil {
		return err
	}
	if err := jsonHash(keys["dst_hash"], e.dst[:]); err != nil {
		return err
	}
	return jsonHash(keys["src_hash"], e.src[:])
}

// jsonObject returns the members of an object, which must all be different, and
// nothing may follow it. (A struct would take keys of any case, and the last of
// several.)
func jsonObject(b []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	keys := make(map[string]json.RawMessage)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key := t.(string) // the decoder allows nothing else before a colon
		if _, twice := keys[key]; twice {
			return nil, fmt.Errorf("%q comes twice", key)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		keys[key] = v
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than an object")
	}
	return keys, nil
}

func jsonNumber(raw json.RawMessage) (uint64, error) {
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number from 0 to 2^64-1", raw)
	}
	return n, nil
}

func jsonHash(raw json.RawMessage, hash []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("a hash: %w", err)
	}
	if len(s) != hex.EncodedLen(len(hash)) {
		return fmt.Errorf("a hash of %d digits", len(s))
	}
	_, err := hex.Decode(hash, []byte(s))
	return err
}
