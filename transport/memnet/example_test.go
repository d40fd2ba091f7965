package memnet_test

import (
	"context"
	"fmt"
	"time"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

// Two endpoints in one process, five milliseconds apart.
func Example() {
	net := memnet.New(1)
	net.SetLatency(func(_, _ transport.PeerID) time.Duration { return 5 * time.Millisecond })
	echo := transporttest.Funcs{}
	alice, err := net.Endpoint(transport.Config{Key: key(1), Handler: echo})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer alice.Close()
	bob, err := net.Endpoint(transport.Config{Key: key(2), Handler: echo})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bob.Close()

	ctx := context.Background()
	id, err := alice.Connect(ctx, bob.Addr(), transport.PeerID{})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := alice.Request(ctx, id, transport.Message{Kind: 1, Body: []byte("anybody there?")})
	fmt.Println(string(answer.Body), err)
	// Output: anybody there? <nil>
}

// A peer that is cut off for a moment answers late; QUIC would have repeated the request, too.
func ExampleNet_Cut() {
	net := memnet.NewNet(memnet.Options{Latency: time.Millisecond})
	alice, err := net.Endpoint(transport.Config{Key: key(1), Handler: transporttest.Funcs{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer alice.Close()
	bob, err := net.Endpoint(transport.Config{Key: key(2), Handler: transporttest.Funcs{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bob.Close()

	ctx := context.Background()
	if _, err := alice.Connect(ctx, bob.Addr(), bob.ID()); err != nil {
		fmt.Println(err)
		return
	}
	net.Cut(alice.ID(), bob.ID())
	time.AfterFunc(20*time.Millisecond, net.Heal)
	answer, err := alice.Request(ctx, bob.ID(), transport.Message{Body: []byte("still there?")})
	fmt.Println(string(answer.Body), err)
	// Output: still there? <nil>
}

// gossip is a state machine: who hears a rumour for the first time tells it to three others.
type gossip struct {
	net   *memnet.EventNet[string]
	me    memnet.Node
	heard bool
}

func (g *gossip) Receive(_ time.Duration, _ memnet.Node, rumour string) {
	if g.heard {
		return
	}
	g.heard = true
	for i := range memnet.Node(3) {
		g.net.Send(g.me, (3*g.me+i+1)%1000, rumour)
	}
}

func (g *gossip) Expire(time.Duration, uint64) { g.Receive(0, g.me, "it is time") }

// A rumour among a thousand nodes, of whose messages one in a hundred is lost. It is the same run every time, on any machine.
func ExampleEventNet() {
	net := memnet.NewEventNet(memnet.EventOptions[string]{
		Seed: 1, Latency: 20 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.01,
	})
	all := make([]*gossip, 1000)
	for i := range all {
		all[i] = &gossip{net: net}
		all[i].me = net.Add(all[i])
	}
	net.SetTimer(0, time.Second, 0)
	for net.Step() {
	}
	heard := 0
	for _, g := range all {
		if g.heard {
			heard++
		}
	}
	fmt.Printf("%d of %d nodes know by %v\n", heard, len(all), net.Now())
	fmt.Printf("digest %016x\n", net.Digest())
	// Output:
	// 1000 of 1000 nodes know by 1.245907729s
	// digest 2bc9103716b8b2d3
}
