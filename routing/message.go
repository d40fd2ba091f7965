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

// Status is the outcome of a request: the kinds of failure that a client can
// act on survive the way back. A Router gives StatusMalformed, StatusTimeout,
// StatusUnreachable and StatusBusy and prefers StatusNotFound to other failures;
// any other it carries as it is.
type Status uint8

// The statuses.
const (
	StatusOK          Status = 0
	StatusNotFound    Status = 1  // a holder does not have it
	StatusTooFew      Status = 2  // fewer vaults signed than must
	StatusFull        Status = 3  // no space
	StatusCorrupt     Status = 4  // the bytes do not match the name
	StatusDenied      Status = 5  // the sender may not ask this
	StatusMalformed   Status = 6  // unknown operation, or a message out of bounds
	StatusTimeout     Status = 7  // nobody answered in time
	StatusUnreachable Status = 8  // no vault on the way could be reached
	StatusInternal    Status = 9  // the holder failed; its log says why
	StatusNetwork     Status = 10 // this is another network
	StatusVersion     Status = 11 // this is another version
	StatusBusy        Status = 12 // too much under way for this sender
)

// String returns the status as words.
func (s Status) String() string {
	words := [...]string{
		"ok", "not found", "too few vaults", "full", "corrupt", "denied", "malformed",
		"timeout", "unreachable", "internal error", "another network", "another version", "busy",
	}
	if int(s) < len(words) {
		return words[s]
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
