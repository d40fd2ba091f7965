package selfencrypt

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/safenet-go/safenet/selfencrypt/internal/brotli"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

var compatible = []Suite{Suite030, Suite034, Suite036}

// encryptWith stores content in chunks of a suite.
func encryptWith(t testing.TB, content []byte, opt *Options) (*DataMap, *MemStore) {
	t.Helper()
	store := new(MemStore)
	m, err := Encrypt(context.Background(), bytes.NewReader(content), store, opt)
	require.NoError(t, err)
	return m, store
}

// Sizes are those at which the cutting changes, also one byte before three
// full chunks, where the last one has a byte more than the limit.
func TestCompatibleSuitesAtEverySizeEdge(t *testing.T) {
	const limit = 1024
	for _, s := range compatible {
		opt := &Options{Suite: s, MaxPlain: limit}
		for _, size := range []int{3, 4, 5, 6, 3*limit - 2, 3*limit - 1, 3 * limit, 3*limit + 1, 4 * limit, 4*limit + 1, 10*limit + 7} {
			content := random(uint64(size), size)
			m, store := encryptWith(t, content, opt)
			n := int64(3)
			if size > 3*limit {
				n = int64((size + limit - 1) / limit)
			}
			require.Equal(t, n, m.Layout().Chunks())
			if size == 3*limit-1 {
				require.Equal(t, limit+1, m.ChunkSize(2))
			}
			got, err := readMap(context.Background(), m, store, opt)
			require.NoError(t, err)
			requireSame(t, content, got)

			for name, r := range map[string]io.Reader{
				"a byte at a time": iotest.OneByteReader(bytes.NewReader(content)),
				"end with data":    iotest.DataErrReader(bytes.NewReader(content)),
			} {
				same, err := Encrypt(context.Background(), r, new(MemStore), opt)
				require.NoError(t, err)
				require.True(t, m.Equal(same), name)
			}
			same, err := EncryptAt(context.Background(), bytes.NewReader(content), int64(size), new(MemStore), opt)
			require.NoError(t, err)
			require.True(t, m.Equal(same), "where it is")
		}
	}
}

func TestCompatibleSuitesWithTheirOwnChunkSize(t *testing.T) {
	for _, s := range compatible {
		limit := s.MaxPlain()
		for _, size := range []int{limit + 1000, 3*limit - 1, 3*limit + 1} {
			content := random(1, size)
			m, store := encryptWith(t, content, &Options{Suite: s})
			for name, chunk := range store.chunks {
				require.LessOrEqual(t, len(chunk), s.MaxChunk())
				var want [1][32]byte
				s.nameHash().sums(want[:], [][]byte{chunk})
				require.Equal(t, xorname.Name(want[0]), name)
			}
			require.NoError(t, Verify(context.Background(), m, store, nil))
			r := openFile(t, m, store, nil)
			p := make([]byte, 1000)
			for _, off := range []int{0, limit - 500, size - 1000} {
				_, err := r.ReadAt(p, int64(off))
				require.NoError(t, err)
				requireSame(t, content[off:off+1000], p)
			}
		}
	}
}

// A map that does not fit three chunks is shrunk until it does; the levels
// count on, and reading follows them.
func TestCompatibleMapsShrinkByLevels(t *testing.T) {
	for _, s := range []Suite{Suite034, Suite036} {
		opt := &Options{Suite: s, MaxPlain: 200}
		content := text(1, 40_000) // 200 chunks, maps of 200, 81, 33, 14, 6 and 3 entries
		m, store := encryptWith(t, content, opt)
		require.Equal(t, 200, m.Len())
		last, err := Shrink(context.Background(), m, store, opt)
		require.NoError(t, err)
		require.Equal(t, 3, last.Len())
		require.Equal(t, 5, last.Level())
		plan, err := Plan(int64(len(content)), opt)
		require.NoError(t, err)
		require.Len(t, plan, 6)
		require.Equal(t, last.Layout(), plan[5])

		back, err := Expand(context.Background(), last, store, opt)
		require.NoError(t, err)
		require.True(t, m.Equal(back))
		got, err := readMap(context.Background(), last, store, opt)
		require.NoError(t, err)
		requireSame(t, content, got)
	}
}

