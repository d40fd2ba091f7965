package selfencrypt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The list of behaviour has what the crates do with bad input. Much of it is
// not to be copied: they return content that is wrong or short, panic, or accept
// what no writer makes. So each check states what we do, and, where that is
// something else, that the crate did it.

type behaviourVector struct {
	Crate  string `json:"crate"`
	Op     string `json:"op"`
	Size   *int   `json:"size"`
	Result struct {
		OK       *bool   `json:"ok"`
		Error    *string `json:"error"`
		Panic    *string `json:"panic"`
		OKLen    *int    `json:"ok_len"`
		OKChunks *int    `json:"ok_chunks"`
		Equal    *bool   `json:"equal"`
		Start    *int64  `json:"start"`
		End      *int64  `json:"end"`
		Relative *int64  `json:"relative_pos"`
		Chunks   *int    `json:"chunks"`
		MapSizes []int   `json:"map_sizes"`
	} `json:"result"`
}

func (v *behaviourVector) suite() Suite {
	switch {
	case strings.HasPrefix(v.Crate, "0.30."):
		return Suite030
	case strings.HasPrefix(v.Crate, "0.34."):
		return Suite034
	case strings.HasPrefix(v.Crate, "0.36."):
		return Suite036
	}
	return 0
}

// accepted tells whether the crate found nothing wrong.
func (v *behaviourVector) accepted() bool { return v.Result.Error == nil && v.Result.Panic == nil }

var behaviours = []struct {
	op    *regexp.Regexp
	check func(t *testing.T, v behaviourVector, args []string)
}{
	{regexp.MustCompile(`^(encrypt|stream_encrypt new)$`), checkSmallest},
	{regexp.MustCompile(`^seek_info\((\d+),(\d+),(\d+)\)$`), checkSeek},
	{regexp.MustCompile(`^(?:decrypt_full_set, one chunk removed \(index 2\)|decrypt, chunk 2 removed)$`), checkRemoved},
	{regexp.MustCompile(`^decrypt_full_set, bit 0 of byte (\d+) of chunk 1 flipped \(chunk len 1008\)$`), checkFlipped},
	{regexp.MustCompile(`^(?:decrypt|decrypt_chunk\(1\)), bit (?:0 of byte 0 )?flipped(?: in chunk 1)?$`), checkFlipped},
	{regexp.MustCompile(`^decrypt_full_set, last byte of chunk 1 cut$`), damaged(func(b []byte) []byte { return b[:len(b)-1] })},
	{regexp.MustCompile(`^(?:decrypt_full_set, chunk 1 empty|decrypt_chunk\(1\), empty content)$`), damaged(func([]byte) []byte { return nil })},
	{regexp.MustCompile(`^verify_chunk wrong name$`), damaged(func(b []byte) []byte { return append(b, 0) })},
	{regexp.MustCompile(`^decrypt_full_set, map cut to 2 entries$`), checkCutMap},
	{regexp.MustCompile(`^decrypt_full_set, empty map no chunks|decrypt empty map$`), checkEmptyMap},
	{regexp.MustCompile(`^decrypt_chunk\(1\), wrong child level 1$`), checkWrongLevel},
	{regexp.MustCompile(`^decrypt_chunk\((3)\) of 3|decrypt_chunk\(0\), only (2) hashes$`), checkNoSuchChunk},
	{regexp.MustCompile(`^DataMap::from_bytes (version byte|truncated|empty|one trailing|option tag|length).*$`), checkBadBincode},
	{regexp.MustCompile(`^DataMap::from_bytes of an unversioned (?:\(0\.30\) )?bincode map(?: of (\d+) chunks)?$`), checkUnversioned},
	{regexp.MustCompile(`^DataMapIndex::new indices 0,0,1$`), checkIndices},
	{regexp.MustCompile(`^DataMap from JSON (.*)$`), checkBadJSON},
	{regexp.MustCompile(`^stream_encrypt declared (\d+) given (\d+)$`), checkDeclared},
}

func runBehaviour(t *testing.T, data []byte) int {
	var list []json.RawMessage
	strictly(t, data, &list)
	n := 0
	for _, raw := range list {
		var v behaviourVector
		strictly(t, raw, &v)
		require.NotZero(t, v.suite(), "nothing claims crate %s", v.Crate)
		ran := false
		for _, b := range behaviours {
			if args := b.op.FindStringSubmatch(v.Op); args != nil {
				t.Run(v.Crate+" "+v.Op, func(t *testing.T) { b.check(t, v, args[1:]) })
				ran = true
				break
			}
		}
		require.True(t, ran, "nothing claims %q", v.Op)
		n++
	}
	return n
}

