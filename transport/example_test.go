package transport_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/safenet-go/safenet/transport"
)

// shouter answers every request in capitals.
type shouter struct{}

func (shouter) HandleMessage(context.Context, transport.PeerID, transport.Message) {}

func (shouter) HandleRequest(_ context.Context, _ transport.PeerID, m transport.Message) (transport.Message, error) {
	if len(m.Body) == 0 {
		return transport.Message{}, &transport.RemoteError{Code: 1, Text: "say something"}
	}
	return transport.Message{Kind: m.Kind, Body: []byte(strings.ToUpper(string(m.Body)))}, nil
}

// One peer listens, another one dials it and asks.
func ExampleListen() {
	_, serverKey, _ := ed25519.GenerateKey(nil)
	server, err := transport.Listen(transport.Config{Key: serverKey, Handler: shouter{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	_, clientKey, _ := ed25519.GenerateKey(nil)
	client, err := transport.Listen(transport.Config{Key: clientKey}) // no Handler: it only dials
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	ctx := context.Background()
	id, err := client.Connect(ctx, server.Addr(), transport.PeerID{}) // whoever is there
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(id == server.ID())

	answer, err := client.Request(ctx, id, transport.Message{Kind: 7, Body: []byte("hello")})
	fmt.Println(string(answer.Body), err)

	_, err = client.Request(ctx, id, transport.Message{Kind: 7})
	fmt.Println(err)
	// Output:
	// true
	// HELLO <nil>
	// transport: the peer answered with error 1: "say something"
}
