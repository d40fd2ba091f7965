package memnet

import "time"

// heap is a queue by time; what is for the same time comes out as it went in. Each entry has four children, which makes fewer
// cache lines of a pop than two do.
type heap[T any] struct {
	entries []entry[T]
	pushed  uint64
}

type entry[T any] struct {
	at    time.Duration
	order uint64 // number of the push
	what  T
}

func (a *entry[T]) before(b *entry[T]) bool {
	return a.at < b.at || a.at == b.at && a.order < b.order
}

func (h *heap[T]) empty() bool { return len(h.entries) == 0 }

// next is the time of the first entry.
func (h *heap[T]) next() time.Duration { return h.entries[0].at }

func (h *heap[T]) push(at time.Duration, what T) {
	h.pushed++
	e := entry[T]{at, h.pushed, what}
	h.entries = append(h.entries, e)
	i := len(h.entries) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&h.entries[parent]) {
			break
		}
		h.entries[i] = h.entries[parent]
		i = parent
	}
	h.entries[i] = e
}

func (h *heap[T]) pop() (at time.Duration, what T) {
	first := h.entries[0]
	last := len(h.entries) - 1
	e := h.entries[last]
	h.entries[last] = entry[T]{} // holds nothing any more that the collector would have to keep
	h.entries = h.entries[:last]
	if last > 0 {
		h.sink(e)
	}
	return first.at, first.what
}

// sink puts e into the hole at the root.
func (h *heap[T]) sink(e entry[T]) {
	i, n := 0, len(h.entries)
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, n); c++ {
			if h.entries[c].before(&h.entries[least]) {
				least = c
			}
		}
		if !h.entries[least].before(&e) {
			break
		}
		h.entries[i] = h.entries[least]
		i = least
	}
	h.entries[i] = e
}
