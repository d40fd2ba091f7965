// Package localnet runs a network of vaults on this machine, each a process of
// its own with its own UDP port on the loopback interface and its own data
// directory: for demonstrations, for tests and for measuring. A program that
// uses it runs itself again as the vaults, so its main must call [Main] first.
package localnet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/vault"
)

// The variables that make a process a vault.
const (
	dirVar     = "SAFE_LOCALNET_DIR"
	contactVar = "SAFE_LOCALNET_CONTACT"
	// profileVar, set by hand, names a directory in which each vault writes a
	// CPU profile.
	profileVar = "SAFE_LOCALNET_PROFILE"
)

// startTimeout bounds the start of a network.
const startTimeout = time.Minute

// Vault is a vault process.
type Vault struct {
	Addr    string `json:"addr"`
	Name    string `json:"name"`
	Network string `json:"network"` // identifier of its network
	Dir     string `json:"-"`       // its data directory; its log is beside it
	Pid     int    `json:"-"`

	cmd   *exec.Cmd
	stdin io.Closer
	log   *os.File
	dead  bool
}

// Options say what to start. Vaults must be set.
type Options struct {
	Vaults int
	// Dir is where the vaults' directories go; it is made if it is not there
	// and must be empty. "": a temporary directory.
	Dir string
	// Keep leaves the vaults' data and logs when they stop.
	Keep bool
}

// Network is the vaults, in the order of their start.
type Network struct {
	Dir    string
	Vaults []*Vault

	opt Options
}

