package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha3"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// asProgram makes the test binary run as the program itself.
const asProgram = "SAFE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// vaultProcess is a running vault.
type vaultProcess struct {
	cmd  *exec.Cmd
	addr string
	name xorname.Name
	dir  string // of its chunks
}

func startVault(t *testing.T, args ...string) *vaultProcess {
	t.Helper()
	data := t.TempDir()
	p := &vaultProcess{cmd: program(append([]string{"vault", "-data", data}, args...)...)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(p.kill)
	lines := bufio.NewReader(out)
	var name string
	_, err = fmt.Fscanf(lines, "address %s\n", &p.addr)
	require.NoError(t, err)
	_, err = fmt.Fscanf(lines, "name %s\n", &name)
	require.NoError(t, err)
	p.name, err = xorname.Parse(name)
	require.NoError(t, err)
	p.dir = filepath.Join(data, "vault-"+name)
	return p
}

// kill ends a vault without a chance to say or finish anything.
func (p *vaultProcess) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func startNetwork(t *testing.T, n int) []*vaultProcess {
	t.Helper()
	vaults := []*vaultProcess{startVault(t)}
	for len(vaults) < n {
		vaults = append(vaults, startVault(t, "-listen", "127.0.0.1:0", "-contact", vaults[0].addr))
	}
	return vaults
}

// chunks returns the chunk files of a vault by name.
func (p *vaultProcess) chunks(t *testing.T) map[xorname.Name]string {
	t.Helper()
	found := make(map[xorname.Name]string)
	require.NoError(t, filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		if name, bad := xorname.Parse(filepath.Base(path)); bad == nil {
			found[name] = path
		}
		return err
	}))
	return found
}

// content is the same for the same seed and size.
func content(t *testing.T, seed string, size int64) []byte {
	t.Helper()
	b, err := io.ReadAll(io.LimitReader(rand.NewChaCha8(sha3.Sum256([]byte(seed))), size))
	require.NoError(t, err)
	return b
}

