package memnet_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/safenet-go/safenet/transport/memnet"
)

// packet is a message as large as that of a state machine would be: a few words and a slice. The first word counts its hops.
type packet [5]uint64

// relay passes on what it receives to a random node.
type relay struct {
	net    *memnet.EventNet[packet]
	random rand.PCG
	me     memnet.Node
	nodes  uint64
}

func (r *relay) Receive(_ time.Duration, _ memnet.Node, p packet) {
	p[0]++
	r.net.Send(r.me, memnet.Node(r.random.Uint64()%r.nodes), p)
}

func (r *relay) Expire(time.Duration, uint64) { r.Receive(0, r.me, packet{}) }

// circling returns a network on which one message for each node is under way at any time, and a function that delivers some.
func circling(nodes int) (net *memnet.EventNet[packet], step func(messages int) bool) {
	net = memnet.NewEventNet(memnet.EventOptions[packet]{Seed: 1, Latency: 50 * time.Millisecond, Jitter: 50 * time.Millisecond})
	for i := range nodes {
		r := &relay{net: net, nodes: uint64(nodes)}
		r.random.Seed(1, uint64(i))
		r.me = net.Add(r)
		net.SetTimer(r.me, time.Duration(i), 0)
	}
	return net, func(messages int) bool {
		for range messages {
			if !net.Step() {
				return false
			}
		}
		return true
	}
}

func BenchmarkEvents(b *testing.B) {
	for _, nodes := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			_, step := circling(nodes)
			step(2 * nodes)
			b.ReportAllocs()
			b.ResetTimer()
			step(b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}
