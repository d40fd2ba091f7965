package bootstrap

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// race is one round. All but claimed belongs to the goroutine that runs it.
type race struct {
	*joiner
	queue    []candidate
	running  int
	outcomes chan outcome
	blamed   map[transport.PeerID]bool // whose failure this round the book has noted

	mu      sync.Mutex
	claimed map[transport.PeerID]bool // who is being judged, or was; true if the connection is one that Join made
}

func (j *joiner) newRace(queue []candidate) *race {
	return &race{
		joiner: j, queue: queue, outcomes: make(chan outcome),
		blamed: make(map[transport.PeerID]bool), claimed: make(map[transport.PeerID]bool),
	}
}

// run returns the first peer that passes, nil if nobody does, or the error for which Join must end. All attempts are over when it
// returns.
func (r *race) run(ctx context.Context) (*outcome, error) {
	racing, cancel := context.WithCancel(ctx)
	defer cancel()
	next := time.NewTimer(r.o.Stagger)
	defer next.Stop()
	for due := true; r.running > 0 || len(r.queue) > 0; {
		if due && len(r.queue) > 0 && r.running < r.o.Parallel && ctx.Err() == nil {
			r.start(racing)
			next.Reset(r.o.Stagger)
			due = false
		}
		select {
		case <-next.C:
			due = true
		case o := <-r.outcomes:
			r.running--
			due = true
			err := r.settle(o)
			if won := o.passed(); won || err != nil {
				cancel()
				r.letGo()
				if won {
					return &o, nil
				}
				return nil, err
			}
		case <-ctx.Done():
			cancel()
			r.abandon()
			return nil, ctx.Err()
		}
	}
	return nil, nil
}

// passed tells whether the attempt ended with a good peer.
func (o outcome) passed() bool { return o.err == nil && !o.twin && o.targets == nil }

func (r *race) start(ctx context.Context) {
	c := r.queue[0]
	r.queue = r.queue[1:]
	r.running++
	go func() { r.outcomes <- r.attempt(ctx, c) }()
}

// settle draws the conclusions from an attempt. It returns an error if no further one makes sense.
func (r *race) settle(o outcome) error {
	switch {
	case o.targets != nil:
		r.expand(o)
	case o.twin:
		r.dropped(o)
	case o.err == nil:
		r.good(o)
	default:
		r.bad(o)
		if errors.Is(o.err, transport.ErrClosed) {
			return transport.ErrClosed
		}
	}
	return nil
}

// expand puts the addresses of a host name at the head of the queue. A name that stands only for what was rejected is.
func (r *race) expand(o outcome) {
	targets := slices.DeleteFunc(o.targets, func(c candidate) bool { return !r.mayTry(c) })
	if len(targets) == 0 {
		r.reject(o.c)
	}
	r.queue = append(targets, r.queue...)
}

func (r *race) good(o outcome) {
	if r.o.Book != nil {
		r.o.Book.Passed(o.peer.ID, o.peer.Addr)
	}
}

func (r *race) bad(o outcome) {
	if r.o.Book != nil && !o.cut {
		r.blame(o)
	}
	r.release(o.peer.ID)
	r.failed(o.c, o.err)
}

// blame tells the book of a failure: once a round for a peer, however many addresses it has.
func (r *race) blame(o outcome) {
	id := o.err.Peer
	switch {
	case errors.Is(o.err, ErrNetwork):
		r.o.Book.Forget(id)
	case o.err.otherIdentity():
		r.o.Book.ForgetAddr(id, o.c.addr)
	case !r.blamed[id]:
		r.blamed[id] = true
		r.o.Book.Failed(id)
	}
}

// claim is true for the first attempt that reaches a peer. It remembers whether the connection was made for it.
func (r *race) claim(id transport.PeerID, made bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, claimed := r.claimed[id]
	r.claimed[id] = before || made
	return !claimed
}

// release drops the connection with a peer that is not needed, if this race made it.
func (r *race) release(id transport.PeerID) {
	r.mu.Lock()
	made := r.claimed[id]
	r.claimed[id] = false
	r.mu.Unlock()
	if made {
		r.o.Release(id)
	}
}

// letGo waits for the attempts that are not needed any more.
func (r *race) letGo() {
	for ; r.running > 0; r.running-- {
		if o := <-r.outcomes; o.err != nil && !o.cut {
			r.bad(o)
		} else {
			r.spare(o)
		}
	}
}

// abandon waits for the attempts after the caller's context has ended. What they were at is why nobody was reached.
func (r *race) abandon() {
	for ; r.running > 0; r.running-- {
		if o := <-r.outcomes; o.err != nil {
			r.bad(o)
		} else {
			r.spare(o)
		}
	}
}

// spare deals with an attempt that did not fail and is not needed. A twin's peer is another attempt's affair.
func (r *race) spare(o outcome) {
	if o.passed() {
		r.good(o)
	}
	if !o.twin {
		r.release(o.peer.ID)
	}
	r.dropped(o)
}

func (r *race) dropped(o outcome) {
	id := o.peer.ID
	if id.IsZero() {
		id = o.c.id
	}
	r.report(Event{State: LetGo, Addr: o.c.addr, ID: id})
}
