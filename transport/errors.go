package transport

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The outcomes that a caller can act on. Errors returned by this package wrap one of these, or a context error, or are a
// [*RemoteError].
var (
	ErrIdentity    = errors.New("transport: the peer is not who it should be")
	ErrRefused     = errors.New("transport: the peer refused")
	ErrTooLarge    = errors.New("transport: message too large")
	ErrMalformed   = errors.New("transport: malformed input from the peer")
	ErrPeerGone    = errors.New("transport: the peer is gone")
	ErrClosed      = errors.New("transport: endpoint closed")
	ErrNoHandler   = errors.New("transport: the peer handles no requests")
	ErrUnknownPeer = errors.New("transport: not connected and no address known")
	ErrBusy        = errors.New("transport: the peer is busy")
)

// CodeInternal is the code of a [*RemoteError] for a handler that panicked or returned an answer that cannot be sent.
const CodeInternal uint16 = 0xffff

// maxErrorText bounds RemoteError.Text, in bytes.
const maxErrorText = 1 << 10

// RemoteError is an error that a peer's handler returned.
type RemoteError struct {
	Code uint16 // the handler's own; 0 when it gave none
	Text string // at most 1 KiB, valid UTF-8
}

func (e *RemoteError) Error() string {
	return fmt.Sprintf("transport: the peer answered with error %d: %q", e.Code, e.Text)
}

// clip makes s fit for RemoteError.Text: it may come from a peer.
func clip(s string) string {
	if len(s) > maxErrorText {
		s = s[:maxErrorText]
	}
	return strings.ToValidUTF8(s, "")
}

// code is the reason for which a request is refused, a stream reset or a connection closed. The values are on the wire.
type code uint16

const (
	codeDone      code = 0 // nothing is left to do
	codeRefused   code = 1
	codeBusy      code = 2
	codeDuplicate code = 3 // the pair of identities is already connected
	codeMalformed code = 4
	codeLimit     code = 5 // the peer went beyond a limit it knew
	codeTooLarge  code = 6
	codeSlow      code = 7 // bytes that were announced did not come in time
	codeCanceled  code = 8
	codeDeadline  code = 9
	codeNoHandler code = 10
	codeCount     code = 11
)

var codeErrors = [codeCount]error{
	codeDone:      ErrPeerGone,
	codeRefused:   ErrRefused,
	codeBusy:      ErrBusy,
	codeDuplicate: ErrRefused,
	codeMalformed: ErrMalformed,
	codeLimit:     ErrBusy,
	codeTooLarge:  ErrTooLarge,
	codeSlow:      ErrPeerGone,
	codeCanceled:  context.Canceled,
	codeDeadline:  context.DeadlineExceeded,
	codeNoHandler: ErrNoHandler,
}

// err is what the caller sees for a code that the peer sent.
func (c code) err() error {
	if c >= codeCount {
		return ErrMalformed
	}
	return codeErrors[c]
}
