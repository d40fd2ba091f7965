package bootstrap_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/bootstrap"
)

// bookPath is a path in a directory of its own, at which there is nothing.
func bookPath(t testing.TB) string { return filepath.Join(t.TempDir(), "peers") }

// bookOf saves a book with the numbers and returns its path.
func bookOf(t testing.TB, numbers ...uint64) string {
	t.Helper()
	path := bookPath(t)
	b := openBook(t, path, bootstrap.BookOptions{})
	for _, n := range numbers {
		b.Passed(id(n), addr(n))
	}
	require.NoError(t, b.Close())
	return path
}

func ids(b *bootstrap.Book) (list []transport.PeerID) {
	for _, e := range b.Entries() {
		list = append(list, e.ID)
	}
	return list
}

func TestWhatIsSavedIsFoundAgain(t *testing.T) {
	path := bookPath(t)
	b := openBook(t, path, bootstrap.BookOptions{})
	require.Empty(t, b.Entries())
	for i := range 10 {
		b.Passed(id(2), fmt.Sprintf("[2001:db8::%d]:4000", i))
	}
	b.Passed(id(3), "vault.example.org:4000")
	b.Passed(id(4), addr(4))
	b.Failed(id(4))
	b.Failed(id(5)) // is not in it
	require.NoError(t, b.Close())

	again := openBook(t, path, bootstrap.BookOptions{})
	require.NoError(t, again.Damage())
	require.Equal(t, b.Entries(), again.Entries())
	list := again.Entries()
	require.Len(t, list, 3)
	require.Equal(t, id(4), list[2].ID, "who failed comes last")
	require.Equal(t, 1, list[2].Failures)
	for _, e := range list {
		if e.ID == id(2) {
			require.Len(t, e.Addrs, bootstrap.MaxAddrs)
			require.Equal(t, "[2001:db8::9]:4000", e.Addrs[0], "the last one comes first")
		}
	}
}

func TestWhatCannotBeDialledIsNotRecorded(t *testing.T) {
	b := openBook(t, "", bootstrap.BookOptions{})
	b.Passed(transport.PeerID{}, addr(2))
	for _, bad := range []string{
		"", "x", ":4000", "host:", "host:0", "host:65536", "host:http", "::1:4000", "ho st:1", "host:1\n", "a,b:1", "h\x1b:1",
		strings.Repeat("a", 255) + ":1",
	} {
		b.Passed(id(2), bad)
	}
	require.Empty(t, b.Entries())
}

func TestTheWorstIsForgottenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openBook(t, "", bootstrap.BookOptions{Entries: 3})
		for n := range uint64(3) {
			b.Passed(id(10+n), addr(10+n))
			time.Sleep(time.Hour)
		}
		b.Failed(id(11))
		b.Passed(id(20), addr(20))
		require.Equal(t, []transport.PeerID{id(20), id(12), id(10)}, ids(b), "who failed goes before the oldest")
		b.Passed(id(21), addr(21))
		require.Len(t, ids(b), 3)
		require.NotContains(t, ids(b), id(10), "then the oldest")
	})
}

func TestABookHoldsAtMost512(t *testing.T) {
	path := bookPath(t)
	b := openBook(t, path, bootstrap.BookOptions{})
	for n := range uint64(bootstrap.MaxEntries + 50) {
		for i := range bootstrap.MaxAddrs {
			host := strings.Repeat("a", bootstrap.MaxAddr-len("0:65535")) // of the greatest length
			b.Passed(id(n), fmt.Sprintf("%s%d:65535", host, i))
		}
	}
	require.Len(t, b.Entries(), bootstrap.MaxEntries)
	require.NoError(t, b.Close())
	again := openBook(t, path, bootstrap.BookOptions{Entries: 10})
	require.NoError(t, again.Damage())
	require.Equal(t, b.Entries()[:10], again.Entries())
	_, err := bootstrap.OpenBook(path, bootstrap.BookOptions{Entries: bootstrap.MaxEntries + 1})
	require.Error(t, err)
}

