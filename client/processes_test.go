package client_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/localnet"
	"github.com/stretchr/testify/require"
)

// These make the test binary run as something else instead of testing: as a
// receiver of the bound, which writes to the directory named, or as a client
// that stores a gibibyte through the vault at the address named.
const (
	receiverVar = "SAFE_TEST_RECEIVER"
	storerVar   = "SAFE_TEST_STORER"
)

func TestMain(m *testing.M) {
	localnet.Main()
	for name, role := range map[string]func(string) error{receiverVar: receiver, storerVar: storer} {
		if arg := os.Getenv(name); arg != "" {
			if err := role(arg); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// startVaults runs a network of n vault processes that all know each other.
func startVaults(tb testing.TB, n int) []*localnet.Vault {
	tb.Helper()
	net, err := localnet.Start(tb.Context(), localnet.Options{Vaults: n, Dir: tb.TempDir()})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, net.Stop()) })
	return net.Vaults
}

func dial(tb testing.TB, contact string) *client.Client {
	tb.Helper()
	c, err := client.Dial(tb.Context(), client.Config{Contacts: []string{contact}})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// startRole runs the test binary in a role and returns the line that it
// prints, as JSON, and its process.
func startRole(tb testing.TB, role, arg string, line any) *os.Process {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+arg)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	b, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(tb, err, "the process did not start")
	require.NoError(tb, json.Unmarshal(b, line))
	return cmd.Process
}

// serve prints a line for startRole and waits for the end of standard input.
func serve(line any) error {
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// memory returns a field of the kernel's account of a process, in MB.
func memory(tb testing.TB, pid int, field string) float64 {
	tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
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
