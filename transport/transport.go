package transport

import (
	"context"
	"fmt"
)

// Sizes in bytes that no message may exceed. A resource of the network is at most 1 MiB; the rest is room for its envelope.
const (
	MaxHead = 64 << 10       // of Message.Head
	MaxBody = 1<<20 + 64<<10 // of Message.Body
)

// Message is the unit that peers exchange.
type Message struct {
	Kind uint16 // the caller's message type; this package gives it no meaning
	Head []byte // small structured part, at most MaxHead bytes
	Body []byte // bulk part, at most MaxBody bytes; this package does not copy one that has a stream of its own
}

// size is what the message costs against a byte budget.
func (m Message) size() int { return frameSize + len(m.Head) + len(m.Body) }

// Check returns [ErrTooLarge] when m exceeds [MaxHead] or [MaxBody].
func (m Message) Check() error {
	if len(m.Head) > MaxHead || len(m.Body) > MaxBody {
		return fmt.Errorf("%w: head of %d and body of %d bytes, limits are %d and %d",
			ErrTooLarge, len(m.Head), len(m.Body), MaxHead, MaxBody)
	}
	return nil
}

// Handler receives what peers send. Each call has a goroutine of its own, at most Config.MaxStreams at a time for one peer; ctx
// ends with the loss of the peer, with the request's deadline or withdrawal, and with the endpoint. The message belongs to the
// handler. A panic is recovered, logged, and answered with a [*RemoteError] of code [CodeInternal].
type Handler interface {
	// HandleMessage receives a one-way message. The sender's window opens again when it returns.
	HandleMessage(ctx context.Context, from PeerID, m Message)

	// HandleRequest answers a request. An error travels to the caller as a [*RemoteError]: with the code and text of the
	// *RemoteError that err is or wraps, else with code 0 and the text of err. The package reads the slices of the answer
	// until it is sent; the handler must not change them afterwards.
	HandleRequest(ctx context.Context, from PeerID, m Message) (Message, error)
}

// Endpoint is one peer's place in the network: it accepts connections, dials them, and keeps one for each peer. All methods may
// be called concurrently. After Close, they return [ErrClosed].
type Endpoint interface {
	// ID is the endpoint's own identity.
	ID() PeerID

	// Addr is where this endpoint listens, as host:port.
	Addr() string

	// Connect makes sure that there is a connection with the peer at addr and returns the peer's identity. It returns after the
	// remote has accepted the connection. A want other than zero is the identity that must be found there, else [ErrIdentity];
	// with want zero, any is taken and learned from the handshake. An empty addr stands for those that are known of want. A live
	// connection is used again. Other outcomes: [ErrUnknownPeer] (no address), [ErrRefused] or [ErrBusy] (the remote does not want the connection), [ErrPeerGone] (nobody answered), or the error of ctx.
	Connect(ctx context.Context, addr string, want PeerID) (PeerID, error)

	// Learn remembers where a peer listens, so that Send and Request can dial it. The book is bounded; who was not used for
	// longest is forgotten first.
	Learn(id PeerID, addr string)

	// Send hands a one-way message to the connection with a peer, dialling it when needed. It blocks while the peer's window is
	// full, until ctx ends. Nil means sent, not handled. The caller must not change m before Send has returned.
	// Errors: [ErrTooLarge], [ErrUnknownPeer], [ErrPeerGone], those of Connect, or the error of ctx.
	Send(ctx context.Context, to PeerID, m Message) error

	// Request sends m and waits for the answer. The deadline of ctx travels with the request, Config.RequestTimeout if it has
	// none. Besides the errors of Send: [*RemoteError] for an error of the remote handler, [ErrNoHandler], and
	// [context.DeadlineExceeded]. After [ErrPeerGone] or the end of ctx the request may or may not have been handled.
	Request(ctx context.Context, to PeerID, m Message) (Message, error)

	// Disconnect drops the connection with a peer at once; what is in flight is lost. It may be dialled again.
	Disconnect(id PeerID)

	// Peers lists the peers connected now, in no order.
	Peers() []PeerID

	// RemoteAddr is the address of a peer as seen from here, "" if it is not connected.
	RemoteAddr(id PeerID) string

	// Close stops taking new calls, lets those in flight finish for at most Config.DrainTimeout, and closes all connections.
	Close() error
}
