package memnet

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"sync"
	"time"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/internal/lru"
	"github.com/safenet-go/safenet/transport/internal/notify"
)

// bookPeers is how many addresses an endpoint remembers.
const bookPeers = 8192

// endpoint implements transport.Endpoint. Its links, book and closed are guarded by the mutex of the network: a link belongs to
// two endpoints, and changes for both at once.
type endpoint struct {
	net    *Net
	cfg    transport.Config
	id     transport.PeerID
	addr   string
	events notify.Queue
	calls  sync.WaitGroup // calls under way, from here and to here

	ctx    context.Context // ends with Close or a crash
	cancel context.CancelFunc

	links   map[transport.PeerID]*link
	book    *lru.Map[transport.PeerID, string]
	closed  bool
	crashed bool
}

// Endpoint adds an endpoint to the network. cfg.Listen is any string that no other endpoint has; "" picks one. Of the limits,
// MaxPeers, MaxStreams, BytesPerPeer and all times mean the same as on QUIC; the others mean nothing here.
func (n *Net) Endpoint(cfg transport.Config) (transport.Endpoint, error) {
	addr := cfg.Listen
	cfg, err := cfg.WithDefaults()
	if err != nil {
		return nil, err
	}
	e := &endpoint{
		net: n, cfg: cfg, id: transport.PeerID(cfg.Key.Public().(ed25519.PublicKey)),
		links: make(map[transport.PeerID]*link),
		book:  lru.New[transport.PeerID, string](bookPeers),
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	n.mu.Lock()
	defer n.mu.Unlock()
	if addr == "" {
		n.nextAddr++
		addr = fmt.Sprintf("mem:%d", n.nextAddr)
	}
	e.addr = addr
	if n.byAddr[addr] != nil || n.byID[e.id] != nil {
		e.cancel()
		return nil, fmt.Errorf("memnet: address %q or identity %s is in use", addr, e.id)
	}
	n.byAddr[addr], n.byID[e.id] = e, e
	return e, nil
}

func (e *endpoint) ID() transport.PeerID { return e.id }
func (e *endpoint) Addr() string         { return e.addr }

func (e *endpoint) Learn(id transport.PeerID, addr string) {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if id != e.id && !id.IsZero() {
		e.book.Put(id, addr)
	}
}

func (e *endpoint) Peers() []transport.PeerID {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	ids := make([]transport.PeerID, 0, len(e.links))
	for id := range e.links {
		ids = append(ids, id)
	}
	return ids
}

func (e *endpoint) RemoteAddr(id transport.PeerID) string {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if l := e.links[id]; l != nil {
		return l.other(e).addr
	}
	return ""
}

func (e *endpoint) Disconnect(id transport.PeerID) {
	e.net.mu.Lock()
	defer e.net.mu.Unlock()
	if l := e.links[id]; l != nil {
		l.drop()
	}
}

func (e *endpoint) Close() error {
	e.net.mu.Lock()
	if e.closed || e.crashed {
		e.net.mu.Unlock()
		return transport.ErrClosed
	}
	e.closed = true
	e.net.forget(e)
	e.net.mu.Unlock()

	e.waitCalls() // lets them finish
	e.net.mu.Lock()
	for _, l := range e.links {
		l.drop()
	}
	e.net.mu.Unlock()
	e.cancel()
	e.waitCalls() // all that are left have been told to end
	e.events.Wait()
	return nil
}

// waitCalls waits for the calls under way, for at most Config.DrainTimeout.
func (e *endpoint) waitCalls() {
	over := make(chan struct{})
	go func() {
		e.calls.Wait()
		close(over)
	}()
	limit := time.NewTimer(e.cfg.DrainTimeout)
	defer limit.Stop()
	select {
	case <-over:
	case <-limit.C:
	}
}

// crash makes the endpoint fall silent. Its own side forgets the links at once; the others learn of it by silence.
func (e *endpoint) crash() {
	e.crashed = true
	e.cancel()
	for id, l := range e.links {
		delete(e.links, id)
		l.cut()
	}
}

// report queues a call of Config.OnPeer. A crashed endpoint reports nothing.
func (e *endpoint) report(id transport.PeerID, up bool) {
	if e.cfg.OnPeer != nil && !e.crashed {
		e.events.Add(func() { e.cfg.OnPeer(id, up) })
	}
}
