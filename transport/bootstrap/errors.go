package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/safenet-go/safenet/transport"
)

var (
	// ErrNetwork is for the caller's check to wrap: the peer belongs to another network. It is not asked again.
	ErrNetwork = errors.New("bootstrap: the peer belongs to another network")

	// ErrSelf: the contact is this node.
	ErrSelf = errors.New("bootstrap: the contact is this node itself")

	// ErrAddress: the address is no host:port with a number for the port.
	ErrAddress = errors.New("bootstrap: not an address of the form host:port")

	// ErrNoContact: there is no contact, or none is left that may still be good.
	ErrNoContact = errors.New("bootstrap: no contact left to try")

	// ErrNotBook: the file is not a peer book of a version known here.
	ErrNotBook = errors.New("bootstrap: not a peer book of version 1")
)

// AttemptError says why one attempt failed.
type AttemptError struct {
	Step  State            // Resolving, Dialling or Checking
	Peer  transport.PeerID // who was wanted there or answered; zero if unknown
	Addr  string           // as dialled
	Host  string           // the contact's host:port of which Addr is an address, "" if it is Addr
	Cause error            // a [context] error only if the caller's context ended
	Hint  string           // what to look at, for a person
}

func (e *AttemptError) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %q", e.Step, e.Addr)
	if e.Host != "" {
		fmt.Fprintf(&s, " (%q)", e.Host)
	}
	if !e.Peer.IsZero() {
		fmt.Fprintf(&s, " of peer %.8s", e.Peer)
	}
	fmt.Fprintf(&s, ": %v; %s", e.Cause, e.Hint)
	return s.String()
}

func (e *AttemptError) Unwrap() error { return e.Cause }

// maxListed bounds JoinError.Attempts.
const maxListed = 32

// JoinError says why Join reached nobody.
type JoinError struct {
	// Cause is why Join ended: the error of its context, [ErrNoContact], [transport.ErrClosed], or nil after
	// Options.MaxRounds rounds.
	Cause    error
	Rounds   int             // begun
	Failures int             // attempts that failed, in all rounds
	Attempts []*AttemptError // the last failure at each address, in the order of the first; 32 addresses at most
}

func (e *JoinError) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "bootstrap: reached nobody; rounds: %d, attempts that failed: %d", e.Rounds, e.Failures)
	if e.Cause != nil {
		fmt.Fprintf(&s, "; ended by: %v", e.Cause)
	}
	for _, a := range e.Attempts {
		fmt.Fprintf(&s, "\n\t%v", a)
	}
	if e.Failures > len(e.Attempts) {
		s.WriteString("\n\tand earlier or further ones")
	}
	return s.String()
}

// Unwrap returns the cause, if there is one, and the attempts.
func (e *JoinError) Unwrap() []error {
	errs := make([]error, 0, len(e.Attempts)+1)
	if e.Cause != nil {
		errs = append(errs, e.Cause)
	}
	for _, a := range e.Attempts {
		errs = append(errs, a)
	}
	return errs
}

// hints go with the causes that a person can do something about; the first that fits is given.
var hints = []struct {
	cause error
	hint  string
}{
	{ErrNetwork, "is the identifier of the network right, or the contact one of another network?"},
	{ErrSelf, "give the address of another node"},
	{ErrAddress, "write it as host:port, an IPv6 address in brackets"},
	{transport.ErrBusy, "it has all the peers that it takes: try later, or another contact"},
	{transport.ErrRefused, "it takes no connection from us: is it a node of this version, not a client?"},
	{transport.ErrMalformed, "what answers there is no node of this version"},
	{transport.ErrNoHandler, "it is a client: clients let nobody in"},
	{transport.ErrClosed, "this node is shutting down"},
}

// hint chooses what a person should look at. pinned: the contact has an identity.
func hint(step State, cause error, pinned bool) string {
	for _, h := range hints {
		if errors.Is(cause, h.cause) {
			return h.hint
		}
	}
	var dns *net.DNSError
	var remote *transport.RemoteError
	switch {
	case errors.Is(cause, transport.ErrIdentity) && pinned:
		return "somebody else answers there: is the identity given for it still right?"
	case errors.Is(cause, transport.ErrIdentity):
		return "it is this node itself, or not a node of this kind"
	case errors.As(cause, &dns) && dns.IsNotFound:
		return "is the host name spelled right?"
	case step == Resolving:
		return "is this machine online, and does its name server answer?"
	case errors.Is(cause, context.Canceled):
		return "it was given up from here"
	case step == Dialling:
		return "is it running, is this machine online, and does every firewall on the way let UDP through?"
	case errors.As(cause, &remote):
		return "it is running but does not want us: see what it says, and compare versions and clocks"
	case errors.Is(cause, transport.ErrPeerGone):
		return "it is running but does not answer in time: is it overloaded, or about to stop?"
	}
	return "it is running but did not pass: compare versions, clocks and networks"
}

// permanent tells whether an attempt is not worth repeating.
func (e *AttemptError) permanent() bool {
	return errors.Is(e, ErrNetwork) || errors.Is(e, ErrSelf) || errors.Is(e, ErrAddress) || e.otherIdentity()
}

// otherIdentity tells whether somebody else than wanted answered, or we ourselves.
func (e *AttemptError) otherIdentity() bool {
	return e.Step == Dialling && errors.Is(e, transport.ErrIdentity)
}

// failures collects the last error of each address.
type failures struct {
	count int
	list  []*AttemptError
	index map[candidate]int
}

func (f *failures) add(c candidate, err *AttemptError) {
	f.count++
	if i, ok := f.index[c]; ok {
		f.list[i] = err
		return
	}
	if len(f.list) < maxListed {
		f.index[c] = len(f.list)
		f.list = append(f.list, err)
	}
}
