//go:build unix

package transport

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

const benchServerEnv = "TRANSPORT_BENCH_SERVER"

// The test binary is also the other process of the benchmarks.
func TestMain(m *testing.M) {
	if kind := os.Getenv(benchServerEnv); kind != "" {
		benchServer(kind)
		return
	}
	goleak.VerifyTestMain(m)
}