// putFile stores a file and returns its address.
func putFile(t *testing.T, contact string, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	out, err := program("put", "-contact", contact, path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// requireFile reads a file back and compares.
func requireFile(t *testing.T, want []byte, contact, address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	out, err := program("get", "-contact", contact, address, "-o", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "%d bytes stored, %d others read", len(want), len(got))
}

// closest returns the vaults that are to keep a chunk, found by sorting them all.
func closest(vaults []*vaultProcess, chunk xorname.Name) []xorname.Name {
	var names []xorname.Name
	for _, v := range vaults {
		names = append(names, v.name)
	}
	xorname.SortByDistance(chunk, names)
	return names[:min(copies, len(names))]
}

// rootChunk returns the name of the chunk at which a file begins.
func rootChunk(t *testing.T, address string) xorname.Name {
	t.Helper()
	var a selfencrypt.Address
	b, err := hex.DecodeString(address)
	require.NoError(t, err)
	require.NoError(t, a.UnmarshalBinary(b))
	return a.Name()
}

// Self Encryption: "wide distribution of chunks greatly reduces the chance of
// data loss when individual vaults go offline".
func TestFilesAreReadAfterAVaultIsKilled(t *testing.T) {
	vaults := startNetwork(t, 5)
	sizes := []int64{0, 1, 100_000, 3<<20 + 1}
	var files [][]byte
	var addresses []string
	for i, size := range sizes {
		files = append(files, content(t, "before", size))
		addresses = append(addresses, putFile(t, vaults[i].addr, files[i]))
	}

	// The one that goes keeps the beginning of the last file.
	holders := closest(vaults[1:], rootChunk(t, addresses[3]))
	gone := 1
	for vaults[gone].name != holders[0] {
		gone++
	}
	vaults[gone].kill()
	left := append(append([]*vaultProcess(nil), vaults[:gone]...), vaults[gone+1:]...)

	for i := range files {
		for _, v := range left {
			requireFile(t, files[i], v.addr, addresses[i])
		}
	}
	out, err := program("get", addresses[2], "-contact", left[0].addr).Output()
	require.NoError(t, err)
	require.True(t, bytes.Equal(files[2], out), "standard output")

	// The three that are left of a group of four are enough to store.
	for i, size := range sizes {
		file := content(t, "after", size)
		address := putFile(t, left[i].addr, file)
		requireFile(t, file, left[0].addr, address)
		require.Equal(t, address, putFile(t, left[0].addr, file), "equal files have equal addresses")
	}
}

// Network Traversal: "The chunk will be stored in the vault with the identifier
// closest to the chunk identifier (measured using XOR distance)." And in those
// that come next.
func TestChunksAreKeptByTheVaultsClosestToTheirNames(t *testing.T) {
	vaults := startNetwork(t, 7)
	putFile(t, vaults[6].addr, content(t, "a file", 5<<20))
	holders := make(map[xorname.Name][]xorname.Name)
	for _, v := range vaults {
		for chunk := range v.chunks(t) {
			holders[chunk] = append(holders[chunk], v.name)
		}
	}
	require.GreaterOrEqual(t, len(holders), 6, "the file's chunks and those of its map")
	for chunk, by := range holders {
		require.Subset(t, closest(vaults, chunk), by)
		require.Greater(t, len(by), copies/2)
	}
}

func TestDamagedCopiesAreNotGivenOut(t *testing.T) {
	vaults := startNetwork(t, 5)
	file := content(t, "a file", 200_000)
	address := putFile(t, vaults[0].addr, file)
	root := rootChunk(t, address)
	var copiesOfRoot []string
	for _, v := range vaults {
		if path, ok := v.chunks(t)[root]; ok {
			copiesOfRoot = append(copiesOfRoot, path)
		}
	}
	for i, path := range copiesOfRoot {
		requireFile(t, file, vaults[0].addr, address)
		damage := []byte{byte(i)} // of another length and content
		require.NoError(t, os.WriteFile(path, damage, 0o600))
	}
	out, err := program("get", "-contact", vaults[0].addr, address).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "not found")
}

func TestMistakesAreExplained(t *testing.T) {
	v := startVault(t)
	stored := putFile(t, v.addr, []byte("a small file"))
	unknown := stored[:2] + strings.Repeat("00", 32) + stored[66:]
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "usage"},
		{[]string{"delete", "-contact", v.addr, "x"}, "usage"},
		{[]string{"put", "x"}, "usage"},
		{[]string{"put", "-contact", v.addr}, "usage"},
		{[]string{"put", "-contact", v.addr, "no such file"}, "no such file"},
		{[]string{"get", "-contact", v.addr, "zz"}, "address"},
		{[]string{"get", "-contact", v.addr, stored[:40]}, "malformed address"},
		{[]string{"get", "-contact", v.addr, unknown}, "not found"},
		{[]string{"get", "-contact", "nowhere", stored}, "nowhere"},
		{[]string{"vault", "-listen", v.addr}, "bind"},
	} {
		out, err := program(c.args...).CombinedOutput()
		require.Error(t, err, "%v", c.args)
		require.Contains(t, string(out), c.says, "%v", c.args)
		require.NotContains(t, string(out), "goroutine", "%v", c.args)
	}
}

// newVault starts a vault in this process.
func newVault(t testing.TB, contact string) *vault {
	t.Helper()
	v, err := startInProcess(contact, t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = v.ep.Close() })
	return v
}

func startInProcess(contact, dir string) (*vault, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	v := &vault{waiting: make(map[routing.ID]chan<- routing.Action)}
	v.mu.Lock()
	if v.ep, err = transport.Listen(transport.Config{Key: key, Handler: v}); err != nil {
		return nil, err
	}
	return v, v.join(context.Background(), contact, dir)
}

func TestNewcomersOfOneMomentKnowEachOther(t *testing.T) {
	first := newVault(t, "")
	second := newVault(t, first.ep.Addr())
	vaults := make([]*vault, 8)
	errs := make([]error, len(vaults))
	var wg sync.WaitGroup
	for i := range vaults {
		contact, dir := []*vault{first, second}[i%2].ep.Addr(), t.TempDir()
		wg.Go(func() { vaults[i], errs[i] = startInProcess(contact, dir) })
	}
	wg.Wait()
	for i, v := range vaults {
		require.NoError(t, errs[i])
		t.Cleanup(func() { _ = v.ep.Close() })
	}
	names := make(map[xorname.Name]bool)
	for _, v := range append(vaults, first, second) {
		require.Len(t, v.members(), 10)
		for _, m := range v.members() {
			names[m.Name] = true
		}
	}
	require.Len(t, names, 10, "all agree on the names")
}

