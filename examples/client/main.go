// Command client stores files on a SAFE network and reads them back.
//
//	go run ./examples/client -contact ADDR put FILE...      # or - for standard input
//	go run ./examples/client -contact ADDR get ADDRESS [-o FILE]
//	go run ./examples/client -contact ADDR stat ADDRESS
//
// ADDR is any vault of the network, host:port. With -json it prints one line
// of JSON for each file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/safenet-go/safenet/client"
)

const usage = "usage: client -contact ADDR[,ADDR...] [-network ID] [-json] put FILE|-... | get ADDRESS [-o FILE] | stat ADDRESS"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

// options are the flags; they may stand before or after the command.
type options struct {
	contact, network, out string
	json, verbose         bool
	timeout               time.Duration
}

func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) error {
	var o options
	args, err := o.parse(args)
	if err != nil {
		return err
	}
	if len(args) < 2 || (args[0] != "put" && len(args) != 2) {
		return errors.New(usage)
	}
	if o.contact == "" {
		return errors.New("-contact names no vault; give the address that a vault printed when it started")
	}
	do, ok := map[string]func(context.Context, *client.Client, options, []string, io.Reader, io.Writer, io.Writer) error{
		"put": put, "get": get, "stat": stat,
	}[args[0]]
	if !ok {
		return fmt.Errorf("unknown command %q; %s", args[0], usage)
	}
	if args[0] != "put" {
		if _, err := client.ParseAddress(args[1]); err != nil {
			return err
		}
	}
	cfg := client.Config{Contacts: strings.Split(o.contact, ","), Timeout: o.timeout}
	if o.network != "" {
		if cfg.Network, err = client.ParseNetworkID(o.network); err != nil {
			return err
		}
	}
	if o.verbose {
		cfg.Logger = slog.New(slog.NewTextHandler(errs, nil))
	}
	c, err := client.Dial(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, c, o, args[1:], in, out, errs), c.Close())
}

// parse reads flags wherever they stand and returns the other arguments.
func (o *options) parse(args []string) (rest []string, err error) {
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	flags.StringVar(&o.contact, "contact", "", "`addresses` of vaults, separated by commas; one that answers is enough")
	flags.StringVar(&o.network, "network", "", "`identifier` of the network (default: that of the contact)")
	flags.StringVar(&o.out, "o", "", "get: write to `FILE` instead of standard output")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.verbose, "v", false, "log what happens to standard error")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "how long one chunk may take")
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

func put(ctx context.Context, c *client.Client, o options, paths []string, in io.Reader, out, errs io.Writer) error {
	for _, path := range paths {
		opt := &client.PutOptions{Progress: bar(errs, o, "put "+path)}
		start := time.Now()
		res, err := putOne(ctx, c, path, in, opt)
		if err != nil {
			return err
		}
		if o.json {
			err = printJSON(out, putReport{
				File: path, Address: res.Address.Text(), Size: res.Size, Chunks: res.Chunks,
				There: res.There, Retries: res.Retries, Seconds: time.Since(start).Seconds(),
			})
		} else {
			_, err = fmt.Fprintln(out, res.Address.Text())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func putOne(ctx context.Context, c *client.Client, path string, in io.Reader, opt *client.PutOptions) (client.PutResult, error) {
	if path == "-" {
		return c.PutFile(ctx, in, opt)
	}
	return c.PutPath(ctx, path, opt)
}

func get(ctx context.Context, c *client.Client, o options, args []string, _ io.Reader, out, errs io.Writer) error {
	a, err := client.ParseAddress(args[0])
	if err != nil {
		return err
	}
	start := time.Now()
	var n int64
	if o.out == "" {
		n, err = c.GetFile(ctx, a, out, nil)
	} else {
		n, err = getTo(ctx, c, a, o, errs)
	}
	if err != nil || !o.json || o.out == "" {
		return err
	}
	return printJSON(out, getReport{File: o.out, Size: n, Seconds: time.Since(start).Seconds()})
}

// getTo writes to a new file beside the one named and puts it in its place
// only when it is whole.
func getTo(ctx context.Context, c *client.Client, a client.Address, o options, errs io.Writer) (n int64, err error) {
	part := o.out + ".part"
	f, err := os.Create(part)
	if err != nil {
		return 0, err
	}
	if n, err = c.GetFile(ctx, a, f, bar(errs, o, "get "+o.out)); err != nil {
		return n, errors.Join(err, f.Close(), os.Remove(part))
	}
	if err := f.Close(); err != nil {
		return n, err
	}
	return n, os.Rename(part, o.out)
}

func stat(ctx context.Context, c *client.Client, o options, args []string, _ io.Reader, out, _ io.Writer) error {
	a, err := client.ParseAddress(args[0])
	if err != nil {
		return err
	}
	st, err := c.Stat(ctx, a)
	if err != nil {
		return err
	}
	if o.json {
		return printJSON(out, statReport{Address: a.Text(), Size: st.Size, Chunks: st.Chunks, Levels: st.Levels})
	}
	_, err = fmt.Fprintf(out, "size    %d\nchunks  %d\nlevels  %d\n", st.Size, st.Chunks, st.Levels)
	return err
}
