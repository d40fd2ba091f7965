package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/safenet-go/safenet/xorname"
)

// database holds the index, small chunks, counters and meta records in Pebble.
// Reads go straight to it; all writes go through one goroutine (commit.go).
type database struct {
	fs    vfs.FS
	dir   string
	log   *slog.Logger
	usage counters

	mu     sync.RWMutex // guards pebble against close and reopen, not its use
	pebble *pebble.DB   // nil after it failed and could not be opened again
	frozen bool         // pebble was opened for reading only, after it failed
	lost   []*write     // confirmed writes that a frozen pebble does not show
	failed *failure     // of this pebble

	writes  chan *write
	quit    chan struct{}
	stopped sync.WaitGroup

	// The committing goroutine's own.
	logged   int             // bytes since the log was begun
	began    time.Time       // when the first of them came
	flushed  <-chan struct{} // closed when the flush under way is done; nil: none is
	unsynced []*write        // confirmed, visible, perhaps not durable yet
}

// counters is the Usage that the database holds, in memory.
type counters struct {
	mu  sync.Mutex
	now Usage
}

func (c *counters) get() Usage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *counters) add(u Usage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.plus(u)
}

func (c *counters) set(u Usage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = u
}

func openDatabase(fs vfs.FS, dir string, log *slog.Logger) (*database, error) {
	d := &database{
		fs: fs, dir: dir, log: log,
		writes: make(chan *write, maxGroup), quit: make(chan struct{}),
	}
	usage, err := d.open(false)
	if err != nil {
		return nil, err
	}
	d.usage.set(usage)
	d.stopped.Go(d.commitLoop)
	return d, nil
}

// open needs mu, or to be the first.
func (d *database) open(frozen bool) (Usage, error) {
	failed := newFailure(d.log)
	opt := pebbleOptions(d.fs, failed)
	opt.ReadOnly = frozen
	db, err := pebble.Open(d.dir, opt)
	if err != nil {
		return Usage{}, fmt.Errorf("opening the database in %s: %w", d.dir, asFull(err))
	}
	usage, err := readUsage(db)
	if err != nil {
		return Usage{}, errors.Join(err, db.Close())
	}
	d.pebble, d.failed, d.frozen = db, failed, frozen
	return usage, nil
}

func readUsage(db *pebble.DB) (Usage, error) {
	data, closer, err := db.Get([]byte{tagUsage})
	if errors.Is(err, pebble.ErrNotFound) {
		return Usage{}, nil
	}
	if err != nil {
		return Usage{}, err
	}
	defer closer.Close()
	return decodeUsage(data)
}

// close needs all users to be gone.
func (d *database) close() error {
	close(d.quit)
	d.stopped.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pebble == nil {
		return nil
	}
	if err := d.failed.err(); err != nil {
		// Pebble would wait for its own work, which has stopped for good.
		return fmt.Errorf("database failed earlier: %w", err)
	}
	return d.pebble.Close()
}

// view calls fn with what is stored under key; the bytes are fn's only until
// it returns.
func (d *database) view(key []byte, fn func([]byte) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.pebble == nil {
		return errNoDatabase
	}
	if value, ok := lookup(d.lost, key); ok {
		if value == nil {
			return ErrNotFound
		}
		return fn(value)
	}
	data, closer, err := d.pebble.Get(key)
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		return ErrNotFound
	case err != nil:
		return err
	}
	defer closer.Close()
	return fn(data)
}

// size looks a chunk up in the index.
func (d *database) size(name xorname.Name) (size int, err error) {
	err = d.view(chunkKey(name), func(data []byte) error {
		if len(data) == 0 {
			return ErrNotFound // see forget
		}
		size, err = decodeSize(data)
		return err
	})
	if errors.Is(err, errRecord) || pebble.IsCorruptionError(err) {
		err = fmt.Errorf("%w: its index record: %w", ErrCorrupt, err)
	}
	return size, err
}

// getSmall puts a small chunk together. A part that is missing or cannot be
// read makes the chunk corrupt.
func (d *database) getSmall(name xorname.Name, size int) ([]byte, error) {
	chunk := make([]byte, 0, size)
	for part := range parts(size) {
		err := d.view(dataKey(name, part), func(data []byte) error {
			if len(data) != min(partSize, size-part*partSize) {
				return errRecord
			}
			chunk = append(chunk, data...)
			return nil
		})
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, errRecord), pebble.IsCorruptionError(err):
			return nil, fmt.Errorf("%w: part %d: %w", ErrCorrupt, part, hideNotFound(err))
		case err != nil:
			return nil, err
		}
	}
	return chunk, nil
}

// hideNotFound keeps a missing part from looking like a missing chunk.
func hideNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return errors.New("missing")
	}
	return err
}

// parts is how many records hold a small chunk of this size.
func parts(size int) int { return (size + partSize - 1) / partSize }

// page returns at most pageSize keys in [from, end) and where the next page
// begins; nil after the last.
func (d *database) page(from, end []byte) (keys [][]byte, next []byte, err error) {
	const pageSize = 256
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.pebble == nil {
		return nil, nil, errNoDatabase
	}
	it, err := d.pebble.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: end})
	if err != nil {
		return nil, nil, err
	}
	for valid := it.First(); valid; valid = it.Next() {
		key := append([]byte(nil), it.Key()...)
		if len(keys) == pageSize {
			next = key
			break
		}
		keys = append(keys, key)
	}
	return keys, next, it.Close()
}
