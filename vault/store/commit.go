package store

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

const (
	// maxGroup and maxGroupBytes bound what one sync makes durable at once.
	maxGroup      = 256
	maxGroupBytes = 256 << 10
	// flushBytes is how much the log may hold before it is turned into
	// tables: it keeps the log below FileSize at ordinary rates. When more
	// comes in than flushing keeps up with, the log grows to memTableSize.
	flushBytes = 32 << 10
)

var errNoDatabase = errors.New("database is not open")

// write is one atomic change of the database.
type write struct {
	ops   []op
	delta Usage // of the counters, applied with ops
	sync  bool  // durable when done; if not, visible
	done  chan error
}

// op sets key, or deletes it if value is nil.
type op struct{ key, value []byte }

func (w *write) bytes() (n int) {
	for _, o := range w.ops {
		n += len(o.key) + len(o.value)
	}
	return n
}

// commit hands a change to the committing goroutine and waits for it. Changes
// that arrive while one sync runs share the next.
func (d *database) commit(w *write) error {
	w.done = make(chan error, 1)
	d.writes <- w
	return <-w.done
}

func (d *database) commitLoop() {
	pending := 0
	for {
		select {
		case first := <-d.writes:
			group, bytes := d.gather(first)
			err := d.commitGroup(group)
			for _, w := range group {
				w.done <- err
			}
			if pending += bytes; pending >= flushBytes {
				pending = 0
				d.wakeFlusher()
			}
		case <-d.quit:
			return
		}
	}
}

// gather takes what is waiting behind first, within bounds.
func (d *database) gather(first *write) (group []*write, bytes int) {
	group, bytes = append(group, first), first.bytes()
	for len(group) < maxGroup && bytes < maxGroupBytes {
		select {
		case w := <-d.writes:
			group, bytes = append(group, w), bytes+w.bytes()
		default:
			return group, bytes
		}
	}
	return group, bytes
}

// commitGroup applies all of group or none.
func (d *database) commitGroup(group []*write) error {
	if err := d.ensureOpen(); err != nil {
		return err
	}
	batch := d.pebble.NewBatch()
	delta, sync := fill(batch, group)
	err := d.failed.watch(func() error {
		return batch.Commit(&pebble.WriteOptions{Sync: sync})
	})
	if err != nil {
		return fmt.Errorf("writing the database: %w", d.recover(err))
	}
	d.usage.add(delta)
	return batch.Close()
}

// fill cannot fail: a batch that is not indexed only appends to memory.
func fill(batch *pebble.Batch, group []*write) (delta Usage, sync bool) {
	for _, w := range group {
		for _, o := range w.ops {
			if o.value == nil {
				_ = batch.Delete(o.key, nil)
			} else {
				_ = batch.Set(o.key, o.value, nil)
			}
		}
		delta = delta.plus(w.delta)
		sync = sync || w.sync
	}
	if delta != (Usage{}) {
		_ = batch.Merge([]byte{tagUsage}, delta.encode(), nil)
	}
	return delta, sync
}

// ensureOpen opens the database again if recover could not.
func (d *database) ensureOpen() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.failed.err(); err != nil {
		return fmt.Errorf("database failed earlier, the store must be opened again: %w", err)
	}
	if d.pebble == nil {
		return d.open()
	}
	return nil
}

// recover answers a commit that failed. Pebble cannot go on after one, and it
// shows what it could not write; opened again it shows what is on disk. That
// may include the commit itself, whole.
func (d *database) recover(err error) error {
	d.log.Error("database cannot be written", "error", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed.err() != nil {
		return err
	}
	old := d.pebble
	d.pebble = nil
	_ = old.Close() // it reports the same error again
	if oerr := d.open(); oerr != nil {
		d.log.Error("database cannot be opened again", "error", oerr)
	}
	return err
}

func (d *database) wakeFlusher() {
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// flushLoop turns the log into tables whenever it has grown by flushBytes.
func (d *database) flushLoop() {
	for {
		select {
		case <-d.kick:
			if flushed := d.flush(); flushed != nil {
				select {
				case <-flushed:
				case <-d.quit:
					return
				}
			}
		case <-d.quit:
			return
		}
	}
}

func (d *database) flush() <-chan struct{} {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.pebble == nil || d.failed.err() != nil {
		return nil
	}
	flushed, err := d.pebble.AsyncFlush()
	if err != nil {
		return nil
	}
	return flushed
}
