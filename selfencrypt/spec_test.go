package selfencrypt

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/safenet-go/safenet/selfencrypt/internal/frozen"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/blake3"
)

// specRead reads the file at an address in the plainest way, from
// docs/spec/selfencrypt.md and not from the code that it is compared with.
func specRead(address []byte, store ChunkStore) ([]byte, error) {
	level := int(address[1] & 15)
	var secret []byte
	if address[1]&128 != 0 {
		secret = address[66:98]
	}
	entries := address[2:66]
	size := -1 // the only chunk may have any length
	for ; ; level-- {
		content, err := specLevel(entries, level, size, secret, store)
		if err != nil || level == 0 {
			return content, err
		}
		if string(content[:6]) != "SMAP\x01\x01" || int(content[7]) != level-1 {
			return nil, errors.New("not the map of the level below")
		}
		size = int(binary.LittleEndian.Uint64(content[8:]))
		entries = content[16+len(secret):]
	}
}

func specLevel(entries []byte, level, size int, secret []byte, store ChunkStore) ([]byte, error) {
	n := len(entries) / 64
	src := func(i int) []byte { return entries[64*i+32 : 64*i+64] }
	var content []byte
	for i := range n {
		near := [2]int{i - 1, i - 2}
		switch {
		case n == 1:
			near = [2]int{0, 0}
		case i == 0:
			near = [2]int{1, 2}
		case i == 1:
			near = [2]int{0, 2}
		}
		material := bytes.Join([][]byte{src(i), src(near[0]), src(near[1])}, nil)
		material = binary.LittleEndian.AppendUint64(material, uint64(i))
		material = append(material, byte(level), 1, byte(len(secret)))
		material = append(material, secret...)
		key := make([]byte, 44)
		blake3.DeriveKey("safenet selfencrypt SAFE v1 chunk", material, key)

		chunk, err := store.Get(context.Background(), [32]byte(entries[64*i:]))
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key[:32])
		if err != nil {
			return nil, err
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		opened, err := gcm.Open(nil, key[32:], chunk, nil)
		if err != nil {
			return nil, err
		}
		piece := opened[1:]
		if opened[0] == 1 {
			if piece, err = frozen.AppendDecompressed(nil, piece, 1044480); err != nil {
				return nil, err
			}
		}
		if want := specLength(i, n, size); size >= 0 && len(piece) != want {
			return nil, fmt.Errorf("chunk %d of %d has %d bytes, want %d", i, n, len(piece), want)
		}
		content = append(content, piece...)
	}
	return content, nil
}

// specLength is the length of chunk i of n.
func specLength(i, n, size int) int {
	const m = 1044480
	switch {
	case n == 1:
		return size
	case size <= 3*m:
		return (size + 2 - i) / 3
	case i < n-2:
		return m
	}
	return (size - (n-2)*m + (n - 1 - i)) / 2
}

const specFile = "../docs/spec/selfencrypt.md"

// The worked examples of the specification are what the code does.
func TestWorkedExamples(t *testing.T) {
	spec, err := os.ReadFile(specFile)
	require.NoError(t, err)
	for _, example := range []string{oneChunkExample(t, nil), oneChunkExample(t, exampleSecret()), threeChunkExample(t)} {
		require.Contains(t, string(spec), example)
	}
}

// exampleSecret is 00 01 02 ... 1f.
func exampleSecret() []byte {
	secret := make([]byte, 32)
	for i := range secret {
		secret[i] = byte(i)
	}
	return secret
}

func oneChunkExample(t *testing.T, secret []byte) string {
	content := []byte("Hello, network.\n")
	a, m, store := write(t, content, &Options{Secret: secret})
	keys := newKeyer()
	key := keys.derive(m.place(0))
	address, err := a.MarshalBinary()
	require.NoError(t, err)
	var s bytes.Buffer
	fmt.Fprintf(&s, "content   %x\n", content)
	fmt.Fprintf(&s, "src       %x\n", m.entries[0].src)
	fmt.Fprintf(&s, "material  %x\n", keys.material)
	fmt.Fprintf(&s, "key       %x\n", key[:32])
	fmt.Fprintf(&s, "nonce     %x\n", key[32:])
	fmt.Fprintf(&s, "inside    00%x\n", content)
	fmt.Fprintf(&s, "chunk     %x\n", store.chunks[m.entries[0].dst])
	fmt.Fprintf(&s, "name      %x\n", [32]byte(a.Name()))
	fmt.Fprintf(&s, "map       %x\n", marshal(t, m))
	fmt.Fprintf(&s, "address   %x\n", address)
	return s.String()
}

// threeChunkExample is a file of 65,537 zero bytes.
func threeChunkExample(t *testing.T) string {
	a, m, store := write(t, make([]byte, 65537), nil)
	address, err := a.MarshalBinary()
	require.NoError(t, err)
	var s bytes.Buffer
	for i := range m.Len() {
		key := newKeyer().derive(m.place(i))
		inside, err := aead(&key).Open(nil, key[32:], store.chunks[m.entries[i].dst], nil)
		require.NoError(t, err)
		fmt.Fprintf(&s, "chunk %d   %d bytes of content\n", i, m.ChunkSize(i))
		fmt.Fprintf(&s, "src       %x\n", m.entries[i].src)
		fmt.Fprintf(&s, "key       %x\n", key[:32])
		fmt.Fprintf(&s, "nonce     %x\n", key[32:])
		fmt.Fprintf(&s, "inside    %x\n", inside)
		fmt.Fprintf(&s, "chunk     %x\n", store.chunks[m.entries[i].dst])
		fmt.Fprintf(&s, "name      %x\n", [32]byte(m.entries[i].dst))
	}
	b := marshal(t, m)
	fmt.Fprintf(&s, "map       %x\n", b)
	fmt.Fprintf(&s, "src       %x\n", blake3.Sum256(b))
	fmt.Fprintf(&s, "name      %x\n", [32]byte(a.Name()))
	fmt.Fprintf(&s, "address   %x\n", address)
	return s.String()
}