func TestForgetting(t *testing.T) {
	path := bookOf(t, 2, 3)
	b := openBook(t, path, bootstrap.BookOptions{})
	b.Passed(id(2), "b.example.org:2")
	b.ForgetAddr(id(2), addr(2))
	b.ForgetAddr(id(2), "unknown:1")
	b.ForgetAddr(id(9), addr(2))
	b.Forget(id(3))
	b.Forget(id(9))
	require.NoError(t, b.Save())
	again := openBook(t, path, bootstrap.BookOptions{})
	require.Len(t, again.Entries(), 1)
	require.Equal(t, []string{"b.example.org:2"}, again.Entries()[0].Addrs)
	again.ForgetAddr(id(2), "b.example.org:2")
	require.Empty(t, again.Entries(), "nobody without an address")
}

func TestChangesAreWrittenTogether(t *testing.T) {
	path := bookPath(t)
	synctest.Test(t, func(t *testing.T) {
		b := openBook(t, path, bootstrap.BookOptions{Delay: time.Minute})
		b.Passed(id(2), addr(2))
		time.Sleep(30 * time.Second)
		b.Passed(id(3), addr(3))
		time.Sleep(30*time.Second - 1)
		synctest.Wait()
		require.NoFileExists(t, path)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Len(t, openBook(t, path, bootstrap.BookOptions{}).Entries(), 2)

		require.NoError(t, os.Remove(path))
		require.NoError(t, b.Save())
		require.NoFileExists(t, path, "there was nothing to write")
		b.Failed(id(2))
		require.NoError(t, b.Save())
		require.Len(t, openBook(t, path, bootstrap.BookOptions{}).Entries(), 2, "all of it is there again")
		require.NoError(t, b.Close())
		b.Passed(id(4), addr(4))
		time.Sleep(time.Hour)
		require.NoError(t, b.Close())
		require.Len(t, openBook(t, path, bootstrap.BookOptions{}).Entries(), 2, "what comes after Close is not written")
	})
}

func TestANegativeDelayLeavesTheWritingToTheCaller(t *testing.T) {
	path := bookPath(t)
	synctest.Test(t, func(t *testing.T) {
		b := openBook(t, path, bootstrap.BookOptions{Delay: -1})
		b.Passed(id(2), addr(2))
		time.Sleep(time.Hour)
		synctest.Wait()
		require.NoFileExists(t, path)
		require.NoError(t, b.Save())
		require.FileExists(t, path)
	})
}

func TestBooksOnOneFileTakeOverFromEachOther(t *testing.T) {
	path := bookOf(t, 2, 3, 4)
	a, b := openBook(t, path, bootstrap.BookOptions{}), openBook(t, path, bootstrap.BookOptions{})
	a.Passed(id(5), addr(5))
	b.Passed(id(6), addr(6))
	b.Forget(id(2))
	b.Failed(id(3))
	require.NoError(t, a.Save())
	require.NoError(t, b.Save())
	require.Equal(t, openBook(t, path, bootstrap.BookOptions{}).Entries(), b.Entries())
	require.ElementsMatch(t, []transport.PeerID{id(3), id(4), id(5), id(6)}, ids(b))
	require.Equal(t, id(3), ids(b)[3], "it failed")
	require.NotContains(t, ids(a), id(6), "until it writes again")
	a.Failed(id(4))
	require.NoError(t, a.Save())
	require.Subset(t, ids(a), ids(b))
	require.Contains(t, ids(a), id(2), "what another one forgets is not forgotten here")
}

