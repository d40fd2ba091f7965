package bootstrap_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport/bootstrap"
)

const (
	bookWriterEnv = "BOOTSTRAP_BOOK_WRITER" // path of the book
	bookFirstEnv  = "BOOTSTRAP_BOOK_FIRST"  // number of the first peer
)

// writeBook is the other process: it records peers and saves after each, until it is killed or has done 40.
func writeBook(path string) {
	first, _ := strconv.ParseUint(os.Getenv(bookFirstEnv), 10, 64)
	b, err := bootstrap.OpenBook(path, bootstrap.BookOptions{})
	for n := first; n < first+40 && err == nil; n++ {
		b.Passed(id(n), addr(n))
		err = b.Save()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func startWriter(t *testing.T, path string, first int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), bookWriterEnv+"="+path, bookFirstEnv+"="+strconv.Itoa(first))
	require.NoError(t, cmd.Start())
	return cmd
}

func TestProcessesShareAFile(t *testing.T) {
	path := bookPath(t)
	var writers []*exec.Cmd
	for i := range 3 {
		writers = append(writers, startWriter(t, path, 100*i+100))
	}
	for _, w := range writers {
		require.NoError(t, w.Wait())
	}
	b := openBook(t, path, bootstrap.BookOptions{})
	require.NoError(t, b.Damage())
	require.GreaterOrEqual(t, len(b.Entries()), 40, "all of the last one at least")
}

func TestAKilledProcessLeavesAWholeBook(t *testing.T) {
	path := bookOf(t, 2)
	known := 1
	for i := range 4 {
		w := startWriter(t, path, 100*i+100)
		time.Sleep(time.Duration(20+15*i) * time.Millisecond)
		_ = w.Process.Kill()
		_ = w.Wait()
		b := openBook(t, path, bootstrap.BookOptions{})
		require.NoError(t, b.Damage())
		require.GreaterOrEqual(t, len(b.Entries()), known, "nothing written is lost")
		known = len(b.Entries())
	}
}