// Main runs this process as a vault if it was started as one, and does not
// return then.
func Main() {
	dir := os.Getenv(dirVar)
	if dir == "" {
		return
	}
	if err := run(dir, os.Getenv(contactVar)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run is the vault process. It ends when standard input does: with its parent,
// or when that says so.
func run(dir, contact string) error {
	if profiles := os.Getenv(profileVar); profiles != "" {
		f, err := os.CreateTemp(profiles, "vault-*.prof")
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	signal.Ignore(os.Interrupt) // a terminal sends it to every process; the parent decides
	cfg := vault.Config{Dir: dir, First: contact == "", Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if contact != "" {
		cfg.Contacts = []string{contact}
	}
	v, err := vault.Start(context.Background(), cfg)
	if err != nil {
		return err
	}
	info := v.Info()
	line := Vault{Addr: info.Addr, Name: info.Name.String(), Network: info.Network.String()}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return errors.Join(err, v.Close())
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return v.Close()
}

// Start runs the vaults, with data directories vault-00, vault-01, ...: the
// first begins a network, the others join through it. It returns once all know
// each other.
func Start(ctx context.Context, opt Options) (net *Network, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	net = &Network{Vaults: make([]*Vault, opt.Vaults), opt: opt}
	if net.Dir, err = directory(opt.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, net.Stop())
			net = nil
		}
	}()
	if net.Vaults[0], err = start(ctx, net.Dir, 0, ""); err != nil {
		return net, err
	}
	if err := net.each(1, func(i int) (err error) {
		net.Vaults[i], err = start(ctx, net.Dir, i, net.Vaults[0].Addr)
		return err
	}); err != nil {
		return net, err
	}
	return net, net.each(0, func(i int) error { return net.complete(ctx, net.Vaults[i]) })
}

// each calls f for the vaults from the first on, all at once.
func (n *Network) each(first int, f func(i int) error) error {
	errs := make([]error, len(n.Vaults))
	var wg sync.WaitGroup
	for i := first; i < len(n.Vaults); i++ {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// complete waits until a vault knows all others.
func (n *Network) complete(ctx context.Context, v *Vault) error {
	c, err := client.Dial(ctx, client.Config{Contacts: []string{v.Addr}})
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		members, err := c.Members(ctx)
		if err == nil && members == len(n.Vaults) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("only %d of %d vaults know each other in time; try fewer", members, len(n.Vaults)), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// directory returns an empty directory for the vaults.
func directory(wish string) (string, error) {
	if wish == "" {
		return os.MkdirTemp("", "safe-localnet-")
	}
	if err := os.MkdirAll(wish, 0o700); err != nil {
		return "", fmt.Errorf("%w; give another directory", err)
	}
	entries, err := os.ReadDir(wish)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty; give an empty or new directory", wish)
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(wish)
}

func start(ctx context.Context, dir string, i int, contact string) (*Vault, error) {
	v := &Vault{Dir: filepath.Join(dir, fmt.Sprintf("vault-%02d", i))}
	out, err := v.launch(contact)
	if err != nil {
		return nil, fmt.Errorf("vault %d did not start: %w", i, err)
	}
	line := make(chan []byte, 1)
	go func() {
		b, _ := bufio.NewReader(out).ReadBytes('\n') // empty if the process ends
		line <- b
	}()
	select {
	case b := <-line:
		if err := json.Unmarshal(b, v); err != nil {
			_ = v.Kill()
			return nil, fmt.Errorf("vault %d did not start: %s", i, v.lastWords())
		}
		return v, nil
	case <-ctx.Done():
		_ = v.Kill()
		return nil, fmt.Errorf("vault %d did not start in time: %w; the machine may be overloaded", i, ctx.Err())
	}
}

// launch starts the process and returns its standard output.
func (v *Vault) launch(contact string) (io.Reader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if v.log, err = os.Create(v.Dir + ".log"); err != nil {
		return nil, err
	}
	v.cmd = exec.Command(self)
	v.cmd.Env = append(os.Environ(), dirVar+"="+v.Dir, contactVar+"="+contact)
	v.cmd.Stderr = v.log
	if v.stdin, err = v.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := v.cmd.Start(); err != nil {
		return nil, err
	}
	v.Pid = v.cmd.Process.Pid
	return out, nil
}

// lastWords returns the last line of the log.
func (v *Vault) lastWords() string {
	data, err := os.ReadFile(v.log.Name())
	if err != nil {
		return err.Error()
	}
	data = bytes.TrimSpace(data)
	return string(data[bytes.LastIndexByte(data, '\n')+1:])
}

// Kill ends the vault with SIGKILL: it gets no chance to say goodbye.
func (v *Vault) Kill() error {
	v.dead = true
	err := v.cmd.Process.Kill()
	_ = v.cmd.Wait() // says that it was killed
	return errors.Join(err, v.log.Close())
}

// Kill kills n of the vaults alive, chosen at random.
func (n *Network) Kill(count int) error {
	alive := n.Alive()
	for _, i := range rand.Perm(len(alive))[:count] {
		if err := alive[i].Kill(); err != nil {
			return err
		}
	}
	return nil
}

// Alive returns the vaults that were not killed.
func (n *Network) Alive() (alive []*Vault) {
	for _, v := range n.Vaults {
		if v != nil && !v.dead {
			alive = append(alive, v)
		}
	}
	return alive
}

// Stop ends all vaults cleanly, waits for them, and removes their data unless
// it is to be kept.
func (n *Network) Stop() error {
	err := n.each(0, func(i int) error {
		if v := n.Vaults[i]; v != nil && !v.dead {
			return v.stop()
		}
		return nil
	})
	if n.opt.Keep {
		return err
	}
	if n.opt.Dir == "" {
		return errors.Join(err, os.RemoveAll(n.Dir))
	}
	ours, _ := filepath.Glob(filepath.Join(n.Dir, "vault-*")) // the pattern is good
	for _, path := range ours {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

func (v *Vault) stop() error {
	_ = v.stdin.Close()
	slow := time.AfterFunc(10*time.Second, func() { _ = v.cmd.Process.Kill() })
	defer slow.Stop()
	if err := v.cmd.Wait(); err != nil {
		return fmt.Errorf("%s did not end cleanly: %w", filepath.Base(v.Dir), err)
	}
	return v.log.Close()
}
