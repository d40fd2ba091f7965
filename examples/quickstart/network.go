package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"github.com/safenet-go/safenet/vault"
)

// childCommand is the first argument with which the program runs itself as a
// vault.
const childCommand = "run-vault"

// hello is the line that a vault prints when it serves.
type hello struct {
	Addr    string `json:"addr"`
	Name    string `json:"name"`
	Network string `json:"network"`
}

// child is the vault process. It ends with its parent: when standard input
// closes, or on an interrupt.
func child(args []string) error {
	flags := flag.NewFlagSet(childCommand, flag.ContinueOnError)
	data := flags.String("data", "", "")
	contact := flags.String("contact", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg := vault.Config{
		Dir: *data, First: *contact == "",
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	if *contact != "" {
		cfg.Contacts = []string{*contact}
	}
	// The terminal's interrupt reaches every process; the parent decides when
	// the vaults end.
	signal.Ignore(os.Interrupt)
	v, err := vault.Start(context.Background(), cfg)
	if err != nil {
		return err
	}
	info := v.Info()
	line := hello{Addr: info.Addr, Name: info.Name.String(), Network: info.Network.String()}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return errors.Join(err, v.Close())
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return v.Close()
}

// network is the vault processes.
type network struct {
	vaults []*process
}

type process struct {
	hello
	cmd   *exec.Cmd
	stdin io.Closer
	log   *os.File
	dead  bool
}

// start runs the vaults: the first begins the network, the others join through
// it.
func start(ctx context.Context, dir string, n int) (*network, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	net := &network{vaults: make([]*process, n)}
	var err error
	if net.vaults[0], err = startVault(ctx, dir, 0, ""); err != nil {
		return nil, err
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		wg.Go(func() { net.vaults[i], errs[i] = startVault(ctx, dir, i, net.vaults[0].Addr) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, net.stop())
	}
	return net, nil
}

func startVault(ctx context.Context, dir string, i int, contact string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, fmt.Sprintf("vault-%02d", i))
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	p := &process{}
	if p.log, err = os.Create(data + ".log"); err != nil {
		return nil, err
	}
	args := []string{childCommand, "-data", data}
	if contact != "" {
		args = append(args, "-contact", contact)
	}
	p.cmd = exec.Command(self, args...)
	p.cmd.Stderr = p.log
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line := make(chan []byte, 1)
	go func() {
		b, _ := bufio.NewReader(stdout).ReadBytes('\n')
		line <- b
	}()
	select {
	case b := <-line:
		if err := json.Unmarshal(b, &p.hello); err != nil {
			_ = p.kill()
			return nil, fmt.Errorf("vault %d did not start: %s", i, lastLine(p.log.Name()))
		}
		return p, nil
	case <-ctx.Done():
		_ = p.kill()
		return nil, fmt.Errorf("vault %d did not start in time: %w; is the machine overloaded?", i, ctx.Err())
	}
}

// lastLine returns the last line of a log file.
func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	data = bytes.TrimSpace(data)
	return string(data[bytes.LastIndexByte(data, '\n')+1:])
}

// kill ends a vault with SIGKILL: it gets no chance to say goodbye.
func (p *process) kill() error {
	p.dead = true
	err := p.cmd.Process.Kill()
	_ = p.cmd.Wait() // it was killed
	return errors.Join(err, p.log.Close())
}

// stop ends all vaults cleanly.
func (n *network) stop() error {
	errs := make([]error, len(n.vaults))
	var wg sync.WaitGroup
	for i, p := range n.vaults {
		if p == nil || p.dead {
			continue
		}
		wg.Go(func() {
			_ = p.stdin.Close()
			slow := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
			defer slow.Stop()
			if err := p.cmd.Wait(); err != nil {
				errs[i] = fmt.Errorf("vault %d did not end cleanly: %w", i, err)
			}
			_ = p.log.Close()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// alive returns the vaults that were not killed.
func (n *network) alive() (alive []*process) {
	for _, p := range n.vaults {
		if !p.dead {
			alive = append(alive, p)
		}
	}
	return alive
}
