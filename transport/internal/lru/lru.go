// Package lru is a map of bounded size that forgets the entry not used for longest. Start with [New].
package lru

import "container/list"

// Map is not safe for concurrent use.
type Map[K comparable, V any] struct {
	max     int
	entries map[K]*list.Element
	recent  list.List // of *pair, most recently used first
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

// New returns a map of at most maxEntries entries.
func New[K comparable, V any](maxEntries int) *Map[K, V] {
	return &Map[K, V]{max: maxEntries, entries: make(map[K]*list.Element)}
}

// Get finds the value of key and counts as its use.
func (m *Map[K, V]) Get(key K) (V, bool) {
	el, ok := m.entries[key]
	if !ok {
		var none V
		return none, false
	}
	m.recent.MoveToFront(el)
	return el.Value.(*pair[K, V]).value, true
}

// Put sets the value of key and counts as its use.
func (m *Map[K, V]) Put(key K, value V) {
	if el, ok := m.entries[key]; ok {
		el.Value.(*pair[K, V]).value = value
		m.recent.MoveToFront(el)
		return
	}
	if len(m.entries) >= m.max {
		oldest := m.recent.Back()
		delete(m.entries, oldest.Value.(*pair[K, V]).key)
		m.recent.Remove(oldest)
	}
	m.entries[key] = m.recent.PushFront(&pair[K, V]{key, value})
}

// Len is the number of entries.
func (m *Map[K, V]) Len() int { return len(m.entries) }
