// Package notify calls functions in order from a goroutine of its own. Start with [Queue.Add].
package notify

import "sync"

// Queue runs what is added to it, one after the other. The goroutine exists only while there is something to run, and whoever
// adds may hold locks that the function needs. The zero value is ready.
type Queue struct {
	mu      sync.Mutex
	waiting []func()
	running chan struct{} // closed when the goroutine ends; nil while there is none
}

// Add appends f.
func (q *Queue) Add(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, f)
	if q.running == nil {
		q.running = make(chan struct{})
		go q.run()
	}
}

// Len is the number of functions that have not begun.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

func (q *Queue) run() {
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			close(q.running)
			q.running = nil
			q.mu.Unlock()
			return
		}
		f := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		f()
	}
}

// Wait returns when everything added so far has run.
func (q *Queue) Wait() {
	for {
		q.mu.Lock()
		running := q.running
		q.mu.Unlock()
		if running == nil {
			return
		}
		<-running
	}
}