func checkSmallest(t *testing.T, v behaviourVector, _ []string) {
	_, err := Encrypt(context.Background(), bytes.NewReader(make([]byte, *v.Size)), new(MemStore), &Options{Suite: v.suite()})
	require.Equal(t, v.accepted(), err == nil)
	if err != nil {
		require.ErrorIs(t, err, ErrTooSmall)
	}
}

// three is a file of three chunks of 1,000 bytes that do not shrink.
func three(t *testing.T, s Suite) (*DataMap, *MemStore) {
	store := new(MemStore)
	m, err := Encrypt(context.Background(), bytes.NewReader(random(1, 3000)), store, &Options{Suite: s})
	require.NoError(t, err)
	require.Equal(t, 3, m.Len())
	return m, store
}

func readFails(t *testing.T, m *DataMap, store ChunkStore, want error, stage Stage) {
	got, err := readMap(context.Background(), m, store, nil)
	require.ErrorIs(t, err, want)
	var ce *ChunkError
	require.ErrorAs(t, err, &ce)
	require.Equal(t, stage, ce.Stage)
	require.Less(t, len(got), 3000)
}

// 0.30 returns what is left of the content, as if that were all.
func checkRemoved(t *testing.T, v behaviourVector, _ []string) {
	require.Equal(t, v.suite() == Suite030, v.accepted())
	m, store := three(t, v.suite())
	delete(store.chunks, m.entries[2].dst)
	readFails(t, m, store, ErrNotFound, StageGet)
}

// 0.30 returns wrong content when the damage does not reach what is compressed
// or padded.
func checkFlipped(t *testing.T, v behaviourVector, args []string) {
	at := 0
	if len(args) > 0 {
		_, err := fmt.Sscan(args[0], &at)
		require.NoError(t, err)
	}
	if v.accepted() {
		require.Equal(t, Suite030, v.suite())
		require.False(t, *v.Result.Equal)
	}
	damaged(func(b []byte) []byte { b[at] ^= 1; return b })(t, v, nil)
}

// damaged returns a check that a changed chunk is found by its name, before
// anything is decrypted.
func damaged(change func([]byte) []byte) func(*testing.T, behaviourVector, []string) {
	return func(t *testing.T, v behaviourVector, _ []string) {
		m, store := three(t, v.suite())
		name := m.entries[1].dst
		store.chunks[name] = change(store.chunks[name])
		readFails(t, m, store, ErrCorrupt, StageName)
	}
}

func bincodeOf(t *testing.T, m *DataMap) []byte {
	b, err := m.ExportBincode()
	require.NoError(t, err)
	return b
}

// 0.30 panics.
func checkCutMap(t *testing.T, v behaviourVector, _ []string) {
	require.NotNil(t, v.Result.Panic)
	m, _ := three(t, v.suite())
	b := bincodeOf(t, m)[:8+2*80]
	b[0] = 2
	_, err := ImportBincode(v.suite(), b)
	require.ErrorIs(t, err, ErrMapFormat)
}

// The crates take it for an empty file, which they cannot encrypt.
func checkEmptyMap(t *testing.T, v behaviourVector, _ []string) {
	require.Zero(t, *v.Result.OKLen)
	for _, b := range [][]byte{make([]byte, 8), append([]byte{1}, make([]byte, 9)...)} {
		_, err := ImportBincode(v.suite(), b)
		require.ErrorIs(t, err, ErrMapFormat)
	}
	_, err := Open(context.Background(), new(DataMap), new(MemStore), nil)
	require.ErrorIs(t, err, ErrMapFormat)
}

func checkWrongLevel(t *testing.T, v behaviourVector, _ []string) {
	require.False(t, v.accepted())
	m, store := three(t, v.suite())
	m.level = 1
	readFails(t, m, store, ErrCorrupt, StageDecrypt)
}

func checkNoSuchChunk(t *testing.T, v behaviourVector, args []string) {
	require.False(t, v.accepted())
	if args[0] != "" {
		m, _ := three(t, v.suite())
		require.Zero(t, m.ChunkSize(3))
	} else {
		m, _ := three(t, v.suite())
		_, err := ImportBincode(v.suite(), slices.Concat([]byte{1, 2, 0, 0, 0, 0, 0, 0, 0}, bincodeOf(t, m)[9:9+160], []byte{0}))
		require.ErrorIs(t, err, ErrMapFormat)
	}
}

