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
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// contestant is one way to carry messages to the server of a benchmark.
type contestant interface {
	reconnect(ctx context.Context) error             // drops the connection and makes a new one, which the server has taken
	ask(ctx context.Context, size, answer int) error // request and answer with bodies of these sizes
	push(ctx context.Context, size int) error        // one-way
	barrier(ctx context.Context, n int) error        // returns when n pushed messages were handled, and forgets them
	close()
}

// process is a server in another process, and the contestants connected with it.
type process struct {
	clients []contestant
	in      io.WriteCloser
	out     *bufio.Reader
	stop    func()
}

// startChild runs this binary again, with the variable that tells TestMain what to be. It must be stopped.
func startChild(tb testing.TB, env string) *process {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	return &process{in: in, out: bufio.NewReader(out), stop: func() {
		_ = in.Close()
		_ = cmd.Wait()
	}}
}

func startProcess(b *testing.B, kind string, clients int) *process {
	b.Helper()
	p := startChild(b, benchServerEnv+"="+kind)
	addr := p.line(b)
	for i := range uint64(clients) {
		if kind == "raw" {
			p.clients = append(p.clients, newRawClient(b, addr, 2000+i))
		} else {
			p.clients = append(p.clients, newOurClient(b, addr, 3000+i, kind == "nogro"))
		}
	}
	b.Cleanup(func() {
		for _, c := range p.clients {
			c.close()
		}
		p.stop()
	})
	return p
}

func (p *process) line(tb testing.TB) string {
	s, err := p.out.ReadString('\n')
	require.NoError(tb, err)
	return strings.TrimSpace(s)
}

// used is what both processes have used so far.
func (p *process) used(b *testing.B) (cpu time.Duration, allocs uint64) {
	_, err := p.in.Write([]byte{'.'})
	require.NoError(b, err)
	var theirCPU time.Duration
	var theirs uint64
	_, err = fmt.Sscan(p.line(b), &theirCPU, &theirs)
	require.NoError(b, err)
	return cpuTime() + theirCPU, allocations() + theirs
}

// run does the work n times.
func (p *process) run(b *testing.B, w workload, n int) cost {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	each := make([]time.Duration, n)
	cpu, allocs := p.used(b)
	begin := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for worker := range w.inFlight {
		wg.Go(func() {
			client := p.clients[worker%len(p.clients)]
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				start := time.Now()
				if err := w.once(ctx, client); err != nil {
					b.Error(err)
					return
				}
				each[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	if w.answer == oneWay {
		require.NoError(b, p.clients[0].barrier(ctx, n))
	}
	wall := time.Since(begin)
	cpuAfter, allocsAfter := p.used(b)
	return cost{wall: wall, cpu: cpuAfter - cpu, allocs: allocsAfter - allocs, each: each}
}

func (w workload) once(ctx context.Context, c contestant) error {
	switch w.answer {
	case oneWay:
		return c.push(ctx, w.size)
	case reconnect:
		return c.reconnect(ctx)
	}
	return c.ask(ctx, w.size, w.answer)
}

func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
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
	addr string
	peer PeerID
}

const barrierKind = 0xfffe

func newOurClient(b *testing.B, addr string, key uint64, noGRO bool) contestant {
	ep, err := Listen(Config{Key: testKey(key), DisableGRO: noGRO})
	require.NoError(b, err)
	id, err := ep.Connect(context.Background(), addr, PeerID{})
	require.NoError(b, err)
	return &ourClient{ep: ep, addr: addr, peer: id}
}

func (c *ourClient) reconnect(ctx context.Context) error {
	c.ep.Disconnect(c.peer)
	_, err := c.ep.Connect(ctx, c.addr, c.peer)
	return err
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

// benchServer is the main function of the other process. Each byte on its input asks what it has used; the end of the input
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
		fmt.Println(int64(cpuTime()), allocations())
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
