package store

import (
	"fmt"
	"iter"
)

// MaxMeta is the most bytes a meta value may have, 2 MiB; a key has at most
// MaxMetaKey, 1 KiB.
const (
	MaxMeta    = 2 << 20
	MaxMetaKey = 1 << 10
)

// GetMeta returns what SetMeta stored under key, or ErrNotFound.
func (s *Store) GetMeta(key string) (value []byte, err error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.active.Done()
	err = s.db.view(metaKey(key), func(data []byte) error {
		value = append([]byte{}, data...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("meta %q: %w", key, err)
	}
	return value, nil
}

// SetMeta stores one of the vault's own records, durably. It does not count
// towards Usage and Options.Space, and may use what chunks must leave free.
func (s *Store) SetMeta(key string, value []byte) error {
	if len(key) > MaxMetaKey || len(value) > MaxMeta {
		return fmt.Errorf("meta %.64q: %d bytes under a key of %d, at most %d under %d",
			key, len(value), len(key), MaxMeta, MaxMetaKey)
	}
	w := &write{sync: true}
	w.set(metaKey(key), value)
	return s.commitMeta(key, w)
}

// DeleteMeta forgets a record, durably. There may be none.
func (s *Store) DeleteMeta(key string) error {
	w := &write{sync: true}
	w.remove(metaKey(key))
	return s.commitMeta(key, w)
}

func (s *Store) commitMeta(key string, w *write) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.active.Done()
	if err := s.db.commit(w); err != nil {
		return fmt.Errorf("meta %.64q: %w", key, asFull(err))
	}
	return nil
}

// MetaKeys lists the keys that begin with prefix, in order. An error ends it.
func (s *Store) MetaKeys(prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for start := metaKey(prefix); start != nil; {
			keys, next, err := s.metaPage(start)
			for _, key := range keys {
				if len(key) < len(prefix) || key[:len(prefix)] != prefix || !yield(key, nil) {
					return
				}
			}
			if err != nil {
				yield("", err)
				return
			}
			start = next
		}
	}
}

func (s *Store) metaPage(start []byte) (keys []string, next []byte, err error) {
	if err := s.enter(); err != nil {
		return nil, nil, err
	}
	defer s.active.Done()
	page, next, err := s.db.page(start, prefixEnd(tagMeta))
	for _, key := range page {
		keys = append(keys, string(key[1:]))
	}
	return keys, next, err
}
