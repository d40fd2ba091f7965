package selfencrypt

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// storeContent stores b as content of the level, as a writer with bad
// intentions may.
func storeContent(t *testing.T, b []byte, level int, secret []byte, store ChunkStore) Address {
	t.Helper()
	s, err := (&Options{Secret: secret}).settle()
	require.NoError(t, err)
	m, err := encryptLevel(context.Background(), &cutter{r: bytes.NewReader(b), rule: s.cutting(level)}, level, store, s)
	require.NoError(t, err)
	require.Equal(t, 1, m.Len())
	return m.address()
}

func TestSmallFileIsFetchedOnce(t *testing.T) {
	for _, size := range []int{0, 1, 65536} {
		a, _, store := write(t, text(1, size), nil)
		require.Equal(t, 0, a.Level())
		require.Equal(t, 1, store.Len(), "no map is stored")
		gets := 0
		got, err := read(context.Background(), a, counting(store, func(xorname.Name) { gets++ }), nil)
		require.NoError(t, err)
		requireSame(t, text(1, size), got)
		require.Equal(t, 1, gets)
	}
}

// A map of 17 GB does not fit one chunk; so its own map is stored too. Its
// chunks need not exist for that.
func TestMapsOfManyLevels(t *testing.T) {
	for _, test := range []struct {
		entries int64
		level   int
	}{{16319, 1}, {16320, 2}, {60_000, 2}} {
		for _, secret := range [][]byte{nil, random(1, 32)} {
			if test.entries == 16319 && secret != nil {
				continue // the secret makes this one too long for level 1
			}
			ctx := context.Background()
			want := sampleMap(test.entries*MaxPlain, secret)
			store := new(MemStore)
			a, err := StoreMap(ctx, want, store, nil)
			require.NoError(t, err)
			require.Equal(t, test.level, a.Level())
			got, err := LoadMap(ctx, a, store, nil)
			require.NoError(t, err)
			require.True(t, got.Equal(want))
		}
	}
}

func TestMissingChunkOfAMap(t *testing.T) {
	ctx := context.Background()
	m := sampleMap(20_000*MaxPlain, nil)
	store := new(MemStore)
	a, err := StoreMap(ctx, m, store, nil)
	require.NoError(t, err)
	for name := range store.chunks {
		lost := giving(store, func(n xorname.Name, b []byte) ([]byte, error) {
			if n == name {
				return nil, ErrNotFound
			}
			return b, nil
		})
		_, err := LoadMap(ctx, a, lost, nil)
		require.ErrorIs(t, err, ErrNotFound)
		var ce *ChunkError
		require.ErrorAs(t, err, &ce)
		require.Equal(t, name, ce.Name)
		require.Equal(t, name == a.Name(), ce.Level == 2)
	}
}

func TestWriteFailsIfTheMapIsNotTaken(t *testing.T) {
	full := errors.New("disk full")
	content := text(1, 100_000)
	_, m, store := write(t, content, nil)
	for name := range store.chunks {
		picky := funcStore{put: func(_ context.Context, n xorname.Name, _ []byte) error {
			if n == name {
				return full
			}
			return nil
		}}
		a, got, err := Write(context.Background(), bytes.NewReader(content), picky, nil)
		require.ErrorIs(t, err, full)
		require.True(t, a.IsZero())
		require.Nil(t, got)
	}
	require.Equal(t, m.Len()+1, store.Len(), "the last one was the map")
}

func TestOpenResolvesAStoredLevel(t *testing.T) {
	content := text(1, 100_000)
	a, _, store := write(t, content, nil)
	root := a.root()
	root.size = 16 + 3*64 // as if it had been kept in its binary form
	var kept DataMap
	require.NoError(t, kept.UnmarshalBinary(marshal(t, root)))
	require.Equal(t, 1, kept.Level())
	again, err := StoreMap(context.Background(), &kept, store, nil)
	require.NoError(t, err)
	require.True(t, again == a)

	r, err := Open(context.Background(), &kept, store, nil)
	require.NoError(t, err)
	defer r.Close()
	require.EqualValues(t, len(content), r.Size())
}

