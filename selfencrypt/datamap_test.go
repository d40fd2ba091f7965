package selfencrypt

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// sampleMap returns a well-formed map of level 0 whose chunks exist nowhere.
func sampleMap(size int64, secret []byte) *DataMap {
	m := &DataMap{suite: SuiteSAFE, size: size, unit: MaxPlain, secret: secret}
	m.entries = make([]entry, safeLayout(0, size).Chunks())
	bytes := random(uint64(size), len(m.entries)*entryLen)
	for i := range m.entries {
		copy(m.entries[i].dst[:], bytes[i*entryLen:])
		copy(m.entries[i].src[:], bytes[i*entryLen+32:])
	}
	return m
}

func marshal(t testing.TB, m *DataMap) []byte {
	t.Helper()
	b, err := m.MarshalBinary()
	require.NoError(t, err)
	return b
}

func TestDataMapBinaryFormComesBack(t *testing.T) {
	for _, secret := range [][]byte{nil, random(1, 32)} {
		for _, size := range []int64{0, 1, 65536, 65537, 3 * MaxPlain, 3*MaxPlain + 1, 100 * MaxPlain} {
			m := sampleMap(size, secret)
			b := marshal(t, m)
			require.Len(t, b, 16+len(secret)+64*m.Len())
			got := new(DataMap)
			require.NoError(t, got.UnmarshalBinary(b))
			require.True(t, got.Equal(m))
			require.Equal(t, b, marshal(t, got))
		}
	}
}

func TestDataMapRefusesEveryOtherHeader(t *testing.T) {
	good := marshal(t, sampleMap(100_000, nil))
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":               func([]byte) []byte { return nil },
		"half a header":       func(b []byte) []byte { return b[:15] },
		"header only":         func(b []byte) []byte { return b[:16] },
		"magic":               func(b []byte) []byte { b[0] ^= 1; return b },
		"version 0":           func(b []byte) []byte { b[4] = 0; return b },
		"version 2":           func(b []byte) []byte { b[4] = 2; return b },
		"suite 0":             func(b []byte) []byte { b[5] = 0; return b },
		"suite 2":             func(b []byte) []byte { b[5] = 2; return b },
		"unknown flag":        func(b []byte) []byte { b[6] = 2; return b },
		"secret announced":    func(b []byte) []byte { b[6] = 1; return b },
		"secret cut":          func(b []byte) []byte { b[6] = 1; return b[:40] },
		"level 9":             func(b []byte) []byte { b[7] = 9; return b },
		"level of one chunk":  func(b []byte) []byte { b[7] = 1; return b },
		"size of one chunk":   func(b []byte) []byte { return putSize(b, 65536) },
		"size of four chunks": func(b []byte) []byte { return putSize(b, 3*MaxPlain+1) },
		"largest size":        func(b []byte) []byte { return putSize(b, math.MaxInt64) },
		"negative size":       func(b []byte) []byte { return putSize(b, math.MaxInt64+1) },
		"size of all bits":    func(b []byte) []byte { return putSize(b, math.MaxUint64) },
		"a byte less":         func(b []byte) []byte { return b[:len(b)-1] },
		"a byte more":         func(b []byte) []byte { return append(b, 0) },
		"an entry less":       func(b []byte) []byte { return b[:len(b)-64] },
		"an entry more":       func(b []byte) []byte { return append(b, make([]byte, 64)...) },
	} {
		m := sampleMap(5, nil)
		before := marshal(t, m)
		require.ErrorIs(t, m.UnmarshalBinary(spoil(slices.Clone(good))), ErrMapFormat, name)
		require.Equal(t, before, marshal(t, m), "a failed decode changes nothing")
	}
}

func putSize(b []byte, size uint64) []byte {
	binary.LittleEndian.PutUint64(b[8:], size)
	return b
}

func TestZeroDataMapHasNoBinaryForm(t *testing.T) {
	_, err := new(DataMap).MarshalBinary()
	require.ErrorIs(t, err, ErrMapFormat)
	var none *DataMap
	_, err = none.MarshalBinary()
	require.ErrorIs(t, err, ErrMapFormat)
}

func TestDataMapEqual(t *testing.T) {
	m := sampleMap(100_000, nil)
	require.True(t, m.Equal(sampleMap(100_000, nil)))
	require.False(t, m.Equal(nil))
	require.True(t, (*DataMap)(nil).Equal(nil))
	require.False(t, m.Equal(sampleMap(100_001, nil)))
	require.False(t, m.Equal(sampleMap(100_000, random(1, 32))))
	other := sampleMap(100_000, nil)
	other.entries[2].src[31] ^= 1
	require.False(t, m.Equal(other))
}

func TestDataMapTellsItsChunks(t *testing.T) {
	m := sampleMap(3*MaxPlain+1, nil)
	require.Len(t, slices.Collect(m.Names()), 4)
	for name := range m.Names() {
		require.Equal(t, m.entries[0].dst, name)
		break // stopping early is allowed
	}
	require.Equal(t, 0, m.ChunkSize(-1))
	require.Equal(t, MaxPlain/2, m.ChunkSize(3))
	require.Equal(t, 0, m.ChunkSize(4))
}

// Whatever a program does to print a map or an address, alone or within
// another value, what opens the file does not appear.
func TestNoTextFormShowsAKey(t *testing.T) {
	secret := []byte("a secret that is never printed!!")
	a, m, _ := write(t, text(1, 100_000), &Options{Secret: secret})
	type holder struct {
		M *DataMap
		V DataMap
		A Address
		P *Address
	}
	h := holder{m, *m, a, &a}
	keys := [][]byte{secret, a.src[:]}
	for _, e := range m.entries {
		keys = append(keys, e.src[:])
	}
	var forms []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		forms = append(forms, fmt.Sprintf(verb, h), fmt.Sprintf(verb, *m), fmt.Sprintf(verb, m),
			fmt.Sprintf(verb, a), fmt.Sprintf(verb, &a))
	}
	asJSON, err := json.Marshal(h)
	require.NoError(t, err)
	require.Error(t, json.Unmarshal(asJSON, new(holder)), "a text form is not taken for a map")
	for _, form := range append(forms, string(asJSON)) {
		for _, key := range keys {
			require.NotContains(t, form, string(key))
			require.NotContains(t, form, hex.EncodeToString(key)[:8])
			require.NotContains(t, form, fmt.Sprintf("%d", key)[1:20])
		}
	}
	require.Equal(t, "data map of 100000 bytes in 3 chunks of SAFE", m.String())
	require.Equal(t, "address of level 1 at "+a.Name().String(), a.String())
	require.Equal(t, "no address", Address{}.String())
}

func FuzzDataMap(f *testing.F) {
	f.Add(marshal(f, sampleMap(0, nil)))
	f.Add(marshal(f, sampleMap(100_000, random(1, 32))))
	f.Add(putSize(marshal(f, sampleMap(10, nil)), math.MaxUint64))
	f.Add([]byte("SMAP"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(DataMap)
		if err := m.UnmarshalBinary(b); err != nil {
			require.ErrorIs(t, err, ErrMapFormat)
			return
		}
		require.Equal(t, b, marshal(t, m), "the form is canonical")
		total := int64(0)
		for i := range m.Len() {
			total += int64(m.ChunkSize(i))
		}
		require.Equal(t, m.Size(), total)
	})
}
