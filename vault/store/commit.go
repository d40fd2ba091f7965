package store

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

const (
	// maxGroup and maxGroupBytes bound what one sync makes durable at once.
	maxGroup      = 256
	maxGroupBytes = 256 << 10
	// flushBytes is how much the log may hold before it is turned into a
	// table, and logBytes what it should not reach: that keeps both below
	// FileSize. Tables cost syncs, so while more than burstRate bytes a second
	// come in, as they do when small chunks are stored, the log may grow to
	// memTableSize, until nothing has come in for flushIdle.
	flushBytes = 32 << 10
	logBytes   = 56 << 10
	burstRate  = 64 << 10
	flushIdle  = time.Second
)

var errNoDatabase = errors.New("database is not open")

// write is one atomic change of the database.
type write struct {
	ops   []op
	delta Usage // of the counters, applied with ops
	sync  bool  // durable when done; if not, visible

	// settles is the key of the intent that a write without sync removes.
	settles []byte

	done chan error
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
	idle := time.NewTimer(flushIdle)
	defer idle.Stop()
	for quiet := false; ; {
		select {
		case first := <-d.writes:
			group, size := d.gather(first)
			if d.flushed == nil && d.logged > 0 && d.logged+size >= logBytes && !d.burst() {
				d.flush()
			}
			if d.logged == 0 {
				d.began = time.Now()
			}
			d.logged += size
			err := d.commitGroup(group)
			for _, w := range group {
				w.done <- err
			}
			quiet = false
			idle.Reset(flushIdle)
		case <-idle.C:
			quiet = true
		case <-d.flushed:
			d.flushed = nil
		case <-d.quit:
			return
		}
		if d.flushed == nil && d.logged >= flushBytes && (quiet || !d.burst()) {
			d.flush()
		}
	}
}

// burst reports whether the log fills fast.
func (d *database) burst() bool {
	return float64(d.logged) > burstRate*time.Since(d.began).Seconds()
}

// gather takes what is waiting behind first, within bounds. Writers that have
// just been answered are about to come back: it lets them run once more before
// it takes the queue for empty.
func (d *database) gather(first *write) (group []*write, size int) {
	group, size = append(group, first), first.bytes()
	for yielded := false; len(group) < maxGroup && size < maxGroupBytes; {
		select {
		case w := <-d.writes:
			group, size = append(group, w), size+w.bytes()
			yielded = false
		default:
			if yielded {
				return group, size
			}
			yielded = true
			runtime.Gosched()
		}
	}
	return group, size
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
		d.recover(err)
		return fmt.Errorf("writing the database: %w", err)
	}
	if sync {
		d.unsynced = nil
	} else {
		d.unsynced = append(d.unsynced, group...)
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

// ensureOpen opens the database for writing if recover could not.
func (d *database) ensureOpen() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.failed.err(); err != nil {
		return fmt.Errorf("database failed earlier, the vault must be restarted: %w", err)
	}
	if d.pebble == nil || d.frozen {
		return d.reopen()
	}
	return nil
}

// recover follows a commit that failed. Pebble cannot go on after one, and it
// shows what it could not write; opened again it shows what is on disk. That
// may include the commit itself, whole.
func (d *database) recover(err error) {
	d.log.Error("database cannot be written", "error", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed.err() != nil {
		return
	}
	if err := d.reopen(); err != nil {
		d.log.Error("database cannot be opened again", "error", err)
	}
}

// reopen opens the database again and repeats what was confirmed but may have
// been lost. If the disk does not let it, it opens it for reading. It needs mu.
func (d *database) reopen() error {
	d.shut()
	usage, err := d.open(false)
	if err == nil {
		var again Usage
		if again, err = d.repeat(); err == nil {
			d.usage.set(usage.plus(again))
			d.unsynced, d.lost = nil, nil
			return nil
		}
	}
	if d.failed.err() == nil {
		d.shut()
		d.lost = d.unsynced
		if _, err := d.open(true); err != nil {
			d.log.Error("database cannot be read", "error", err)
		}
	}
	return err
}

// shut closes a database that has failed; what it says to that is known.
func (d *database) shut() {
	if d.pebble != nil {
		_ = d.pebble.Close()
	}
	d.pebble, d.flushed, d.logged = nil, nil, 0
}

// repeat does again those unsynced writes that did not reach the disk.
func (d *database) repeat() (Usage, error) {
	var lost []*write
	for _, w := range d.unsynced {
		// The intent that w settles is durable; if it is still there, w is not.
		if _, closer, err := d.pebble.Get(w.settles); err == nil {
			_ = closer.Close()
			lost = append(lost, w)
		}
	}
	batch := d.pebble.NewBatch()
	delta, _ := fill(batch, lost)
	return delta, d.failed.watch(func() error { return batch.Commit(pebble.Sync) })
}

// flush turns the log into tables and begins a new one.
func (d *database) flush() {
	if d.pebble == nil || d.frozen || d.failed.err() != nil {
		return
	}
	d.logged = 0
	flushed := make(chan (<-chan struct{}), 1)
	d.failed.rotating.Store(true)
	err := d.failed.watch(func() error {
		done, err := d.pebble.AsyncFlush()
		flushed <- done
		return err
	})
	d.failed.rotating.Store(false)
	if err == nil {
		d.flushed = <-flushed
	}
}

// lookup finds what the newest of writes does to key.
func lookup(writes []*write, key []byte) (value []byte, ok bool) {
	for _, w := range slices.Backward(writes) {
		for _, o := range w.ops {
			if bytes.Equal(o.key, key) {
				return o.value, true
			}
		}
	}
	return nil, false
}
