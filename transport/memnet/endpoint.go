package memnet

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/internal/lru"
	"github.com/safenet-go/safenet/transport/internal/notify"
)

// bookPeers is how many addresses an endpoint remembers.
const bookPeers = 8192

// endpoint implements transport.Endpoint. All that changes is guarded by the mutex of the network: a link belongs to
// two endpoints, and changes for both at once.
type endpoint struct {
	net    *Net
	cfg    transport.Config
	id     transport.PeerID
	addr   string
	events notify.Queue

	ctx    context.Context // ends with Close or a crash
	cancel context.CancelFunc

	calls   int           // under way, from here and to here
	idle    chan struct{} // closed when there are none, if somebody waits for that
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
	return sorted(e.links)
}

// eachLink calls f for each link, by the identity of the peer. f may drop it.
func (e *endpoint) eachLink(f func(*link)) {
	for _, id := range sorted(e.links) {
		if l := e.links[id]; l != nil {
			f(l)
		}
	}
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
	e.eachLink((*link).drop)
	e.net.mu.Unlock()
	e.cancel()
	e.waitCalls() // all that are left have been told to end
	e.events.Wait()
	return nil
}

// waitCalls waits for the calls under way, for at most Config.DrainTimeout.
func (e *endpoint) waitCalls() {
	e.net.mu.Lock()
	if e.calls == 0 {
		e.net.mu.Unlock()
		return
	}
	idle := make(chan struct{})
	e.idle = idle
	e.net.mu.Unlock()
	limit := time.NewTimer(e.cfg.DrainTimeout)
	defer limit.Stop()
	select {
	case <-idle:
	case <-limit.C:
	}
}

// crash makes the endpoint fall silent. Its own side forgets the links at once; the others learn of it by silence.
func (e *endpoint) crash() {
	e.crashed = true
	e.cancel()
	e.eachLink(func(l *link) {
		delete(e.links, l.other(e).id)
		l.cut()
	})
}

// report queues a call of Config.OnPeer. A crashed endpoint reports nothing.
func (e *endpoint) report(id transport.PeerID, up bool) {
	if e.cfg.OnPeer != nil && !e.crashed {
		e.events.Add(func() { e.cfg.OnPeer(id, up) })
	}
}
