package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzSize(f *testing.F) {
	f.Add(encodeSize(0))
	f.Add(encodeSize(MaxChunk))
	f.Add(encodeSize(MaxChunk + 1))
	f.Add([]byte{0x80, 0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		size, err := decodeSize(data)
		if err != nil {
			require.ErrorIs(t, err, errRecord)
			return
		}
		require.GreaterOrEqual(t, size, 0)
		require.LessOrEqual(t, size, MaxChunk)
		again, err := decodeSize(encodeSize(size))
		require.NoError(t, err)
		require.Equal(t, size, again)
	})
}

func FuzzIntent(f *testing.F) {
	f.Add(intent{op: opPut, size: MaxChunk}.encode())
	f.Add(intent{op: opDelete, size: FileSize}.encode())
	f.Add([]byte("x1"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := decodeIntent(data)
		if err != nil {
			require.ErrorIs(t, err, errRecord)
			return
		}
		again, err := decodeIntent(i.encode())
		require.NoError(t, err)
		require.Equal(t, i, again)
	})
}

func FuzzUsage(f *testing.F) {
	f.Add(Usage{Chunks: 1, Bytes: MaxChunk}.encode(), Usage{Chunks: -1, Bytes: -MaxChunk}.encode())
	f.Add([]byte{}, []byte{0x80})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		u, errA := decodeUsage(a)
		v, errB := decodeUsage(b)
		sum, err := usageMerger.Merge(nil, a)
		if err == nil {
			err = sum.MergeOlder(b)
		}
		if errA != nil || errB != nil {
			require.ErrorIs(t, err, errRecord)
			return
		}
		require.NoError(t, err)
		data, closer, err := sum.Finish(true)
		require.NoError(t, err)
		require.Nil(t, closer)
		got, err := decodeUsage(data)
		require.NoError(t, err)
		require.Equal(t, u.plus(v), got)
	})
}

func FuzzVersion(f *testing.F) {
	f.Add("safenet-vault 1\n")
	f.Add("safenet-vault 99999999999999999999\n")
	f.Add("safenet-vault +1\n")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseVersion(text)
		if err != nil {
			require.ErrorIs(t, err, ErrVersion)
			return
		}
		require.Positive(t, n)
		require.Regexp(t, `\Asafenet-vault [1-9][0-9]*\n\z`, text)
	})
}
