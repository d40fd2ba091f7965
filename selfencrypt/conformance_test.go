package selfencrypt

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/safenet-go/safenet/internal/vectors"
	"github.com/safenet-go/safenet/selfencrypt/internal/brotli"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/blake3"
)

// TestConformance runs every case of every file in the folder selfencrypt of
// SAFE_VECTORS or, if this is unset, of the project's own vectors. The README
// there describes the files.
func TestConformance(t *testing.T) {
	folder := vectors.Folder(t, "selfencrypt")
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	ran := 0
	for _, file := range files {
		if file.Name() == "README.md" {
			continue
		}
		t.Run(file.Name(), func(t *testing.T) {
			cases := runVectorFile(t, filepath.Join(folder, file.Name()))
			require.NotZero(t, cases, "no cases in %s", file.Name())
			t.Logf("%s: %d cases", file.Name(), cases)
		})
		ran++
	}
	require.NotZero(t, ran, "no vectors in %s", folder)
}

// vectorFile is what the files have in common, save the list of behaviour.
type vectorFile struct {
	Format       string            `json:"format"`
	Crate        string            `json:"crate"`
	CrateVersion string            `json:"crate_version"`
	Compressor   string            `json:"compressor"`
	Params       string            `json:"params"`
	MaxChunkSize int               `json:"max_chunk_size"`
	Cases        []json.RawMessage `json:"cases"`
}

// runVectorFile finds out from the content of a file what it holds, and returns
// how many cases it ran. It fails if nothing claims it.
func runVectorFile(t *testing.T, path string) int {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	if bytes.HasPrefix(data, []byte("[")) {
		return runBehaviour(t, data)
	}
	var file vectorFile
	strictly(t, data, &file)
	for prefix, run := range map[string]func(*testing.T, *vectorFile, json.RawMessage){
		"self_encryption 0.30:":                runEncryptionVector(Suite030),
		"self_encryption 0.34:":                runEncryptionVector(Suite034),
		"self_encryption 0.36:":                runEncryptionVector(Suite036),
		"self_encryption 0.36 key derivation":  runKeyVector,
		"brotli stream as the self_encryption": runBrotliVector,
	} {
		if strings.HasPrefix(file.Format, prefix) {
			return eachVector(t, &file, run)
		}
	}
	t.Fatalf("nothing claims %s", path)
	return 0
}

// strictly decodes data into v, which must know all its fields.
func strictly(t *testing.T, data []byte, v any) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(v))
	require.False(t, d.More())
}

// eachVector runs the cases of a file, several at once, as some are large.
func eachVector(t *testing.T, file *vectorFile, run func(*testing.T, *vectorFile, json.RawMessage)) int {
	results := make([]bool, len(file.Cases))
	t.Run("cases", func(t *testing.T) {
		for i, c := range file.Cases {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				run(t, file, c)
				results[i] = true
			})
		}
	})
	n := 0
	for i, ok := range results {
		if ok {
			n++
		} else if !t.Failed() {
			t.Errorf("case %d was not run", i)
		}
	}
	return n
}

type chunkVector struct {
	Index   int    `json:"index"`
	Dst     string `json:"dst_hash"`
	Src     string `json:"src_hash"`
	DstSize int    `json:"dst_size"`
	SrcSize int    `json:"src_size"`
	Chunk   string `json:"chunk_hex"`
}

type levelVector struct {
	Child   *int          `json:"child"`
	Chunks  []chunkVector `json:"chunks"`
	Bincode string        `json:"data_map_bincode_hex"`
	JSON    string        `json:"data_map_json"`
}

type encryptionVector struct {
	Gen        string `json:"gen"`
	Seed       uint64 `json:"seed"`
	Size       int    `json:"size"`
	SHA3       string `json:"input_sha3_256"`
	BLAKE3     string `json:"input_blake3"`
	RoundTrip  *bool  `json:"crate_round_trip_ok"`
	CrateError string `json:"crate_decrypt_error"`

	levelVector               // 0.30 has one
	Levels      []levelVector `json:"levels"` // the others: from the last to that of the file
	Order       []string      `json:"returned_chunk_order"`
	StreamOrder []string      `json:"stream_chunk_order"`
	StreamEqual *bool         `json:"stream_map_equal"`
}

