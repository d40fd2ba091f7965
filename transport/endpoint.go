package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/safenet-go/safenet/transport/internal/notify"
)

const (
	// streamWindow lets one message of the largest size arrive without waiting for the receiver's consent.
	streamWindow    = 1<<20 + 128<<10
	maxStreamWindow = 4 << 20
	connWindow      = 4 * streamWindow
	maxConnWindow   = 16 << 20

	maxDials      = 32  // dials under way
	maxHandshakes = 256 // incoming connections between the end of TLS and their acceptance
)

// endpoint implements Endpoint on QUIC.
type endpoint struct {
	cfg     Config
	id      PeerID
	cert    tls.Certificate
	socket  net.PacketConn
	tr      *quic.Transport
	ln      *quic.Listener
	book    *book
	known   *certificates
	conduct *conduct
	events  notify.Queue   // calls of Config.OnPeer and Config.Events
	logs    sync.WaitGroup // files of Config.QLogDir being written
	total   budget

	patience time.Duration // with streams that do not deliver

	ctx    context.Context // ends when Close gives up waiting
	cancel context.CancelFunc
	wg     sync.WaitGroup

	dialSlots      chan struct{}
	handshakeSlots chan struct{}

	mu     sync.Mutex
	closed bool
	peers  map[PeerID]*peer
	conns  map[*conn]struct{}
	dials  map[dialKey]*dial

	byQUIC sync.Map // *quic.Conn to *conn, for a callback that may not wait for mu
}

// Listen opens a UDP socket and starts an endpoint on it. The endpoint must be closed.
func Listen(cfg Config) (Endpoint, error) {
	ep, err := listen(cfg, defaultPatience)
	if err != nil {
		return nil, err
	}
	return ep, nil
}

func listen(cfg Config, patience time.Duration) (*endpoint, error) {
	cfg, err := cfg.WithDefaults()
	if err != nil {
		return nil, err
	}
	socket, err := openSocket(cfg)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	ep, err := listenOn(socket, cfg, patience)
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	return ep, nil
}

// listenOn starts an endpoint on a socket, which is closed with it. The configuration must have its defaults.
func listenOn(socket net.PacketConn, cfg Config, patience time.Duration) (*endpoint, error) {
	cert, err := selfSigned(cfg.Key)
	if err != nil {
		return nil, err
	}
	ep := newEndpoint(cfg, cert, socket)
	ep.patience = patience
	ep.ln, err = ep.tr.Listen(tlsConfig(cert, verifier(ep.known, ep.id, PeerID{})), ep.quicConfig(1))
	if err != nil {
		_ = ep.tr.Close()
		return nil, fmt.Errorf("transport: %w", err)
	}
	ep.wg.Go(ep.acceptLoop)
	return ep, nil
}

func newEndpoint(cfg Config, cert tls.Certificate, socket net.PacketConn) *endpoint {
	ep := &endpoint{
		cfg: cfg, id: cfg.id(), cert: cert, socket: socket,
		book:           newBook(),
		known:          newCertificates(),
		conduct:        newConduct(2 * cfg.MaxStreams),
		dialSlots:      make(chan struct{}, maxDials),
		handshakeSlots: make(chan struct{}, maxHandshakes),
		peers:          make(map[PeerID]*peer),
		conns:          make(map[*conn]struct{}),
		dials:          make(map[dialKey]*dial),
	}
	ep.total.give(cfg.BytesTotal)
	ep.ctx, ep.cancel = context.WithCancel(context.Background())
	gate := newGate(cfg)
	ep.tr = &quic.Transport{
		Conn:                socket,
		StatelessResetKey:   resetKey(cfg.Key),
		ConnContext:         gate.admit,
		VerifySourceAddress: gate.verifySource,
	}
	return ep
}

// quicConfig is for one direction of dialling: only the acceptor takes a bidirectional stream, the lane.
func (ep *endpoint) quicConfig(lanes int64) *quic.Config {
	return &quic.Config{
		Tracer:                         ep.qlogTracer(),
		HandshakeIdleTimeout:           ep.cfg.HandshakeTimeout,
		MaxIdleTimeout:                 ep.cfg.IdleTimeout,
		InitialStreamReceiveWindow:     streamWindow,
		MaxStreamReceiveWindow:         maxStreamWindow,
		InitialConnectionReceiveWindow: connWindow,
		MaxConnectionReceiveWindow:     maxConnWindow,
		AllowConnectionWindowIncrease:  ep.allowWindow,
		MaxIncomingStreams:             lanes,
		MaxIncomingUniStreams:          int64(ep.maxUniStreams()),
	}
}

// maxUniStreams is how many streams a peer may have open: calls, and answers to ours.
func (ep *endpoint) maxUniStreams() int { return 2 * ep.cfg.MaxStreams }

func (ep *endpoint) ID() PeerID   { return ep.id }
func (ep *endpoint) Addr() string { return ep.socket.LocalAddr().String() }

func (ep *endpoint) Send(ctx context.Context, to PeerID, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	return ep.withConn(ctx, to, func(c *conn) error { return c.send(ctx, m) })
}

func (ep *endpoint) Request(ctx context.Context, to PeerID, m Message) (answer Message, err error) {
	if err := m.Check(); err != nil {
		return Message{}, err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, ep.cfg.RequestTimeout)
		defer cancel()
	}
	err = ep.withConn(ctx, to, func(c *conn) error {
		answer, err = c.request(ctx, m)
		return err
	})
	return answer, err
}

// withConn runs use on the connection with a peer, and again on the next one if that connection was replaced before use had
// sent anything.
func (ep *endpoint) withConn(ctx context.Context, to PeerID, use func(*conn) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := ep.reach(ctx, to)
		if err != nil {
			return err
		}
		if err := use(c); err != errRetired {
			return err
		}
	}
}

func (ep *endpoint) Disconnect(id PeerID) {
	for _, c := range ep.connsOf(id) {
		c.close(codeDone, "")
		<-c.removed
	}
}

func (ep *endpoint) Close() error {
	ep.mu.Lock()
	if ep.closed {
		ep.mu.Unlock()
		return ErrClosed
	}
	ep.closed = true
	conns := ep.allConns()
	ep.mu.Unlock()

	ep.drain(conns)
	ep.cancel()
	for _, c := range conns {
		c.close(codeDone, "")
		<-c.removed
	}
	_ = ep.ln.Close()
	err := ep.tr.Close()
	_ = ep.socket.Close()
	if !ep.waitHandlers() {
		ep.cfg.Logger.Warn("transport: closed while handlers are still running")
	}
	ep.events.Wait()
	ep.logs.Wait()
	return err
}

// drain retires all connections and waits until they are finished, or for Config.DrainTimeout.
func (ep *endpoint) drain(conns []*conn) {
	limit := time.NewTimer(ep.cfg.DrainTimeout)
	defer limit.Stop()
	for _, c := range conns {
		c.retire()
	}
	for _, c := range conns {
		select {
		case <-c.qc.Context().Done():
		case <-limit.C:
			return
		}
	}
}

// waitHandlers waits for all goroutines of the endpoint. Handlers are the only ones that may stay.
func (ep *endpoint) waitHandlers() bool {
	over := make(chan struct{})
	go func() {
		ep.wg.Wait()
		close(over)
	}()
	select {
	case <-over:
		return true
	case <-time.After(ep.cfg.DrainTimeout):
		return false
	}
}
