package client_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/localnet"
	"github.com/stretchr/testify/require"
)

// receiverVar makes the test binary run as a receiver of the bound instead of
// testing; its value is the directory to write to.
const receiverVar = "SAFE_TEST_RECEIVER"

func TestMain(m *testing.M) {
	localnet.Main()
	dir := os.Getenv(receiverVar)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := receiver(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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

// startReceiver runs a receiver and returns its address.
func startReceiver(tb testing.TB, dir string) (addr string) {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), receiverVar+"="+dir)
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
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(tb, err, "the receiver did not start")
	require.NoError(tb, json.Unmarshal(line, &addr))
	return addr
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