// The content of a level is the map below it, and that must be one that was
// worth storing.
func TestLevelsThatNoCrateWritesAreRefused(t *testing.T) {
	for _, s := range []Suite{Suite034, Suite036} {
		good := compatibleMap(s, 5*1024, 1024, 1)
		for name, content := range map[string][]byte{
			"no map":                      random(1, 1000),
			"the same level":              bincodeOf(t, compatibleMap(s, 5*1024, 1024, 2)),
			"a higher level":              bincodeOf(t, compatibleMap(s, 5*1024, 1024, 8)),
			"a file's map two levels up":  bincodeOf(t, compatibleMap(s, 5*1024, 1024, 0)),
			"a map that was small enough": bincodeOf(t, compatibleMap(s, 3*1024, 1024, 1)),
			"something behind":            append(bincodeOf(t, good), 0),
			"our own form":                marshal(t, good),
		} {
			store := new(MemStore)
			settled, err := (&Options{Suite: s}).settle()
			require.NoError(t, err)
			last := encryptBytes(t, content, 2, store, settled)
			_, err = Expand(context.Background(), last, store, nil)
			require.ErrorIs(t, err, ErrMapFormat, "%s: %s", s, name)
			_, err = Open(context.Background(), last, store, nil)
			require.ErrorIs(t, err, ErrMapFormat, "%s: %s", s, name)
		}
		_, err := Expand(context.Background(), compatibleMap(s, 1<<20, 4096, 1), new(MemStore), &Options{MaxMapBytes: 1 << 19})
		require.ErrorIs(t, err, ErrTooLarge)
	}
}

func TestMapsOf030AreNotShrunk(t *testing.T) {
	m, store := encryptWith(t, text(1, 10_000), &Options{Suite: Suite030, MaxPlain: 1024})
	n := store.Len()
	last, err := Shrink(context.Background(), m, store, nil)
	require.NoError(t, err)
	require.True(t, m.Equal(last))
	require.Equal(t, n, store.Len())
}

// Equal triples of chunks are equal chunks in 0.30; in 0.36 the index is part of
// the key.
func TestEqualContentSharesChunksWhereTheFormatDoes(t *testing.T) {
	for s, chunks := range map[Suite]int{Suite030: 1, Suite034: 1, Suite036: 8} {
		m, store := encryptWith(t, make([]byte, 8*1024), &Options{Suite: s, MaxPlain: 1024})
		require.Equal(t, chunks, store.Len(), s.String())
		got, err := readMap(context.Background(), m, store, nil)
		require.NoError(t, err)
		requireSame(t, make([]byte, 8*1024), got)
	}
}

func TestCompatibleSuitesHaveNoAddress(t *testing.T) {
	ctx := context.Background()
	for _, s := range compatible {
		m, store := encryptWith(t, text(1, 1000), &Options{Suite: s})
		_, err := StoreMap(ctx, m, store, nil)
		require.ErrorIs(t, err, ErrSuite)
		_, _, err = Write(ctx, bytes.NewReader(text(1, 1000)), new(MemStore), &Options{Suite: s})
		require.ErrorIs(t, err, ErrSuite)
		_, err = m.ExportBincode()
		require.NoError(t, err)
	}
	_, m, _ := write(t, text(1, 1000), nil)
	_, err := m.ExportBincode()
	require.ErrorIs(t, err, ErrSuite)
	_, err = m.ExportJSON()
	require.ErrorIs(t, err, ErrSuite)
	_, err = ImportBincode(SuiteSAFE, nil)
	require.ErrorIs(t, err, ErrSuite)
	_, err = ImportJSON(Suite(9), nil)
	require.ErrorIs(t, err, ErrSuite)
}

func TestOptionsThatASuiteDoesNotHave(t *testing.T) {
	for _, opt := range []*Options{
		{Suite: 9},
		{MaxPlain: 1000},
		{Suite: Suite036, MaxPlain: 4<<20 + 1},
		{Suite: Suite036, Secret: make([]byte, 32)},
		{Suite: Suite030, RandomKey: true},
	} {
		_, err := Encrypt(context.Background(), bytes.NewReader(nil), new(MemStore), opt)
		require.ErrorIs(t, err, ErrSuite, "%+v", opt)
		_, err = Plan(100, opt)
		require.ErrorIs(t, err, ErrSuite, "%+v", opt)
	}
}

func TestSuitesSayWhatTheyAre(t *testing.T) {
	require.Equal(t, "SAFE 0.30 0.34 0.36 suite 9", fmt.Sprint(SuiteSAFE, " ", Suite030, " ", Suite034, " ", Suite036, " ", Suite(9)))
	require.Equal(t, []int{1044480, 1 << 20, 4 << 20, 4190208, 0},
		[]int{SuiteSAFE.MaxPlain(), Suite030.MaxPlain(), Suite034.MaxPlain(), Suite036.MaxPlain(), Suite(9).MaxPlain()})
	require.Equal(t, MaxChunk, SuiteSAFE.MaxChunk())
	require.Zero(t, Suite(0).MaxChunk())
}

// sealAs makes the chunk that holds payload where the content should be
// compressed.
func sealAs(s Suite, payload []byte, p place) []byte {
	if s == Suite036 {
		return seal036(bytes.Clone(payload), p)
	}
	return seal030(bytes.Clone(payload), &p)
}

// nameAs names a chunk.
func nameAs(s Suite, chunk []byte) xorname.Name {
	var sum [1][32]byte
	s.nameHash().sums(sum[:], [][]byte{chunk})
	return sum[0]
}

