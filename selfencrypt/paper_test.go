package selfencrypt

import (
	"bytes"
	"context"
	"crypto/sha3"
	"io"
	"math/bits"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// These tests walk through the sentences of the paper that this package
// implements, in its order.

// "Downloading data requires no special permissions or access, just software
// that can locate and interpret the data on the network." (Resource
// Identifiers)
func TestPaperDownloadingNeedsTheAddressAlone(t *testing.T) {
	a, _, store := write(t, text(1, 200_000), &Options{Secret: random(1, 32)})
	got, err := read(context.Background(), a, store, nil)
	require.NoError(t, err)
	requireSame(t, text(1, 200_000), got)
}

// "The identifier for these resources are SHA3-256 hashes of the resource
// content." (Resource Identifiers)
func TestPaperIdentifiersAreSHA3OfTheContent(t *testing.T) {
	_, _, store := write(t, text(1, 5<<20), nil)
	for name, chunk := range store.chunks {
		require.Equal(t, xorname.Name(sha3.Sum256(chunk)), name)
	}
}

// "Resources on the SAFE network are never more than 1 MB each. Clients working
// with files larger than 1 MB will have their data automatically split into 1 MB
// chunks that are then distributed across the network." (Self Encryption)
func TestPaperResourcesAreNeverMoreThan1MB(t *testing.T) {
	_, m, store := write(t, random(1, 10<<20), nil)
	for _, chunk := range store.chunks {
		require.LessOrEqual(t, len(chunk), 1<<20)
	}
	require.Equal(t, 11, m.Len(), "10 MiB, each chunk with the room that encryption needs")
	require.Equal(t, MaxPlain, m.ChunkSize(0))
}

// "This means a typical file on the network consists of several parts: chunks
// which are individual 1 MB portions after the file is split, and a datamap
// which stores the identifier of each portion of the file. The network sees the
// datamap as just another chunk." (Self Encryption)
func TestPaperDataMapIsJustAnotherChunk(t *testing.T) {
	a, m, store := write(t, random(1, 5<<20), nil)
	names := append(slices.Collect(m.Names()), a.Name())
	require.Equal(t, len(names), store.Len())
	for _, name := range names {
		chunk, err := store.Get(context.Background(), name)
		require.NoError(t, err)
		require.Equal(t, xorname.FromContent(chunk), name)
		require.NotContains(t, string(chunk), mapMagic)
	}
}

// "Thus, by initially retrieving that single resource (ie the datamap) the
// entire file can be retrieved despite being spread over many individual
// resources. This allows any resource to be addressed by a single resource
// identifier." (Self Encryption)
func TestPaperASingleIdentifierLeadsToTheWholeFile(t *testing.T) {
	for _, size := range []int{0, 1000, 100_000, 5 << 20} {
		a, _, store := write(t, random(1, size), nil)
		first := true
		ordered := counting(store, func(name xorname.Name) {
			if first {
				require.Equal(t, a.Name(), name)
				first = false
			}
		})
		b, err := a.MarshalBinary()
		require.NoError(t, err)
		var kept Address
		require.NoError(t, kept.UnmarshalBinary(b))
		got, err := read(context.Background(), kept, ordered, nil)
		require.NoError(t, err)
		requireSame(t, random(1, size), got)
	}
}

// "The datamap also acts as an encryption key for the chunks it refers to.
// Chunks are encrypted by that key, so vaults cannot read individual chunks to
// gain an insight to part of the original." (Self Encryption)
func TestPaperDataMapIsTheKey(t *testing.T) {
	content := text(1, 100_000)
	_, m, store := write(t, content, nil)
	for _, chunk := range store.chunks {
		ones := 0
		for _, b := range chunk {
			ones += bits.OnesCount8(b)
		}
		require.InDelta(t, 4*len(chunk), ones, float64(len(chunk))/20, "it looks random")
	}
	// Each of the three hashes that go into the key is needed.
	for i := range 3 {
		bad := sampleMap(m.size, nil)
		copy(bad.entries, m.entries)
		bad.entries[i].src = digest{}
		for j := range int64(3) {
			r := openFile(t, bad, store, nil)
			_, err := r.ReadAt(make([]byte, 1), r.plan.Start(j))
			require.ErrorIs(t, err, ErrCorrupt)
		}
	}
}

// "Additionally, the file may be encrypted by the client before being
// uploaded" (Self Encryption): what it uploads then is content like any other,
// and comes back as it was.
func TestPaperContentMayBeEncryptedAlready(t *testing.T) {
	sealed := random(9, 300_000)
	a, _, store := write(t, sealed, nil)
	got, err := read(context.Background(), a, store, nil)
	require.NoError(t, err)
	requireSame(t, sealed, got)
}

// "chunks on their own are not useful, so all chunks are fungible and of equal
// value to the network" (Self Encryption): no part of a chunk is the same in
// every chunk, so that none shows what it is.
func TestPaperChunksAreFungible(t *testing.T) {
	var chunks [][]byte
	for size := 0; size < 40; size++ {
		_, _, store := write(t, bytes.Repeat([]byte{0}, 1000+size), nil)
		for _, chunk := range store.chunks {
			chunks = append(chunks, chunk)
		}
	}
	shortest := len(slices.MinFunc(chunks, func(a, b []byte) int { return len(a) - len(b) }))
	for i := range shortest {
		values := map[byte]bool{}
		for _, chunk := range chunks {
			values[chunk[i]] = true
		}
		require.Greater(t, len(values), 20, "byte %d", i)
	}
}

// "chunks for a file can be downloaded in parallel by clients, increasing
// performance" (Self Encryption)
func TestPaperChunksAreDownloadedInParallel(t *testing.T) {
	_, m, store := write(t, make([]byte, 8*MaxPlain), nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // ends the test if it would hang
	defer cancel()
	var asked atomic.Int64
	all := make(chan struct{}) // no chunk arrives before all eight were asked for
	parallel := funcStore{get: func(ctx context.Context, name xorname.Name) ([]byte, error) {
		if asked.Add(1) == 8 {
			close(all)
		}
		select {
		case <-all:
			return store.Get(ctx, name)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	r, err := Open(ctx, m, parallel, &Options{InFlight: 8})
	require.NoError(t, err)
	defer r.Close()
	n, err := r.WriteTo(io.Discard)
	require.NoError(t, err)
	require.EqualValues(t, 8*MaxPlain, n)
}

// "chunks have unique and widely distributed names, so cannot easily be
// correlated with each other" (Self Encryption)
func TestPaperNamesAreUniqueAndWidelyDistributed(t *testing.T) {
	_, m, _ := write(t, make([]byte, 64*MaxPlain), nil)
	halves := [2]int{}
	seen := map[xorname.Name]bool{}
	for name := range m.Names() {
		require.False(t, seen[name])
		seen[name] = true
		halves[name[0]>>7]++
	}
	require.InDelta(t, 32, halves[0], 20, "64 equal pieces, in both halves of the name space")
}

// "blacklisting based on content is not possible" (Self Encryption): the names
// of a known file can be computed, and so refused, by everyone who knows the
// convergence secret. Without one that is everyone, and the sentence holds for
// unknown content only; with one, it holds for all others.
func TestPaperBlacklistingNeedsTheSecret(t *testing.T) {
	content := text(1, 300_000)
	_, public, _ := write(t, content, nil)
	_, again, _ := write(t, content, nil)
	require.Equal(t, slices.Collect(public.Names()), slices.Collect(again.Names()))
	_, closed, store := write(t, content, &Options{Secret: random(1, 32)})
	for name := range public.Names() {
		require.NotContains(t, store.chunks, name)
	}
	require.Equal(t, public.Len(), closed.Len())
}

// "This means two identical copies of a resource will have the same identifier
// (eg the same photo kept on my phone and my laptop)." "resources cannot be
// duplicated on the network, increasing storage efficiency" (Immutable Data)
func TestPaperIdenticalCopiesAreOne(t *testing.T) {
	ctx := context.Background()
	photo := random(1, 4<<20)
	store := new(MemStore)
	phone, _, err := Write(ctx, bytes.NewReader(photo), store, &Options{Workers: 1})
	require.NoError(t, err)
	before := store.Len()
	laptop, _, err := Write(ctx, bytes.NewReader(photo), store, &Options{Workers: 4})
	require.NoError(t, err)
	require.True(t, phone == laptop)
	require.Equal(t, before, store.Len())
}

// "resource identifiers are universal, unique and permanent" (Immutable Data):
// permanent is what TestAddressesNeverMove shows. Unique: any change of the
// content changes the identifier.
func TestPaperIdentifiersAreUnique(t *testing.T) {
	seen := map[xorname.Name]int{}
	for i := range 100 {
		content := text(1, 1000)
		if i > 0 {
			content[i*10-1] ^= 1
		}
		a, _, _ := write(t, content, nil)
		require.NotContains(t, seen, a.Name())
		seen[a.Name()] = i
	}
}

// "encrypted resources are unique to the key that encrypts them, so cannot be
// decrypted by the vaults that store them" (Immutable Data)
func TestPaperEncryptedResourcesAreUniqueToTheirKey(t *testing.T) {
	content := text(1, 1000)
	names := map[xorname.Name]bool{}
	for i := range uint64(20) {
		a, _, store := write(t, content, &Options{Secret: random(i, 32)})
		names[a.Name()] = true
		bad := a
		bad.secret[31] ^= 1
		_, err := read(context.Background(), bad, store, nil)
		require.ErrorIs(t, err, ErrCorrupt)
	}
	require.Len(t, names, 20)
}

// "caching rules for resources are extremely simple and efficient" (Immutable
// Data): a name stands for one content for ever, so an old copy is as good as
// a new one, and one chunk serves every map that names it.
func TestPaperAnyCopyOfAChunkWillDo(t *testing.T) {
	content := random(1, 200_000)
	a, _, cache := write(t, content, nil)
	_, _, other := write(t, content, nil)
	turn := false
	either := funcStore{get: func(ctx context.Context, name xorname.Name) ([]byte, error) {
		if turn = !turn; turn {
			return cache.Get(ctx, name)
		}
		return other.Get(ctx, name)
	}}
	got, err := read(context.Background(), a, either, &Options{InFlight: 1})
	require.NoError(t, err)
	requireSame(t, content, got)
}
