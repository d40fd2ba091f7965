package routing

import (
	"fmt"
	"time"

	"github.com/safenet-go/safenet/xorname"
)

// ID names a request on one hop. It is fresh on every hop: what a hop calls a
// request says nothing to any vault but its two neighbours.
type ID [16]byte

// Op is what a request asks for.
type Op uint8

// The operations.
const (
	OpGet   Op = 1 // the chunk of the target name
	OpOffer Op = 2 // who holds the target name already
	OpPut   Op = 3 // hold this chunk; the one operation with two answers
)

// String returns the operation's name, for logs.
func (o Op) String() string {
	switch o {
	case OpGet:
		return "get"
	case OpOffer:
		return "offer"
	case OpPut:
		return "put"
	}
	return fmt.Sprintf("op %d", uint8(o))
}

// Status is the outcome of a request. The values below are those that a Router
// gives or looks at; any other is a failure whose meaning is the caller's, and
// is carried as it is.
type Status uint8

// The statuses that mean something to a Router.
const (
	StatusOK          Status = 0
	StatusNotFound    Status = 1  // a holder does not have it; tells more than any other failure
	StatusMalformed   Status = 6  // unknown operation, or an answer out of bounds
	StatusTimeout     Status = 7  // nobody answered in time
	StatusUnreachable Status = 8  // no vault on the way could be reached
	StatusBusy        Status = 12 // too much under way here
)

// String returns the status as words, for logs.
func (s Status) String() string {
	switch s {
	case StatusOK:
		return "ok"
	case StatusNotFound:
		return "not found"
	case StatusMalformed:
		return "malformed"
	case StatusTimeout:
		return "timeout"
	case StatusUnreachable:
		return "unreachable"
	case StatusBusy:
		return "busy"
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Request is a request on one hop. It names what is asked for and nothing of
// who asks.
type Request struct {
	ID     ID
	Op     Op
	Target xorname.Name
	// Route 0 ends at the vault closest to the target. Route n takes the n-th
	// closest after it and ends at the first vault of the group on the way.
	Route uint8
	TTL   time.Duration // for how long the sender waits
	Nonce [16]byte      // makes a signed denial fresh; chosen by who asks, the same on every hop
}

// Response is an answer to a request on one hop. All answers to one request
// but the last have Final unset.
type Response struct {
	ID         ID
	Status     Status
	Final      bool
	Statements []Statement // receipts and denials of holders
}

// Statement is what a holder signed. A Router carries it without looking
// inside; who asked checks the signature.
type Statement struct {
	Body   []byte
	Signer Key
	Sig    [64]byte
}
