package selfencrypt

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressBinaryFormComesBack(t *testing.T) {
	for _, test := range []struct {
		size   int
		secret []byte
		want   int
		level  int
	}{
		{10, nil, 66, 0}, {100_000, nil, 66, 1}, {10, random(1, 32), 98, 0}, {100_000, make([]byte, 32), 98, 1},
	} {
		a, _, _ := write(t, text(1, test.size), &Options{Secret: test.secret})
		require.Equal(t, test.level, a.Level())
		b, err := a.MarshalBinary()
		require.NoError(t, err)
		require.Len(t, b, test.want)
		var got Address
		require.NoError(t, got.UnmarshalBinary(b))
		require.True(t, got == a)
	}
}

func TestAddressRefusesEveryOtherForm(t *testing.T) {
	a, _, _ := write(t, []byte("x"), nil)
	good, err := a.MarshalBinary()
	require.NoError(t, err)
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":             func([]byte) []byte { return nil },
		"a byte less":       func(b []byte) []byte { return b[:65] },
		"a byte more":       func(b []byte) []byte { return append(b, 0) },
		"secret missing":    func(b []byte) []byte { b[1] |= 0x80; return b },
		"secret unexpected": func(b []byte) []byte { return append(b, make([]byte, 32)...) },
		"suite 0":           func(b []byte) []byte { b[0] = 0; return b },
		"suite 2":           func(b []byte) []byte { b[0] = 2; return b },
		"level 9":           func(b []byte) []byte { b[1] = 9; return b },
		"flag 0x10":         func(b []byte) []byte { b[1] |= 0x10; return b },
		"flag 0x40":         func(b []byte) []byte { b[1] |= 0x40; return b },
	} {
		got := a
		require.ErrorIs(t, got.UnmarshalBinary(spoil(slices.Clone(good))), ErrAddressFormat, name)
		require.True(t, got == a, "a failed decode changes nothing")
	}
}

func TestZeroAddressAddressesNothing(t *testing.T) {
	var a Address
	require.True(t, a.IsZero())
	_, err := a.MarshalBinary()
	require.ErrorIs(t, err, ErrAddressFormat)
	_, err = LoadMap(context.Background(), a, new(MemStore), nil)
	require.ErrorIs(t, err, ErrAddressFormat)
}

func FuzzAddress(f *testing.F) {
	f.Add(make([]byte, 66))
	f.Add(append([]byte{1, 0}, random(1, 64)...))
	f.Add(append([]byte{1, 0x81}, random(2, 96)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var a Address
		if err := a.UnmarshalBinary(b); err != nil {
			require.ErrorIs(t, err, ErrAddressFormat)
			return
		}
		again, err := a.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, b, again, "the form is canonical")
	})
}
