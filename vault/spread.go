package vault

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
)

// The spreader's pace: copies that no client waits for any more are made when a
// client says that it is done (by offering the name again), when no chunk came
// in for spreadQuiet, and at the latest after spreadLate. At most spreadKeep
// bytes of chunks are kept in memory for it, the others are read from disk
// again.
const (
	spreadQuiet   = time.Second
	spreadLate    = 5 * time.Second
	spreadKeep    = 32 << 20
	spreadWorkers = 2
	// spreadTurn bounds for how long one chunk keeps others waiting.
	spreadTurn = 500 * time.Millisecond
	// spreadPatience bounds how long holders that do not answer are asked.
	spreadPatience = 15 * time.Second
)

// spreader gives the remaining holders of a chunk their copies once a majority
// has it and the client was answered.
type spreader struct {
	v     *Vault
	last  atomic.Int64 // when a chunk last came in, Unix nanoseconds
	delay atomic.Int64 // added to spreadQuiet and spreadLate; not zero in tests only
	wake  chan struct{}

	mu    sync.Mutex
	queue []*spreading
	kept  int
}

// spreading is a chunk under way to the rest of its holders.
type spreading struct {
	*fanout
	id     routing.ID // of the put, to answer when all have it; zero: nobody waits
	since  time.Time
	urgent bool
}

func newSpreader(v *Vault) *spreader {
	return &spreader{v: v, wake: make(chan struct{}, 1)}
}

// busy says that a chunk has come in: what is left to spread can wait.
func (s *spreader) busy() { s.last.Store(time.Now().UnixNano()) }

// add queues a chunk of which a majority of the holders has a copy. Chunks that
// are urgent stand before the others.
func (s *spreader) add(j *spreading) {
	s.mu.Lock()
	if s.kept+len(j.chunk) > spreadKeep && s.v.store.Has(j.name) {
		j.chunk = nil
	}
	s.kept += len(j.chunk)
	s.insert(j)
	s.mu.Unlock()
	s.nudge()
}

// insert needs mu.
func (s *spreader) insert(j *spreading) {
	at := len(s.queue)
	for at > 0 && j.urgent && !s.queue[at-1].urgent {
		at--
	}
	s.queue = slices.Insert(s.queue, at, j)
}

func (s *spreader) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// urge has a chunk spread now, if it waits for that, and returns the receipts
// of the holders that have it.
func (s *spreader) urge(name xorname.Name) (receipts []wire.Signed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.queue, func(j *spreading) bool { return j.name == name })
	if at < 0 {
		return nil
	}
	j := s.queue[at]
	if !j.urgent {
		j.urgent = true
		s.queue = slices.Delete(s.queue, at, at+1)
		s.insert(j)
		s.nudge()
	}
	return j.receipts()
}

// run works the queue off. It ends with the vault.
func (s *spreader) run() {
	slots := make(chan struct{}, spreadWorkers)
	for {
		j, wait := s.next(time.Now())
		if j == nil {
			select {
			case <-s.wake:
			case <-time.After(wait):
			case <-s.v.ctx.Done():
				return
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-s.v.ctx.Done():
			return
		}
		s.v.spawn(func() {
			// A holder that is silent must not hold up the copies of all chunks.
			free := sync.OnceFunc(func() { <-slots })
			defer time.AfterFunc(spreadTurn, free).Stop()
			defer free()
			s.spread(j)
		})
	}
}

// next returns the oldest chunk if it may be spread now, or how long to wait.
func (s *spreader) next(now time.Time) (*spreading, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, time.Hour
	}
	j := s.queue[0]
	delay := time.Duration(s.delay.Load())
	quiet := time.Unix(0, s.last.Load()).Add(spreadQuiet + delay).Sub(now)
	late := j.since.Add(spreadLate + delay).Sub(now)
	if wait := min(quiet, late); wait > 0 && !j.urgent {
		return nil, wait
	}
	s.queue = s.queue[1:]
	s.kept -= len(j.chunk)
	return j, 0
}

// spread has the remaining holders hold the chunk and tells the client.
func (s *spreader) spread(j *spreading) {
	if j.chunk == nil {
		var err error
		if j.chunk, err = s.v.store.Get(j.name); err != nil {
			s.v.log.Warn("chunk lost before all holders had it", "name", j.name, "error", err)
			s.v.respond(j.id, routing.StatusOK, true, j.receipts(), nil)
			return
		}
	}
	ctx, cancel := context.WithTimeout(s.v.ctx, spreadPatience)
	defer cancel()
	for pause := alignPause; !j.rest(ctx); pause *= 2 {
		select {
		case <-time.After(pause):
			continue
		case <-ctx.Done():
		}
		break
	}
	s.v.respond(j.id, routing.StatusOK, true, j.receipts(), nil)
}
