package xorname

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// xs64 makes the content of the vectors.
func xs64(seed uint64, size int) []byte {
	x := cmp.Or(seed, 0x9E3779B97F4A7C15)
	var out []byte
	for len(out) < size {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		for shift := 0; shift < 64; shift += 8 {
			out = append(out, byte(x>>shift))
		}
	}
	return out[:size]
}

type contentVector struct {
	Gen       string
	Seed      uint64
	Size      int
	Whole     Name `json:"from_content"`
	Parts     Name `json:"from_content_parts"`
	PartsFrom int  `json:"from_content_parts_split"`
}

func checkContentVector(t *testing.T, c contentVector) {
	require.Equal(t, "xs64", c.Gen)
	content := xs64(c.Seed, c.Size)
	require.Equal(t, c.Whole, FromContent(content))
	require.Equal(t, c.Parts, FromContent(content[:c.PartsFrom], content[c.PartsFrom:]))
}

type nameVector struct {
	Name                         string
	Display, Debug, JSON, Binary string
	BinaryWidth                  int    `json:"binary_width"`
	UpperHex                     string `json:"upper_hex"`
	HexWidth10                   string `json:"hex_width_10"`
	HexAltWidth10                string `json:"hex_alt_width_10"`
	BincodeHex                   string `json:"bincode_hex"`
	BitIndex                     int    `json:"bit_index"`
	Bit                          bool
	WithBit0                     Name `json:"with_bit_0"`
	WithBit1                     Name `json:"with_bit_1"`
	Not                          Name
}

func checkNameVector(t *testing.T, c nameVector) {
	n, err := Parse(c.Name)
	require.NoError(t, err)
	require.Equal(t, c.Name, n.String())
	require.Equal(t, c.Display, n.Short())
	require.Equal(t, c.Debug, fmt.Sprintf("%.3x(%.8b)..", n, n))
	require.Equal(t, c.Binary, fmt.Sprintf("%.*b", c.BinaryWidth, n))
	require.Equal(t, c.UpperHex, fmt.Sprintf("%X", n))
	require.Equal(t, c.HexWidth10, fmt.Sprintf("%.5x", n))
	require.Equal(t, c.HexAltWidth10, fmt.Sprintf("%.5x..", n))
	upper, err := Parse(c.UpperHex)
	require.NoError(t, err)
	require.Equal(t, n, upper)

	requireForms(t, n, c.JSON, c.BincodeHex)
	var fromJSON Name
	require.NoError(t, json.Unmarshal([]byte(c.JSON), &fromJSON))
	require.Equal(t, n, fromJSON)

	require.Equal(t, c.Bit, n.Bit(c.BitIndex))
	require.Equal(t, c.WithBit0, n.WithBit(c.BitIndex, false))
	require.Equal(t, c.WithBit1, n.WithBit(c.BitIndex, true))
	require.Equal(t, c.Not, n.Not())
}

func requireForms(t *testing.T, v interface{ MarshalBinary() ([]byte, error) }, wantJSON, wantHex string) {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	require.Equal(t, wantJSON, string(text))
	data, err := v.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, wantHex, fmt.Sprintf("%x", data))
}

type distanceVector struct {
	LHS, RHS, Target Name
	Cmp              int
	CmpDistance      int `json:"cmp_distance"`
}

func checkDistanceVector(t *testing.T, c distanceVector) {
	require.Equal(t, c.Cmp, c.LHS.Compare(c.RHS))
	require.Equal(t, c.Cmp < 0, c.LHS.Less(c.RHS))
	require.Equal(t, c.CmpDistance, CompareDistance(c.Target, c.LHS, c.RHS))
	require.Equal(t, c.CmpDistance, c.LHS.Xor(c.Target).Compare(c.RHS.Xor(c.Target)))
}

type prefixVector struct {
	Name, Other                 Name
	BitCount                    int `json:"bit_count"`
	String, Binary, Debug, JSON string
	BincodeHex                  string `json:"bincode_hex"`
	PrefixName                  Name   `json:"prefix_name"`
	IsEmpty                     bool   `json:"is_empty"`
	LowerBound                  Name   `json:"lower_bound"`
	UpperBound                  Name   `json:"upper_bound"`
	Popped, Sibling             string
	Pushed0                     string `json:"pushed_0"`
	Pushed1                     string `json:"pushed_1"`
	FlipIndex                   int    `json:"flip_index"`
	WithFlippedBit              string `json:"with_flipped_bit"`
	Ancestors                   int
	AncestorHalf                *string `json:"ancestor_half"`
	CommonPrefix                int     `json:"common_prefix"`
	Matches                     bool
	SubstitutedInOther          Name `json:"substituted_in_other"`
}

