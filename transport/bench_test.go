//go:build unix

package transport

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The benchmarks compare with quic-go used plainly (same TLS, a new stream for each message) in the same run, both with the
// server in a process of its own. Metrics: x-raw is our rate divided by that of plain quic-go; cpu and raw-cpu are the user and
// system time of both processes, in ms per MiB or in us per request.

// contestant is one way to carry messages to the server of a benchmark.
type contestant interface {
	ask(ctx context.Context, size, answer int) error // request and answer with bodies of these sizes
	push(ctx context.Context, size int) error        // one-way
	barrier(ctx context.Context, n int) error        // returns when n pushed messages were handled, and forgets them
	close()
}

// workload is what a benchmark does b.N times.
type workload struct {
	name     string
	size     int
	answer   int // of the request; -1: a one-way message
	inFlight int
}

var workloads = []workload{
	{"Request64B", 64, 64, 1},
	{"Request64BParallel", 64, 64, 64},
	{"Put1MiB", 1 << 20, 1, 1},
	{"Put1MiBParallel", 1 << 20, 1, 8},
	{"Get1MiB", 1, 1 << 20, 1},
	{"Get1MiBParallel", 1, 1 << 20, 8},
	{"Push1MiB", 1 << 20, -1, 1},
	{"Push1MiBParallel", 1 << 20, -1, 8},
}

func BenchmarkTransport(b *testing.B) { benchmarkAgainstRaw(b, "ours") }

// BenchmarkTransportNoGRO is the same without receive offload.
func BenchmarkTransportNoGRO(b *testing.B) { benchmarkAgainstRaw(b, "nogro") }

func benchmarkAgainstRaw(b *testing.B, kind string) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			raw, ours := startProcess(b, "raw"), startProcess(b, kind)
			var rawCost, cost cost
			b.ReportAllocs()
			const slices = 4
			for i := range slices { // interleaved: the machine's speed drifts
				n := b.N*(i+1)/slices - b.N*i/slices
				b.StopTimer()
				rawCost.add(raw.run(b, w, n))
				b.StartTimer()
				cost.add(ours.run(b, w, n))
			}
			b.StopTimer()
			cost.report(b, w, rawCost)
		})
	}
}

type cost struct{ wall, cpu time.Duration }

func (c *cost) add(other cost) { c.wall += other.wall; c.cpu += other.cpu }

func (c cost) report(b *testing.B, w workload, raw cost) {
	b.ReportMetric(float64(raw.wall)/float64(c.wall), "x-raw")
	mib := float64(b.N) * float64(w.size+max(w.answer, 0)) / (1 << 20)
	unit, per := "ms/MiB", mib*float64(time.Millisecond)
	if w.size+w.answer < 1<<20-1 {
		unit, per = "us/op", float64(b.N)*float64(time.Microsecond)
	} else {
		b.ReportMetric(mib/c.wall.Seconds(), "MiB/s")
	}
	b.ReportMetric(float64(c.cpu)/per, "cpu-"+unit)
	b.ReportMetric(float64(raw.cpu)/per, "rawcpu-"+unit)
}

// process is a server in another process, and the contestant connected with it.
type process struct {
	contestant
	in  io.WriteCloser
	out *bufio.Reader
}

func startProcess(b *testing.B, kind string) *process {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), benchServerEnv+"="+kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	p := &process{in: in, out: bufio.NewReader(out)}
	addr := p.line(b)
	if kind == "raw" {
		p.contestant = newRawClient(b, addr)
	} else {
		p.contestant = newOurClient(b, addr, kind == "nogro")
	}
	b.Cleanup(func() {
		p.close()
		_ = in.Close()
		_ = cmd.Wait()
	})
	return p
}

func (p *process) line(b *testing.B) string {
	s, err := p.out.ReadString('\n')
	require.NoError(b, err)
	return strings.TrimSpace(s)
}

