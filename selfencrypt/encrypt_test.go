package selfencrypt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

var edges = []int{
	0, 1, 2, 3, 31, 32, 33, 1000, 65535, 65536, 65537, 65538, 65539, MaxPlain - 1, MaxPlain, MaxPlain + 1,
	MaxChunk - 1, MaxChunk, MaxChunk + 1, 2 * MaxPlain, 3*MaxPlain - 1, 3 * MaxPlain, 3*MaxPlain + 1,
	4*MaxPlain - 1, 4 * MaxPlain, 4*MaxPlain + 1, 5*MaxPlain + 12345,
}

func TestEverySizeComesBack(t *testing.T) {
	for name, content := range map[string]func(uint64, int) []byte{"random": random, "text": text} {
		for _, size := range edges {
			if name == "text" && size > 2*MaxPlain && size != 3*MaxPlain+1 {
				continue // enough that compresses
			}
			content := content(uint64(size), size)
			a, m, store := write(t, content, nil)
			require.EqualValues(t, size, m.Size())
			require.Equal(t, lengths(0, int64(size)), chunkSizes(m))

			loaded, err := LoadMap(context.Background(), a, store, nil)
			require.NoError(t, err)
			require.True(t, loaded.Equal(m), "size %d", size)
			got, err := read(context.Background(), a, store, nil)
			require.NoError(t, err)
			requireSame(t, content, got)
		}
	}
}

func chunkSizes(m *DataMap) []int {
	var sizes []int
	for i := range m.Len() {
		sizes = append(sizes, m.ChunkSize(i))
	}
	return sizes
}

func TestStoredChunksAreNamedByHashAndNeverLongerThanTheLimit(t *testing.T) {
	var mu sync.Mutex
	var stored []xorname.Name
	store := funcStore{put: func(_ context.Context, name xorname.Name, chunk []byte) error {
		mu.Lock()
		defer mu.Unlock()
		stored = append(stored, name)
		if len(chunk) > MaxChunk || len(chunk) == 0 || xorname.FromContent(chunk) != name {
			return errors.New("not a valid chunk")
		}
		return nil
	}}
	m, err := Encrypt(context.Background(), bytes.NewReader(random(1, 3*MaxPlain)), store, nil)
	require.NoError(t, err)
	require.ElementsMatch(t, slices.Collect(m.Names()), stored)
}

func TestCompressionShortensWhatIsStored(t *testing.T) {
	_, _, store := write(t, text(1, 2<<20), nil)
	total := 0
	for _, chunk := range store.chunks {
		total += len(chunk)
	}
	require.Less(t, total, 1<<20)
}

func TestHowTheReaderDeliversDoesNotMatter(t *testing.T) {
	for name, slow := range map[string]func(io.Reader) io.Reader{
		"one byte":             iotest.OneByteReader,
		"half":                 iotest.HalfReader,
		"data and EOF at once": iotest.DataErrReader,
		"nothing now and then": func(r io.Reader) io.Reader { return &pausing{r: r} },
	} {
		for _, size := range []int{0, 1, 65536, 65537, 3*MaxPlain + 1} {
			content := random(5, size)
			_, want, _ := write(t, content, nil)
			got, err := Encrypt(context.Background(), slow(bytes.NewReader(content)), new(MemStore), nil)
			require.NoError(t, err)
			require.True(t, got.Equal(want), "%s, size %d", name, size)
		}
	}
}

// pausing returns nothing from every second Read.
type pausing struct {
	r     io.Reader
	pause bool
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.pause = !p.pause; p.pause {
		return 0, nil
	}
	return p.r.Read(b)
}