// Both crates accept what follows the map.
func checkBadBincode(t *testing.T, v behaviourVector, args []string) {
	m, _ := three(t, v.suite())
	b := bincodeOf(t, m)
	switch args[0] {
	case "version byte":
		b[0] = v.Op[len(v.Op)-1] - '0'
	case "truncated":
		b = b[:len(b)-1]
	case "empty":
		b = nil
	case "one trailing":
		b = append(b, 0)
	case "option tag":
		b[len(b)-1] = 2
	case "length":
		binary.LittleEndian.PutUint64(b[1:], 1<<64-1)
	}
	require.Equal(t, args[0] == "one trailing", v.accepted())
	_, err := ImportBincode(v.suite(), b)
	require.ErrorIs(t, err, ErrMapFormat)
}

// 0.34 takes the first byte of an old map for a version if it is 1, and reads
// another number of chunks. 0.36 reads no old maps.
func checkUnversioned(t *testing.T, v behaviourVector, args []string) {
	n := 3
	if args[0] != "" {
		_, err := fmt.Sscan(args[0], &n)
		require.NoError(t, err)
		require.Equal(t, n%256 == 1, *v.Result.OKChunks != n)
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(n))
	for i := range n {
		b = binary.LittleEndian.AppendUint64(b, uint64(i))
		b = append(b, random(uint64(i), 64)...)
		b = binary.LittleEndian.AppendUint64(b, 1000)
	}
	m, err := ImportBincode(v.suite(), b)
	if v.suite() == Suite036 || n < 3 {
		require.ErrorIs(t, err, ErrMapFormat)
		return
	}
	require.NoError(t, err)
	require.Equal(t, n, m.Len())
}

func checkIndices(t *testing.T, v behaviourVector, _ []string) {
	require.False(t, v.accepted())
	m, _ := three(t, v.suite())
	b := bincodeOf(t, m)
	b[9+80], b[9+160] = 0, 1
	_, err := ImportBincode(v.suite(), b)
	require.ErrorIs(t, err, ErrMapFormat)
}

// The crates accept maps without chunks, which stand for nothing.
func checkBadJSON(t *testing.T, v behaviourVector, args []string) {
	_, err := ImportJSON(v.suite(), []byte(args[0]))
	require.ErrorIs(t, err, ErrMapFormat)
	if !v.accepted() {
		require.ErrorContains(t, err, map[string]string{"{}": "chunk_identifiers", "[]": "not the JSON"}[args[0]])
	} else {
		require.ErrorContains(t, err, "0 entries")
	}
}

// 0.36 makes a file of what it got, of none, or of what it had asked for.
func checkDeclared(t *testing.T, v behaviourVector, args []string) {
	require.True(t, v.accepted())
	var declared, given int64
	_, err := fmt.Sscan(strings.Join(args, " "), &declared, &given)
	require.NoError(t, err)
	require.NotEqual(t, declared, given)
	_, err = EncryptAt(context.Background(), bytes.NewReader(make([]byte, given)), declared, new(MemStore), &Options{Suite: v.suite()})
	require.ErrorIs(t, err, ErrSize)
}

// checkSeek compares places in a file with those of the crate: the chunks of
// the first and the last byte that are asked for. Its answers for nothing asked
// and beyond the end are zeros; the offset in the last chunk it computes by the
// length of that; and it takes the byte after the last for the last.
func checkSeek(t *testing.T, v behaviourVector, args []string) {
	var size, pos int64
	var length uint64
	_, err := fmt.Sscan(strings.Join(args, " "), &size, &pos, &length)
	require.NoError(t, err)
	levels, err := Plan(size, &Options{Suite: v.suite()})
	if size < MinCompatible {
		require.NotNil(t, v.Result.Panic)
		require.ErrorIs(t, err, ErrTooSmall)
		return
	}
	require.NoError(t, err)
	l := levels[0]
	if pos >= size || length == 0 {
		require.Zero(t, *v.Result.Start+*v.Result.End+*v.Result.Relative)
		return
	}
	first := l.Find(pos)
	require.Equal(t, *v.Result.Start, first)
	relative := pos - l.Start(first)
	if first == l.Chunks()-1 && l.Chunks() > 3 {
		relative = pos % int64(l.Length(first)) // the defect
	}
	require.Equal(t, *v.Result.Relative, relative)
	after := size - 1
	if length < uint64(size-pos) {
		after = pos + int64(length)
	}
	require.Equal(t, *v.Result.End, l.Find(after))

	// What is read there is right.
	content := random(7, int(size))
	store := new(MemStore)
	m, err := EncryptAt(context.Background(), bytes.NewReader(content), size, store, &Options{Suite: v.suite()})
	require.NoError(t, err)
	p := make([]byte, min(length, 100))
	r := openFile(t, m, store, nil)
	n, err := r.ReadAt(p, pos)
	require.True(t, err == nil || errors.Is(err, io.EOF) && int64(n) == size-pos)
	require.Equal(t, hex.EncodeToString(content[pos:pos+int64(n)]), hex.EncodeToString(p[:n]))
}
