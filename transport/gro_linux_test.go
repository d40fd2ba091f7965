package transport

import (
	"encoding/binary"
	"fmt"
	"net"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

func groSocket(t *testing.T, addr string) *groConn {
	udp, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Logf("no socket at %s: %v", addr, err)
		return nil
	}
	t.Cleanup(func() { _ = udp.Close() })
	c, ok := withGRO(udp.(*net.UDPConn)).(*groConn)
	require.True(t, ok, "the kernel has no UDP_GRO")
	return c
}

// batch is what quic-go passes to ReadBatch.
func batch(n int) []ipv4.Message {
	ms := make([]ipv4.Message, n)
	for i := range ms {
		ms[i] = ipv4.Message{Buffers: [][]byte{make([]byte, 1452)}, OOB: make([]byte, 128)}
	}
	return ms
}

// Datagrams that were sent with segmentation offload, or one by one, or by several senders, arrive as they were.
func TestCoalescedDatagramsAreTakenApart(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0", "0.0.0.0:0"} {
		t.Run(addr, func(t *testing.T) {
			c := groSocket(t, addr)
			if c == nil {
				return // this machine has no IPv6
			}
			port := c.LocalAddr().(*net.UDPAddr).Port
			want := map[string]int{}
			for s := range 2 {
				sender, err := net.ListenUDP("udp", nil)
				require.NoError(t, err)
				t.Cleanup(func() { _ = sender.Close() })
				to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
				if addr == "[::1]:0" {
					to.IP = net.IPv6loopback
				}
				data := make([]byte, 0, 10*1200+7)
				for i := range 10 {
					packet := make([]byte, 1200)
					copy(packet, fmt.Sprintf("%d/%d", s, i))
					want[string(packet)]++
					data = append(data, packet...)
				}
				last := fmt.Sprintf("last of %d", s)
				want[last]++
				_, _, err = sender.WriteMsgUDP(append(data, last...), segmentation(1200), to)
				require.NoError(t, err)
				_, err = sender.WriteTo([]byte("single"), to)
				require.NoError(t, err)
				want["single"]++
			}
			got := map[string]int{}
			for n := 0; n < 24; {
				ms := batch(8)
				k, err := c.ReadBatch(ms, 0)
				require.NoError(t, err)
				require.NotZero(t, k)
				for _, m := range ms[:k] {
					got[string(m.Buffers[0][:m.N])]++
					require.NotNil(t, m.Addr)
				}
				n += k
			}
			require.Equal(t, want, got)
		})
	}
}

func segmentation(size uint16) []byte {
	b := make([]byte, unix.CmsgSpace(2))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(b[unix.CmsgSpace(0):], size)
	return b
}

func TestReadBatchEndsWithTheSocket(t *testing.T) {
	c := groSocket(t, "127.0.0.1:0")
	require.NoError(t, c.Close())
	_, err := c.ReadBatch(batch(8), 0)
	require.ErrorIs(t, err, net.ErrClosed)
}

func FuzzSegmentSize(f *testing.F) {
	f.Add(segmentation(1200))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, oob []byte) {
		size := segmentSize(oob)
		p := coalesced{data: make([]byte, 5000), oob: oob, segment: size}
		if size <= 0 {
			p.segment = len(p.data)
		}
		for rest := len(p.data); rest > 0; rest = len(p.data) {
			ms := batch(1)
			p.cut(&ms[0])
			require.Less(t, len(p.data), rest)
		}
	})
}

func TestEndpointsWithAndWithoutOffload(t *testing.T) {
	for _, test := range []struct{ listen, dial string }{
		{"127.0.0.1:0", "127.0.0.1"},
		{"[::1]:0", "::1"},
		{"[::]:0", "::1"},
		{"[::]:0", "127.0.0.1"},
	} {
		if groSocket(t, test.listen) == nil {
			continue // this machine has no IPv6
		}
		for _, off := range []bool{false, true} {
			a := start(t, 1, Config{Listen: test.listen, DisableGRO: off})
			b := start(t, 2, Config{Listen: test.listen, DisableGRO: !off})
			_, port, err := net.SplitHostPort(b.Addr())
			require.NoError(t, err)
			_, err = a.Connect(testContext(t), net.JoinHostPort(test.dial, port), b.ID())
			require.NoError(t, err)
			for range 5 {
				got, err := a.Request(testContext(t), b.ID(), Message{Body: make([]byte, 1<<20)})
				require.NoError(t, err)
				require.Len(t, got.Body, 1<<20)
			}
			_, isGRO := a.socket.(*groConn)
			require.Equal(t, !off, isGRO)
			require.True(t, a.live(b.ID()).qc.ConnectionState().GSO, "sending is offloaded too")
			require.NoError(t, a.Close())
			require.NoError(t, b.Close())
		}
	}
}
