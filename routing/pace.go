package routing

import (
	"bytes"
	"slices"
	"time"
)

// estimator learns how long answers take, as TCP does (RFC 6298), and from it
// how long to wait for one before trying a second route.
type estimator struct {
	floor, limit, first time.Duration
	mean, deviation     time.Duration
}

func (e *estimator) add(sample time.Duration) {
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

// pending returns the paths in a fixed order: same inputs, same outputs.
func (r *Router) pending() []*path {
	paths := make([]*path, 0, len(r.known))
	for _, p := range r.known {
		paths = append(paths, p)
	}
	slices.SortFunc(paths, func(a, b *path) int {
		if c := a.deadline.Compare(b.deadline); c != 0 {
			return c
		}
		if c := bytes.Compare(a.from.peer[:], b.from.peer[:]); c != 0 {
			return c
		}
		return bytes.Compare(a.from.id[:], b.from.id[:])
	})
	return paths
}
