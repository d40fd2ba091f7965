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
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		exit(child(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func exit(err error) {
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
	os.Exit(0)
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
		return o, errors.New("give one file, or none for one that is made; flags come before it")
	case o.vaults < 1 || o.vaults > 200:
		return o, errors.New("-vaults must be from 1 to 200; each is a process on this machine")
	case o.kill < 0 || o.kill >= o.vaults:
		return o, fmt.Errorf("-kill %d of %d vaults leaves none to read from; kill fewer, or start more with -vaults", o.kill, o.vaults)
	}
	return o, nil
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
	dir, err := directory(o.dir)
	if err != nil {
		return err
	}
	if !o.keep {
		defer func() { err = errors.Join(err, clean(dir, o.dir == "")) }()
	}
	say := func(format string, a ...any) { fmt.Fprintf(errs, format+"\n", a...) }

	say("starting %d vaults in %s", o.vaults, dir)
	net, err := start(ctx, dir, o.vaults)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, net.stop()) }()
	res, err := demonstrate(ctx, net, file, o.kill, errs, say)
	if err != nil {
		return fmt.Errorf("%w\nThe vaults' logs are in %s; run again with -keep to look at them.", err, filepath.Join(dir, "vault-*.log"))
	}
	if o.keep {
		res.Dir = dir
	}
	if o.json {
		return json.NewEncoder(out).Encode(res)
	}
	return res.print(out)
}

// directory returns an empty directory for the vaults.
func directory(wish string) (string, error) {
	if wish == "" {
		return os.MkdirTemp("", "safe-quickstart-")
	}
	if err := os.MkdirAll(wish, 0o700); err != nil {
		return "", fmt.Errorf("%w; give another -dir", err)
	}
	entries, err := os.ReadDir(wish)
	if err != nil {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty; give an empty or new -dir", wish)
	}
	return filepath.Abs(wish)
}

// clean removes the vaults' data, and the directory itself if we made it.
func clean(dir string, ours bool) error {
	if ours {
		return os.RemoveAll(dir)
	}
	vaults, err := filepath.Glob(filepath.Join(dir, "vault-*.log"))
	for _, v := range vaults {
		err = errors.Join(err, os.RemoveAll(v))
	}
	return err
}