func TestStrangersAreBounded(t *testing.T) {
	v := newVault(t, "")
	for range 2 * maxMembers {
		name := xorname.Random()
		_, err := v.HandleRequest(t.Context(), transport.PeerID(xorname.Random()), transport.Message{Kind: kindHello, Head: name[:]})
		require.NoError(t, err)
	}
	require.Len(t, v.members(), maxMembers+1)
	welcome, err := v.HandleRequest(t.Context(), transport.PeerID{1}, transport.Message{Kind: kindHello, Head: make([]byte, xorname.Size)})
	require.NoError(t, err)
	require.NoError(t, welcome.Check(), "the list of all members fits a message")
}

func TestOnlyMembersAreObeyed(t *testing.T) {
	v := newVault(t, "")
	stranger := transport.PeerID{1}
	chunk := []byte("a chunk")
	_, err := v.HandleRequest(t.Context(), stranger, transport.Message{Kind: kindHold, Body: chunk})
	require.Error(t, err)
	_, err = v.store.Get(t.Context(), xorname.FromContent(chunk))
	require.ErrorIs(t, err, selfencrypt.ErrNotFound)

	name := xorname.Random()
	for _, claim := range []xorname.Name{name, name.Not()} {
		_, err = v.HandleRequest(t.Context(), stranger, transport.Message{Kind: kindHello, Head: claim[:]})
		require.NoError(t, err)
	}
	c, ok := v.router.Contact(stranger)
	require.True(t, ok)
	require.Equal(t, name, c.Name, "a member's name does not change")
}

// Whatever a peer sends, the vault answers, and neither keeps nor gives out
// anything under a wrong name.
func FuzzHandleRequest(f *testing.F) {
	v := newVault(f, "")
	ctx, stop := context.WithCancel(context.Background())
	f.Cleanup(stop)
	go func() {
		for tick := time.Tick(10 * time.Millisecond); ctx.Err() == nil; <-tick {
			v.step(v.router.Tick)
		}
	}()
	chunk := []byte("a chunk")
	name := xorname.FromContent(chunk)
	for _, op := range []routing.Op{routing.OpGet, routing.OpOffer, routing.OpPut, 9} {
		for _, ttl := range []time.Duration{-1, time.Second} {
			head, err := json.Marshal(routing.Request{Op: op, Target: name, Route: 3, TTL: ttl})
			require.NoError(f, err)
			f.Add(kindRoute, byte(1), head, chunk)
			f.Add(kindRoute, byte(2), head, []byte(nil))
		}
	}
	f.Add(kindRoute, byte(1), []byte(`{"ID":[1],"TTL":1e9}`), chunk)
	f.Add(kindJoin, byte(1), []byte(nil), []byte(nil))
	f.Add(kindHello, byte(2), name[:], []byte(nil))
	f.Add(kindHello, byte(2), name[1:], []byte(nil))
	f.Add(kindHold, byte(1), []byte(nil), chunk)
	f.Add(kindHold, byte(2), []byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, kind uint16, from byte, head, body []byte) {
		reply, err := v.HandleRequest(t.Context(), transport.PeerID{from}, transport.Message{Kind: kind, Head: head, Body: body})
		var req routing.Request
		if err != nil || kind != kindRoute || json.Unmarshal(head, &req) != nil {
			return
		}
		if req.Op == routing.OpGet {
			require.Equal(t, req.Target, xorname.FromContent(reply.Body))
			return
		}
		require.Equal(t, routing.OpPut, req.Op)
		kept, err := v.store.Get(t.Context(), req.Target)
		require.NoError(t, err)
		require.Equal(t, body, kept)
	})
}

func TestTheProgramHasAtMost400Lines(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	lines, programs := 0, 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines += bytes.Count(text, []byte("\n"))
		programs++
	}
	require.Equal(t, 2, programs)
	require.LessOrEqual(t, lines, 400)
}
