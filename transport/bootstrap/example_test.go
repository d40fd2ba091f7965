package bootstrap_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/bootstrap"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

// A node looks for a vault of its network: of the three contacts, one is gone, one belongs to another network, and one is good.
func Example() {
	net := memnet.New(1)
	start := func(n uint64, h transport.Handler) transport.Endpoint {
		ep, err := net.Endpoint(transport.Config{Key: key(n), Handler: h})
		if err != nil {
			panic(err)
		}
		return ep
	}
	vault, foreign := start(2, member("main")), start(3, member("other"))
	defer vault.Close()
	defer foreign.Close()
	node := start(1, transporttest.Funcs{})
	defer node.Close()

	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	book, err := bootstrap.OpenBook(filepath.Join(dir, "peers"), bootstrap.BookOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer book.Close()

	// What makes a contact good: it tells of which network it is.
	hello := func(ctx context.Context, peer bootstrap.Peer) (string, error) {
		answer, err := node.Request(ctx, peer.ID, transport.Message{Kind: kindHello})
		if err != nil {
			return "", err
		}
		if network := string(answer.Body); network != "main" {
			return "", fmt.Errorf("%w: %q", bootstrap.ErrNetwork, network)
		}
		return string(answer.Body), nil
	}
	contacts := bootstrap.Contacts("mem:404", foreign.Addr(), vault.Addr())
	got, err := bootstrap.Join(context.Background(), node, contacts, hello, bootstrap.Options{Book: book})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got.ID == vault.ID(), got.Value, len(book.Entries()))
	// Output: true main 1
}

// What went wrong is told for each contact, with what to look at.
func ExampleJoinError() {
	net := memnet.New(1)
	node, err := net.Endpoint(transport.Config{Key: key(1), Handler: transporttest.Funcs{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Close()

	contacts := bootstrap.Contacts(node.Addr())
	_, err = bootstrap.Join[struct{}](context.Background(), node, contacts, nil, bootstrap.Options{MaxRounds: 1})
	var failure *bootstrap.JoinError
	if errors.As(err, &failure) {
		for _, a := range failure.Attempts {
			fmt.Println(a.Step, a.Addr, errors.Is(a, bootstrap.ErrSelf))
			fmt.Println(a.Hint)
		}
	}
	// Output:
	// resolving mem:1 true
	// give the address of another node
}
