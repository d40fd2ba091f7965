package bootstrap

import (
	"net"
	"net/netip"
	"strings"

	"github.com/safenet-go/safenet/transport"
)

// self knows by what names this node goes.
type self struct {
	id    transport.PeerID
	addrs map[string]bool
	ip    bool // the endpoint's addresses are IP addresses
}

// newSelf takes the endpoint's own address, and others that the caller knows of. One that binds every interface stands for all of
// them; where the system does not tell which there are, for the loopback ones.
func newSelf(ep transport.Endpoint, others []string) self {
	s := self{id: ep.ID(), addrs: make(map[string]bool)}
	for _, addr := range append([]string{ep.Addr()}, others...) {
		s.addrs[normal(addr)] = true
		ap, err := netip.ParseAddrPort(addr)
		s.ip = s.ip || err == nil && addr == ep.Addr()
		if err == nil && ap.Addr().IsUnspecified() {
			for _, ip := range interfaces() {
				s.addrs[netip.AddrPortFrom(ip, ap.Port()).String()] = true
			}
		}
	}
	return s
}

func (s self) is(addr string) bool { return s.addrs[normal(addr)] }

// normal writes the same address in the same way.
func normal(addr string) string {
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()).String()
	}
	return strings.ToLower(addr)
}

func interfaces() []netip.Addr {
	ips := []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	nets, _ := net.InterfaceAddrs()
	for _, n := range nets {
		if ipNet, ok := n.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(ipNet.IP); ok {
				ips = append(ips, ip.Unmap())
			}
		}
	}
	return ips
}