// runEncryptionVector returns what checks a case of a suite: our encryption
// gives the crate's chunks and maps at every level, in every form; and what is
// known of the crate's chunks opens with its maps.
func runEncryptionVector(s Suite) func(*testing.T, *vectorFile, json.RawMessage) {
	return func(t *testing.T, file *vectorFile, raw json.RawMessage) {
		var v encryptionVector
		strictly(t, raw, &v)
		if leftOut(t, v.Size) {
			return
		}
		content := generate(t, v.Gen, v.Seed, v.Size)
		checkInput(t, v, content)
		levels := v.Levels
		if s == Suite030 {
			levels = []levelVector{v.levelVector}
		}
		slices.Reverse(levels) // from the map of the file up
		ctx, store, opt := context.Background(), new(MemStore), &Options{Suite: s, MaxPlain: file.MaxChunkSize}
		m, err := Encrypt(ctx, bytes.NewReader(content), store, opt)
		require.NoError(t, err)
		if v.RoundTrip != nil && !*v.RoundTrip {
			runDefectVector(t, file, levels, content, m, store, opt)
			return
		}

		var order []string
		for k, level := range levels {
			if k > 0 {
				m = shrinkOnce(t, m, store, opt)
			}
			checkLevel(t, s, level, m, store)
			for name := range m.Names() {
				order = append(order, name.String())
			}
		}
		last, err := Shrink(ctx, m, store, opt)
		require.NoError(t, err)
		require.True(t, last.Equal(m), "the last map shrinks no more")
		checkOrder(t, v, len(levels[0].Chunks), order)

		ours, err := readMap(ctx, last, store, opt)
		require.NoError(t, err)
		requireSame(t, content, ours)
		if levels[0].Chunks[0].Chunk != "" {
			theirs, last := crateChunks(t, s, levels)
			got, err := readMap(ctx, last, theirs, opt)
			require.NoError(t, err)
			requireSame(t, content, got)
		}
	}
}

// leftOut tells whether a case is too long for the race detector, which makes the
// compressor thirty times as slow and sees nothing in it.
func leftOut(t *testing.T, size int) bool {
	if !raceDetector || size <= 64<<10 {
		return false
	}
	t.Log("left out under the race detector")
	return true
}

func checkInput(t *testing.T, v encryptionVector, content []byte) {
	if v.SHA3 != "" {
		require.Equal(t, v.SHA3, xorname.FromContent(content).String())
	} else {
		require.Equal(t, v.BLAKE3, fmt.Sprintf("%x", blake3.Sum256(content)))
	}
}

// shrinkOnce stores m as one further level.
func shrinkOnce(t *testing.T, m *DataMap, store ChunkStore, opt *Options) *DataMap {
	s, err := opt.settle()
	require.NoError(t, err)
	b, err := m.levelForm()
	require.NoError(t, err)
	return encryptBytes(t, b, m.level+1, store, s)
}

func encryptBytes(t *testing.T, b []byte, level int, store ChunkStore, s settings) *DataMap {
	m, err := encryptLevel(context.Background(), &cutter{r: bytes.NewReader(b), rule: s.cutting(level)}, level, store, s)
	require.NoError(t, err)
	return m
}

func checkLevel(t *testing.T, s Suite, v levelVector, m *DataMap, store *MemStore) {
	require.Equal(t, len(v.Chunks), m.Len())
	for i, c := range v.Chunks {
		e := m.entries[i]
		chunk, err := store.Get(context.Background(), e.dst)
		require.NoError(t, err)
		require.Equal(t, c.Index, i)
		require.Equal(t, c.Src, hex.EncodeToString(e.src[:]), "content of chunk %d", i)
		require.Equal(t, c.SrcSize, m.ChunkSize(i))
		require.Equal(t, c.DstSize, len(chunk), "chunk %d", i)
		require.Equal(t, c.Dst, e.dst.String(), "chunk %d", i)
		if c.Chunk != "" {
			require.Equal(t, c.Chunk, hex.EncodeToString(chunk))
		}
	}
	level := 0
	if v.Child != nil {
		level = *v.Child
	}
	require.Equal(t, level, m.Level())

	b, err := m.ExportBincode()
	require.NoError(t, err)
	require.Equal(t, v.Bincode, hex.EncodeToString(b))
	back, err := ImportBincode(s, b)
	require.NoError(t, err)
	require.True(t, back.Equal(m))
	if v.JSON != "" {
		j, err := m.ExportJSON()
		require.NoError(t, err)
		require.Equal(t, v.JSON, string(j))
		back, err := ImportJSON(s, j)
		require.NoError(t, err)
		require.True(t, back.Equal(m))
	}
	kept := new(DataMap)
	require.NoError(t, kept.UnmarshalBinary(marshal(t, m)))
	require.True(t, kept.Equal(m))
}

// checkOrder compares the orders in which the crate hands out chunks: by level
// and index, or, as a stream, with the first two of the content late.
func checkOrder(t *testing.T, v encryptionVector, n int, order []string) {
	if v.Order != nil {
		require.Equal(t, v.Order, order)
	}
	if v.StreamOrder != nil {
		require.True(t, *v.StreamEqual)
		late := slices.Concat(order[2:n], order[:2], order[n:])
		require.Equal(t, v.StreamOrder, late)
	}
}

