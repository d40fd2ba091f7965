package bootstrap

import (
	"context"
	"sync"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// Result is the peer that Join reached, and what the check returned for it.
type Result[T any] struct {
	Peer
	Value T
}

// Join connects to contacts, and to the peers of Options.Book, until one passes the check, and returns that one, connected. A nil
// check takes whoever accepts the connection. Contacts that can not become good are not tried again: those that are malformed, are
// this node, belong to another network, or have another identity than the one wanted. When no other is left, Join gives up.
//
// When Join returns, all its attempts have ended. It returns at once when ctx ends, provided that check does.
//
// Given the same Options.Rand and a network that answers in the same order, it does the same. It can be called several times at
// once with the same book; with the same endpoint only if Options.Release spares what the other calls have reached.
//
// The error is a [*JoinError], or is about the options.
func Join[T any](ctx context.Context, ep transport.Endpoint, contacts []Contact, check Check[T], o Options) (Result[T], error) {
	o, err := o.withDefaults(ep)
	if err != nil {
		return Result[T]{}, err
	}
	j := &joiner{
		ep: ep, contacts: contacts, o: o, self: newSelf(ep, o.Own),
		rejected: make(map[candidate]struct{}),
		failures: failures{index: make(map[candidate]int)},
		check:    func(context.Context, Peer) (any, error) { return nil, nil },
	}
	if check != nil {
		j.check = func(ctx context.Context, p Peer) (any, error) {
			value, err := check(ctx, p)
			return &value, err
		}
	}
	won, err := j.join(ctx)
	if err != nil {
		return Result[T]{}, err
	}
	result := Result[T]{Peer: won.peer}
	if value, ok := won.value.(*T); ok {
		result.Value = *value
	}
	return result, nil
}

// joiner is one call of Join. Its fields do not change, or belong to the goroutine of the call.
type joiner struct {
	ep       transport.Endpoint
	check    func(context.Context, Peer) (any, error)
	contacts []Contact
	o        Options
	self     self
	round    int
	rejected map[candidate]struct{} // not to be tried again
	failures failures

	reporting sync.Mutex
}

func (j *joiner) join(ctx context.Context) (*outcome, error) {
	for {
		won, err := j.next(ctx)
		if won != nil {
			j.report(Event{State: Joined, Addr: won.peer.Addr, ID: won.peer.ID})
			return won, nil
		}
		if err != nil || j.round == j.o.MaxRounds {
			failure := &JoinError{Cause: err, Rounds: j.round, Failures: j.failures.count, Attempts: j.failures.list}
			j.report(Event{State: Failed, Err: failure})
			return nil, failure
		}
	}
}

// next runs a round, after a pause if it is not the first.
func (j *joiner) next(ctx context.Context) (*outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if j.round > 0 {
		if err := j.wait(ctx); err != nil {
			return nil, err
		}
	}
	queue := j.candidates()
	if len(queue) == 0 {
		return nil, ErrNoContact
	}
	j.round++
	return j.newRace(queue).run(ctx)
}

func (j *joiner) wait(ctx context.Context) error {
	pause := j.o.pause(j.round)
	j.report(Event{State: Waiting, Pause: pause})
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failed notes the failure of an attempt.
func (j *joiner) failed(c candidate, err *AttemptError) {
	if err.permanent() {
		j.reject(c)
	}
	j.failures.add(c, err)
	j.report(Event{State: Failed, Addr: c.addr, ID: err.Peer, Err: err})
}

// maxRejected bounds what is remembered of addresses that are not worth trying: a host name may stand for ever new ones.
const maxRejected = 1 << 16

func (j *joiner) reject(c candidate) {
	if len(j.rejected) < maxRejected {
		j.rejected[c] = struct{}{}
	}
}

// report is called by the attempts, too.
func (j *joiner) report(e Event) {
	j.reporting.Lock()
	defer j.reporting.Unlock()
	e.Round = max(j.round, 1)
	e.log(j.o.Logger)
	j.o.OnEvent(e)
}
