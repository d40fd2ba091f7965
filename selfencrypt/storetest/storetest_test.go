package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// A faulty store breaks one promise of an otherwise good one.
type faulty struct {
	selfencrypt.MemStore
	put func(*selfencrypt.MemStore, context.Context, xorname.Name, []byte) error
	get func(*selfencrypt.MemStore, context.Context, xorname.Name) ([]byte, error)
	has func(*selfencrypt.MemStore, context.Context, xorname.Name) (bool, error)
}

func (s *faulty) Has(ctx context.Context, name xorname.Name) (bool, error) {
	if s.has == nil {
		return s.MemStore.Has(ctx, name)
	}
	return s.has(&s.MemStore, ctx, name)
}

func (s *faulty) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	if s.put == nil {
		return s.MemStore.Put(ctx, name, chunk)
	}
	return s.put(&s.MemStore, ctx, name, chunk)
}

func (s *faulty) Get(ctx context.Context, name xorname.Name) ([]byte, error) {
	if s.get == nil {
		return s.MemStore.Get(ctx, name)
	}
	return s.get(&s.MemStore, ctx, name)
}

// Each check finds the fault that it is there for.
func TestEveryCheckCanFail(t *testing.T) {
	kept := map[xorname.Name][]byte{} // slices of others, which a store must not keep
	full := errors.New("full")
	for name, test := range map[string]struct {
		check func(selfencrypt.ChunkStore) error
		store *faulty
	}{
		"loses a byte of long chunks": {keepsEverySize, &faulty{
			put: func(s *selfencrypt.MemStore, ctx context.Context, name xorname.Name, b []byte) error {
				return s.Put(ctx, name, b[:min(len(b), selfencrypt.MaxChunk-1)])
			},
		}},
		"gives nothing without an error": {saysNotFound, &faulty{
			get: func(*selfencrypt.MemStore, context.Context, xorname.Name) ([]byte, error) { return nil, nil },
		}},
		"refuses what is there": {takesTwice, &faulty{
			put: func(s *selfencrypt.MemStore, ctx context.Context, name xorname.Name, b []byte) error {
				if s.Len() > 0 {
					return full
				}
				return s.Put(ctx, name, b)
			},
		}},
		"keeps the slice that it was given": {copiesOnPut, &faulty{
			put: func(_ *selfencrypt.MemStore, _ context.Context, name xorname.Name, b []byte) error {
				kept[name] = b
				return nil
			},
			get: func(_ *selfencrypt.MemStore, _ context.Context, name xorname.Name) ([]byte, error) {
				return kept[name], nil
			},
		}},
		"hands out the slice that it keeps": {copiesOnGet, &faulty{
			get: func(s *selfencrypt.MemStore, ctx context.Context, name xorname.Name) (b []byte, err error) {
				if kept[name] == nil {
					kept[name], err = s.Get(ctx, name)
				}
				return kept[name], err
			},
		}},
		"ignores the context": {obeysContext, &faulty{
			get: func(s *selfencrypt.MemStore, _ context.Context, name xorname.Name) ([]byte, error) {
				return s.Get(context.Background(), name)
			},
		}},
		"has what it lost": {knowsWhatItHas, &faulty{
			has: func(*selfencrypt.MemStore, context.Context, xorname.Name) (bool, error) { return true, nil },
		}},
		"is full": {servesMany, &faulty{
			put: func(*selfencrypt.MemStore, context.Context, xorname.Name, []byte) error { return full },
		}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, test.check(new(selfencrypt.MemStore)))
			require.Error(t, test.check(test.store))
		})
	}
}
