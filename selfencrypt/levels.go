package selfencrypt

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// Write stores all of r, content and map, and returns the address and the map.
// It is Encrypt followed by StoreMap, whose errors it returns.
func Write(ctx context.Context, r io.Reader, store ChunkStore, opt *Options) (Address, *DataMap, error) {
	if s, err := opt.settle(); err != nil {
		return Address{}, nil, err
	} else if s.suite != SuiteSAFE {
		return Address{}, nil, noAddress(s.suite)
	}
	m, err := Encrypt(ctx, r, store, opt)
	if err != nil {
		return Address{}, nil, err
	}
	a, err := StoreMap(ctx, m, store, opt)
	if err != nil {
		return Address{}, nil, err
	}
	return a, m, nil
}

// StoreMap stores the map in levels like Shrink, and returns the one entry that
// is left as an address. Only SAFE has addresses: for other maps the error wraps
// ErrSuite.
func StoreMap(ctx context.Context, m *DataMap, store ChunkStore, opt *Options) (Address, error) {
	if m != nil && m.suite.known() && m.suite != SuiteSAFE {
		return Address{}, noAddress(m.suite)
	}
	m, err := Shrink(ctx, m, store, opt)
	if err != nil {
		return Address{}, err
	}
	return m.address(), nil
}

func noAddress(s Suite) error { return fmt.Errorf("%w: %s has no addresses", ErrSuite, s) }

// Shrink stores the map as the content of a further level, and the map of that
// again, until one is left that is not worth storing: with a single entry in
// SAFE, three in 0.34 and 0.36. In 0.30 that is every map. It returns the last
// map, which is all that one needs to read the file. The suite and the secret
// are the map's own, not those of opt.
//
// The error is as for Encrypt, or wraps ErrMapFormat for a zero map.
func Shrink(ctx context.Context, m *DataMap, store ChunkStore, opt *Options) (*DataMap, error) {
	s, err := opt.settle()
	if err != nil {
		return nil, err
	}
	if m == nil || len(m.entries) == 0 {
		return nil, fmt.Errorf("%w: it has no chunks", ErrMapFormat)
	}
	s = s.withMap(m)
	for left := s.maxMapBytes; !m.small(); {
		b, err := m.levelForm()
		if err != nil {
			return nil, err
		}
		if left -= int64(len(b)); left < 0 || m.level == maxLevel {
			return nil, fmt.Errorf("%w: the levels of the data map exceed %d bytes", ErrTooLarge, s.maxMapBytes)
		}
		level := m.level + 1
		content := &slicer{r: bytes.NewReader(b), plan: s.cutting(level).layout(int64(len(b)))}
		if m, err = encryptLevel(ctx, content, level, store, s); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// small tells whether the map is stored nowhere.
func (m *DataMap) small() bool { return m.suite.smallMap(int64(len(m.entries))) }

// smallMap tells whether a map of n entries is stored nowhere.
func (s Suite) smallMap(n int64) bool {
	switch s {
	case SuiteSAFE:
		return n == 1
	case Suite030:
		return true
	}
	return n <= 3
}

// levelForm is the map as it is stored in a further level: in the suite's own
// form, so that the chunks are those of others, too.
func (m *DataMap) levelForm() ([]byte, error) {
	if m.suite == SuiteSAFE {
		return m.MarshalBinary()
	}
	return m.ExportBincode()
}

// readLevelForm reads what levelForm wrote.
func (s Suite) readLevelForm(b []byte) (*DataMap, error) {
	if s != SuiteSAFE {
		return ImportBincode(s, b)
	}
	m := new(DataMap)
	if err := m.UnmarshalBinary(b); err != nil {
		return nil, err
	}
	if m.suite != SuiteSAFE {
		return nil, fmt.Errorf("%w: a map of %s within one of %s", ErrMapFormat, m.suite, s)
	}
	return m, nil
}

// LoadMap fetches the map of the file at a, checking every level. If the file
// is a single chunk, that is fetched now and kept in the map, so that reading
// it fetches nothing more.
//
// The error is a *ChunkError with that of the store or ErrCorrupt, wraps
// ErrMapFormat if a chunk is not the map that should be there, ErrTooLarge if
// the map has more than Options.MaxMapBytes, ErrAddressFormat if a is zero, or
// is the context's.
func LoadMap(ctx context.Context, a Address, store ChunkStore, opt *Options) (*DataMap, error) {
	s, err := opt.settle()
	if err != nil {
		return nil, err
	}
	if a.IsZero() {
		return nil, fmt.Errorf("%w: it addresses nothing", ErrAddressFormat)
	}
	m := a.root()
	chunk, err := get(ctx, store, m, 0)
	if err != nil {
		return nil, err
	}
	f := &fetched{chunk: chunk, name: a.name, at: m.place(0), want: extent{max: singleMax(m.level)}}
	openAll(m.suite, []*fetched{f})
	if f.err != nil {
		return nil, f.err
	}
	m.size = int64(len(f.plain))
	m.root = bytes.Clone(f.plain)
	putBuf(f.buf)
	return expand(ctx, m, store, s)
}

// Expand is the inverse of Shrink: it follows the levels down to the map of the
// file. For a map of level 0 it returns that. The errors are those of LoadMap.
func Expand(ctx context.Context, m *DataMap, store ChunkStore, opt *Options) (*DataMap, error) {
	s, err := opt.settle()
	if err != nil {
		return nil, err
	}
	if m == nil || len(m.entries) == 0 {
		return nil, fmt.Errorf("%w: it has no chunks", ErrMapFormat)
	}
	return expand(ctx, m, store, s)
}

// get fetches chunk i of m.
func get(ctx context.Context, store ChunkStore, m *DataMap, i int) ([]byte, error) {
	name := m.entries[i].dst
	chunk, err := store.Get(ctx, name)
	if err != nil {
		return nil, &ChunkError{Name: name, Index: i, Level: m.level, Stage: StageGet, Err: err}
	}
	return chunk, nil
}

func expand(ctx context.Context, m *DataMap, store ChunkStore, s settings) (*DataMap, error) {
	for left := s.maxMapBytes; m.level > 0; {
		if left -= m.size; left < 0 {
			return nil, fmt.Errorf("%w: the levels of the data map exceed %d bytes", ErrTooLarge, s.maxMapBytes)
		}
		b, err := readAll(ctx, m, store, s)
		if err != nil {
			return nil, err
		}
		below, err := m.suite.readLevelForm(b)
		if err != nil {
			return nil, err
		}
		// A writer shrinks what is not small only, and by one level; what deviates
		// would give one file several addresses.
		if below.level != m.level-1 || below.small() || !bytes.Equal(below.secret, m.secret) {
			return nil, fmt.Errorf("%w: a map of level %d with %d entries within level %d",
				ErrMapFormat, below.level, below.Len(), m.level)
		}
		m = below
	}
	return m, nil
}

// readAll returns the content of m. The buffer grows with what was verified.
func readAll(ctx context.Context, m *DataMap, store ChunkStore, s settings) ([]byte, error) {
	s.progress = nil
	r := newReader(ctx, m, store, s)
	defer r.Close()
	var b bytes.Buffer
	_, err := io.Copy(&b, r)
	return b.Bytes(), err
}
