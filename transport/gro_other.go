//go:build !linux

package transport

import "net"

// withGRO returns the socket as it is: only Linux offers to receive coalesced datagrams.
func withGRO(udp *net.UDPConn) net.PacketConn { return udp }
