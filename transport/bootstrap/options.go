package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// Options say how Join goes about it. Zero means the default everywhere.
type Options struct {
	// Book has peers that were good before. They are tried along with the contacts, and it learns what became of them; whoever
	// passes the check is recorded. Saving it is the caller's business. Default: none.
	Book *Book

	// Own are further addresses at which others reach this node. They and Endpoint.Addr are not dialled.
	Own []string

	Parallel int           // attempts under way; at most 32, which is what an endpoint dials at a time; default 8
	Stagger  time.Duration // between the beginnings of attempts; default 250 ms
	PerRound int           // addresses tried in a round, of contacts and book together; default 64

	DialTimeout  time.Duration // of looking up a name, and of connecting; default 5 s
	CheckTimeout time.Duration // of the check; default 10 s

	Backoff    time.Duration // pause after the first round, which doubles with each; random within 20 %; default 1 s
	MaxBackoff time.Duration // longest pause, before the 20 %; default 5 min
	MaxRounds  int           // after which Join gives up; default: none, Join ends with its context

	// Release is given each peer whose connection Join made and does not need, before Join returns. The default is
	// Endpoint.Disconnect. A node whose other parts connect to the same peers meanwhile gives a function that spares those. A
	// connection that comes up later, as the endpoint may go on with a handshake that Join no longer waits for, is not touched: by
	// then, others may use it.
	Release func(transport.PeerID)

	// OnEvent is told of each change of state, one at a time. It must not block.
	OnEvent func(Event)
	Logger  *slog.Logger // joining, pauses and failures at Info, steps at Debug, failure of Join at Warn; default: silent

	Resolver Resolver   // of host names, where the endpoint's own address is an IP address; default net.DefaultResolver
	Rand     *rand.Rand // for the order of contacts and for pauses; not used by others while Join runs; default: seeded at random
}

// Resolver looks up host names; [*net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

const maxParallel = 32

func (o Options) withDefaults(ep transport.Endpoint) (Options, error) {
	setDefault(&o.Parallel, 8)
	setDefault(&o.Stagger, 250*time.Millisecond)
	setDefault(&o.PerRound, 64)
	setDefault(&o.DialTimeout, 5*time.Second)
	setDefault(&o.CheckTimeout, 10*time.Second)
	setDefault(&o.Backoff, time.Second)
	setDefault(&o.MaxBackoff, 5*time.Minute)
	if o.Release == nil {
		o.Release = ep.Disconnect
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return o, o.validate()
}

func setDefault[T int | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

func (o Options) validate() error {
	switch {
	case o.Parallel < 1 || o.Parallel > maxParallel:
		return fmt.Errorf("bootstrap: Options.Parallel is %d, want 1 to %d", o.Parallel, maxParallel)
	case o.PerRound < 1:
		return fmt.Errorf("bootstrap: Options.PerRound is %d, want at least 1", o.PerRound)
	case o.MaxRounds < 0:
		return fmt.Errorf("bootstrap: Options.MaxRounds is %d, want 0 or more", o.MaxRounds)
	case min(o.Stagger, o.DialTimeout, o.CheckTimeout, o.Backoff, o.MaxBackoff) < 0:
		return errors.New("bootstrap: Options has a negative time")
	}
	return nil
}

// pause is how long to wait after a round.
func (o Options) pause(round int) time.Duration {
	d := o.MaxBackoff
	if shift := round - 1; shift < 32 && o.Backoff <= o.MaxBackoff>>shift {
		d = o.Backoff << shift
	}
	return time.Duration(float64(d) * (0.8 + 0.4*o.Rand.Float64()))
}
