package store

import (
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// dirSync syncs one directory for many writers at once: whoever asks while a
// sync runs shares the next one. The zero value is ready.
type dirSync struct {
	mu      sync.Mutex
	next    *syncRound // not yet begun
	running bool
}

type syncRound struct {
	done chan struct{}
	err  error
}

// sync returns once a sync that began after the call has ended.
func (d *dirSync) sync(fs vfs.FS, path string) error {
	d.mu.Lock()
	round := d.next
	if round == nil {
		round = &syncRound{done: make(chan struct{})}
		d.next = round
	}
	lead := !d.running
	d.running = true
	d.mu.Unlock()
	if lead {
		d.run(fs, path)
	}
	<-round.done
	return round.err
}

// run does the next round and leaves later ones to a goroutine, so that no
// caller stays to work for others.
func (d *dirSync) run(fs vfs.FS, path string) {
	d.mu.Lock()
	round := d.next
	d.next = nil
	d.running = round != nil
	d.mu.Unlock()
	if round == nil {
		return
	}
	round.err = syncDir(fs, path)
	close(round.done)

	d.mu.Lock()
	more := d.next != nil
	d.running = more
	d.mu.Unlock()
	if more {
		go d.run(fs, path)
	}
}

func syncDir(fs vfs.FS, path string) error {
	d, err := fs.OpenDir(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