func checkPrefixVector(t *testing.T, c prefixVector) {
	p := NewPrefix(c.BitCount, c.Name)
	checkPrefixForms(t, p, c)

	require.Equal(t, c.BitCount, p.Len())
	require.Equal(t, c.IsEmpty, p == Prefix{})
	require.Equal(t, c.PrefixName, p.Name())
	require.Equal(t, c.LowerBound, p.LowerBound())
	require.Equal(t, c.UpperBound, p.UpperBound())
	require.Equal(t, c.Popped, p.Popped().String())
	require.Equal(t, c.Sibling, p.Sibling().String())
	require.Equal(t, c.Pushed0, p.Pushed(false).String())
	require.Equal(t, c.Pushed1, p.Pushed(true).String())
	require.Equal(t, c.WithFlippedBit, p.Flipped(c.FlipIndex).String())
	require.Len(t, slices.Collect(p.Ancestors()), c.Ancestors)
	half, ok := p.Ancestor(c.BitCount / 2)
	require.Equal(t, c.AncestorHalf != nil, ok)
	if ok {
		require.Equal(t, *c.AncestorHalf, half.String())
	}
	require.Equal(t, c.CommonPrefix, p.CommonPrefix(c.Other))
	require.Equal(t, c.Matches, p.Matches(c.Other))
	require.Equal(t, c.SubstitutedInOther, p.SubstitutedIn(c.Other))
}

func checkPrefixForms(t *testing.T, p Prefix, c prefixVector) {
	require.Equal(t, c.String, p.String())
	require.Equal(t, c.Binary, p.String())
	require.Equal(t, c.Debug, fmt.Sprintf("%#v", p))
	requireForms(t, p, c.JSON, c.BincodeHex)

	parsed, err := ParsePrefix(c.String)
	require.NoError(t, err)
	require.Equal(t, p, parsed)
	var fromJSON Prefix
	require.NoError(t, json.Unmarshal([]byte(c.JSON), &fromJSON))
	require.Equal(t, p, fromJSON)
	data, err := p.MarshalBinary()
	require.NoError(t, err)
	var fromBinary Prefix
	require.NoError(t, fromBinary.UnmarshalBinary(data))
	require.Equal(t, p, fromBinary)
}

type pairVector struct {
	A, B                      Prefix
	Target                    Name
	Cmp                       int
	CmpBreadthFirst           int `json:"cmp_breadth_first"`
	CmpDistance               int `json:"cmp_distance"`
	Eq, Compatible, Neighbour bool
	ExtensionOf               bool `json:"extension_of"`
}

func checkPairVector(t *testing.T, c pairVector) {
	require.Equal(t, c.Eq, c.A == c.B)
	require.Equal(t, c.Cmp, c.A.Compare(c.B))
	require.Equal(t, c.CmpBreadthFirst, c.A.CompareBreadthFirst(c.B))
	require.Equal(t, c.CmpDistance, c.A.CompareDistance(c.Target, c.B))
	require.Equal(t, c.Compatible, c.A.Compatible(c.B))
	require.Equal(t, c.ExtensionOf, c.A.ExtensionOf(c.B))
	require.Equal(t, c.Neighbour, c.A.Neighbour(c.B))
	if c.CmpDistance != 0 {
		sorted := []Prefix{c.A, c.B}
		SortPrefixesByDistance(c.Target, sorted)
		require.Equal(t, c.CmpDistance < 0, sorted[0] == c.A)
	}
}

type coverVector struct {
	Prefix  Prefix
	Set     []Prefix
	Covered bool
}

func checkCoverVector(t *testing.T, c coverVector) {
	require.Equal(t, c.Covered, c.Prefix.CoveredBy(c.Set))
}

// errorVector has the crate's words for why it refuses the input, or what it
// read if it accepts it.
type errorVector struct{ Input, Error string }

func checkParseErrorVector(t *testing.T, c errorVector) {
	require.NotEmpty(t, c.Error)
	p, err := ParsePrefix(c.Input)
	if strings.HasPrefix(c.Error, "expected `0` or `1`") || strings.HasPrefix(c.Error, "max length exceeded") {
		require.ErrorIs(t, err, ErrMalformed)
		return
	}
	require.NoError(t, err)
	require.Contains(t, c.Error, p.String())
}

func checkJSONErrorVector(t *testing.T, c errorVector) {
	require.NotEmpty(t, c.Error)
	var n Name
	require.Error(t, json.Unmarshal([]byte(c.Input), &n))
}

// quirkVector is a prefix that the crate gets wrong. PrefixName is its wrong
// answer.
type quirkVector struct {
	Name        *Name
	Requested   int `json:"requested_bit_count"`
	Parsed, Op  string
	BitCount    int  `json:"bit_count"`
	PrefixName  Name `json:"prefix_name"`
	SameSibling bool `json:"sibling_string_equals_self"`
}

func checkQuirkVector(t *testing.T, c quirkVector) {
	ones := Name{}.Not()
	switch {
	case c.Name != nil:
		p := NewPrefix(c.Requested, *c.Name)
		require.Equal(t, c.BitCount, p.Len())
		require.Equal(t, nameOf(bitsOf(*c.Name)[:c.BitCount], "0"), p.Name())
	case c.Parsed == "256 ones":
		p, err := ParsePrefix(strings.Repeat("1", c.BitCount))
		require.NoError(t, err)
		require.Equal(t, ones, p.Name())
	case c.Op == "pushed(1) on a 255-bit all-ones prefix":
		p := NewPrefix(255, ones).Pushed(true)
		require.Equal(t, c.BitCount, p.Len())
		require.Equal(t, ones, p.Name())
		require.True(t, c.SameSibling)
		require.Equal(t, ones.WithBit(255, false), p.Sibling().Name())
	default:
		require.Fail(t, "unknown kind of entry")
	}
}
