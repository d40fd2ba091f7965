package client_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"testing"
	"time"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/vault"
	"github.com/stretchr/testify/require"
)

// roleVar makes the test binary run as one of the roles below instead of
// testing.
const roleVar = "SAFE_TEST_ROLE"

func TestMain(m *testing.M) {
	role, ok := map[string]func() error{
		"vault":    vaultProcess,
		"receiver": receiverProcess,
	}[os.Getenv(roleVar)]
	if !ok {
		os.Exit(m.Run())
	}
	if path := os.Getenv("SAFE_TEST_PROFILE"); path != "" {
		f, err := os.CreateTemp(path, "cpu-*.prof")
		if err == nil && pprof.StartCPUProfile(f) == nil {
			defer pprof.StopCPUProfile()
		}
	}
	if err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serving is the line that a role prints when it serves.
type serving struct{ Addr string }

// vaultProcess is a vault that ends with its standard input.
func vaultProcess() error {
	cfg := vault.Config{Dir: os.Getenv("SAFE_TEST_DIR")}
	if c := os.Getenv("SAFE_TEST_CONTACT"); c != "" {
		cfg.Contacts = []string{c}
	} else {
		cfg.First = true
	}
	v, err := vault.Start(context.Background(), cfg)
	if err != nil {
		return err
	}
	return serve(v.Info().Addr, v.Close)
}

func serve(addr string, end func() error) error {
	if err := json.NewEncoder(os.Stdout).Encode(serving{addr}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return end()
}

// process is a running role.
type process struct {
	serving
	cmd *exec.Cmd
	dir string
}

func startRole(tb testing.TB, role, dir, contact string) *process {
	tb.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), dir: dir}
	p.cmd.Env = append(os.Environ(), roleVar+"="+role, "SAFE_TEST_DIR="+dir, "SAFE_TEST_CONTACT="+contact)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, p.cmd.Start())
	tb.Cleanup(func() {
		_ = in.Close()
		_ = p.cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(tb, err, "%s did not start", role)
	require.NoError(tb, json.Unmarshal(line, &p.serving))
	return p
}

// startVaults runs a network of n vault processes that all know each other.
func startVaults(tb testing.TB, n int) []*process {
	tb.Helper()
	dir := tb.TempDir()
	var vaults []*process
	for i := range n {
		contact := ""
		if i > 0 {
			contact = vaults[0].Addr
		}
		vaults = append(vaults, startRole(tb, "vault", filepath.Join(dir, strconv.Itoa(i)), contact))
	}
	c := dial(tb, vaults)
	require.Eventually(tb, func() bool {
		members, err := c.Members(tb.Context())
		return err == nil && members == n
	}, 20*time.Second, 50*time.Millisecond)
	return vaults
}

func dial(tb testing.TB, vaults []*process) *client.Client {
	tb.Helper()
	c, err := client.Dial(tb.Context(), client.Config{Contacts: []string{vaults[0].Addr}})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// memory returns a field of the kernel's account of a process, in MB.
func (p *process) memory(tb testing.TB, field string) float64 {
	tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(tb, err)
	for line := range bytes.Lines(data) {
		var kb float64
		if n, _ := fmt.Sscanf(string(line), field+": %f kB", &kb); n == 1 {
			return kb * 1024 / 1e6
		}
	}
	tb.Fatalf("no %s in /proc status", field)
	return 0
}
