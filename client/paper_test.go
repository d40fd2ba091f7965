package client_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/xorname"
)

// Client Operations: "Clients can upload and download data from the SAFE
// network." and "Downloading data requires no special permissions or access,
// just software that can locate and interpret the data on the network."
func TestPaperAnybodyWithTheAddressDownloads(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	data := random(200_000)
	text := put(t, net.dial(), data).Address.Text()
	a, err := client.ParseAddress(text)
	require.NoError(t, err)
	get(t, net.dial(), a, data) // another client, which knows nothing but the text
}

// Resource Identifiers: "The identifier for these resources are SHA3-256 hashes
// of the resource content."
func TestPaperAResourceIsNamedByItsHash(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	names := make(map[xorname.Name]bool)
	net := start(t, 1, func(_ int, c *vault.Config) {
		c.Events.Stored = func(name xorname.Name, _ int) {
			mu.Lock()
			defer mu.Unlock()
			names[name] = true
		}
	})
	c := net.dial()
	put(t, c, random(3<<20))
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, names)
	for name := range names {
		chunk, err := c.Chunks().Get(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, name, xorname.FromContent(chunk))
	}
}

// Self Encryption: "Resources on the SAFE network are never more than 1 MB
// each." and "by initially retrieving that single resource (ie the datamap) the
// entire file can be retrieved despite being spread over many individual
// resources."
func TestPaperNoResourceIsLargerThanAMegabyte(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sizes []int
	net := start(t, 1, func(_ int, c *vault.Config) {
		c.Events.Stored = func(_ xorname.Name, size int) {
			mu.Lock()
			defer mu.Unlock()
			sizes = append(sizes, size)
		}
	})
	c := net.dial()
	data := random(5 << 20)
	res := put(t, c, data)
	mu.Lock()
	require.Len(t, sizes, res.Chunks)
	require.LessOrEqual(t, slices.Max(sizes), 1<<20)
	mu.Unlock()
	stat, err := c.Stat(t.Context(), res.Address)
	require.NoError(t, err)
	require.Greater(t, stat.Chunks, 4)
	get(t, c, res.Address, data)
}

// Self Encryption: "vaults cannot read individual chunks to gain an insight to
// part of the original."
func TestPaperVaultsCannotReadWhatTheyHold(t *testing.T) {
	t.Parallel()
	net := start(t, 1)
	line := []byte("a line that would be found again in what a vault has on its disk")
	put(t, net.dial(), bytes.Repeat(line, 5000))
	require.NoError(t, net.Vaults[0].Close())
	net.Vaults[0].Live = false
	files := 0
	err := filepath.WalkDir(net.Vaults[0].Config.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		require.False(t, bytes.Contains(data, line[:20]), path)
		return err
	})
	require.NoError(t, err)
	require.Positive(t, files)
}

// Immutable Data: "two identical copies of a resource will have the same
// identifier (eg the same photo kept on my phone and my laptop)" and "resources
// cannot be duplicated on the network, increasing storage efficiency".
func TestPaperTheSamePhotoIsStoredOnce(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	photo := random(300_000)
	phone := put(t, net.dial(), photo)
	settled(t, phone)
	held := net.chunks()
	laptop := put(t, net.dial(), photo)
	require.Equal(t, phone.Address, laptop.Address)
	require.Equal(t, laptop.Chunks, laptop.There)
	require.Equal(t, held, net.chunks())
}

// Immutable Data: "resource identifiers are universal, unique and permanent".
// The address of a file does not depend on who stores it, and another file has
// another one.
func TestPaperAddressesAreUniversalAndUnique(t *testing.T) {
	t.Parallel()
	net := start(t, 2)
	data := random(1000)
	res := put(t, net.dial(), data)
	alone, _, err := selfencrypt.Write(t.Context(), bytes.NewReader(data), new(selfencrypt.MemStore), nil)
	require.NoError(t, err)
	require.Equal(t, alone.Name(), res.Address.Name(), "whoever encrypts it, wherever")
	data[500] ^= 1
	require.NotEqual(t, res.Address, put(t, net.dial(), data).Address)
}

// Network Traversal: "When a client connects to the network they are allocated
// a session identifier. The session identifier determines which vault acts as
// their entry point to the network." With a new identifier each time it is any
// vault's turn.
func TestPaperEverySessionHasItsEntryVault(t *testing.T) {
	t.Parallel()
	net := start(t, 3)
	seen := make(map[xorname.Name]bool)
	for len(seen) < 3 {
		c := net.dial(func(c *client.Config) { c.Contacts = c.Contacts[:1] })
		seen[c.Entry()] = true
		require.NoError(t, c.Close())
	}
}
