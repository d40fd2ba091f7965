package selfencrypt

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/safenet-go/safenet/selfencrypt/internal/brotli"
	"github.com/stretchr/testify/require"
)

// The worked examples of the published formats are what the code does.
func TestWorkedExamplesOfTheCrates(t *testing.T) {
	spec, err := os.ReadFile("../docs/spec/selfencrypt-crates.md")
	require.NoError(t, err)
	for _, example := range []string{
		crateExample(t, Suite030, true),
		crateExample(t, Suite034, false),
		crateExample(t, Suite036, true),
		levelExample(t, Suite034),
		levelExample(t, Suite036),
	} {
		require.Contains(t, string(spec), example)
	}
}

// crateExample is "Hello, network.\n" in a compatible suite: its chunks, if
// they are asked for, and its map in all forms.
func crateExample(t *testing.T, s Suite, chunks bool) string {
	content := []byte("Hello, network.\n")
	store := new(MemStore)
	m, err := Encrypt(context.Background(), bytes.NewReader(content), store, &Options{Suite: s})
	require.NoError(t, err)
	var b bytes.Buffer
	for i := range m.Len() {
		if !chunks {
			break
		}
		l, p := m.Layout(), m.place(i)
		plain := content[l.Start(int64(i)):l.Start(int64(i+1))]
		fmt.Fprintf(&b, "content %d %x\n", i, plain)
		fmt.Fprintf(&b, "src       %x\n", p.src)
		fmt.Fprintf(&b, "brotli    %x\n", new(brotli.Encoder).AppendCompressed(nil, plain))
		if s == Suite036 {
			k := derive036(p)
			fmt.Fprintf(&b, "pad       %x\n", k.pad)
			fmt.Fprintf(&b, "key       %x\n", k.key)
			fmt.Fprintf(&b, "nonce     %x\n", k.nonce)
		} else {
			fmt.Fprintf(&b, "pad       %x\n", pad030(&p))
			fmt.Fprintf(&b, "key       %x\n", p.near1[:16])
			fmt.Fprintf(&b, "iv        %x\n", p.near1[16:])
		}
		fmt.Fprintf(&b, "chunk     %x\n", store.chunks[m.entries[i].dst])
		fmt.Fprintf(&b, "name      %x\n", [32]byte(m.entries[i].dst))
	}
	writeMap(t, &b, m)
	return b.String()
}

func writeMap(t *testing.T, b *bytes.Buffer, m *DataMap) {
	crate, err := m.ExportBincode()
	require.NoError(t, err)
	text, err := m.ExportJSON()
	require.NoError(t, err)
	fmt.Fprintf(b, "bincode   %x\n", crate)
	fmt.Fprintf(b, "json      %s\n", text)
	fmt.Fprintf(b, "map       %x\n", marshal(t, m))
}

// levelExample is 4,096 zero bytes in chunks of at most 1,024.
func levelExample(t *testing.T, s Suite) string {
	ctx, store, opt := context.Background(), new(MemStore), &Options{Suite: s, MaxPlain: 1024}
	m, err := Encrypt(ctx, bytes.NewReader(make([]byte, 4096)), store, opt)
	require.NoError(t, err)
	crate, err := m.ExportBincode()
	require.NoError(t, err)
	last, err := Shrink(ctx, m, store, opt)
	require.NoError(t, err)
	require.Equal(t, 1, last.Level())
	var b bytes.Buffer
	fmt.Fprintf(&b, "bincode   %x\n", crate)
	for i, e := range last.entries {
		fmt.Fprintf(&b, "chunk %d   %d bytes of content\n", i, last.ChunkSize(i))
		fmt.Fprintf(&b, "src       %x\n", e.src)
		fmt.Fprintf(&b, "name      %x\n", [32]byte(e.dst))
	}
	writeMap(t, &b, last)
	return b.String()
}
