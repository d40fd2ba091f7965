//go:build unix

package transport

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An idle peer costs either end at most this, in bytes of heap and stack, and this many goroutines, two of which are quic-go's.
const (
	idleBytes      = 64 << 10
	idleGoroutines = 3
)

var idlePeers = flag.Int("idle.peers", 1000, "number of peers in BenchmarkIdle")

// Half of the peers dialled us, half we dialled.
func TestAnIdlePeerCostsLittle(t *testing.T) {
	idle := measureIdle(t, 1000, 500)
	t.Logf("%.1f KiB, of which stacks %.1f; %.2f goroutines", idle.bytes/1024, idle.stacks/1024, idle.goroutines)
	if !raceEnabled { // the detector makes everything larger
		require.LessOrEqual(t, idle.bytes, float64(idleBytes))
	}
	require.LessOrEqual(t, idle.goroutines, idleGoroutines+0.05)
}

// BenchmarkIdle reports what an idle peer takes, and what 10,000 would. The last row is the worse one.
func BenchmarkIdle(b *testing.B) {
	type row struct {
		name    string
		dialled int
	}
	var worst row
	var most float64
	run := func(b *testing.B, r row) {
		var idle idle
		for b.Loop() {
			idle = measureIdle(b, *idlePeers, r.dialled)
		}
		b.ReportMetric(idle.bytes/1024, "KiB/peer")
		b.ReportMetric(idle.goroutines, "goroutines/peer")
		b.ReportMetric(idle.bytes*10_000/(1<<20), "MiB/10k-peers")
		if idle.bytes > most {
			worst, most = r, idle.bytes
		}
	}
	for _, r := range []row{{"TheyDialled", 0}, {"WeDialled", *idlePeers}} {
		b.Run(r.name, func(b *testing.B) { run(b, r) })
	}
	if worst.name != "" {
		b.Run("worst="+worst.name, func(b *testing.B) { run(b, worst) })
	}
}

// idle is what one peer takes.
type idle struct{ bytes, stacks, goroutines float64 }

// measureIdle connects an endpoint with many in another process, some dialled by us. Before it measures, each peer has made a request on the lane
// and one on a stream of its own, and got one of each. Larger messages would leave more: quic-go's queue of packets received
// grows with the largest burst of a connection, and stays (10 KiB more after 100 KB).
func measureIdle(tb testing.TB, peers, dialled int) idle {
	ep := start(tb, 1000, Config{MaxPeers: peers})
	crowd := startCrowd(tb, peers)
	heap, stacks := inUse()
	goroutines := runtime.NumGoroutine()
	for i := range peers {
		addr := crowd.line(tb)
		if i < dialled {
			_, err := ep.Connect(testContext(tb), addr, testID(crowdKey(i)))
			require.NoError(tb, err)
		}
	}
	_, err := fmt.Fprintln(crowd.in, ep.Addr())
	require.NoError(tb, err)
	require.Equal(tb, "done", crowd.line(tb))
	for i := range peers {
		require.NoError(tb, bothSizes(ep, testID(crowdKey(i))))
	}
	for range 100 { // what the last request left behind ends at its own pace
		if runtime.NumGoroutine()-goroutines <= idleGoroutines*peers {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	heapAfter, stacksAfter := inUse()
	got := idle{
		bytes:      float64(heapAfter+stacksAfter-heap-stacks) / float64(peers),
		stacks:     float64(stacksAfter-stacks) / float64(peers),
		goroutines: float64(runtime.NumGoroutine()-goroutines) / float64(peers),
	}
	require.Len(tb, ep.Peers(), peers)
	require.NoError(tb, ep.Close())
	crowd.stop()
	return got
}

func bothSizes(ep Endpoint, to PeerID) error {
	for _, size := range []int{64, 20_000} {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		_, err := ep.Request(ctx, to, Message{Body: zeros[:size]})
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// inUse is the heap and the stacks after garbage collections: it takes some until pools are empty and stacks have shrunk.
func inUse() (heap, stacks int64) {
	var m runtime.MemStats
	for range 5 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse), int64(m.StackInuse)
}

const crowdEnv = "TRANSPORT_TEST_CROWD"

func crowdKey(i int) uint64 { return uint64(10_000 + i) }

func startCrowd(tb testing.TB, peers int) *process {
	return startChild(tb, fmt.Sprintf("%s=%d", crowdEnv, peers))
}

// crowd is the main function of the other process. It prints the address of each of its endpoints, reads the address of ours,
// and makes requests to it from all of them.
func crowd(peers int) {
	eps := make([]Endpoint, peers)
	for i := range eps {
		ep, err := Listen(Config{Key: testKey(crowdKey(i)), Handler: handler{}, DisableGRO: true})
		if err != nil {
			panic(err)
		}
		eps[i] = ep
		fmt.Println(ep.Addr())
	}
	var addr string
	if _, err := fmt.Scanln(&addr); err != nil {
		return
	}
	for _, ep := range eps {
		if _, err := ep.Connect(context.Background(), addr, testID(1000)); err != nil {
			panic(err)
		}
		if err := bothSizes(ep, testID(1000)); err != nil {
			panic(err)
		}
	}
	fmt.Println("done")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until we are no longer wanted
}
