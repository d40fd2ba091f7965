// Package examples holds the examples, each a program of its own, and the
// scripts that run them as a person would.
package examples

import (
	"bytes"
	"context"
	"crypto/sha3"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/safenet-go/safenet/client"
)

var large = flag.Bool("large", false, "run the scripts with large files too")

// programs are built once and put on the scripts' PATH.
var programs = []string{"vault", "client", "quickstart"}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	bin, err := os.MkdirTemp("", "safe-examples-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	for _, p := range programs {
		out, err := exec.Command("go", "build", "-o", filepath.Join(bin, p), "./"+p).CombinedOutput()
		if err != nil {
			fmt.Fprintf(os.Stderr, "building %s: %v\n%s", p, err, out)
			return 1
		}
	}
	os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return m.Run()
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			for i := range 10 {
				addr, err := freeAddr()
				if err != nil {
					return err
				}
				env.Setenv("ADDR"+strconv.Itoa(i), addr)
			}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "large":
				return *large, nil
			case "root":
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"members": members, "random": random, "same": same, "putall": putAll, "getall": getAll, "put": put, "flip": flip,
		},
	})
}

// freeAddr returns a UDP address that is free now.
func freeAddr() (string, error) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return c.LocalAddr().String(), c.Close()
}

// members ADDR N waits until the vault at ADDR serves and knows N vaults.
func members(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var last error
	for ctx.Err() == nil {
		n, err := countMembers(ctx, args[0])
		if err == nil && n == want {
			return
		}
		last = fmt.Errorf("%d members: %w", n, err)
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("no %d vaults at %s: %v", want, args[0], last)
}

func countMembers(ctx context.Context, addr string) (int, error) {
	c, err := client.Dial(ctx, client.Config{Contacts: []string{addr}})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.Members(ctx)
}

// random FILE SIZE writes a file of random bytes that depend on its name.
func random(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 0, 64)
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = io.CopyN(f, rand.NewChaCha8(sha3.Sum256([]byte(args[0]))), size)
	ts.Check(err)
	ts.Check(f.Close())
}

// same FILE FILE compares two files too large for cmp.
func same(ts *testscript.TestScript, _ bool, args []string) {
	a, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	if !bytes.Equal(a, b) {
		ts.Fatalf("%s and %s differ", args[0], args[1])
	}
}

// put VAR CONTACT FILE stores a file and keeps its address in a variable.
func put(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("client", "-contact", args[1], "put", args[2]))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// putall CONTACT DIR N SIZE stores N files of SIZE bytes in one run of the
// client and keeps their addresses in DIR/addresses.
func putAll(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs(args[1]), 0o700))
	cmd := []string{"-contact", args[0], "put"}
	for i := range n {
		file := filepath.Join(args[1], strconv.Itoa(i))
		random(ts, false, []string{file, args[3]})
		cmd = append(cmd, file)
	}
	ts.Check(ts.Exec("client", cmd...))
	ts.Check(os.WriteFile(ts.MkAbs(filepath.Join(args[1], "addresses")), []byte(ts.ReadFile("stdout")), 0o600))
}

// getall CONTACT DIR reads back what putall stored, and compares.
func getAll(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := client.Dial(ctx, client.Config{Contacts: []string{args[0]}})
	ts.Check(err)
	defer c.Close()
	for i, line := range strings.Fields(ts.ReadFile(filepath.Join(args[1], "addresses"))) {
		a, err := client.ParseAddress(line)
		ts.Check(err)
		var got bytes.Buffer
		_, err = c.GetFile(ctx, a, &got, nil)
		ts.Check(err)
		want, err := os.ReadFile(ts.MkAbs(filepath.Join(args[1], strconv.Itoa(i))))
		ts.Check(err)
		if !bytes.Equal(want, got.Bytes()) {
			ts.Fatalf("file %d differs", i)
		}
	}
}

// flip DIR damages every chunk file under a vault's data directory: the first
// gets a flipped bit, the second is cut short, and so on.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "chunks", "*", "*"))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("no chunk files under %s", args[0])
	}
	for i, path := range files {
		data, err := os.ReadFile(path)
		ts.Check(err)
		if i%2 == 0 {
			data[len(data)/2] ^= 1
		} else {
			data = data[:len(data)/2]
		}
		ts.Check(os.WriteFile(path, data, 0o600))
	}
}
