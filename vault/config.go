package vault

import (
	"log/slog"
	"time"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// Config says how a vault starts. Only Dir must be set.
type Config struct {
	// Dir is the data directory. It holds the vault's key, its name and its
	// chunks; a vault that was here before goes on from it.
	Dir string
	// Listen is the UDP address to listen on, host:port. Empty: the one used
	// last in Dir, else a free port on the loopback interface.
	Listen string
	// Advertise is the address that others are told. Empty: the one listened
	// on; for an unspecified host each peer takes the host it sees.
	Advertise string
	// Contacts are addresses of vaults of the network to join. A vault that
	// goes on from Dir also remembers the others.
	Contacts []string
	// First begins a new network, of which this vault is the founder. A vault
	// that has begun one goes on with it; in the directory of any other it is an
	// error.
	First bool
	// Copies is the number of vaults that hold each chunk, for a new network.
	// 0: 8. (Design: more than half of them must sign for a put.)
	Copies int
	// Space is the most bytes of chunks to hold. 0: what the disk has.
	Space int64
	// Logger receives what happens. nil: nothing is logged.
	Logger *slog.Logger
	// Events are called as things happen.
	Events Events
	// Transport makes the endpoint. nil: QUIC. Tests pass an in-memory network.
	Transport func(transport.Config) (transport.Endpoint, error)

	// Heartbeat is how often the vault tells others that it is present, and
	// AwayAfter how long one may be silent before it counts no more.
	// 0: one second and five seconds.
	Heartbeat, AwayAfter time.Duration
	// JoinTimeout is how long to look for the network. 0: 30 seconds.
	JoinTimeout time.Duration
}

// Events are optional callbacks. They are called from many goroutines and must
// not block.
type Events struct {
	// Joined is called once the vault serves.
	Joined func(name xorname.Name)
	// Members is called when the number of members present changes.
	Members func(present int)
	// Stored is called for each chunk newly held.
	Stored func(name xorname.Name, size int)
	// Corrupt is called when a chunk on disk no longer matches its name. The
	// copy is gone; the vault fetches a good one from the other holders.
	Corrupt func(name xorname.Name)
	// Repaired is called when that good copy is on disk.
	Repaired func(name xorname.Name)
}

func (c Config) withDefaults() Config {
	if c.Copies == 0 {
		c.Copies = 8
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Transport == nil {
		c.Transport = transport.Listen
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = time.Second
	}
	if c.AwayAfter == 0 {
		c.AwayAfter = 5 * time.Second
	}
	if c.JoinTimeout == 0 {
		c.JoinTimeout = 30 * time.Second
	}
	return c
}