// serverCPU asks the server how much time it has used.
func (p *process) serverCPU(b *testing.B) time.Duration {
	_, err := p.in.Write([]byte{'.'})
	require.NoError(b, err)
	ns, err := strconv.ParseInt(p.line(b), 10, 64)
	require.NoError(b, err)
	return time.Duration(ns)
}

// run does the work n times.
func (p *process) run(b *testing.B, w workload, n int) cost {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cpu, begin := cpuTime()+p.serverCPU(b), time.Now()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range w.inFlight {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := p.once(ctx, w); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if w.answer < 0 {
		require.NoError(b, p.barrier(ctx, n))
	}
	wall := time.Since(begin)
	return cost{wall: wall, cpu: cpuTime() + p.serverCPU(b) - cpu}
}

func (p *process) once(ctx context.Context, w workload) error {
	if w.answer < 0 {
		return p.push(ctx, w.size)
	}
	return p.ask(ctx, w.size, w.answer)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ourClient is the contestant under test.
type ourClient struct {
	ep   Endpoint
	peer PeerID
}

const barrierKind = 0xfffe

func newOurClient(b *testing.B, addr string, noGRO bool) contestant {
	ep, err := Listen(Config{Key: testKey(1001), DisableGRO: noGRO})
	require.NoError(b, err)
	id, err := ep.Connect(context.Background(), addr, PeerID{})
	require.NoError(b, err)
	return &ourClient{ep: ep, peer: id}
}

func (c *ourClient) ask(ctx context.Context, size, answer int) error {
	var head [4]byte
	binary.BigEndian.PutUint32(head[:], uint32(answer))
	_, err := c.ep.Request(ctx, c.peer, Message{Head: head[:], Body: zeros[:size]})
	return err
}

func (c *ourClient) push(ctx context.Context, size int) error {
	return c.ep.Send(ctx, c.peer, Message{Body: zeros[:size]})
}

func (c *ourClient) barrier(ctx context.Context, n int) error {
	var head [4]byte
	binary.BigEndian.PutUint32(head[:], uint32(n))
	_, err := c.ep.Request(ctx, c.peer, Message{Kind: barrierKind, Head: head[:]})
	return err
}

func (c *ourClient) close() { _ = c.ep.Close() }

var zeros = make([]byte, MaxBody)

// arrivals counts one-way messages at the server.
type arrivals struct {
	mu sync.Mutex
	c  *sync.Cond
	n  int
}

func newArrivals() *arrivals {
	a := &arrivals{}
	a.c = sync.NewCond(&a.mu)
	return a
}

func (a *arrivals) add() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	a.c.Broadcast()
}

func (a *arrivals) wait(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.n < n {
		a.c.Wait()
	}
	a.n -= n
}

// benchServer is the main function of the other process. Each byte on its input asks for its CPU time; the end of the input
// stops it.
func benchServer(kind string) {
	arrived := newArrivals()
	serve := ourServer
	if kind == "raw" {
		serve = rawServer
	}
	addr, stop := serve(arrived, kind == "nogro")
	fmt.Println(addr)
	for buf := make([]byte, 1); ; {
		if _, err := os.Stdin.Read(buf); err != nil {
			stop()
			return
		}
		fmt.Println(int64(cpuTime()))
	}
}

func ourServer(arrived *arrivals, noGRO bool) (addr string, stop func()) {
	ep, err := Listen(Config{Key: testKey(1000), DisableGRO: noGRO, Handler: benchHandler(arrived)})
	if err != nil {
		panic(err)
	}
	return ep.Addr(), func() { _ = ep.Close() }
}

func benchHandler(arrived *arrivals) Handler {
	return handler{
		message: func(context.Context, PeerID, Message) { arrived.add() },
		request: func(_ context.Context, _ PeerID, m Message) (Message, error) {
			n := int(binary.BigEndian.Uint32(m.Head))
			if m.Kind == barrierKind {
				arrived.wait(n)
				return Message{}, nil
			}
			return Message{Body: zeros[:n]}, nil
		},
	}
}
