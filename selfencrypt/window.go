package selfencrypt

import (
	"context"
	"runtime"
	"slices"
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
	opening  chan struct{} // and for each batch being checked

	running sync.WaitGroup

	reporting sync.Mutex
	progress  Progress
	report    func(Progress) // or nil

	mu    sync.Mutex
	moved *sync.Cond // a slot is done or unused, or ctx is done
	slots map[int64]*slot
	queue []*slot // fetched and not yet checked
	clock uint64
}

// A slot is a chunk in the window. Its content or error is set before done is;
// done and the other fields are guarded by the window's mutex.
type slot struct {
	index int64
	fetched

	done  bool
	users int
	used  uint64 // the window's clock at the last use
}

func newWindow(ctx context.Context, m *DataMap, store ChunkStore, s settings) *window {
	w := &window{
		ctx:      ctx,
		store:    store,
		m:        m,
		capacity: s.lookAhead() + 2, // those read ahead, the one in use, and the one before
		getting:  make(chan struct{}, s.inFlight),
		opening:  make(chan struct{}, s.workers),
		slots:    make(map[int64]*slot),
		report:   s.progress,
		progress: Progress{Level: m.level, Total: len(m.entries)},
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
	w.mu.Lock()
	for !s.done && w.ctx.Err() == nil {
		w.moved.Wait()
	}
	done := s.done
	w.mu.Unlock()
	if !done {
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
		if s != nil && s.done && s.err != nil && s.users == 0 {
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
	s := &slot{index: i}
	w.slots[i] = s
	w.running.Add(1)
	go w.run(s)
	return s
}

func (w *window) run(s *slot) {
	defer w.running.Done()
	if w.m.root != nil {
		s.plain = w.m.root
		w.finish(s)
	} else if s.err = w.fetch(s); s.err != nil {
		w.finish(s)
	} else {
		w.check(s)
	}
}

// finish is called for slots that have their content or error.
func (w *window) finish(batch ...*slot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range batch {
		s.done = true
	}
	w.moved.Broadcast()
}

// fetch has the store return the chunk of s.
func (w *window) fetch(s *slot) error {
	if err := take(w.ctx, w.getting); err != nil {
		return err
	}
	defer func() { <-w.getting }()
	i := int(s.index)
	chunk, err := get(w.ctx, w.store, w.m, i)
	if err != nil {
		return err
	}
	s.fetched = fetched{
		chunk: chunk,
		name:  w.m.entries[i].dst,
		at:    w.m.place(i),
		want:  extent{max: w.m.ChunkSize(i), exact: true},
	}
	return nil
}

// check puts s in the queue, waits for its turn, and checks a batch from the
// front of the queue, if others have left any: each one that joins the queue
// takes at least one out.
func (w *window) check(s *slot) {
	w.mu.Lock()
	w.queue = append(w.queue, s)
	w.mu.Unlock()
	err := take(w.ctx, w.opening)
	if err == nil {
		runtime.Gosched() // those that can be fetched meanwhile come into the same batch
	}
	batch := w.nextBatch()
	if len(batch) == 0 { // others have checked it
		if err == nil {
			<-w.opening
		}
		return
	}
	if err != nil {
		for _, s := range batch {
			s.err = err
		}
		w.finish(batch...)
		return
	}
	defer func() { <-w.opening }()
	var opened [batchMax]*fetched
	for i, s := range batch {
		opened[i] = &s.fetched
	}
	openAll(w.m.suite, opened[:len(batch)])
	w.tell(batch)
	w.finish(batch...)
}

// nextBatch takes from the queue as many as can be checked together, but leaves
// some of a few for others who are free.
func (w *window) nextBatch() []*slot {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), batchMax)
	if free := cap(w.opening) - len(w.opening); n < batchMax {
		n = (n + free) / (free + 1)
	}
	batch := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n) // which also lets go of their content
	return batch
}

// tell reports what was verified.
func (w *window) tell(batch []*slot) {
	if w.report == nil {
		return
	}
	w.reporting.Lock()
	defer w.reporting.Unlock()
	before := w.progress
	for _, s := range batch {
		if s.err == nil {
			w.progress.Done++
			w.progress.Verified += int64(s.want.max)
		}
	}
	if w.progress != before {
		w.report(w.progress)
	}
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
