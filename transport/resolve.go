package transport

import (
	"context"
	"net"
	"net/netip"
)

// resolve turns host:port into at most maxTargets addresses.
func resolve(ctx context.Context, addr string) ([]*net.UDPAddr, error) {
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		return []*net.UDPAddr{net.UDPAddrFromAddrPort(ap)}, nil
	}
	const maxTargets = 4
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "udp", service)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var targets []*net.UDPAddr
	for _, ip := range ips[:min(len(ips), maxTargets)] {
		targets = append(targets, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip.Unmap(), uint16(port))))
	}
	return targets, nil
}
