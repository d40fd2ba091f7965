package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/safenet-go/safenet/transport/internal/window"
)

// retireLimit is how long a connection that was replaced may take to finish its calls.
const retireLimit = 30 * time.Second

// errRetired tells a caller to look for the connection that replaced this one.
var errRetired = errors.New("transport: connection is being replaced")

// conn is one QUIC connection after its handshake. Calls we make are in calls until they have ended on the other side; calls
// the peer makes are counted in inCalls and inBytes until our handler has returned.
type conn struct {
	ep     *endpoint
	qc     *quic.Conn
	id     PeerID
	dialed bool
	lane   *lane
	out    *window.Window // what the peer allows us

	announces bool      // both sides announce streams: the peer's hello has that version
	streams   announced // streams of the peer

	removed chan struct{} // closed when the endpoint has forgotten the connection
	window  atomic.Int64  // bytes by which the receive window has grown, taken from endpoint.total

	answered atomic.Int64 // bytes of large answers that left

	mu          sync.Mutex
	calls       map[uint32]*call
	nextID      uint32
	pings       map[uint32]chan struct{}
	serving     map[uint32]context.CancelFunc
	inCalls     int
	inBytes     int
	answerBytes int // large answers of ours under way
	credit      credit

	retired, finished, peerFinished bool
}

// credit is what the peer may take back but has not been told yet.
type credit struct{ calls, bytes int }

// call is a request of ours, or a message that has its own stream.
type call struct {
	id      uint32
	bytes   int
	answer  chan result // of one; nil for a message
	dropped bool        // nobody waits any more
	claimed bool        // a stream with the answer has begun
}

type result struct {
	m   Message
	err error
}

func newConn(ep *endpoint, qc *quic.Conn, str *quic.Stream, id PeerID, dialed bool, peer hello) *conn {
	return &conn{
		ep: ep, qc: qc, id: id, dialed: dialed,
		lane:      newLane(str, ep.cfg.MaxStreams),
		removed:   make(chan struct{}),
		out:       window.New(peer.calls, peer.bytes),
		announces: peer.version >= helloVersion,
		calls:     make(map[uint32]*call),
		pings:     make(map[uint32]chan struct{}),
		serving:   make(map[uint32]context.CancelFunc),
	}
}

// start opens the lane with our hello, nil if it has been said, and begins reading. It is called once, after the connection was
// registered.
func (c *conn) start(hello []byte) {
	_ = c.lane.str.SetDeadline(time.Time{})
	c.lane.open(hello)
	context.AfterFunc(c.qc.Context(), c.gone)
	c.ep.wg.Go(c.readLane)
	if !c.announces {
		c.streams.expect(math.MaxInt)
		c.ep.wg.Go(c.acceptStreams)
	}
}

// close ends the connection at once.
func (c *conn) close(why code, reason string) {
	_ = c.qc.CloseWithError(quic.ApplicationErrorCode(why), reason)
}

// fail ends the connection because of what the peer did.
func (c *conn) fail(why code, err error) {
	c.ep.cfg.Logger.Warn("transport: dropping peer", "peer", c.id.short(), "error", err)
	c.ep.noticeLimited(c.id, err)
	c.close(why, "")
}

// laneBroken is called with an error of the lane. It is the peer's fault only if the connection is still there.
func (c *conn) laneBroken(err error) {
	var reset *quic.StreamError
	switch {
	case errors.Is(err, errLaneFull):
		c.fail(codeLimit, err)
	case errors.Is(err, io.EOF), errors.As(err, &reset):
		c.fail(codeMalformed, fmt.Errorf("%w: lane ended: %w", ErrMalformed, err))
	}
}

// gone runs after the connection has ended, for whatever reason.
func (c *conn) gone() {
	c.ep.remove(c)
	err := c.lossError()
	c.out.Close(errRetired)
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, call := range c.calls {
		call.deliver(result{err: err})
		delete(c.calls, id)
	}
}

// lossError is what callers see whose connection ended under them.
func (c *conn) lossError() error {
	if c.ep.ctx.Err() != nil {
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrPeerGone, context.Cause(c.qc.Context()))
}

// write puts a frame on the lane and drops the peer if that is impossible.
func (c *conn) write(f frame, head, body []byte) {
	if err := c.lane.write(f, head, body); err != nil {
		c.laneBroken(err)
	}
}

// ping waits until the peer has answered on this connection.
func (c *conn) ping(ctx context.Context) error {
	pong := make(chan struct{})
	c.mu.Lock()
	c.nextID++
	id := c.nextID
	c.pings[id] = pong
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.pings, id)
		c.mu.Unlock()
	}()
	c.write(frame{typ: framePing, id: id}, nil, nil)
	select {
	case <-pong:
		return nil
	case <-c.qc.Context().Done():
		return c.lossError()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *conn) pong(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pong, ok := c.pings[id]; ok {
		delete(c.pings, id)
		close(pong)
	}
}

// retire lets the calls in progress finish and then closes the connection. New calls go elsewhere.
func (c *conn) retire() {
	c.mu.Lock()
	if c.retired {
		c.mu.Unlock()
		return
	}
	c.retired = true
	c.mu.Unlock()
	c.out.Close(errRetired)
	c.write(frame{typ: frameRetire}, nil, nil)
	c.returnCredit(0, 0)
	c.checkFinished()
	limit := time.AfterFunc(retireLimit, func() { c.close(codeSlow, "") })
	context.AfterFunc(c.qc.Context(), func() { limit.Stop() })
}

// checkFinished closes a retired connection when neither side has a call in progress. Each side tells the other when its own
// have ended; whoever knows both closes, and by then the other needs nothing more.
func (c *conn) checkFinished() {
	c.mu.Lock()
	if !c.retired || !c.out.Idle() {
		c.mu.Unlock()
		return
	}
	tell := !c.finished
	c.finished = true
	over := c.peerFinished
	c.mu.Unlock()
	if tell {
		c.write(frame{typ: frameFinished}, nil, nil)
	}
	if over {
		c.close(codeDone, "")
	}
}
