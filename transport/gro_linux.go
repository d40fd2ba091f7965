package transport

import (
	"encoding/binary"
	"net"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

const (
	groBatch  = 4        // coalesced datagrams read by one system call
	groBuffer = 64 << 10 // the largest that the kernel makes
	groOOB    = 128      // control messages of one: size, ECN, packet info
)

// groConn is a UDP socket with generic receive offload: the kernel hands over datagrams of one sender coalesced into one large
// buffer, as they were sent, instead of cutting it up and passing each one through its stack. quic-go has offload for sending
// only, but takes packets from whatever offers ReadBatch.
type groConn struct {
	*net.UDPConn
	socket *ipv4.PacketConn // reads IPv6 as well

	// Only quic-go's read loop touches these.
	read    []ipv4.Message
	next    int // the first of read that is not used up
	pending coalesced
}

// coalesced is the rest of one read: segments of equal size, the last one perhaps shorter.
type coalesced struct {
	data, oob []byte
	addr      net.Addr
	segment   int
}

// withGRO switches the offload on, or returns the socket as it is where the kernel has none.
func withGRO(udp *net.UDPConn) net.PacketConn {
	raw, err := udp.SyscallConn()
	if err != nil || enableGRO(raw) != nil {
		return udp
	}
	c := &groConn{UDPConn: udp, socket: ipv4.NewPacketConn(udp), read: make([]ipv4.Message, groBatch)}
	for i := range c.read {
		c.read[i] = ipv4.Message{Buffers: [][]byte{make([]byte, groBuffer)}, OOB: make([]byte, groOOB)}
	}
	c.read = c.read[:0]
	return c
}

func enableGRO(raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_GRO, 1)
	})
	if err != nil {
		return err
	}
	return failed
}

// ReadBatch fills ms with one datagram each. quic-go calls it from one goroutine.
func (c *groConn) ReadBatch(ms []ipv4.Message, flags int) (int, error) {
	n := 0
	for n < len(ms) {
		if len(c.pending.data) == 0 && !c.unpack() {
			if n > 0 {
				return n, nil
			}
			if err := c.refill(flags); err != nil {
				return 0, err
			}
			continue
		}
		c.pending.cut(&ms[n])
		n++
	}
	return n, nil
}

// refill waits for the kernel.
func (c *groConn) refill(flags int) error {
	c.next, c.read = 0, c.read[:groBatch]
	n, err := c.socket.ReadBatch(c.read, flags)
	c.read = c.read[:max(n, 0)]
	return err
}

// unpack turns to the next coalesced datagram that was read.
func (c *groConn) unpack() bool {
	for c.next < len(c.read) {
		m := &c.read[c.next]
		c.next++
		if m.N == 0 {
			continue // an empty datagram is nothing to QUIC
		}
		c.pending = coalesced{data: m.Buffers[0][:m.N], oob: m.OOB[:m.NN], addr: m.Addr}
		c.pending.segment = segmentSize(c.pending.oob)
		if c.pending.segment == 0 {
			c.pending.segment = m.N
		}
		return true
	}
	return false
}

// cut moves one segment into m. Control messages belong to every segment; quic-go passes over the one with the size.
func (p *coalesced) cut(m *ipv4.Message) {
	size := min(p.segment, len(p.data))
	m.N = copy(m.Buffers[0], p.data[:size])
	m.NN = copy(m.OOB, p.oob)
	m.Addr = p.addr
	p.data = p.data[size:]
}

// segmentSize finds the size that the kernel reports for a coalesced datagram; 0 if it coalesced nothing.
func segmentSize(oob []byte) int {
	for len(oob) >= unix.CmsgSpace(0) {
		header, body, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			return 0
		}
		if header.Level == unix.IPPROTO_UDP && header.Type == unix.UDP_GRO && len(body) >= 4 {
			return max(0, int(int32(binary.NativeEndian.Uint32(body))))
		}
		oob = rest
	}
	return 0
}
