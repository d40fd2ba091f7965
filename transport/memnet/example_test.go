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
