package memnet_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

func BenchmarkSend(b *testing.B) {
	net := memnet.New(1)
	x, y := connected(b, net, transport.Config{})
	b.ReportAllocs()
	for b.Loop() {
		if err := x.Send(context.Background(), y.ID(), transport.Message{Body: []byte("hello")}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	net := memnet.New(1)
	x, y := connected(b, net, transport.Config{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Request(context.Background(), y.ID(), transport.Message{Body: []byte("hello")}); err != nil {
			b.Fatal(err)
		}
	}
}

// Messages that endpoints pass on to each other in virtual time, one for each of them under way: 50 ms of latency, 50 of jitter.
func BenchmarkGoroutines(b *testing.B) {
	for _, nodes := range []int{100, 4000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			ready, start, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				bubble(func(t *testing.T) { passOn(t, nodes, b.N, func() { close(ready); <-start }) })
			}()
			<-ready
			b.ReportAllocs()
			b.ResetTimer()
			close(start)
			<-done
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}

// bubble runs body in virtual time, for which a test is needed; that of RunTests would run once for each -cpu and -count.
func bubble(body func(t *testing.T)) {
	var once sync.Once
	all := func(_, _ string) (bool, error) { return true, nil }
	testing.RunTests(all, []testing.InternalTest{{
		Name: "bubble", F: func(t *testing.T) { once.Do(func() { synctest.Test(t, body) }) },
	}})
}

// passOn has each of many endpoints begin a message that goes from one to the next until total messages have been sent.
func passOn(t *testing.T, nodes, total int, ready func()) {
	const peers = 8
	net := memnet.NewNet(memnet.Options{Seed: 1, Latency: 50 * time.Millisecond, Jitter: 50 * time.Millisecond})
	all := make([]transport.Endpoint, nodes)
	next := func(i, left int) {
		body := binary.BigEndian.AppendUint64(nil, uint64(left))
		to := all[(i+1+left%peers)%nodes].ID()
		if err := all[i].Send(context.Background(), to, transport.Message{Body: body}); err != nil {
			t.Error(err)
		}
	}
	var chains sync.WaitGroup
	for i := range all {
		all[i] = endpoint(t, net, uint64(i), transport.Config{Handler: transporttest.Funcs{
			Message: func(_ context.Context, _ transport.PeerID, m transport.Message) {
				if left := binary.BigEndian.Uint64(m.Body); left > 0 {
					next(i, int(left)-1)
				} else {
					chains.Done()
				}
			},
		}})
	}
	var dials sync.WaitGroup
	for i, e := range all {
		for j := range peers {
			to := all[(i+1+j)%nodes]
			dials.Go(func() {
				_, err := e.Connect(context.Background(), to.Addr(), to.ID())
				require.NoError(t, err)
			})
		}
	}
	dials.Wait()
	ready()
	for i := range all {
		if mine := (total + i) / nodes; mine > 0 {
			chains.Add(1)
			next(i, mine-1)
		}
	}
	chains.Wait()
}
