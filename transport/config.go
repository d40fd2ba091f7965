package transport

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config says who an endpoint is and what it allows. Only Key is required; zero means the default everywhere else.
type Config struct {
	Key     ed25519.PrivateKey // the endpoint's identity; required
	Listen  string             // host:port to bind, UDP; port 0 picks one; default "127.0.0.1:0"
	Handler Handler            // receives messages and requests; nil makes a pure dialler, which accepts no connection and answers ErrNoHandler
	Logger  *slog.Logger       // default: silent

	// OnPeer is called when the first connection with an identity is up and when the last one is gone, one call at a time and in
	// order. It must not block; it may call the endpoint, except Close.
	OnPeer func(id PeerID, up bool)

	// Events are called for what logs and metrics want to know.
	Events Events

	// QLogDir is a directory into which each connection, and each attempt at one from outside, writes a file of the qlog format
	// (draft-ietf-quic-qlog-main-schema). It is for looking into problems: files grow with the traffic and are never removed.
	// Default "": none.
	QLogDir string

	MaxPeers     int // peers connected at a time; default 1024
	MaxStreams   int // calls (messages and requests) of one peer in progress, each way; 1 to 4096, default 256
	BytesPerPeer int // bytes of one peer's calls received and not yet handled; at least 3 MiB, default 16 MiB
	BytesTotal   int // the same over all peers, with answers under way and receive windows that have grown; beyond it requests are refused with ErrBusy and messages are dropped; default 512 MiB

	RequestTimeout   time.Duration // of a request whose context has no deadline; default 10 s
	IdleTimeout      time.Duration // silence after which a peer counts as gone; the smaller of both sides holds; default 30 s
	KeepAlive        time.Duration // how often the dialler breaks the silence; at most half of IdleTimeout; default 15 s
	HandshakeTimeout time.Duration // for a dial and for each step of a handshake; default 5 s
	DrainTimeout     time.Duration // how long Close waits for what is in flight; default 1 s

	// HandshakeRate and HandshakeBurst bound the incoming handshakes a second from one IPv4 /24 or IPv6 /56. Loopback is
	// exempt. Defaults: 16 a second, burst 64.
	HandshakeRate  float64
	HandshakeBurst int

	// DisableGRO switches off receiving coalesced datagrams, which Linux offers. It is for measuring and for odd kernels.
	DisableGRO bool
}

const (
	minBytesPerPeer = 3 << 20
	maxBytesPerPeer = 1 << 30
	maxMaxStreams   = 4096
)

// WithDefaults returns c with zero values replaced by the defaults, or an error that names the field that is wrong.
func (c Config) WithDefaults() (Config, error) {
	if len(c.Key) != ed25519.PrivateKeySize {
		return c, fmt.Errorf("transport: Config.Key has %d bytes, want an Ed25519 private key of %d", len(c.Key), ed25519.PrivateKeySize)
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&c.MaxPeers, 1024)
	setDefault(&c.MaxStreams, 256)
	setDefault(&c.BytesPerPeer, 16<<20)
	setDefault(&c.BytesTotal, 512<<20)
	setDefault(&c.RequestTimeout, 10*time.Second)
	setDefault(&c.IdleTimeout, 30*time.Second)
	setDefault(&c.KeepAlive, 15*time.Second)
	setDefault(&c.HandshakeTimeout, 5*time.Second)
	setDefault(&c.DrainTimeout, time.Second)
	setDefault(&c.HandshakeRate, 16)
	setDefault(&c.HandshakeBurst, 64)
	c.KeepAlive = min(c.KeepAlive, c.IdleTimeout/2)
	return c, c.validate()
}

func setDefault[T int | float64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

func (c Config) validate() error {
	switch {
	case c.MaxPeers < 1:
		return errors.New("transport: Config.MaxPeers is negative")
	case c.MaxStreams < 1 || c.MaxStreams > maxMaxStreams:
		return fmt.Errorf("transport: Config.MaxStreams is %d, want 1 to %d", c.MaxStreams, maxMaxStreams)
	case c.BytesPerPeer < minBytesPerPeer || c.BytesPerPeer > maxBytesPerPeer:
		return fmt.Errorf("transport: Config.BytesPerPeer is %d, want %d to %d", c.BytesPerPeer, minBytesPerPeer, maxBytesPerPeer)
	case c.BytesTotal < minBytesPerPeer:
		return fmt.Errorf("transport: Config.BytesTotal is %d, want at least %d", c.BytesTotal, minBytesPerPeer)
	case min(c.RequestTimeout, c.IdleTimeout, c.KeepAlive, c.HandshakeTimeout, c.DrainTimeout) <= 0:
		return errors.New("transport: Config has a negative time")
	case c.HandshakeRate < 0 || c.HandshakeBurst < 0:
		return errors.New("transport: Config.HandshakeRate or HandshakeBurst is negative")
	}
	return nil
}

// id is the identity that belongs to the key.
func (c Config) id() PeerID { return PeerID(c.Key.Public().(ed25519.PublicKey)) }
