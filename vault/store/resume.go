package store

import (
	"errors"
	"fmt"

	"github.com/safenet-go/safenet/xorname"
)

// resume settles what a crash interrupted: as many names as there were Puts
// and Deletes of files under way.
func (s *Store) resume() error {
	start := []byte{tagIntent}
	for start != nil {
		keys, next, err := s.db.page(start, prefixEnd(tagIntent))
		if err != nil {
			return fmt.Errorf("reading what was interrupted: %w", err)
		}
		for _, key := range keys {
			if err := s.settle(key); err != nil {
				return fmt.Errorf("settling what was interrupted: %w", err)
			}
		}
		start = next
	}
	return nil
}

func (s *Store) settle(key []byte) error {
	var i intent
	err := s.db.view(key, func(data []byte) (err error) {
		i, err = decodeIntent(data)
		return err
	})
	if err == nil && len(key) != 1+xorname.Size {
		err = errRecord
	}
	if errors.Is(err, errRecord) {
		s.log.Error("intent cannot be read", "error", err)
		w := &write{settles: key}
		w.remove(key)
		return s.db.commit(w)
	}
	if err != nil {
		return err
	}
	name := xorname.Name(key[1:])
	if i.op == opPut && s.files.has(name, i.size) {
		if err := s.files.sync(name); err != nil {
			return err
		}
		return s.db.finishPut(name, i.size)
	}
	// Either a Delete, which is carried out, or a Put of which nothing, or
	// nothing whole, is there.
	if err := s.files.remove(name); err != nil {
		return err
	}
	return s.db.finishDelete(name)
}
