package transport

import (
	"encoding/binary"
	"fmt"
	"io"
)

// hello is the first thing each side writes to the lane: the dialler at once, the acceptor when it has accepted.
//
//	"SAFE" | length u16 of what follows | version u16 | calls u32 | bytes u32 | ...        (big-endian)
//
// A later version may add fields at the end; readers skip what they do not know.
type hello struct {
	version int
	calls   int // the window: calls of the other side that may be unhandled
	bytes   int // and their bytes
}

const (
	helloMagic   = "SAFE"
	helloVersion = 2 // since it, streams are announced on the lane
	helloOldest  = 1
	helloFixed   = len(helloMagic) + 2
	helloBody    = 2 + 4 + 4
	helloMax     = 1 << 10 // of the length field
)

func (h hello) append(b []byte) []byte {
	b = append(b, helloMagic...)
	b = binary.BigEndian.AppendUint16(b, helloBody)
	b = binary.BigEndian.AppendUint16(b, uint16(h.version))
	b = binary.BigEndian.AppendUint32(b, uint32(h.calls))
	return binary.BigEndian.AppendUint32(b, uint32(h.bytes))
}

// readHello reads one hello and nothing after it.
func readHello(r io.Reader) (hello, error) {
	var fixed [helloFixed]byte
	if _, err := io.ReadFull(r, fixed[:]); err != nil {
		return hello{}, fmt.Errorf("reading the hello: %w", err)
	}
	n := int(binary.BigEndian.Uint16(fixed[len(helloMagic):]))
	if string(fixed[:len(helloMagic)]) != helloMagic || n < helloBody || n > helloMax {
		return hello{}, fmt.Errorf("%w: no hello", ErrMalformed)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return hello{}, fmt.Errorf("reading the hello: %w", err)
	}
	return parseHelloBody(body)
}

func parseHelloBody(b []byte) (hello, error) {
	version := int(binary.BigEndian.Uint16(b))
	if version < helloOldest {
		return hello{}, fmt.Errorf("%w: hello of version %d", ErrMalformed, version)
	}
	calls, bytes := binary.BigEndian.Uint32(b[2:]), binary.BigEndian.Uint32(b[6:])
	if calls < 1 || calls > maxMaxStreams || bytes < minBytesPerPeer || bytes > maxBytesPerPeer {
		return hello{}, fmt.Errorf("%w: hello with a window of %d calls and %d bytes", ErrMalformed, calls, bytes)
	}
	return hello{version: version, calls: int(calls), bytes: int(bytes)}, nil
}