func TestReaderErrorsArePassedOn(t *testing.T) {
	broken := errors.New("broken disk")
	for _, cause := range []error{broken, io.ErrUnexpectedEOF, fmt.Errorf("connection: %w", io.EOF)} {
		for _, size := range []int{0, 10, 100_000, MaxPlain, 3*MaxPlain + 1, 5 * MaxPlain} {
			r := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(cause))
			m, err := Encrypt(context.Background(), r, new(MemStore), nil)
			require.ErrorIs(t, err, cause, "size %d", size)
			require.ErrorContains(t, err, fmt.Sprintf("after %d bytes", size))
			require.Nil(t, m)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReadersThatBreakTheirContractAreRefused(t *testing.T) {
	for _, n := range []int{-1, 2 << 20} {
		_, err := Encrypt(context.Background(), readerFunc(func([]byte) (int, error) { return n, nil }), new(MemStore), nil)
		require.ErrorContains(t, err, "reader returned")
	}
	_, err := Encrypt(context.Background(), readerFunc(func([]byte) (int, error) { return 0, nil }), new(MemStore), nil)
	require.ErrorIs(t, err, io.ErrNoProgress)
}

func TestResultDependsOnContentAndSecretAlone(t *testing.T) {
	content := slices.Concat(text(1, 1<<20), random(2, 2<<20), make([]byte, 2<<20))
	want, _, _ := write(t, content, nil)
	for _, workers := range []int{1, 2, 7} {
		for _, inFlight := range []int{1, 20} {
			got, _, _ := write(t, content, &Options{Workers: workers, InFlight: inFlight})
			require.True(t, got == want, "workers %d, in flight %d", workers, inFlight)
		}
	}
}

func TestSecretChangesEveryNameAndIsFoundInTheAddress(t *testing.T) {
	for _, size := range []int{100, 3 << 20} {
		content := text(1, size)
		open, openMap, _ := write(t, content, nil)
		secret := bytes.Repeat([]byte{9}, 32)
		closed, closedMap, store := write(t, content, &Options{Secret: secret})
		require.False(t, open == closed)
		for name := range openMap.Names() {
			require.NotContains(t, slices.Collect(closedMap.Names()), name)
		}
		got, err := read(context.Background(), closed, store, nil)
		require.NoError(t, err)
		requireSame(t, content, got)

		other, _, _ := write(t, content, &Options{Secret: bytes.Repeat([]byte{8}, 32)})
		require.False(t, other == closed)
	}
}

func TestEqualChunksOfOneFileHaveDifferentNames(t *testing.T) {
	_, m, store := write(t, make([]byte, 8*MaxPlain), nil)
	require.Equal(t, 8, m.Len())
	require.Equal(t, 8+1, store.Len(), "8 chunks and the map")
}

func TestProgressCountsEverythingOnceAndInOrder(t *testing.T) {
	const size = 5*MaxPlain + 5
	var busy sync.Mutex
	overlap := false
	calls := [2][]Progress{}
	write(t, text(1, size), &Options{Progress: func(p Progress) {
		if !busy.TryLock() {
			overlap = true
			return
		}
		defer busy.Unlock()
		calls[p.Level] = append(calls[p.Level], p)
	}})
	require.False(t, overlap, "calls overlap")
	const mapSize = 16 + 6*64
	for level, end := range []Progress{
		{Level: 0, Read: size, Encrypted: size, Stored: size, Done: 6, Total: 6},
		{Level: 1, Read: mapSize, Encrypted: mapSize, Stored: mapSize, Done: 1, Total: 1},
	} {
		require.GreaterOrEqual(t, len(calls[level]), end.Total+2, "a call for each chunk stored, and more")
		require.LessOrEqual(t, len(calls[level]), 3*end.Total)
		last := Progress{}
		for _, p := range calls[level] {
			require.True(t, p.Read >= last.Read && p.Encrypted >= last.Encrypted && p.Stored >= last.Stored)
			require.True(t, p.Read >= p.Encrypted && p.Encrypted >= p.Stored && p.Total >= p.Done)
			last = p
		}
		require.Equal(t, end, last)
	}
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	ctx := context.Background()
	a, m, store := write(t, []byte("x"), nil)
	for _, opt := range []*Options{{Workers: -1}, {InFlight: -1}, {MaxMapBytes: -1}, {Secret: make([]byte, 31)}} {
		_, err := Encrypt(ctx, bytes.NewReader(nil), store, opt)
		require.Error(t, err)
		_, _, err = Write(ctx, bytes.NewReader(nil), store, opt)
		require.Error(t, err)
		_, err = StoreMap(ctx, m, store, opt)
		require.Error(t, err)
		_, err = LoadMap(ctx, a, store, opt)
		require.Error(t, err)
		_, err = Open(ctx, m, store, opt)
		require.Error(t, err)
	}
}
