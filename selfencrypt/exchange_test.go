package selfencrypt

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// compatibleMap is a well-formed map whose chunks exist nowhere.
func compatibleMap(s Suite, size int64, unit, level int) *DataMap {
	l := cutting{s, level, unit}.layout(size)
	m := &DataMap{suite: s, level: level, size: size, unit: l.unit, entries: make([]entry, l.Chunks())}
	for i := range m.entries {
		copy(m.entries[i].dst[:], random(uint64(2*i), 32))
		copy(m.entries[i].src[:], random(uint64(2*i+1), 32))
	}
	return m
}

func TestMapsOfEverySuiteComeBackInEveryForm(t *testing.T) {
	for _, s := range compatible {
		for _, size := range []int64{3, 4, 3*1024 - 1, 3 * 1024, 3*1024 + 1, 300 * 1024} {
			for level := range 3 {
				if s == Suite030 && level > 0 {
					continue
				}
				m := compatibleMap(s, size, 1024, level)
				b := marshal(t, m)
				require.Len(t, b, 16+4+64*m.Len())
				require.EqualValues(t, s, b[5], "the suite is recorded")
				back := new(DataMap)
				require.NoError(t, back.UnmarshalBinary(b))
				require.True(t, m.Equal(back))

				back, err := ImportBincode(s, bincodeOf(t, m))
				require.NoError(t, err)
				require.True(t, m.Equal(back))
				j, err := m.ExportJSON()
				require.NoError(t, err)
				back, err = ImportJSON(s, j)
				require.NoError(t, err)
				require.True(t, m.Equal(back))
			}
		}
	}
}

// 0.34 reads what 0.30 and 0.31 wrote; the others read their own.
func TestOldMapsAreToldApartByLength(t *testing.T) {
	old := compatibleMap(Suite030, 257*1024, 1024, 0) // the first byte is 1, as if a version
	v030 := bincodeOf(t, old)
	v031 := append(slices.Clone(v030), 0)
	child := binary.LittleEndian.AppendUint64(append(slices.Clone(v030), 1), 1)
	v032 := append([]byte{1}, v031...)
	for s, reads := range map[Suite][4]bool{
		Suite030: {true, false, false, false},
		Suite034: {true, true, true, true},
		Suite036: {false, false, false, true},
	} {
		for i, b := range [][]byte{v030, v031, child, v032} {
			m, err := ImportBincode(s, b)
			if !reads[i] {
				require.ErrorIs(t, err, ErrMapFormat, "%s, form %d", s, i)
				continue
			}
			require.NoError(t, err, "%s, form %d", s, i)
			require.Equal(t, 257, m.Len())
			require.Equal(t, i == 2, m.Level() == 1)
		}
	}
}

func TestMapsThatNoCrateWritesAreRefused(t *testing.T) {
	good := bincodeOf(t, compatibleMap(Suite036, 5*1024-1, 1024, 1))
	const first, second, last = 9, 9 + 80, 9 + 4*80
	at := func(off int, v uint64) []byte {
		b := slices.Clone(good)
		binary.LittleEndian.PutUint64(b[off:], v)
		return b
	}
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"a byte less":           good[:len(good)-1],
		"a byte more":           append(slices.Clone(good), 0),
		"an entry more":         append(slices.Clone(good), make([]byte, 80)...),
		"more stated":           at(1, 6),
		"2^64-1 stated":         at(1, math.MaxUint64),
		"an index twice":        at(second, 0),
		"a gap":                 at(last, 5),
		"an empty chunk":        at(first+72, 0),
		"a longer chunk":        at(second+72, 1025),
		"a size near 2^64":      at(last+72, math.MaxUint64),
		"all sizes near 2^63":   at(first+72, math.MaxInt64),
		"the last one too long": at(last+72, 1025),
		"level 0 as a child":    at(len(good)-8, 0),
		"a level too high":      at(len(good)-8, maxLevel+1),
		"level near 2^64":       at(len(good)-8, math.MaxUint64),
	} {
		_, err := ImportBincode(Suite036, b)
		require.ErrorIs(t, err, ErrMapFormat, name)
	}
	_, err := ImportBincode(Suite036, good)
	require.NoError(t, err)
}