func TestManyGoroutines(t *testing.T) {
	path := bookPath(t)
	b := openBook(t, path, bootstrap.BookOptions{Entries: 20, Delay: time.Millisecond})
	var wg sync.WaitGroup
	for g := range uint64(8) {
		wg.Go(func() {
			for n := range uint64(30) {
				b.Passed(id(g*10+n), addr(n))
				b.Failed(id(g*10 + n + 1))
				b.ForgetAddr(id(g*10+n+2), addr(n))
				_ = b.Entries()
				if n%10 == 0 {
					_ = b.Save()
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, b.Close())
	again := openBook(t, path, bootstrap.BookOptions{})
	require.NoError(t, again.Damage())
	require.Equal(t, b.Entries(), again.Entries())
}

func TestATruncatedBookKeepsItsWholeLines(t *testing.T) {
	text, err := os.ReadFile(bookOf(t, 2, 3))
	require.NoError(t, err)
	path := bookPath(t)
	header := bytes.IndexByte(text, '\n') + 1
	for n := range len(text) + 1 {
		require.NoError(t, os.WriteFile(path, text[:n], 0o600))
		b, err := bootstrap.OpenBook(path, bootstrap.BookOptions{})
		if 0 < n && n < header {
			require.ErrorIs(t, err, bootstrap.ErrNotBook, n)
			continue
		}
		require.NoError(t, err, n)
		whole := max(bytes.Count(text[:n], []byte("\n"))-1, 0)
		require.Len(t, b.Entries(), whole, n)
		if n > 0 && text[n-1] != '\n' {
			require.ErrorContains(t, b.Damage(), fmt.Sprintf("line %d", whole+2))
		} else {
			require.NoError(t, b.Damage(), n)
		}
	}
}

func TestAnAlteredByteCostsItsLineAtMost(t *testing.T) {
	text, err := os.ReadFile(bookOf(t, 2, 3))
	require.NoError(t, err)
	path := bookPath(t)
	header := bytes.IndexByte(text, '\n') + 1
	for n := range text {
		for _, flip := range []byte{0x01, 0x20, 0x80} {
			altered := bytes.Clone(text)
			altered[n] ^= flip
			require.NoError(t, os.WriteFile(path, altered, 0o600))
			b, err := bootstrap.OpenBook(path, bootstrap.BookOptions{})
			if n < header {
				require.ErrorIs(t, err, bootstrap.ErrNotBook)
				continue
			}
			require.NoError(t, err)
			require.Error(t, b.Damage())
			require.LessOrEqual(t, len(b.Entries()), 1, "nothing is taken for something else")
		}
	}
}

func TestDamageIsLoggedAndMended(t *testing.T) {
	path := bookOf(t, 2, 3)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, "what is this?\n"...), 0o600))
	var log bytes.Buffer
	b := openBook(t, path, bootstrap.BookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.ErrorContains(t, b.Damage(), "1 of 3 lines")
	require.Contains(t, log.String(), "damaged")
	require.Len(t, b.Entries(), 2)
	b.Failed(id(2))
	require.NoError(t, b.Save())
	require.NoError(t, openBook(t, path, bootstrap.BookOptions{}).Damage())
}

func TestWhatIsNoBookIsLeftAlone(t *testing.T) {
	for name, text := range map[string]string{
		"another file":  "dear diary, today I met a vault\n",
		"a later book":  "safe peer book 2\n",
		"too long":      "safe peer book 1\n" + strings.Repeat("x", 2<<20),
		"one long line": strings.Repeat("\xff", 1<<20),
	} {
		path := bookPath(t)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := bootstrap.OpenBook(path, bootstrap.BookOptions{})
		require.ErrorIs(t, err, bootstrap.ErrNotBook, name)
		require.ErrorContains(t, err, path)
		require.Less(t, len(err.Error()), 500)

		// Nor is it replaced, if it came to be there later.
		require.NoError(t, os.Remove(path))
		b := openBook(t, path, bootstrap.BookOptions{})
		b.Passed(id(2), addr(2))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.ErrorIs(t, b.Save(), bootstrap.ErrNotBook)
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
}

func TestAPathThatCannotBeUsedIsAnError(t *testing.T) {
	_, err := bootstrap.OpenBook(t.TempDir(), bootstrap.BookOptions{})
	require.ErrorContains(t, err, "reading the peer book")

	var log bytes.Buffer
	b := openBook(t, filepath.Join(t.TempDir(), "missing", "peers"), bootstrap.BookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	b.Passed(id(2), addr(2))
	require.ErrorContains(t, b.Save(), "writing the peer book")
	require.Len(t, b.Entries(), 1, "it goes on in memory")
}

func TestALaterWriteThatFailsIsLogged(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b, err := bootstrap.OpenBook(filepath.Join(dir, "missing", "peers"), bootstrap.BookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		b.Passed(id(2), addr(2))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, log.String(), "could not be written")
		require.NoError(t, os.Mkdir(filepath.Join(dir, "missing"), 0o700))
		require.NoError(t, b.Close())
		require.FileExists(t, filepath.Join(dir, "missing", "peers"))
	})
}

func TestWhatACrashLeftIsSwept(t *testing.T) {
	path := bookOf(t, 2)
	old, fresh, other := path+".123.new", path+".456.new", filepath.Join(filepath.Dir(path), "else.new")
	for _, name := range []string{old, fresh, other} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	long := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(old, long, long))
	require.NoError(t, os.Chtimes(other, long, long))
	openBook(t, path, bootstrap.BookOptions{})
	require.NoFileExists(t, old)
	require.FileExists(t, fresh, "somebody may be writing it")
	require.FileExists(t, other)
}
