package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/vault"
)

// exampleVault begins a network of one vault on this machine.
func exampleVault() (addr string, end func()) {
	dir, err := os.MkdirTemp("", "vault-")
	if err != nil {
		panic(err)
	}
	v, err := vault.Start(context.Background(), vault.Config{Dir: dir, First: true})
	if err != nil {
		panic(err)
	}
	return v.Info().Addr, func() {
		_ = v.Close()
		_ = os.RemoveAll(dir)
	}
}

func Example() {
	addr, end := exampleVault()
	defer end()
	ctx := context.Background()

	c, err := client.Dial(ctx, client.Config{Contacts: []string{addr}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	stored, err := c.PutFile(ctx, strings.NewReader("Privacy, security, freedom."), nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	// The text of the address is all that is needed to read the file.
	address, err := client.ParseAddress(stored.Address.Text())
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	n, err := c.GetFile(ctx, address, &file, nil)
	fmt.Println(n, err, file.String())
	// Output: 27 <nil> Privacy, security, freedom.
}

func ExampleClient_Open() {
	addr, end := exampleVault()
	defer end()
	ctx := context.Background()

	c, err := client.Dial(ctx, client.Config{Contacts: []string{addr}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	stored, err := c.PutFile(ctx, strings.NewReader(strings.Repeat("0123456789", 100_000)), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := c.Open(ctx, stored.Address)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	part, err := io.ReadAll(io.NewSectionReader(r, 500_005, 10))
	fmt.Println(r.Size(), string(part), err)
	// Output: 1000000 5678901234 <nil>
}
