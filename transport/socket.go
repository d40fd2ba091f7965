package transport

import (
	"fmt"
	"net"
)

// openSocket binds the one UDP socket on which an endpoint listens and dials.
func openSocket(cfg Config) (net.PacketConn, error) {
	addr, err := net.ResolveUDPAddr("udp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("address to listen on: %w", err)
	}
	udp, err := net.ListenUDP("udp", addr)
	if err != nil {
		return nil, err
	}
	if cfg.DisableGRO {
		return udp, nil
	}
	return withGRO(udp), nil
}
