package routing

import (
	"slices"
	"time"
)

// estimator learns how long answers take, as TCP does (RFC 6298), and from it
// how long to wait for one before trying a second route.
type estimator struct {
	floor, limit, first time.Duration
	mean, deviation     time.Duration
}

// newPace returns how long to wait for each operation until more is known. A
// put waits for disks, an offer for the holders that are asked.
func newPace() map[Op]*estimator {
	return map[Op]*estimator{
		OpGet:   {floor: 200 * time.Millisecond, limit: 5 * time.Second, first: 500 * time.Millisecond},
		OpOffer: {floor: 500 * time.Millisecond, limit: 5 * time.Second, first: 2 * time.Second},
		OpPut:   {floor: 2 * time.Second, limit: 10 * time.Second, first: 5 * time.Second},
	}
}

func (e *estimator) add(sample time.Duration) {
	sample = max(sample, time.Microsecond) // a mean of 0 says: none yet
	if e.mean == 0 {
		e.mean, e.deviation = sample, sample/2
		return
	}
	e.deviation += ((sample - e.mean).Abs() - e.deviation) / 4
	e.mean += (sample - e.mean) / 8
}

func (e *estimator) delay() time.Duration {
	if e.mean == 0 {
		return e.first
	}
	return min(max(e.mean+4*e.deviation, e.floor), e.limit)
}

// all yields the paths under way, oldest first: same inputs, same outputs. The
// path yielded may be forgotten meanwhile.
func (r *Router) all(yield func(*path) bool) {
	for e := r.live.Front(); e != nil; {
		p := e.Value.(*path)
		e = e.Next()
		if !yield(p) {
			return
		}
	}
}

// Tick lets time pass: requests past their deadline are answered, silent
// routes are given a second one. Call it every hundred milliseconds or so
// while Pending is not zero.
func (r *Router) Tick(now time.Time) []Action {
	var out []Action
	for p := range r.all {
		out = append(out, r.tick(now, p)...)
	}
	return out
}

func (r *Router) tick(now time.Time, p *path) []Action {
	switch {
	case !now.Before(p.deadline):
		return r.expire(p)
	case p.acked != nil:
		return nil
	case len(p.tries) == len(p.routes):
		if p.entry && p.status == StatusNotFound && p.silentSince(now.Add(-r.pace[OpGet].limit)) {
			return r.expire(p) // the others have said that they do not have it
		}
		return nil
	}
	last := p.tries[len(p.tries)-1]
	if now.Sub(last.sent) < r.pace[p.req.Op].delay() {
		return nil
	}
	r.Suspect(last.to)
	return r.next(now, p)
}

// silentSince reports whether the routes that have not ended were all taken
// before then.
func (p *path) silentSince(then time.Time) bool {
	return !slices.ContainsFunc(p.tries, func(a attempt) bool { return !a.ended && a.sent.After(then) })
}

func (r *Router) expire(p *path) []Action {
	if p.acked != nil {
		return r.acknowledge(p, nil)
	}
	if p.status == StatusUnreachable {
		p.status = StatusTimeout
	}
	return r.end(p, Response{Status: p.status, Statements: p.statements}, nil)
}
