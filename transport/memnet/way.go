package memnet

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// direction is from one peer to another.
type direction struct{ from, to transport.PeerID }

func (d *direction) back() *direction { return &direction{d.to, d.from} }

// way is what a network knows of a direction. It outlives connections, so that a new one does not meet the same fate as the last.
type way struct {
	random rand.PCG
	free   time.Duration // when all that was sent so far has left
	direction
}

// way returns the way of a direction.
func (n *Net) way(from, to transport.PeerID) *way {
	d := direction{from, to}
	w := n.ways[d]
	if w == nil {
		seed := binary.BigEndian.AppendUint64(nil, n.seed)
		sum := sha256.Sum256(append(append(seed, from[:]...), to[:]...))
		w = &way{direction: d}
		w.random.Seed(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))
		n.ways[d] = w
	}
	return w
}

// leave returns when so many bytes have left that are sent now, behind what was sent before them.
func (w *way) leave(now time.Duration, size int, o *Options) time.Duration {
	w.free = after(max(w.free, now), occupied(size, o.Bandwidth))
	return w.free
}

// vanishes draws whether a message is lost for good.
func (w *way) vanishes(o *Options) bool { return o.Loss > 0 && w.random.Uint64() < share(o.Loss) }

// travel is what becomes of a message that has left.
type travel struct {
	time     time.Duration
	repeats  int  // transmissions that were lost before the one that arrives
	hopeless bool // it did not arrive within the patience of the sender
}

// travel draws how a message travels.
func (w *way) travel(patience time.Duration, o *Options) (t travel) {
	for o.PacketLoss > 0 && w.random.Uint64() < share(o.PacketLoss) {
		t.time = after(t.time, o.probe(&w.direction, t.repeats))
		t.repeats++
		if t.time >= patience {
			return travel{time: patience, hopeless: true}
		}
	}
	t.time = after(t.time, after(o.latency(&w.direction), upTo(o.Jitter, &w.random)))
	return t
}