func TestMapBytesAreBounded(t *testing.T) {
	ctx := context.Background()
	content := text(1, 200_000)
	a, m, store := write(t, content, nil)
	need := int64(16 + 3*64)
	exact, short := &Options{MaxMapBytes: need}, &Options{MaxMapBytes: need - 1}

	for _, test := range []struct {
		opt  *Options
		want error
	}{{exact, nil}, {short, ErrTooLarge}} {
		_, err := Encrypt(ctx, bytes.NewReader(content), new(MemStore), test.opt)
		require.ErrorIs(t, err, test.want)
		_, err = StoreMap(ctx, m, new(MemStore), test.opt)
		require.ErrorIs(t, err, test.want)
		_, err = LoadMap(ctx, a, store, test.opt)
		require.ErrorIs(t, err, test.want)
	}
}

func TestStoreMapRefusesZeroMap(t *testing.T) {
	_, err := StoreMap(context.Background(), new(DataMap), new(MemStore), nil)
	require.ErrorIs(t, err, ErrMapFormat)
	_, err = StoreMap(context.Background(), nil, new(MemStore), nil)
	require.ErrorIs(t, err, ErrMapFormat)
	_, err = Open(context.Background(), new(DataMap), new(MemStore), nil)
	require.ErrorIs(t, err, ErrMapFormat)
}

func TestStoreMapRefusesToGoAboveTheHighestLevel(t *testing.T) {
	m := sampleMap(3*MaxPlain, nil)
	m.level = maxLevel
	_, err := StoreMap(context.Background(), m, new(MemStore), nil)
	require.ErrorIs(t, err, ErrTooLarge)
}

// What a chunk of a level above 0 holds must be the map of several entries one
// level below, under the same secret: else one file had several addresses, and
// a reader could be led in circles.
func TestMapsThatNoWriterStoresAreRefused(t *testing.T) {
	three := func(level int, secret []byte) []byte {
		m := sampleMap(3*MaxPlain, secret)
		m.level = level
		return marshal(t, m)
	}
	secret, other := random(1, 32), random(2, 32)
	for name, test := range map[string]struct {
		content []byte
		level   int
		secret  []byte
	}{
		"not a map":                  {[]byte("hello"), 1, nil},
		"nothing":                    {nil, 1, nil},
		"a map of one entry":         {marshal(t, sampleMap(10, nil)), 1, nil},
		"the same level":             {three(1, nil), 1, nil},
		"a higher level":             {three(2, nil), 1, nil},
		"a level left out":           {three(0, nil), 2, nil},
		"an unexpected secret":       {three(0, secret), 1, nil},
		"a missing secret":           {three(0, nil), 1, secret},
		"another secret":             {three(0, other), 1, secret},
		"something behind":           {append(three(0, nil), 0), 1, nil},
		"a map at the highest level": {three(8, nil), 8, nil},
	} {
		store := new(MemStore)
		a := storeContent(t, test.content, test.level, test.secret, store)
		_, err := LoadMap(context.Background(), a, store, nil)
		require.ErrorIs(t, err, ErrMapFormat, name)
	}
}

func TestRootLongerThanAWriterMakesItIsRefused(t *testing.T) {
	for _, content := range [][]byte{random(1, 65537), make([]byte, 65537), make([]byte, MaxPlain)} {
		store := new(MemStore)
		// Level 1 takes this much in one chunk, level 0 does not.
		b := getBuf(len(content))
		b.n = copy(b.space(len(content)), content)
		b.at = place{src: digestOf(content), near1: digestOf(content), near2: digestOf(content)}
		name := xorname.Name(sealAll(SuiteSAFE, []*chunkBuf{b})[0])
		require.NoError(t, store.Put(context.Background(), name, b.sealed))
		a := (&DataMap{suite: SuiteSAFE, entries: []entry{{dst: name, src: b.at.src}}}).address()
		_, err := LoadMap(context.Background(), a, store, nil)
		require.ErrorIs(t, err, ErrCorrupt)
	}
}
