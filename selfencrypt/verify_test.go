package selfencrypt

import (
	"context"
	"errors"
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

func TestVerifyChecksEveryChunk(t *testing.T) {
	for _, s := range everySuite {
		m, store := encryptWith(t, random(1, 9*MaxPlain), &Options{Suite: s})
		var last Progress
		require.NoError(t, Verify(context.Background(), m, store, &Options{Progress: func(p Progress) { last = p }}))
		require.Equal(t, Progress{Verified: m.Size(), Done: m.Len(), Total: m.Len()}, last)
	}
}

func TestVerifyNamesAllThatIsBad(t *testing.T) {
	for _, s := range everySuite {
		opt := &Options{Suite: s}
		if s != SuiteSAFE {
			opt.MaxPlain = 1 << 20
		}
		m, store := encryptWith(t, random(1, 9*MaxPlain), opt)
		store.chunks[m.entries[2].dst][100] ^= 1
		delete(store.chunks, m.entries[5].dst)
		store.chunks[m.entries[8].dst] = nil
		err := Verify(context.Background(), m, store, nil)
		var bad *VerifyError
		require.ErrorAs(t, err, &bad)
		require.ErrorIs(t, err, ErrCorrupt)
		require.ErrorIs(t, err, ErrNotFound)
		require.ErrorContains(t, err, "3 of 9 chunks")
		require.Equal(t, 9, bad.Total)
		require.Len(t, bad.Chunks, 3)
		for i, want := range []struct {
			index int
			stage Stage
		}{{2, StageName}, {5, StageGet}, {8, StageName}} {
			require.Equal(t, want.index, bad.Chunks[i].Index)
			require.Equal(t, want.stage, bad.Chunks[i].Stage)
			require.Equal(t, m.entries[want.index].dst, bad.Chunks[i].Name)
		}
	}
}

func TestVerifyOfAMapThatCannotBeRead(t *testing.T) {
	a, _, store := write(t, random(1, 200_000), nil)
	delete(store.chunks, a.Name())
	m := a.root()
	m.size = 16 + 3*64
	err := Verify(context.Background(), m, store, nil)
	require.ErrorIs(t, err, ErrNotFound)
	var bad *VerifyError
	require.False(t, errors.As(err, &bad))
	require.ErrorIs(t, Verify(context.Background(), nil, store, nil), ErrMapFormat)
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	_, m, store := write(t, random(1, 9*MaxPlain), nil)
	ctx, cancel := context.WithCancel(context.Background())
	err := Verify(ctx, m, counting(store, func(xorname.Name) { cancel() }), nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestProgressOfReading(t *testing.T) {
	_, m, store := write(t, random(1, 9*MaxPlain), nil)
	var last Progress
	calls := 0
	r := openFile(t, m, store, &Options{Progress: func(p Progress) {
		require.True(t, p.Verified > last.Verified && p.Done > last.Done)
		last = p
		calls++
	}})
	_, err := r.WriteTo(writerFunc(func(p []byte) (int, error) { return len(p), nil }))
	require.NoError(t, err)
	require.Equal(t, Progress{Verified: m.Size(), Done: 9, Total: 9}, last)
	require.Positive(t, calls)
}
