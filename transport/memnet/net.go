// Package memnet is a network inside one process: it gives out endpoints that behave like those of package transport, without
// sockets or cryptography. Start with [New] and [Net.Endpoint]; [Net.SetLatency], [Net.SetLoss], [Net.Partition] and [Net.Kill]
// make it a bad network. It uses only goroutines, channels and timers, so that inside a testing/synctest bubble it runs in
// virtual time.
package memnet

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// Net is a network in memory. Its methods may be called concurrently.
type Net struct {
	mu        sync.Mutex
	rng       *rand.Rand
	byAddr    map[string]*endpoint
	byID      map[transport.PeerID]*endpoint
	nextAddr  int
	latency   func(from, to transport.PeerID) time.Duration
	loss      float64
	partition map[transport.PeerID]int // group of an endpoint; nil: all are in one
}

// New returns an empty network without latency or loss. The seed determines which messages are lost.
func New(seed uint64) *Net {
	return &Net{
		rng:    rand.New(rand.NewPCG(seed, 0)),
		byAddr: make(map[string]*endpoint),
		byID:   make(map[transport.PeerID]*endpoint),
	}
}

// SetLatency sets how long a message travels from one endpoint to another; nil means no time. Messages of one pair keep their
// order only as far as the latencies do.
func (n *Net) SetLatency(latency func(from, to transport.PeerID) time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latency = latency
}

// SetLoss sets the probability, 0 to 1, that a whole message, request or answer is lost on the way. Nobody is told: a request
// then ends with its deadline. QUIC would repeat what is lost; this is for code that must live with a peer that does not answer.
func (n *Net) SetLoss(p float64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.loss = p
}

// Partition splits the network: endpoints of different groups do not hear each other. Those in no group form one more.
// Connections across are lost after the idle timeout, as if the cable had been cut.
func (n *Net) Partition(groups ...[]transport.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.partition = make(map[transport.PeerID]int)
	for i, group := range groups {
		for _, id := range group {
			n.partition[id] = i + 1
		}
	}
	n.eachLink((*link).mend)
	n.eachLink((*link).cut)
}

// Heal ends the partition.
func (n *Net) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.partition = nil
	n.eachLink((*link).mend)
}

func (n *Net) eachLink(f func(*link)) {
	for _, e := range n.byID {
		for _, l := range e.links {
			f(l)
		}
	}
}

// Kill crashes an endpoint: it says nothing any more, and its handlers' contexts end. Its peers notice after their idle timeout.
// The identity and the address are free for a new endpoint at once.
func (n *Net) Kill(id transport.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.byID[id]
	if e != nil {
		n.forget(e)
		e.crash()
	}
}

// forget frees the identity and the address of an endpoint.
func (n *Net) forget(e *endpoint) {
	if n.byID[e.id] == e {
		delete(n.byID, e.id)
		delete(n.byAddr, e.addr)
	}
}