// Whoever writes a map may write anything. Then the names are right and what
// is behind them is not.
func TestCompatibleChunksThatMatchTheirNameAndNotTheMap(t *testing.T) {
	packed := func(b []byte) []byte { return new(brotli.Encoder).AppendCompressed(nil, b) }
	for _, s := range compatible {
		content := text(2, 3000)
		m, store := encryptWith(t, content, &Options{Suite: s})
		at := m.place(1)
		right := sealAs(s, packed(content[1000:2000]), at)
		require.Equal(t, m.entries[1].dst, nameAs(s, right))
		badPadding := bytes.Clone(right)
		badPadding[len(badPadding)-17] ^= 1 // in CBC, the same bit of the last byte
		notWhole := right[:len(right)-1]
		for name, test := range map[string]struct {
			chunk []byte
			stage Stage
		}{
			"nothing":         {nil, StageDecrypt},
			"bad padding":     {badPadding, StageDecrypt},
			"not whole":       {notWhole, StageDecrypt},
			"no stream":       {sealAs(s, nil, at), StageDecompress},
			"not brotli":      {sealAs(s, []byte("not brotli"), at), StageDecompress},
			"cut short":       {sealAs(s, packed(content[1000:2000])[:100], at), StageDecompress},
			"something after": {sealAs(s, append(packed(content[1000:2000]), 0), at), StageDecompress},
			"a byte less":     {sealAs(s, packed(content[1000:1999]), at), StageLength},
			"a byte more":     {sealAs(s, packed(content[1000:2001]), at), StageDecompress},
			"a bomb":          {sealAs(s, packed(make([]byte, 16<<20)), at), StageDecompress},
			"other content":   {sealAs(s, packed(content[1001:2001]), at), StageContent},
			"too long":        {make([]byte, maxSealed(1000)+1), StageLength},
		} {
			bad := *m
			bad.entries = append([]entry{}, m.entries...)
			bad.entries[1].dst = nameAs(s, test.chunk)
			store.chunks[bad.entries[1].dst] = test.chunk
			got, err := readMap(context.Background(), &bad, store, nil)
			require.ErrorIs(t, err, ErrCorrupt, "%s: %s", s, name)
			var ce *ChunkError
			require.ErrorAs(t, err, &ce)
			require.Equal(t, test.stage, ce.Stage, "%s: %s", s, name)
			require.Equal(t, 1, ce.Index)
			requireSame(t, content[:1000], got)
		}
	}
}

func TestSwappedAndMissingCompatibleChunks(t *testing.T) {
	for _, s := range compatible {
		m, store := encryptWith(t, random(1, 3000), &Options{Suite: s})
		a, b := m.entries[0].dst, m.entries[2].dst
		store.chunks[a], store.chunks[b] = store.chunks[b], store.chunks[a]
		readFails(t, m, store, ErrCorrupt, StageName)
		delete(store.chunks, a)
		readFails(t, m, store, ErrNotFound, StageGet)
	}
}

func TestTooLittleForACompatibleSuite(t *testing.T) {
	for _, s := range compatible {
		for size := range int64(MinCompatible) {
			_, err := Encrypt(context.Background(), bytes.NewReader(make([]byte, size)), new(MemStore), &Options{Suite: s})
			require.ErrorIs(t, err, ErrTooSmall)
			_, err = EncryptAt(context.Background(), bytes.NewReader(make([]byte, size)), size, new(MemStore), &Options{Suite: s})
			require.ErrorIs(t, err, ErrTooSmall)
			_, err = Plan(size, &Options{Suite: s})
			require.ErrorIs(t, err, ErrTooSmall)
		}
	}
}

func TestPadIsRepeatedWithoutEnd(t *testing.T) {
	pad := random(1, 52)
	for _, n := range []int{0, 1, 51, 52, 53, padTile - 1, padTile, padTile + 1, 3*padTile + 7} {
		b := make([]byte, n)
		xorPad(b, pad)
		want := bytes.Repeat(pad, n/len(pad)+1)[:n]
		requireSame(t, want, b)
	}
}

// Whoever writes a map may put anything inside a chunk, under the right name
// and key.
func FuzzCompatibleChunk(f *testing.F) {
	packed := new(brotli.Encoder).AppendCompressed(nil, text(1, 70_000))
	f.Add(packed, uint32(70_000), byte(0), true)
	f.Add(packed[:1000], uint32(65_536), byte(1), false)
	f.Add([]byte{}, uint32(3), byte(2), true)
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, uint32(3), byte(4), true)
	f.Fuzz(func(t *testing.T, inside []byte, most uint32, choice byte, exact bool) {
		s := compatible[int(choice)%len(compatible)]
		chunk := bytes.Clone(inside)
		if choice&4 == 0 { // else it is no seal at all
			chunk = sealAs(s, inside, place{})
		}
		got := &fetched{chunk: chunk, name: nameAs(s, chunk), want: extent{max: int(most%(maxCompatible+1)) + 1, exact: exact}}
		openAll(s, []*fetched{got})
		require.ErrorIs(t, got.err, ErrCorrupt, "no content has this hash")
		require.Nil(t, got.plain)
	})
}
