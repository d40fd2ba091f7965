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

// StoreMap stores the map as the content of a further level, and the map of
// that again, until a map with a single entry is left, and returns that as an
// address. A map with one entry is stored nowhere. The map's own secret is
// used, not that of opt.
//
// The error is as for Encrypt, or wraps ErrMapFormat for a zero map.
func StoreMap(ctx context.Context, m *DataMap, store ChunkStore, opt *Options) (Address, error) {
	s, err := opt.settle()
	if err != nil {
		return Address{}, err
	}
	for left := s.maxMapBytes; ; {
		b, err := m.MarshalBinary()
		if err != nil {
			return Address{}, err
		}
		if m.Len() == 1 {
			return m.address(), nil
		}
		if left -= int64(len(b)); left < 0 || m.level == maxLevel {
			return Address{}, fmt.Errorf("%w: the levels of the data map exceed %d bytes", ErrTooLarge, s.maxMapBytes)
		}
		s.secret = m.secret
		if m, err = encryptLevel(ctx, bytes.NewReader(b), m.level+1, store, s); err != nil {
			return Address{}, err
		}
	}
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
	c, err := open(chunk, a.name, m.place(0), extent{max: singleMax(m.level)})
	if err != nil {
		return nil, err
	}
	m.size = int64(len(c.plain))
	m.root = bytes.Clone(c.plain)
	putBuf(c.buf)
	return resolve(ctx, m, store, s)
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

// resolve follows the levels of maps down to that of the file.
func resolve(ctx context.Context, m *DataMap, store ChunkStore, s settings) (*DataMap, error) {
	for left := s.maxMapBytes; m.level > 0; {
		if left -= m.size; left < 0 {
			return nil, fmt.Errorf("%w: the levels of the data map exceed %d bytes", ErrTooLarge, s.maxMapBytes)
		}
		b, err := readAll(ctx, m, store, s)
		if err != nil {
			return nil, err
		}
		below := new(DataMap)
		if err := below.UnmarshalBinary(b); err != nil {
			return nil, err
		}
		// A writer shrinks a map of several entries only, and by one level;
		// what deviates would give one file several addresses.
		if below.level != m.level-1 || below.Len() == 1 || !bytes.Equal(below.secret, m.secret) {
			return nil, fmt.Errorf("%w: a map of level %d with %d entries within level %d",
				ErrMapFormat, below.level, below.Len(), m.level)
		}
		m = below
	}
	return m, nil
}

// readAll returns the content of m. The buffer grows with what was verified.
func readAll(ctx context.Context, m *DataMap, store ChunkStore, s settings) ([]byte, error) {
	r := newReader(ctx, m, store, s)
	defer r.Close()
	var b bytes.Buffer
	_, err := io.Copy(&b, r)
	return b.Bytes(), err
}
