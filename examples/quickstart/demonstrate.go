package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"text/tabwriter"
	"time"

	"github.com/safenet-go/safenet/client"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// defaultSize is the size of the file that is made when none is given.
const defaultSize = 64 << 20

// result is what is printed at the end.
type result struct {
	Vaults     int     `json:"vaults"`
	Killed     int     `json:"killed"`
	Network    string  `json:"network"`
	Contact    string  `json:"contact"` // a vault that is alive
	Address    string  `json:"address"`
	Size       int64   `json:"size"`
	Chunks     int     `json:"chunks"`
	Copies     int     `json:"copies"`
	PutSeconds float64 `json:"put_seconds"`    // until more than half of each chunk's holders signed
	AllSeconds float64 `json:"copies_seconds"` // until all of them did
	GetSeconds float64 `json:"get_seconds"`
	PutMBps    float64 `json:"put_mb_per_s"`
	GetMBps    float64 `json:"get_mb_per_s"`
	PutEntry   string  `json:"put_entry"`
	GetEntry   string  `json:"get_entry"`
	Dir        string  `json:"dir,omitempty"`
	Verified   bool    `json:"verified"`
}

// input opens the way to the file to store: the one named, or one that is made
// of random bytes.
func input(path string) (string, func(), error) {
	if path != "" {
		info, err := os.Stat(path)
		if err != nil {
			return "", nil, err
		}
		if !info.Mode().IsRegular() {
			return "", nil, fmt.Errorf("%s is not a regular file; name one", path)
		}
		return path, func() {}, nil
	}
	f, err := os.CreateTemp("", "safe-quickstart-*.bin")
	if err != nil {
		return "", nil, err
	}
	_, err = io.CopyN(f, rand.Reader, defaultSize)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), func() { _ = os.Remove(f.Name()) }, nil
}

// demonstrate stores the file, kills vaults and reads it back.
func demonstrate(ctx context.Context, net *network, path string, kill int, errs io.Writer, say func(string, ...any)) (*result, error) {
	res := &result{Vaults: len(net.vaults), Killed: kill, Network: net.vaults[0].Network}
	id, err := client.ParseNetworkID(res.Network)
	if err != nil {
		return nil, err
	}
	if err := res.put(ctx, net, id, path, errs, say); err != nil {
		return nil, err
	}
	say("address %s", res.Address)

	for _, i := range mathrand.Perm(len(net.vaults))[:kill] {
		if err := net.vaults[i].kill(); err != nil {
			return nil, err
		}
	}
	say("killed %d vaults", kill)

	if err := res.get(ctx, net, id, path, errs); err != nil {
		return nil, err
	}
	res.Verified = true
	return res, nil
}

func (res *result) put(ctx context.Context, net *network, id client.NetworkID, path string, errs io.Writer, say func(string, ...any)) error {
	c, err := client.Dial(ctx, client.Config{Contacts: []string{net.vaults[0].Addr}, Network: id})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := complete(ctx, c, len(net.vaults)); err != nil {
		return err
	}
	res.PutEntry = c.Entry().String()
	progress, done := bar(errs, "put")
	start := time.Now()
	put, err := c.PutPath(ctx, path, &client.PutOptions{Progress: progress})
	done()
	if err != nil {
		return err
	}
	res.PutSeconds = time.Since(start).Seconds()
	copies, holders, err := put.Settle(ctx)
	if err != nil {
		return err
	}
	if copies < holders {
		say("warning: a chunk has only %d of %d copies", copies, holders)
	}
	res.AllSeconds = time.Since(start).Seconds()
	res.Address, res.Size, res.Chunks, res.Copies = put.Address.Text(), put.Size, put.Chunks, copies
	res.PutMBps = float64(res.Size) / 1e6 / res.PutSeconds
	return nil
}

// complete waits until the entry vault knows all vaults.
func complete(ctx context.Context, c *client.Client, n int) error {
	for deadline := time.Now().Add(20 * time.Second); ; {
		members, err := c.Members(ctx)
		if err == nil && members == n {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("after 20 seconds only %d of %d vaults know each other; try fewer with -vaults", members, n), err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// get reads the file back with a client that knows nothing but the network's
// identifier, the address of one vault, and the file's address.
func (res *result) get(ctx context.Context, net *network, id client.NetworkID, path string, errs io.Writer) error {
	a, err := client.ParseAddress(res.Address)
	if err != nil {
		return err
	}
	c, err := freshClient(ctx, net, id, res.PutEntry)
	if err != nil {
		return err
	}
	defer c.Close()
	res.GetEntry = c.Entry().String()
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	progress, done := bar(errs, "get")
	start := time.Now()
	want := bufio.NewReaderSize(f, 1<<20)
	_, err = c.GetFile(ctx, a, &comparer{want: want}, progress)
	done()
	if err != nil {
		return err
	}
	if _, err := want.ReadByte(); err != io.EOF {
		return errors.New("the network returned less than was stored")
	}
	res.GetSeconds = time.Since(start).Seconds()
	res.GetMBps = float64(res.Size) / 1e6 / res.GetSeconds
	alive := net.alive()
	res.Contact = alive[0].Addr
	return nil
}

// freshClient returns a client whose entry vault is not the one that was used
// for storing, unless there is no other.
func freshClient(ctx context.Context, net *network, id client.NetworkID, not string) (*client.Client, error) {
	alive := net.alive()
	for try := 0; ; try++ {
		contact := alive[mathrand.IntN(len(alive))]
		c, err := client.Dial(ctx, client.Config{Contacts: []string{contact.Addr}, Network: id})
		if err != nil {
			return nil, err
		}
		if c.Entry().String() != not || len(alive) == 1 || try == 100 {
			return c, nil
		}
		_ = c.Close()
	}
}

// comparer compares what is written to it with a file.
type comparer struct {
	want io.Reader
	buf  []byte
}

func (c *comparer) Write(b []byte) (int, error) {
	if len(c.buf) < len(b) {
		c.buf = make([]byte, len(b))
	}
	want := c.buf[:len(b)]
	if _, err := io.ReadFull(c.want, want); err != nil || !bytes.Equal(want, b) {
		return 0, errors.New("the network returned other bytes than were stored")
	}
	return len(b), nil
}

// bar draws a progress bar on a terminal, and nothing elsewhere.
func bar(errs io.Writer, what string) (progress func(client.Progress), done func()) {
	if f, ok := errs.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	b := progressbar.NewOptions64(1, progressbar.OptionSetWriter(errs), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond))
	return func(p client.Progress) {
			if p.Size > 0 && b.GetMax64() != p.Size {
				b.ChangeMax64(p.Size)
			}
			_ = b.Set64(min(p.Done, p.Size))
		}, func() {
			_ = b.Finish()
			fmt.Fprintln(errs)
		}
}

func (res *result) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "size\tchunks\tcopies\tput s\tall copies s\tget s\tput MB/s\tget MB/s\t")
	fmt.Fprintf(w, "%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t\n",
		res.Size, res.Chunks, res.Copies, res.PutSeconds, res.AllSeconds, res.GetSeconds, res.PutMBps, res.GetMBps)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "address %s\n", res.Address)
	if res.Dir != "" {
		fmt.Fprintf(out, "data    %s\n", res.Dir)
	}
	_, err := fmt.Fprintln(out, "verified")
	return err
}
