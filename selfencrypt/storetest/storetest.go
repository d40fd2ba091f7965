// Package storetest checks that a chunk store keeps the promises of
// selfencrypt.ChunkStore. Start with [Run].
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/xorname"
)

// Run tests stores as subtests of t. Each call of open returns one without
// chunks; its end is the caller's business, as by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) selfencrypt.ChunkStore) {
	for name, check := range map[string]func(selfencrypt.ChunkStore) error{
		"keeps chunks of every size":           keepsEverySize,
		"says when it has no such chunk":       saysNotFound,
		"takes a chunk twice":                  takesTwice,
		"does not keep the caller's slice":     copiesOnPut,
		"hands out slices of the caller's own": copiesOnGet,
		"returns when the context is done":     obeysContext,
		"serves many at once":                  servesMany,
		"knows what it has, if it can tell":    knowsWhatItHas,
	} {
		t.Run(name, func(t *testing.T) {
			if err := check(open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// chunk returns n bytes that depend on seed, and their name.
func chunk(seed uint64, n int) (xorname.Name, []byte) {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return xorname.FromContent(b), b
}

func expect(store selfencrypt.ChunkStore, name xorname.Name, want []byte) error {
	got, err := store.Get(context.Background(), name)
	if err != nil {
		return fmt.Errorf("getting a chunk of %d bytes that was put: %w", len(want), err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("got %d bytes, other than the %d that were put", len(got), len(want))
	}
	return nil
}

func put(store selfencrypt.ChunkStore, name xorname.Name, b []byte) error {
	if err := store.Put(context.Background(), name, b); err != nil {
		return fmt.Errorf("putting a chunk of %d bytes: %w", len(b), err)
	}
	return nil
}

func keepsEverySize(store selfencrypt.ChunkStore) error {
	sizes := []int{1, 17, 4096, 64<<10 - 1, 64 << 10, selfencrypt.MaxChunk}
	for _, n := range sizes {
		name, b := chunk(1, n)
		if err := put(store, name, b); err != nil {
			return err
		}
	}
	for _, n := range sizes {
		name, b := chunk(1, n)
		if err := expect(store, name, b); err != nil {
			return err
		}
	}
	return nil
}

func saysNotFound(store selfencrypt.ChunkStore) error {
	name, _ := chunk(2, 100)
	if got, err := store.Get(context.Background(), name); !errors.Is(err, selfencrypt.ErrNotFound) {
		return fmt.Errorf("an unknown chunk gave %d bytes and the error %v, want ErrNotFound", len(got), err)
	}
	return nil
}

func takesTwice(store selfencrypt.ChunkStore) error {
	name, b := chunk(3, 1000)
	for range 2 {
		if err := put(store, name, b); err != nil {
			return err
		}
	}
	return expect(store, name, b)
}

func copiesOnPut(store selfencrypt.ChunkStore) error {
	name, b := chunk(4, 1000)
	mine := bytes.Clone(b)
	if err := put(store, name, mine); err != nil {
		return err
	}
	clear(mine)
	return expect(store, name, b)
}

func copiesOnGet(store selfencrypt.ChunkStore) error {
	name, b := chunk(5, 1000)
	if err := put(store, name, b); err != nil {
		return err
	}
	got, err := store.Get(context.Background(), name)
	if err != nil {
		return err
	}
	clear(got)
	return expect(store, name, b)
}

func obeysContext(store selfencrypt.ChunkStore) error {
	name, b := chunk(6, 1000)
	if err := put(store, name, b); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := store.Get(ctx, name); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("with a canceled context Get returned %v", err)
	}
	other, b := chunk(7, 1000)
	if err := store.Put(ctx, other, b); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("with a canceled context Put returned %v", err)
	}
	return nil
}

func knowsWhatItHas(store selfencrypt.ChunkStore) error {
	haser, ok := store.(selfencrypt.Haser)
	if !ok {
		return nil
	}
	name, b := chunk(8, 1000)
	for _, want := range []bool{false, true} {
		if has, err := haser.Has(context.Background(), name); err != nil || has != want {
			return fmt.Errorf("asked for a chunk, Has says %t and the error %v, want %t", has, err, want)
		}
		if err := put(store, name, b); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := haser.Has(ctx, name); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("with a canceled context Has returned %v", err)
	}
	return nil
}

// servesMany has several goroutines put and get the same few chunks.
func servesMany(store selfencrypt.ChunkStore) error {
	const goroutines, chunks = 8, 6
	errs := make([]error, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range chunks {
				name, b := chunk(uint64(100+(g+i)%chunks), 30_000)
				errs[g] = errors.Join(errs[g], put(store, name, b), expect(store, name, b))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
