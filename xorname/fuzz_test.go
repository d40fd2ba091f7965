package xorname

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	f.Add(aName)
	f.Add(strings.ToUpper(aName))
	f.Add(aName[1:])
	f.Add("zz" + aName[2:])
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		accept := len(text) == 64 && strings.Trim(text, "0123456789abcdefABCDEF") == ""
		if (err == nil) != accept {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		if err == nil && n.String() != strings.ToLower(text) {
			t.Fatalf("Parse(%q) = %v", text, n)
		}
		var m Name
		if (m.UnmarshalText([]byte(text)) == nil) != accept || m != n {
			t.Fatalf("UnmarshalText(%q) differs from Parse: %v, %v", text, m, n)
		}
	})
}

func FuzzNameUnmarshalBinary(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Add(make([]byte, 33))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var n Name
		err := n.UnmarshalBinary(data)
		if (err == nil) != (len(data) == 32) {
			t.Fatalf("%d bytes: %v", len(data), err)
		}
		if back, _ := n.MarshalBinary(); err == nil && !bytes.Equal(back, data) {
			t.Fatalf("%x came back as %x", data, back)
		}
	})
}

func FuzzParsePrefix(f *testing.F) {
	f.Add("")
	f.Add("0101")
	f.Add("012")
	f.Add("é")
	f.Add(strings.Repeat("1", 256))
	f.Add(strings.Repeat("1", 257))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePrefix(text)
		accept := len(text) <= 256 && strings.Trim(text, "01") == ""
		if (err == nil) != accept {
			t.Fatalf("ParsePrefix(%q): %v", text, err)
		}
		if err == nil && (p.String() != text || p != prefixOf(text)) {
			t.Fatalf("ParsePrefix(%q) = %#v", text, p)
		}
		var q Prefix
		if (q.UnmarshalText([]byte(text)) == nil) != accept || p != q {
			t.Fatalf("UnmarshalText(%q) differs from ParsePrefix: %#v, %#v", text, q, p)
		}
	})
}

func FuzzPrefixUnmarshalBinary(f *testing.F) {
	for _, text := range []string{"", "1", "0101", strings.Repeat("1", 255), strings.Repeat("1", 256)} {
		data, _ := prefixOf(text).MarshalBinary()
		f.Add(data)
		data = append([]byte(nil), data...)
		data[33] |= 1
		f.Add(data)
		f.Add(append([]byte{1, 1}, data[2:]...))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Prefix
		if p.UnmarshalBinary(data) != nil {
			if p != (Prefix{}) {
				t.Fatalf("%x is refused and leaves %#v", data, p)
			}
			return
		}
		// Accepted: it is the one form of p, and p is sound.
		if back, _ := p.MarshalBinary(); !bytes.Equal(back, data) {
			t.Fatalf("%x came back as %x", data, back)
		}
		if p.Len() > Bits || p != prefixOf(p.String()) {
			t.Fatalf("%x gives the unsound %#v", data, p)
		}
	})
}
