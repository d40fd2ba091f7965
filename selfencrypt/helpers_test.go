package selfencrypt

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// random returns n bytes that no compressor shortens.
func random(seed uint64, n int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

// text returns n bytes that look like prose: words of a fixed list, drawn with
// a falling frequency.
func text(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	words := make([][]byte, 2000)
	for i := range words {
		w := make([]byte, 2+r.IntN(9))
		for j := range w {
			w[j] = "etaoinshrdlucmfwypvbgkjqxz"[min(r.IntN(26), r.IntN(26))]
		}
		words[i] = append(w, ' ')
	}
	b := make([]byte, 0, n+16)
	for len(b) < n {
		b = append(b, words[min(r.IntN(len(words)), r.IntN(len(words)), r.IntN(len(words)))]...)
		if r.IntN(12) == 0 {
			b = append(b[:len(b)-1], ".\n"...)
		}
	}
	return b[:n]
}

// write stores content and returns its address, map and the store.
func write(t testing.TB, content []byte, opt *Options) (Address, *DataMap, *MemStore) {
	t.Helper()
	store := new(MemStore)
	a, m, err := Write(context.Background(), bytes.NewReader(content), store, opt)
	require.NoError(t, err)
	return a, m, store
}

// read returns the whole file at a.
func read(ctx context.Context, a Address, store ChunkStore, opt *Options) ([]byte, error) {
	m, err := LoadMap(ctx, a, store, opt)
	if err != nil {
		return nil, err
	}
	r, err := Open(ctx, m, store, opt)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// requireSame compares without printing a megabyte.
func requireSame(t testing.TB, want, got []byte) {
	t.Helper()
	require.True(t, bytes.Equal(want, got), "want %d bytes, got %d, which differ", len(want), len(got))
}

// A funcStore is a store made of functions; a nil one is not called.
type funcStore struct {
	put func(ctx context.Context, name xorname.Name, chunk []byte) error
	get func(ctx context.Context, name xorname.Name) ([]byte, error)
}

func (s funcStore) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	return s.put(ctx, name, chunk)
}

func (s funcStore) Get(ctx context.Context, name xorname.Name) ([]byte, error) {
	return s.get(ctx, name)
}

// counting counts the Gets of each chunk.
func counting(store ChunkStore, count func(xorname.Name)) ChunkStore {
	return funcStore{
		put: store.Put,
		get: func(ctx context.Context, name xorname.Name) ([]byte, error) {
			count(name)
			return store.Get(ctx, name)
		},
	}
}
