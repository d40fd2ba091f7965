package xorname

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const aName = "41208240000000004114010c064100102926866e2f841e9b25805d5503f554f5"

func TestNameTextIsExactly64Digits(t *testing.T) {
	want, err := Parse(aName)
	require.NoError(t, err)
	require.Equal(t, aName, want.String())

	upper, err := Parse(strings.ToUpper(aName))
	require.NoError(t, err)
	require.Equal(t, want, upper)

	for _, text := range []string{
		"", "41", aName[1:], aName + "0", aName + aName, " " + aName[1:], aName[1:] + "\n", "0x" + aName[2:],
		"g" + aName[1:], aName[:63] + "g", aName[:63] + "G", aName[:63] + "\x00", aName[:63] + "@", aName[:63] + "`", aName[:63] + "/",
		aName[:63] + ":", aName[:62] + "é", aName[:61] + "１", strings.Repeat("0", 1<<20),
	} {
		n, err := Parse(text)
		require.ErrorIs(t, err, ErrMalformed, text)
		require.Equal(t, Name{}, n)
		require.Less(t, len(err.Error()), 200, "an error does not repeat what a stranger sent")

		m := want
		require.ErrorIs(t, m.UnmarshalText([]byte(text)), ErrMalformed)
		require.Equal(t, want, m, "a failed decoding changes nothing")
	}
}

func TestNameBinaryIsExactly32Bytes(t *testing.T) {
	n, err := Parse(aName)
	require.NoError(t, err)
	data, err := n.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, n[:], data)

	var m Name
	require.NoError(t, m.UnmarshalBinary(data))
	require.Equal(t, n, m)
	data[0]++
	require.Equal(t, n, m, "the bytes are copied")

	for _, size := range []int{0, 1, 31, 33, 34, 64, 1 << 20} {
		require.ErrorIs(t, m.UnmarshalBinary(make([]byte, size)), ErrMalformed)
		require.Equal(t, n, m, "a failed decoding changes nothing")
	}
}

func TestNameVerbs(t *testing.T) {
	n, err := Parse(aName)
	require.NoError(t, err)
	for format, want := range map[string]string{
		"%s":    aName,
		"%v":    aName,
		"%+v":   aName,
		"%q":    `"` + aName + `"`,
		"%x":    aName,
		"%X":    strings.ToUpper(aName),
		"%.5x":  aName[:10],
		"%#x":   "0x" + aName,
		"%b":    bitsOf(n),
		"%.36b": bitsOf(n)[:36],
		"%.6s":  aName[:6],
		"%66s":  "  " + aName,
		"%-66v": aName + "  ",
		"%d":    "%!d(xorname.Name=" + aName + ")",
	} {
		require.Equal(t, want, fmt.Sprintf(format, n), format)
	}
	require.Equal(t, "412082..", n.Short())
}

func TestPrefixTextIsItsBits(t *testing.T) {
	for _, text := range []string{"", "0", "1", "0101", strings.Repeat("1", Bits), strings.Repeat("0", Bits)} {
		p, err := ParsePrefix(text)
		require.NoError(t, err)
		require.Equal(t, prefixOf(text), p)
		require.Equal(t, text, p.String())
		require.Equal(t, "Prefix("+text+")", fmt.Sprintf("%#v", p))
	}

	for _, text := range []string{
		"2", "01a", "0 1", " ", "0b01", "01\n", "\x00", "é", "１", "0\xff", "Prefix(01)",
		strings.Repeat("0", Bits+1), strings.Repeat("1", 1<<20), strings.Repeat("x", Bits),
	} {
		_, err := ParsePrefix(text)
		require.ErrorIs(t, err, ErrMalformed, text)
		require.Less(t, len(err.Error()), 200, "an error does not repeat what a stranger sent")

		p := prefixOf("0101")
		require.ErrorIs(t, p.UnmarshalText([]byte(text)), ErrMalformed)
		require.Equal(t, prefixOf("0101"), p, "a failed decoding changes nothing")
	}
}

func TestPrefixBinaryHasOneForm(t *testing.T) {
	data, err := prefixOf("101").MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, append([]byte{3, 0, 0xa0}, make([]byte, 31)...), data)
	full, err := prefixOf(strings.Repeat("1", Bits)).MarshalBinary()
	require.NoError(t, err)

	change := func(i int, b byte) []byte {
		changed := append([]byte(nil), data...)
		changed[i] = b
		return changed
	}
	for title, bad := range map[string][]byte{
		"nothing":              {},
		"a byte short":         data[:len(data)-1],
		"a byte too many":      append(data[:len(data):len(data)], 0),
		"a bare name":          data[2:],
		"a 1 after the bits":   change(2, 0xb0),
		"a 1 as the last bit":  change(33, 1),
		"fewer bits than ones": change(0, 2),
		"257 bits":             append([]byte{1, 1}, full[2:]...),
		"65535 bits":           append([]byte{0xff, 0xff}, full[2:]...),
		"255 bits of 256 ones": append([]byte{0xff, 0}, full[2:]...),
		"big-endian length":    append([]byte{0, 3}, data[2:]...),
	} {
		p := prefixOf("0101")
		require.ErrorIs(t, p.UnmarshalBinary(bad), ErrMalformed, title)
		require.Equal(t, prefixOf("0101"), p, "a failed decoding changes nothing")
	}
}

func TestAllFormsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := nameOf(drawBits(t, Bits), "")
		p := prefixOf(drawBits(t, drawLen(t)))

		parsed, err := Parse(n.String())
		require.NoError(t, err)
		require.Equal(t, n, parsed)
		parsedPrefix, err := ParsePrefix(p.String())
		require.NoError(t, err)
		require.Equal(t, p, parsedPrefix)

		data, err := p.MarshalBinary()
		require.NoError(t, err)
		var q Prefix
		require.NoError(t, q.UnmarshalBinary(data))
		require.Equal(t, p, q)
	})
}

func TestJSONUsesTheTextForms(t *testing.T) {
	type section struct {
		Prefix  Prefix          `json:"prefix"`
		Members []Name          `json:"members"`
		Ages    map[Name]int    `json:"ages"`
		Known   map[Prefix]bool `json:"known"`
	}
	n, err := Parse(aName)
	require.NoError(t, err)
	want := section{prefixOf("01"), []Name{n}, map[Name]int{n: 4}, map[Prefix]bool{{}: true, prefixOf("1"): false}}
	data, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, `{"prefix":"01","members":["`+aName+`"],"ages":{"`+aName+`":4},"known":{"":true,"1":false}}`, string(data))

	var got section
	require.NoError(t, json.Unmarshal(data, &got))
	require.Equal(t, want, got)

	for _, bad := range []string{`{"prefix":1}`, `{"prefix":"2"}`, `{"members":["00"]}`, `{"members":[[0]]}`, `{"ages":{"":1}}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &got), bad)
	}
}
