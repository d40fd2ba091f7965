package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/safenet-go/safenet/xorname"
)

// lockDir takes the directory for this process. The operating system lets go
// of it when the process dies, however it dies.
func lockDir(fs vfs.FS, dir string) (io.Closer, error) {
	lock, err := fs.Lock(fs.PathJoin(dir, "LOCK"))
	if err == nil {
		return lock, nil
	}
	// The lock file could not even be made: that is about the directory. Any
	// other failure comes from the lock itself.
	if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
		return nil, fmt.Errorf("data directory %s is not writable: %w", dir, err)
	}
	return nil, fmt.Errorf("%w: %s (%w)", ErrInUse, dir, err)
}

// exclusive lets one goroutine at a time work on a name. Others go on.
type exclusive struct {
	mu   sync.Mutex
	busy map[xorname.Name]*turn
}

type turn struct {
	sync.Mutex
	wanted int
}

// lock waits for the name and returns what releases it.
func (e *exclusive) lock(name xorname.Name) (unlock func()) {
	e.mu.Lock()
	if e.busy == nil {
		e.busy = make(map[xorname.Name]*turn)
	}
	t := e.busy[name]
	if t == nil {
		t = &turn{}
		e.busy[name] = t
	}
	t.wanted++
	e.mu.Unlock()

	t.Lock()
	return func() {
		t.Unlock()
		e.mu.Lock()
		defer e.mu.Unlock()
		if t.wanted--; t.wanted == 0 {
			delete(e.busy, name)
		}
	}
}
