package selfencrypt

import (
	"context"
	"sync"
)

// A window fetches the chunks of one level and keeps the few that were used
// last. At most capacity chunks are in memory, being fetched or kept; who
// needs another one waits until one can go.
type window struct {
	ctx   context.Context // of everything that is fetched
	store ChunkStore
	m     *DataMap

	capacity int
	getting  chan struct{} // a token for each chunk being fetched
	opening  chan struct{} // and for each one being checked

	running sync.WaitGroup

	mu    sync.Mutex
	moved *sync.Cond // a slot became ready or unused, or ctx is done
	slots map[int64]*slot
	clock uint64
}

// A slot is a chunk in the window. Its content is set before ready is closed;
// the other fields are guarded by the window's mutex.
type slot struct {
	index int64
	ready chan struct{}
	content
	err error

	done  bool // ready is closed
	users int
	used  uint64 // the window's clock at the last use
}

func newWindow(ctx context.Context, m *DataMap, store ChunkStore, s settings) *window {
	w := &window{
		ctx:      ctx,
		store:    store,
		m:        m,
		capacity: s.inFlight + 2, // those read ahead, the one in use, and the one before
		getting:  make(chan struct{}, s.inFlight),
		opening:  make(chan struct{}, s.workers),
		slots:    make(map[int64]*slot),
	}
	w.moved = sync.NewCond(&w.mu)
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.moved.Broadcast()
	})
	return w
}

// close stops all fetching and waits for its end. The context has been
// canceled: who gets the mutex after this had it starts nothing.
func (w *window) close() {
	w.mu.Lock()
	w.moved.Broadcast()
	w.mu.Unlock()
	w.running.Wait()
}

// acquire returns the slot of chunk i with its content. The caller releases it
// soon, and holds no other meanwhile.
func (w *window) acquire(i int64) (*slot, error) {
	s, err := w.claim(i)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.ready:
	case <-w.ctx.Done():
		w.release(s)
		return nil, w.ctx.Err()
	}
	if s.err != nil {
		w.drop(s)
		return nil, s.err
	}
	return s, nil
}

// claim finds or starts the slot of chunk i and counts the caller as a user.
func (w *window) claim(i int64) (*slot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		s := w.slots[i]
		if s != nil && s.err != nil && s.users == 0 {
			delete(w.slots, i) // nobody saw this error of fetching ahead: try once more
			s = nil
		}
		if s == nil && w.room() {
			s = w.start(i)
		}
		if s != nil {
			s.users++
			w.touch(s)
			return s, nil
		}
		w.moved.Wait()
	}
}

// ahead starts fetching the chunks from..to-1, as far as there is room.
func (w *window) ahead(from, to int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := from; i < to && w.ctx.Err() == nil; i++ {
		s := w.slots[i]
		if s == nil {
			if !w.room() {
				return
			}
			s = w.start(i)
		}
		w.touch(s)
	}
}

func (w *window) touch(s *slot) {
	w.clock++
	s.used = w.clock
}

// room makes sure that one more slot fits, at the cost of the one that has not
// been used for longest. The caller holds the mutex.
func (w *window) room() bool {
	if len(w.slots) < w.capacity {
		return true
	}
	var oldest *slot
	for _, s := range w.slots {
		if s.done && s.users == 0 && (oldest == nil || s.used < oldest.used) {
			oldest = s
		}
	}
	if oldest == nil {
		return false
	}
	delete(w.slots, oldest.index)
	putBuf(oldest.buf)
	return true
}

// start has chunk i fetched. The caller holds the mutex.
func (w *window) start(i int64) *slot {
	s := &slot{index: i, ready: make(chan struct{})}
	w.slots[i] = s
	w.running.Go(func() {
		c, err := w.fetch(i)
		w.mu.Lock()
		defer w.mu.Unlock()
		s.content, s.err, s.done = c, err, true
		close(s.ready)
		w.moved.Broadcast()
	})
	return s
}

func (w *window) fetch(i int64) (content, error) {
	if w.m.root != nil {
		return content{plain: w.m.root}, nil
	}
	if err := take(w.ctx, w.getting); err != nil {
		return content{}, err
	}
	chunk, err := get(w.ctx, w.store, w.m, int(i))
	<-w.getting
	if err != nil {
		return content{}, err
	}
	if err := take(w.ctx, w.opening); err != nil {
		return content{}, err
	}
	defer func() { <-w.opening }()
	return open(chunk, w.m.entries[i].dst, w.m.place(int(i)), extent{max: w.m.ChunkSize(int(i)), exact: true})
}

func take(ctx context.Context, tokens chan struct{}) error {
	select {
	case tokens <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *window) release(s *slot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.users--
	w.moved.Broadcast()
}

// drop releases a slot that failed and forgets it, so that the next reader
// asks the store again.
func (w *window) drop(s *slot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.users--
	if w.slots[s.index] == s {
		delete(w.slots, s.index)
	}
	w.moved.Broadcast()
}
