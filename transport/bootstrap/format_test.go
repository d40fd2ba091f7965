package bootstrap

import (
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport"
)

// The bytes of version 1 never change.
func TestTheFormatNeverMoves(t *testing.T) {
	entry := Entry{ID: transport.PeerID{0xab, 31: 0xcd}, Addrs: []string{"192.0.2.1:4000", "[2001:db8::1]:4000"}, Passed: time.Unix(1_700_000_000, 0).UTC(), Failures: 3}
	const text = "safe peer book 1\n" +
		"ab000000000000000000000000000000000000000000000000000000000000cd 1700000000 3 192.0.2.1:4000,[2001:db8::1]:4000 1a75975c\n"
	require.Equal(t, text, string(encodeBook([]Entry{entry})))
	entries, damage, err := decodeBook([]byte(text))
	require.NoError(t, err)
	require.NoError(t, damage)
	require.Equal(t, []Entry{entry}, entries)
}

// Each of these has the right checksum.
func TestOnlyTheCanonicalFormIsALine(t *testing.T) {
	id := strings.Repeat("ab", 32)
	line := func(body string) string {
		return fmt.Sprintf("%s %08x\n", body, crc32.Checksum([]byte(body), castagnoli))
	}
	_, err := decodeLine([]byte(line(id + " 1 0 a:1")))
	require.NoError(t, err)
	var nine []string
	for i := range 9 {
		nine = append(nine, fmt.Sprintf("a:%d", i+1))
	}
	for _, body := range []string{
		"",
		id,
		id + " 1 0",
		id + " 1 0 ",
		id + " 1 0 a:1 b:1",
		id + "  1 0 a:1",
		id + " 01 0 a:1",
		id + " +1 0 a:1",
		id + " -1 0 a:1",
		id + " 1 00 a:1",
		id + " 1 -1 a:1",
		id + " 1 4294967296 a:1",
		id + " 253402300800 0 a:1",
		id + " 99999999999999999999 0 a:1",
		strings.ToUpper(id) + " 1 0 a:1",
		strings.Repeat("0", 64) + " 1 0 a:1",
		id[2:] + " 1 0 a:1",
		id + " 1 0 a:1,",
		id + " 1 0 a:1,a:1",
		id + " 1 0 a",
		id + " 1 0 a:99999",
		id + " 1 0 " + strings.Join(nine, ","),
		id + " 1 0 " + strings.Repeat("a", 300) + ":1",
		id + " 1 0 " + strings.Repeat("a", 5000) + ":1",
	} {
		_, err := decodeLine([]byte(line(body)))
		require.Error(t, err, "%q", body)
	}
	_, err = decodeLine([]byte(strings.TrimSuffix(line(id+" 1 0 a:1"), "\n")))
	require.Error(t, err, "its end is missing")
}

func TestAPeerIsInABookOnce(t *testing.T) {
	e := Entry{ID: transport.PeerID{1}, Addrs: []string{"a:1"}, Passed: time.Unix(1, 0).UTC()}
	text := encodeBook([]Entry{e, e})
	entries, damage, err := decodeBook(text)
	require.NoError(t, err)
	require.ErrorContains(t, damage, "there already")
	require.Len(t, entries, 1)
}

func TestNoMoreThan512AreTakenFromAFile(t *testing.T) {
	text := []byte(bookHeader)
	for i := range MaxEntries + 3 {
		text = appendLine(text, &Entry{ID: transport.PeerID{byte(i), byte(i >> 8), 1}, Addrs: []string{"a:1"}})
	}
	text = []byte(strings.ReplaceAll(string(text), fmt.Sprint(time.Time{}.Unix()), "1")) // breaks the checksums
	entries, damage, err := decodeBook(text)
	require.NoError(t, err)
	require.Error(t, damage)
	require.Empty(t, entries)

	text = []byte(bookHeader)
	for i := range MaxEntries + 3 {
		text = appendLine(text, &Entry{ID: transport.PeerID{byte(i), byte(i >> 8), 1}, Addrs: []string{"a:1"}, Passed: time.Unix(1, 0)})
	}
	entries, damage, err = decodeBook(text)
	require.NoError(t, err)
	require.ErrorContains(t, damage, "3 of 515 lines")
	require.Len(t, entries, MaxEntries)
}

func FuzzBook(f *testing.F) {
	f.Add([]byte(bookHeader))
	f.Add(encodeBook([]Entry{
		{ID: transport.PeerID{1}, Addrs: []string{"192.0.2.1:4000"}, Passed: time.Unix(1, 0)},
		{ID: transport.PeerID{2}, Addrs: []string{"a:1", "[::1]:2"}, Passed: time.Unix(maxSeconds, 0), Failures: maxFailures},
	}))
	f.Add([]byte(bookHeader + "x\n\n  \n"))
	f.Add([]byte("safe peer book 2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, damage, err := decodeBook(text)
		if err != nil {
			require.ErrorIs(t, err, ErrNotBook)
			return
		}
		require.LessOrEqual(t, len(entries), MaxEntries)
		if damage == nil && len(text) > 0 {
			require.Equal(t, string(text), string(encodeBook(entries)), "each book has one form")
		}
		again, damage, err := decodeBook(encodeBook(entries))
		require.NoError(t, err)
		require.NoError(t, damage)
		require.Equal(t, entries, again)
		for _, e := range entries {
			require.LessOrEqual(t, len(e.Addrs), MaxAddrs)
			require.False(t, e.ID.IsZero())
			for _, addr := range e.Addrs {
				_, _, err := splitAddr(addr)
				require.NoError(t, err)
			}
		}
	})
}
