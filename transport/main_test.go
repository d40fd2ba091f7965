//go:build unix

package transport

import (
	"os"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

const benchServerEnv = "TRANSPORT_BENCH_SERVER"

// The test binary is also the other process of benchmarks and of the test of idle peers.
func TestMain(m *testing.M) {
	if kind := os.Getenv(benchServerEnv); kind != "" {
		benchServer(kind)
		return
	}
	if peers, err := strconv.Atoi(os.Getenv(crowdEnv)); err == nil {
		crowd(peers)
		return
	}
	goleak.VerifyTestMain(m)
}
