// Command vault runs one vault: a storage node of a SAFE network.
//
//	go run ./examples/vault -data DIR -first                # begin a network
//	go run ./examples/vault -data DIR2 -contact ADDR        # join it
//	go run ./examples/vault -data DIR                       # go on from DIR
//
// It prints its address and key, serves until it is interrupted, and leaves
// nothing behind but its data directory.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/safenet-go/safenet/vault"
	"github.com/safenet-go/safenet/vault/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "vault:", explain(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("vault", flag.ContinueOnError)
	data := flags.String("data", "", "data `directory`: key, name and chunks; required")
	listen := flags.String("listen", "", "UDP `address` to listen on, host:port (default: that of the last run, or a free port on 127.0.0.1)")
	advertise := flags.String("advertise", "", "`address` to tell others, if another than the one listened on")
	contact := flags.String("contact", "", "`addresses` of vaults of the network to join, separated by commas")
	first := flags.Bool("first", false, "begin a new network")
	copies := flags.Int("copies", 0, "with -first: vaults that hold each chunk (default 8)")
	space := flags.Int64("space", 0, "most `bytes` of chunks to hold (default: what the disk has)")
	asJSON := flags.Bool("json", false, "print one line of JSON when serving")
	verbose := flags.Bool("v", false, "log what happens to standard error")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *data == "" || flags.NArg() > 0 {
		return errors.New("usage: vault -data DIR [-listen ADDR] [-first | -contact ADDR,...]")
	}
	if *first && *contact != "" {
		return errors.New("-first begins a new network, -contact joins one: choose one of them")
	}
	cfg := vault.Config{
		Dir: *data, Listen: *listen, Advertise: *advertise, First: *first, Copies: *copies, Space: *space,
	}
	if *contact != "" {
		cfg.Contacts = strings.Split(*contact, ",")
	}
	if *verbose {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	v, err := vault.Start(ctx, cfg)
	if err != nil {
		return err
	}
	if err := announce(out, v.Info(), *asJSON); err != nil {
		return errors.Join(err, v.Close())
	}
	<-ctx.Done()
	return v.Close()
}

// announce prints what others need to know.
func announce(out io.Writer, info vault.Info, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(map[string]any{
			"addr": info.Addr, "key": info.Key.String(), "name": info.Name.String(),
			"network": info.Network.String(), "members": info.Members, "pid": os.Getpid(),
		})
	}
	_, err := fmt.Fprintf(out, "address %s\nkey     %s\nname    %s\nnetwork %s\n", info.Addr, info.Key, info.Name, info.Network)
	return err
}

// explain adds to an error what to do about it, where that is not plain.
func explain(err error) string {
	switch {
	case errors.Is(err, store.ErrInUse):
		return err.Error() + "\nAnother vault runs on this directory; stop it, or take another directory."
	case errors.Is(err, vault.ErrNetwork):
		return err.Error() + "\nThe directory belongs to one network and the contact to another; take an empty directory to join that one."
	case errors.Is(err, syscall.EADDRINUSE):
		return err.Error() + "\nThe port is taken; take another, or port 0 for any free one."
	}
	return err.Error()
}
