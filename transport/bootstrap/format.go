package bootstrap

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// A book is a text of lines that end in LF. The first names format and version; each further one is a peer:
//
//	safe peer book 1
//	ID SECONDS FAILURES ADDR[,ADDR...] CRC
//
// ID has 64 lower-case hexadecimal digits. SECONDS, since 1970, is when the peer was last good, FAILURES counts since then; both
// are decimal without leading zeros. There are 1 to 8 addresses, without repetition. CRC has 8 lower-case hexadecimal digits: the
// CRC-32C (RFC 3720, appendix B.4) of the line before the space in front of it. It is there so that a line that was cut or altered
// is not taken for another address.
const bookHeader = "safe peer book 1\n"

const (
	maxFailures = 1<<31 - 1
	maxSeconds  = 253402300799 // the last of the year 9999

	maxBookLine = 2*len(transport.PeerID{}) + len(" 253402300799") + len(" 2147483647") + MaxAddrs*(1+MaxAddr) + len(" 01234567\n")
	maxBookSize = len(bookHeader) + MaxEntries*maxBookLine // bytes; of any book
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeBook(entries []Entry) []byte {
	text := []byte(bookHeader)
	for i := range entries {
		text = appendLine(text, &entries[i])
	}
	return text
}

func appendLine(text []byte, e *Entry) []byte {
	begin := len(text)
	text = fmt.Appendf(text, "%s %d %d %s", e.ID, e.Passed.Unix(), e.Failures, strings.Join(e.Addrs, ","))
	return fmt.Appendf(text, " %08x\n", crc32.Checksum(text[begin:], castagnoli))
}

// decodeBook reads a book; an empty text is one without entries. damage tells which lines could not be used.
func decodeBook(text []byte) (entries []Entry, damage, err error) {
	if len(text) == 0 {
		return nil, nil, nil
	}
	if len(text) > maxBookSize {
		return nil, nil, fmt.Errorf("%w: it is longer than the %d bytes of the largest", ErrNotBook, maxBookSize)
	}
	lines, ok := bytes.CutPrefix(text, []byte(bookHeader))
	if !ok {
		first, _, _ := bytes.Cut(text[:min(len(text), 2*len(bookHeader))], []byte("\n"))
		return nil, nil, fmt.Errorf("%w: it begins with %q; if it is to be one, remove it to begin anew", ErrNotBook, first)
	}
	known := make(map[transport.PeerID]bool)
	bad, all := 0, 0
	for line := range bytes.Lines(lines) {
		all++
		e, err := decodeLine(line)
		switch {
		case err != nil:
		case known[e.ID]:
			err = errors.New("the peer is there already")
		case len(entries) == MaxEntries:
			err = fmt.Errorf("a book has at most %d peers", MaxEntries)
		}
		if err == nil {
			known[e.ID] = true
			entries = append(entries, e)
			continue
		}
		if bad++; bad == 1 {
			damage = fmt.Errorf("line %d: %w", all+1, err)
		}
	}
	if bad > 0 {
		damage = fmt.Errorf("bootstrap: %d of %d lines of the peer book are damaged and left out: %w", bad, all, damage)
	}
	return entries, damage, nil
}

var errLine = errors.New("not what a book has")

// decodeLine reads what appendLine writes, and nothing else.
func decodeLine(line []byte) (Entry, error) {
	if len(line) > maxBookLine {
		return Entry{}, errLine
	}
	fields := strings.Split(string(line), " ")
	if len(fields) != 5 {
		return Entry{}, errLine
	}
	id, err := transport.ParsePeerID(fields[0])
	if err != nil || id.IsZero() {
		return Entry{}, errLine
	}
	seconds, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return Entry{}, errLine
	}
	count, err := strconv.ParseInt(fields[2], 10, 32)
	if err != nil || count < 0 {
		return Entry{}, errLine
	}
	e := Entry{ID: id, Addrs: strings.Split(fields[3], ","), Passed: time.Unix(seconds, 0).UTC(), Failures: int(count)}
	if len(e.Addrs) > MaxAddrs || !distinct(e.Addrs) {
		return Entry{}, errLine
	}
	for _, addr := range e.Addrs {
		if _, _, err := splitAddr(addr); err != nil {
			return Entry{}, err
		}
	}
	if !bytes.Equal(appendLine(nil, &e), line) {
		return Entry{}, errors.New("its checksum or its form is wrong")
	}
	return e, nil
}

func distinct(addrs []string) bool {
	seen := make(map[string]bool)
	for _, addr := range addrs {
		seen[addr] = true
	}
	return len(seen) == len(addrs)
}
