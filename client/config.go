package client

import (
	"log/slog"
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/transport"
)

// NetworkID identifies a network: the SHA3-256 of its signed genesis. It prints
// as 64 hex digits.
type NetworkID = wire.Network

// ParseNetworkID reads the 64 hex digits of a NetworkID.
func ParseNetworkID(s string) (NetworkID, error) { return wire.ParseNetwork(s) }

// Config says how to reach a network. Only Contacts must be set.
type Config struct {
	// Contacts are addresses of vaults, host:port; one that answers is enough.
	Contacts []string
	// Network is the network's identifier. Zero: that of the first contact that
	// answers, which is trusted for it.
	Network NetworkID
	// Logger receives what happens. nil: nothing is logged.
	Logger *slog.Logger
	// InFlight is how many chunks of one file travel at once. 0: 16.
	InFlight int
	// Memory bounds the bytes of all chunks that travel at once, whatever the
	// number of files. 0: 64 MiB. Each file being stored or read needs about
	// InFlight + 8 MiB besides.
	Memory int64
	// Timeout is how long one chunk may take, tries on other vaults included.
	// 0: 60 seconds for storing and reading.
	Timeout time.Duration
	// Transport makes the endpoint. nil: QUIC. Tests pass an in-memory network.
	Transport func(transport.Config) (transport.Endpoint, error)
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.InFlight == 0 {
		c.InFlight = 16
	}
	if c.Memory == 0 {
		c.Memory = 64 << 20
	}
	c.Memory = max(c.Memory, 1<<20)
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Transport == nil {
		c.Transport = transport.Listen
	}
	return c
}
