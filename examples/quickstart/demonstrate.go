package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"text/tabwriter"
	"time"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/localnet"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// demonstration stores a file, kills vaults and reads the file back.
type demonstration struct {
	net  *localnet.Network
	id   client.NetworkID
	path string
	errs io.Writer
	res  result
}

func (d *demonstration) run(ctx context.Context, kill int) (*result, error) {
	d.res = result{Vaults: len(d.net.Vaults), Killed: kill, Network: d.net.Vaults[0].Network}
	var err error
	if d.id, err = client.ParseNetworkID(d.res.Network); err == nil {
		err = d.put(ctx)
	}
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(d.errs, "address %s\n", d.res.Address)
	if err := d.net.Kill(kill); err != nil {
		return nil, err
	}
	fmt.Fprintf(d.errs, "killed %d vaults\n", kill)
	return &d.res, d.get(ctx)
}

// put stores the file and waits until every holder has signed for its chunks.
func (d *demonstration) put(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Config{Contacts: []string{d.net.Vaults[0].Addr}, Network: d.id})
	if err != nil {
		return err
	}
	defer c.Close()
	d.res.PutEntry = c.Entry().String()
	progress, done := bar(d.errs, "put")
	start := time.Now()
	put, err := c.PutPath(ctx, d.path, &client.PutOptions{Progress: progress})
	done()
	if err != nil {
		return err
	}
	d.res.PutSeconds = time.Since(start).Seconds()
	copies, _, err := put.Settle(ctx)
	if err != nil {
		return err
	}
	d.res.AllSeconds = time.Since(start).Seconds()
	d.res.Address, d.res.Size, d.res.Chunks, d.res.Copies = put.Address.Text(), put.Size, put.Chunks, copies
	d.res.PutMBps = float64(put.Size) / 1e6 / d.res.PutSeconds
	return nil
}

// get reads the file back with a client that knows nothing but the network's
// identifier, the address of one vault, and the file's address.
func (d *demonstration) get(ctx context.Context) error {
	a, err := client.ParseAddress(d.res.Address)
	if err != nil {
		return err
	}
	c, err := d.freshClient(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	d.res.GetEntry = c.Entry().String()
	progress, done := bar(d.errs, "get")
	got := sha256.New()
	start := time.Now()
	_, err = c.GetFile(ctx, a, got, progress)
	done()
	if err != nil {
		return err
	}
	d.res.GetSeconds = time.Since(start).Seconds()
	d.res.GetMBps = float64(d.res.Size) / 1e6 / d.res.GetSeconds
	d.res.Contact = d.net.Alive()[0].Addr
	return d.verify(got)
}

// verify compares what came back with the file.
func (d *demonstration) verify(got hash.Hash) error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer f.Close()
	want := sha256.New()
	_, err = io.Copy(want, f)
	d.res.Verified = err == nil && bytes.Equal(got.Sum(nil), want.Sum(nil))
	if !d.res.Verified {
		return errors.Join(errors.New("the network returned other bytes than were stored"), err)
	}
	return nil
}

// freshClient returns a client whose entry vault is not the one that was used
// for storing, unless there is no other.
func (d *demonstration) freshClient(ctx context.Context) (*client.Client, error) {
	alive := d.net.Alive()
	for try := 0; ; try++ {
		contact := alive[rand.IntN(len(alive))].Addr
		c, err := client.Dial(ctx, client.Config{Contacts: []string{contact}, Network: d.id})
		if err != nil {
			return nil, err
		}
		if c.Entry().String() != d.res.PutEntry || len(alive) == 1 || try == 100 {
			return c, nil
		}
		_ = c.Close()
	}
}

// result is what is printed at the end.
type result struct {
	Vaults     int     `json:"vaults"`
	Killed     int     `json:"killed"`
	Network    string  `json:"network"`
	Contact    string  `json:"contact"` // a vault that was not killed
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

func (res *result) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "size\tchunks\tcopies\tput s\tall copies s\tget s\tput MB/s\tget MB/s\t")
	fmt.Fprintf(w, "%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t\n",
		res.Size, res.Chunks, res.Copies, res.PutSeconds, res.AllSeconds, res.GetSeconds, res.PutMBps, res.GetMBps)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "address %s\nverified\n", res.Address)
	return err
}

// bar draws a progress bar if there is a terminal to draw it on.
func bar(errs io.Writer, what string) (progress func(client.Progress), done func()) {
	f, ok := errs.(*os.File)
	b := progressbar.NewOptions64(1, progressbar.OptionSetWriter(errs), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetVisibility(ok && term.IsTerminal(int(f.Fd()))), progressbar.OptionOnCompletion(func() { fmt.Fprintln(errs) }))
	return func(p client.Progress) {
		b.ChangeMax64(max(1, p.Size))
		_ = b.Set64(min(p.Done, p.Size))
	}, func() { _ = b.Finish() }
}