func TestJSONMapsAsOthersMayWriteThem(t *testing.T) {
	m := compatibleMap(Suite034, 3000, 1024, 0)
	b, err := m.ExportJSON()
	require.NoError(t, err)
	object := string(b)
	list := strings.TrimSuffix(strings.TrimPrefix(object, `{"chunk_identifiers":`), `,"child":null}`)
	for name, s := range map[string]string{
		"no child":      `{"chunk_identifiers":` + list + `}`,
		"other order":   `{"child":null,"chunk_identifiers":` + list + `}`,
		"an unknown":    `{"child":null,"x":[{}],"chunk_identifiers":` + list + `}`,
		"white space":   " \n" + strings.ReplaceAll(object, ",", " ,\n\t") + "\n",
		"a bare list":   list,
		"capital hex":   upperHashes(object),
		"as it is made": object,
	} {
		got, err := ImportJSON(Suite034, []byte(s))
		require.NoError(t, err, name)
		require.True(t, m.Equal(got), name)
	}
	_, err = ImportJSON(Suite036, []byte(list))
	require.ErrorIs(t, err, ErrMapFormat)
	_, err = ImportJSON(Suite030, []byte(object))
	require.ErrorIs(t, err, ErrMapFormat)
	_, err = ImportJSON(Suite030, []byte(list))
	require.NoError(t, err)

	for name, change := range map[string][2]string{
		"an index missing":   {`"index":0,`, ``},
		"an index twice":     {`"index":0,`, `"index":0,"index":0,`},
		"a wrong key":        {`"index":0,`, `"INDEX":0,`},
		"a float":            {`"index":0,`, `"index":0.0,`},
		"a sign":             {`"index":0,`, `"index":-0,`},
		"a string":           {`"index":0,`, `"index":"0",`},
		"another index":      {`"index":0,`, `"index":1,`},
		"another size":       {`"src_size":1000}`, `"src_size":999}`},
		"a size over 2^64":   {`"src_size":1000}`, `"src_size":18446744073709551616}`},
		"a short hash":       {`"src_hash":"`, `"src_hash":"00","x":"`},
		"no hash":            {`"src_hash"`, `"x"`},
		"null for a hash":    {`"src_hash":"`, `"src_hash":null,"x":"`},
		"something behind":   {`"child":null}`, `"child":null}{}`},
		"child 0":            {`"child":null`, `"child":0`},
		"a child too high":   {`"child":null`, `"child":9`},
		"child true":         {`"child":null`, `"child":true`},
		"chunks twice":       {`"child":null`, `"chunk_identifiers":[]`},
		"chunks no list":     {`"chunk_identifiers":`, `"chunk_identifiers":{},"x":`},
		"an entry no object": {`{"index":0,`, `1,{"index":0,`},
		"cut short":          {`"child":null}`, `"child":null`},
	} {
		s := strings.Replace(object, change[0], change[1], 1)
		require.NotEqual(t, object, s, name)
		_, err := ImportJSON(Suite034, []byte(s))
		require.ErrorIs(t, err, ErrMapFormat, name)
	}
}

// upperHashes writes the digits of hashes in upper case.
func upperHashes(s string) string {
	parts := strings.Split(s, `"`)
	for i, p := range parts {
		if len(p) == 64 {
			parts[i] = strings.ToUpper(p)
		}
	}
	return strings.Join(parts, `"`)
}

