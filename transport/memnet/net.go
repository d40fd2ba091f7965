package memnet

import (
	"bytes"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// Net is a network in memory. Its methods may be called concurrently.
type Net struct {
	began time.Time
	seed  uint64

	mu        sync.Mutex
	options   Options
	byAddr    map[string]*endpoint
	byID      map[transport.PeerID]*endpoint
	nextAddr  int
	ways      map[direction]*way
	partition map[transport.PeerID]int // group of an endpoint; those not in it are in one more
	cuts      map[direction]bool       // has both directions of a pair

	flights heap[*call]
	timer   *time.Timer // for the first of them
}

// New returns an empty network on which nothing takes time and nothing is lost, until SetLatency, SetLoss or SetOptions say
// otherwise.
func New(seed uint64) *Net { return NewNet(Options{Seed: seed}) }

// NewNet returns an empty network.
func NewNet(o Options) *Net {
	return &Net{
		began:   time.Now(),
		seed:    o.Seed,
		options: o,
		byAddr:  make(map[string]*endpoint),
		byID:    make(map[transport.PeerID]*endpoint),
		ways:    make(map[direction]*way),
		cuts:    make(map[direction]bool),
	}
}

// SetOptions changes what happens to messages sent from now on. The seed stays.
func (n *Net) SetOptions(o Options) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.options = o
}

// SetLatency sets Options.Between; nil means no time.
func (n *Net) SetLatency(latency func(from, to transport.PeerID) time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.options.Latency, n.options.Between = 0, latency
}

// SetLoss sets Options.Loss.
func (n *Net) SetLoss(p float64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.options.Loss = p
}

// now is the age of the network.
func (n *Net) now() time.Duration { return time.Since(n.began) }

// eachLink calls f once or twice for each link, always in the same order, which is then the order of what happens at one moment.
func (n *Net) eachLink(f func(*link)) {
	for _, id := range sorted(n.byID) {
		n.byID[id].eachLink(f)
	}
}

// sorted returns the keys of a map by identity.
func sorted[V any](m map[transport.PeerID]V) []transport.PeerID {
	return slices.SortedFunc(maps.Keys(m), func(a, b transport.PeerID) int { return bytes.Compare(a[:], b[:]) })
}
