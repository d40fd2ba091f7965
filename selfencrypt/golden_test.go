package selfencrypt

import (
	"bytes"
	"context"
	"crypto/sha3"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A change of this file is a change of every address in the world: equal files
// are then stored twice and paid for twice, though old addresses still work.
// It takes a new suite, and this flag only records its first addresses.
var update = flag.Bool("update", false, "rewrite testdata/addresses.txt: for a new suite only")

const goldenFile = "testdata/addresses.txt"

// noise returns n bytes of SHAKE256(label), which no compressor shortens.
func noise(label string, n int) []byte {
	b := make([]byte, n)
	x := sha3.NewSHAKE256()
	_, _ = x.Write([]byte(label))
	_, _ = x.Read(b)
	return b
}

// prose returns n bytes of words that noise draws from a list.
func prose(label string, n int) []byte {
	words := strings.Fields("the of and a to in is vault section chunk name that it network was for on are with as " +
		"his they be at one have this from prefix or had by hot but some what there we can out other were all your " +
		"when up use word how said an each she which do their time if will way about many then them would write like so")
	var b []byte
	for _, c := range noise(label, n) {
		if len(b) >= n {
			break
		}
		b = append(append(b, words[int(c)%len(words)]...), ' ')
	}
	return b[:n]
}

// records returns n bytes of a table: a counter and columns that repeat.
func records(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "%08x;row %d;%s\n", i, i%97, strings.Repeat("-", i%5))
	}
	return b[:n]
}

type goldenCase struct {
	name    string
	content []byte
	secret  []byte
}

func goldenCorpus() []goldenCase {
	secret := noise("secret", 32)
	var cases []goldenCase
	for _, n := range []int{0, 1, 1000, 65536, 65537, MaxPlain + 1} {
		cases = append(cases,
			goldenCase{fmt.Sprintf("zeros-%d", n), make([]byte, n), nil},
			goldenCase{fmt.Sprintf("noise-%d", n), noise("noise", n), nil},
			goldenCase{fmt.Sprintf("prose-%d", n), prose("prose", n), nil},
			goldenCase{fmt.Sprintf("records-%d", n), records(n), nil},
		)
	}
	for _, n := range []int{3 * MaxPlain, 3*MaxPlain + 1, 4*MaxPlain + 1, 5*MaxPlain - 1} {
		cases = append(cases, goldenCase{fmt.Sprintf("zeros-%d", n), make([]byte, n), nil})
	}
	mixed := bytes.Join([][]byte{prose("a", 900_000), noise("b", 1_200_000), records(1_500_000), make([]byte, 800_000)}, nil)
	return append(cases,
		goldenCase{"mixed", mixed, nil},
		goldenCase{"mixed-secret", mixed, secret},
		goldenCase{"prose-1000-secret", prose("prose", 1000), secret},
		goldenCase{"noise-65537-secret", noise("noise", 65537), secret},
	)
}

func TestAddressesNeverMove(t *testing.T) {
	var got strings.Builder
	for _, c := range goldenCorpus() {
		a, m, store := write(t, c.content, &Options{Secret: c.secret})
		b, err := a.MarshalBinary()
		require.NoError(t, err)
		fmt.Fprintf(&got, "%s address %x map %x\n", c.name, b, sha3.Sum256(marshal(t, m)))

		back, err := read(context.Background(), a, store, nil)
		require.NoError(t, err)
		requireSame(t, c.content, back)
		bySpec, err := specRead(b, store)
		require.NoError(t, err, c.name)
		requireSame(t, c.content, bySpec)
	}
	if *update {
		require.NoError(t, os.WriteFile(goldenFile, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	require.Equal(t, strings.Split(string(want), "\n"), strings.Split(got.String(), "\n"))
}

// The levels of the map of a large file, without the file.
func TestAddressesOfLargeFilesNeverMove(t *testing.T) {
	m := &DataMap{suite: SuiteSAFE, size: 20_000 * MaxPlain, unit: MaxPlain, entries: make([]entry, 20_000)}
	b := noise("entries", 20_000*entryLen)
	for i := range m.entries {
		copy(m.entries[i].dst[:], b[i*entryLen:])
		copy(m.entries[i].src[:], b[i*entryLen+32:])
	}
	a, err := StoreMap(context.Background(), m, new(MemStore), nil)
	require.NoError(t, err)
	got, err := a.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, largeAddress, hex.EncodeToString(got))
}

const largeAddress = "0102fc94c73a499230e7c94e29cd5496ab59a69974d312a71b40a6e9fd027bf340" +
	"1fe6511f6d7b7257999443906d1efbead53757154a55cb118060a1a3dbe9d5a162"
