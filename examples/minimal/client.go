package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// network is what a client sees of the network through its entry vault: a place
// for chunks, which is all that selfencrypt asks for.
type network struct {
	ep    transport.Endpoint
	entry transport.PeerID
}

// Put stores a chunk. "Chunks enter the network via their entry point vault, and
// are then passed on until they reach the closest vault" (Network Traversal).
func (n *network) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	_, err := ask(ctx, n.ep, n.entry, routing.Request{Op: routing.OpPut, Target: name, TTL: patience}, chunk)
	return err
}

// Get fetches a chunk, from whichever of its holders answers.
func (n *network) Get(ctx context.Context, name xorname.Name) ([]byte, error) {
	chunk, err := ask(ctx, n.ep, n.entry, routing.Request{Op: routing.OpGet, Target: name, TTL: patience}, nil)
	var told *transport.RemoteError
	if errors.As(err, &told) && told.Code == uint16(routing.StatusNotFound) {
		err = selfencrypt.ErrNotFound
	}
	return chunk, err
}

// ask sends a request, which names a chunk and neither its file nor who asks.
func ask(ctx context.Context, ep transport.Endpoint, to routing.Key, req routing.Request, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, req.TTL)
	defer cancel()
	head, _ := json.Marshal(req) // plain fields: no error
	reply, err := ep.Request(ctx, to, transport.Message{Kind: kindRoute, Head: head, Body: body})
	return reply.Body, err
}

// put stores a file: "automatically split into 1 MB chunks that are then
// distributed across the network" (Self Encryption). It prints the address by
// which the file is found and opened again, and which no vault ever sees.
func put(ctx context.Context, n *network, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	address, _, err := selfencrypt.Write(ctx, file, n, nil)
	if err != nil {
		return err
	}
	b, err := address.MarshalBinary()
	fmt.Println(hex.EncodeToString(b))
	return err
}

// get writes a file to path. Every byte of it is checked against the address.
func get(ctx context.Context, n *network, address, path string) error {
	var a selfencrypt.Address
	b, err := hex.DecodeString(address)
	if err = errors.Join(err, a.UnmarshalBinary(b)); err != nil {
		return err
	}
	chunks, err := selfencrypt.LoadMap(ctx, a, n, nil)
	if err != nil {
		return err
	}
	file, err := selfencrypt.Open(ctx, chunks, n, nil)
	if err != nil {
		return err
	}
	defer file.Close()
	to := os.Stdout
	if path != "" {
		if to, err = os.Create(path); err != nil {
			return err
		}
	}
	_, err = file.WriteTo(to)
	return errors.Join(err, to.Close())
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "minimal:", err)
		os.Exit(1)
	}
}

func run() error {
	flags := flag.NewFlagSet("minimal vault | put FILE | get ADDRESS", flag.ExitOnError)
	contact := flags.String("contact", "", "`address` of any vault; without one, a vault begins a network")
	listen := flags.String("listen", "127.0.0.1:0", "vault: UDP `address`")
	data := flags.String("data", os.TempDir(), "vault: `directory`; the chunks go into vault-NAME below it")
	output := flags.String("o", "", "get: `file` to write, instead of standard output")
	var words []string
	for flags.Parse(os.Args[1:]); flags.NArg() > 0; flags.Parse(flags.Args()[1:]) { // flags stand anywhere
		words = append(words, flags.Arg(0))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(words) == 1 && words[0] == "vault" {
		return runVault(ctx, *listen, *contact, *data)
	}
	if len(words) != 2 || words[0] != "put" && words[0] != "get" || *contact == "" {
		return errors.New("usage: minimal vault | put -contact ADDR FILE | get -contact ADDR ADDRESS; all flags: -h")
	}
	_, key, _ := ed25519.GenerateKey(nil) // for once: it tells the vault nothing of who asks
	ep, err := transport.Listen(transport.Config{Key: key, Listen: ":0"})
	if err != nil {
		return err
	}
	defer ep.Close()
	entry, err := ep.Connect(ctx, *contact, transport.PeerID{})
	if err != nil {
		return err
	}
	if words[0] == "put" {
		return put(ctx, &network{ep, entry}, words[1])
	}
	return get(ctx, &network{ep, entry}, words[1], *output)
}
