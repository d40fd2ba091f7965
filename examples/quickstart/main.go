// Command quickstart shows the network's main job in one command: it starts a
// network of vaults on this machine, stores a file, kills some of the vaults,
// and reads the file back.
//
//	go run ./examples/quickstart [FILE]
//
// Every vault is a process of its own, with its own UDP port on the loopback
// interface and its own data directory.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/safenet-go/safenet/internal/localnet"
)

// defaultSize is the size of the file that is made when none is given.
const defaultSize = 64 << 20

func main() {
	localnet.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	vaults, kill int
	dir          string
	keep, json   bool
	file         string
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.IntVar(&o.vaults, "vaults", 16, "how many vaults to start")
	flags.IntVar(&o.kill, "kill", 4, "how many of them to kill before reading")
	flags.StringVar(&o.dir, "dir", "", "`directory` for the vaults' data (default: a temporary one)")
	flags.BoolVar(&o.keep, "keep", false, "keep the vaults' data")
	flags.BoolVar(&o.json, "json", false, "print the result as JSON")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.file = flags.Arg(0)
	switch {
	case flags.NArg() > 1:
		err = errors.New("give one file, or none for one that is made; flags come before it")
	case o.vaults < 1 || o.vaults > 200:
		err = errors.New("-vaults must be from 1 to 200; each is a process on this machine")
	case o.kill < 0 || o.kill >= o.vaults:
		err = fmt.Errorf("-kill %d of %d vaults leaves none to read from; kill fewer, or start more with -vaults", o.kill, o.vaults)
	}
	return o, err
}

func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	file, cleanFile, err := input(o.file)
	if err != nil {
		return err
	}
	defer cleanFile()
	fmt.Fprintf(errs, "starting %d vaults\n", o.vaults)
	net, err := localnet.Start(ctx, localnet.Options{Dir: o.dir, Vaults: o.vaults, Keep: o.keep})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, net.Stop()) }()
	d := &demonstration{net: net, path: file, errs: errs}
	res, err := d.run(ctx, o.kill)
	if err != nil {
		return fmt.Errorf("%w\nRun again with -keep to look at the vaults' logs in %s", err, net.Dir)
	}
	if o.keep {
		res.Dir = net.Dir
	}
	if o.json {
		return json.NewEncoder(out).Encode(res)
	}
	return res.print(out)
}

// input returns the file to store: the one named, or one made of random bytes.
func input(path string) (string, func(), error) {
	if path != "" {
		info, err := os.Stat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s is not a regular file; name one", path)
		}
		return path, func() {}, err
	}
	f, err := os.CreateTemp("", "safe-quickstart-*.bin")
	if err != nil {
		return "", nil, err
	}
	clean := func() { _ = os.Remove(f.Name()) }
	_, err = io.CopyN(f, rand.Reader, defaultSize)
	if err = errors.Join(err, f.Close()); err != nil {
		clean()
	}
	return f.Name(), clean, err
}