// crateChunks returns a store of a vector's own chunks, and its last map.
func crateChunks(t *testing.T, s Suite, levels []levelVector) (*MemStore, *DataMap) {
	store := new(MemStore)
	for _, level := range levels {
		for _, c := range level.Chunks {
			name, err := xorname.Parse(c.Dst)
			require.NoError(t, err)
			chunk, err := hex.DecodeString(c.Chunk)
			require.NoError(t, err)
			require.NoError(t, store.Put(context.Background(), name, chunk))
		}
	}
	b, err := hex.DecodeString(levels[len(levels)-1].Bincode)
	require.NoError(t, err)
	last, err := ImportBincode(s, b)
	require.NoError(t, err)
	return store, last
}

func readMap(ctx context.Context, m *DataMap, store ChunkStore, opt *Options) ([]byte, error) {
	r, err := Open(ctx, m, store, opt)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var b bytes.Buffer
	_, err = r.WriteTo(&b)
	return b.Bytes(), err
}

// runDefectVector checks a file whose map the crate shrinks twice and then
// cannot read: at the second step it forgets the level. Our levels count on,
// and read back.
func runDefectVector(t *testing.T, file *vectorFile, levels []levelVector, content []byte, m *DataMap, store *MemStore, opt *Options) {
	ctx := context.Background()
	first := shrinkOnce(t, m, store, opt)
	require.Len(t, levels, 2)
	require.Equal(t, len(levels[0].Chunks), first.Len())
	for i, c := range levels[0].Chunks {
		require.Equal(t, c.Dst, first.entries[i].dst.String(), "the chunks of the first step are the same")
	}
	require.Nil(t, levels[0].Child, "where the crate says that they are a file")
	require.Equal(t, 1, first.Level())

	last, err := Shrink(ctx, m, store, opt)
	require.NoError(t, err)
	require.Equal(t, 2, last.Level())
	got, err := readMap(ctx, last, store, opt)
	require.NoError(t, err)
	requireSame(t, content, got)

	// The crate's last map, over chunks made as it made them.
	s, err := opt.settle()
	require.NoError(t, err)
	forgotten, err := hex.DecodeString(levels[0].Bincode)
	require.NoError(t, err)
	theirs := encryptBytes(t, forgotten, 1, store, s)
	for i, c := range levels[1].Chunks {
		require.Equal(t, c.Dst, theirs.entries[i].dst.String())
	}
	got, err = readMap(ctx, theirs, store, opt)
	if s.suite == Suite036 {
		require.ErrorIs(t, err, ErrCorrupt, "the level is part of the key")
	} else {
		require.NoError(t, err) // and what it reads is the map of the file
		require.NotEqual(t, content, got)
	}
}

type keyVector struct {
	Src   string `json:"src_hash"`
	Near1 string `json:"n_1_src_hash"`
	Near2 string `json:"n_2_src_hash"`
	Index string `json:"chunk_index"`
	Level string `json:"child_level"`
	Pad   string `json:"pad"`
	Key   string `json:"key"`
	Nonce string `json:"nonce"`
}

func runKeyVector(t *testing.T, _ *vectorFile, raw json.RawMessage) {
	var v keyVector
	strictly(t, raw, &v)
	hash := func(s string) (d digest) {
		require.Len(t, s, 64)
		_, err := hex.Decode(d[:], []byte(s))
		require.NoError(t, err)
		return d
	}
	number := func(s string) int64 {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		return int64(n) // some are larger than in any map; the bits are kept
	}
	k := derive036(place{
		src: hash(v.Src), near1: hash(v.Near1), near2: hash(v.Near2),
		index: number(v.Index), level: number(v.Level),
	})
	require.Equal(t, v.Pad, hex.EncodeToString(k.pad[:]))
	require.Equal(t, v.Key, hex.EncodeToString(k.key[:]))
	require.Equal(t, v.Nonce, hex.EncodeToString(k.nonce[:]))
}

type brotliVector struct {
	Gen   string `json:"gen"`
	Seed  uint64 `json:"seed"`
	Size  int    `json:"size"`
	Input string `json:"input_sha3_256"`
	Len   int    `json:"compressed_size"`
	Sum   string `json:"compressed_sha3_256"`
	Hex   string `json:"compressed_hex"`
}

func runBrotliVector(t *testing.T, _ *vectorFile, raw json.RawMessage) {
	var v brotliVector
	strictly(t, raw, &v)
	if leftOut(t, v.Size) {
		return
	}
	content := generate(t, v.Gen, v.Seed, v.Size)
	require.Equal(t, v.Input, xorname.FromContent(content).String())
	packed := new(brotli.Encoder).AppendCompressed(nil, content)
	if v.Hex != "" {
		require.Equal(t, v.Hex, hex.EncodeToString(packed))
	}
	require.Equal(t, v.Len, len(packed))
	require.Equal(t, v.Sum, xorname.FromContent(packed).String())
	back, err := new(brotli.Decoder).AppendDecompressed(nil, packed, len(content))
	require.NoError(t, err)
	requireSame(t, content, back)
}
