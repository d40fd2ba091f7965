package client_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/selfencrypt"
)

// addresses of a small file, of one with a map, and of one with a secret.
func addresses(t testing.TB) (all []client.Address) {
	t.Helper()
	for _, c := range []struct {
		size   int
		secret []byte
	}{{10, nil}, {200_000, nil}, {10, make([]byte, 32)}} {
		file, _, err := selfencrypt.Write(t.Context(), bytes.NewReader(make([]byte, c.size)), new(selfencrypt.MemStore), &selfencrypt.Options{Secret: c.secret})
		require.NoError(t, err)
		all = append(all, client.NewAddress(client.NetworkID{1, 2, 3}, file))
	}
	return all
}

func TestAnAddressIsReadBack(t *testing.T) {
	t.Parallel()
	for _, a := range addresses(t) {
		text := a.Text()
		require.Equal(t, strings.ToLower(text), text)
		back, err := client.ParseAddress(text)
		require.NoError(t, err)
		require.Equal(t, a, back)
		require.Equal(t, a.Name(), back.Name())
	}
}

func TestAnAddressInALogDoesNotGiveTheFileAway(t *testing.T) {
	t.Parallel()
	for _, a := range addresses(t) {
		for _, verb := range []string{"%v", "%s", "%q", "%+v", "%#v", "%d", "%x"} {
			require.Less(t, len(fmt.Sprintf(verb, a)), 40, verb)
		}
	}
	require.Empty(t, client.Address{}.Text())
}

func TestAMalformedAddressIsRefused(t *testing.T) {
	t.Parallel()
	for _, a := range addresses(t) {
		good := a.Text()
		last := good[len(good)-1:]
		for what, bad := range map[string]string{
			"empty":             "",
			"only the prefix":   "safe1",
			"no prefix":         good[5:],
			"another prefix":    "safe2" + good[5:],
			"capital prefix":    "SAFE1" + good[5:],
			"capitals":          "safe1" + strings.ToUpper(good[5:]),
			"one capital":       good[:len(good)-1] + strings.ToUpper(last),
			"a space before":    " " + good,
			"a space after":     good + " ",
			"a line end":        good + "\n",
			"line ends within":  good[:20] + "\r\n" + good[20:],
			"padding":           good + "====",
			"a digit too low":   good[:20] + "1" + good[21:],
			"a digit too high":  good[:20] + "8" + good[21:],
			"a hyphen":          good[:20] + "-" + good[21:],
			"not ASCII":         good[:20] + "é" + good[21:],
			"not UTF-8":         good[:20] + "\xff" + good[21:],
			"a zero byte":       good[:20] + "\x00" + good[21:],
			"one short":         good[:len(good)-1],
			"one long":          good + "a",
			"half":              good[:len(good)/2],
			"two":               good + good,
			"huge":              good + strings.Repeat("a", 1<<20),
			"two letters moved": good[:20] + good[21:22] + good[20:21] + good[22:],
		} {
			if bad == good || strings.EqualFold(bad, good) && last >= "0" && last <= "9" {
				continue // the letters moved are equal, or the last is a digit
			}
			_, err := client.ParseAddress(bad)
			require.ErrorIs(t, err, client.ErrAddress, what)
			require.Less(t, len(err.Error()), 200, what)
		}
	}
}

// Every single wrong character is noticed, by the checksum if by nothing else.
func TestEveryWrongCharacterIsNoticed(t *testing.T) {
	t.Parallel()
	good := addresses(t)[0].Text()
	for i := range good {
		for _, c := range []byte("a7z2") {
			bad := good[:i] + string(c) + good[i+1:]
			if bad == good {
				continue
			}
			_, err := client.ParseAddress(bad)
			require.ErrorIs(t, err, client.ErrAddress, "character %d", i)
		}
	}
}

// Letters of other scripts have capitals in ours: the dotless i, the long s.
// An address has one form only.
func TestLettersOfOtherScriptsAreRefused(t *testing.T) {
	t.Parallel()
	good := addresses(t)[1].Text()
	for ours, other := range map[string]string{"i": "ı", "s": "ſ", "k": "\u212a"} {
		at := strings.LastIndex(good, ours)
		require.Greater(t, at, 5)
		_, err := client.ParseAddress(good[:at] + other + good[at+1:])
		require.ErrorIs(t, err, client.ErrAddress, other)
	}
}

func TestAnAddressOfAnotherNetworkIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, 1).dial()
	other := start(t, 1).dial()
	res := put(t, other, random(100))
	for name, f := range map[string]func() error{
		"get":  func() error { _, err := c.GetFile(t.Context(), res.Address, new(bytes.Buffer), nil); return err },
		"open": func() error { _, err := c.Open(t.Context(), res.Address); return err },
		"stat": func() error { _, err := c.Stat(t.Context(), res.Address); return err },
	} {
		err := f()
		require.ErrorIs(t, err, client.ErrOtherNetwork, name)
		require.ErrorContains(t, err, other.Network().String()[:16], name)
		require.ErrorContains(t, err, c.Network().String()[:16], name)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, a := range addresses(f) {
		f.Add(a.Text())
	}
	f.Add("safe1")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := client.ParseAddress(s)
		if err != nil {
			require.ErrorIs(t, err, client.ErrAddress)
			return
		}
		require.Equal(t, s, a.Text(), "one address, one text")
	})
}