func TestEveryFieldOfACompatibleMapIsChecked(t *testing.T) {
	good := marshal(t, compatibleMap(Suite036, 5*1024-1, 1024, 1))
	for name, change := range map[string]func([]byte) []byte{
		"suite 0":            func(b []byte) []byte { b[5] = 0; return b },
		"suite 5":            func(b []byte) []byte { b[5] = 5; return b },
		"a secret":           func(b []byte) []byte { b[6] = 1; return append(b, make([]byte, 32)...) },
		"a level of 0.30":    func(b []byte) []byte { b[5] = byte(Suite030); return b },
		"a level too high":   func(b []byte) []byte { b[7] = 9; return b },
		"a byte of content":  func(b []byte) []byte { binary.LittleEndian.PutUint64(b[8:], 1); return b },
		"size 2^63":          func(b []byte) []byte { binary.LittleEndian.PutUint64(b[8:], 1<<63); return b },
		"size 2^63-1":        func(b []byte) []byte { binary.LittleEndian.PutUint64(b[8:], 1<<63-1); return b },
		"one chunk more":     func(b []byte) []byte { binary.LittleEndian.PutUint64(b[8:], 5*1024+1); return b },
		"chunks of 0 bytes":  func(b []byte) []byte { binary.LittleEndian.PutUint32(b[16:], 0); return b },
		"chunks of 4 GiB":    func(b []byte) []byte { binary.LittleEndian.PutUint32(b[16:], 1<<32-1); return b },
		"chunks of 2 KiB":    func(b []byte) []byte { binary.LittleEndian.PutUint32(b[16:], 2048); return b },
		"no entries":         func(b []byte) []byte { return b[:20] },
		"no length":          func(b []byte) []byte { return b[:18] },
		"part of an entry":   func(b []byte) []byte { return b[:len(b)-1] },
		"entries left":       func(b []byte) []byte { return append(b, make([]byte, 64)...) },
		"three of 1023 each": func(b []byte) []byte { binary.LittleEndian.PutUint64(b[8:], 3*1023); return b[:20+3*64] },
	} {
		b := change(slices.Clone(good))
		require.ErrorIs(t, new(DataMap).UnmarshalBinary(b), ErrMapFormat, name)
	}
}

// What is accepted is a map, and its own form is accepted again.
func FuzzImportBincode(f *testing.F) {
	for _, s := range compatible {
		f.Add(byte(s), must(compatibleMap(s, 3000, 1024, 0).ExportBincode()))
		f.Add(byte(s), must(compatibleMap(s, 5000, 1024, 1).ExportBincode()))
	}
	f.Fuzz(func(t *testing.T, suite byte, b []byte) {
		s := Suite(suite)
		m, err := ImportBincode(s, b)
		if err != nil {
			return
		}
		out := bincodeOf(t, m)
		if s != Suite034 {
			require.True(t, bytes.Equal(b, out), "it has one form")
		}
		checkImported(t, s, m, out)
	})
}

func FuzzImportJSON(f *testing.F) {
	for _, s := range compatible {
		f.Add(byte(s), must(compatibleMap(s, 3000, 1024, 0).ExportJSON()))
		f.Add(byte(s), must(compatibleMap(s, 5000, 1024, 1).ExportJSON()))
	}
	f.Fuzz(func(t *testing.T, suite byte, b []byte) {
		s := Suite(suite)
		m, err := ImportJSON(s, b)
		if err != nil {
			return
		}
		checkImported(t, s, m, bincodeOf(t, m))
	})
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func checkImported(t *testing.T, s Suite, m *DataMap, bincode []byte) {
	require.GreaterOrEqual(t, m.Len(), 3)
	sum := int64(0)
	for i := range m.Len() {
		require.Positive(t, m.ChunkSize(i))
		sum += int64(m.ChunkSize(i))
	}
	require.Equal(t, m.Size(), sum)
	back, err := ImportBincode(s, bincode)
	require.NoError(t, err)
	require.True(t, m.Equal(back))
	kept := new(DataMap)
	require.NoError(t, kept.UnmarshalBinary(marshal(t, m)))
	require.True(t, m.Equal(kept))
}
