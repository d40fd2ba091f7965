package store

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failure keeps what goes wrong inside Pebble from ending the process. Pebble
// calls Fatalf or panics when it cannot write its log or its manifest.
//
// After a commit that failed, Pebble can be closed and opened again. After
// anything else it cannot even be closed: it is dead, its goroutine stays
// parked, and the store refuses to write until it is opened anew.
type failure struct {
	log      *slog.Logger
	rotating atomic.Bool // a new log is being begun: errors must not reach Pebble
	died     chan struct{}

	mu     sync.Mutex
	dead   error
	commit error // what Fatalf said of the commit being watched
}

func newFailure(log *slog.Logger) *failure {
	return &failure{log: log, died: make(chan struct{})}
}

// err is not nil when Pebble is dead.
func (f *failure) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead
}

func (f *failure) die(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead == nil {
		f.dead = err
		f.log.Error("database has failed, the vault must be restarted", "error", err)
		close(f.died)
	}
}

// park keeps a goroutine of Pebble's from going on after an error for which
// Pebble has no answer but the end of the process.
func (f *failure) park(err error) {
	f.die(err)
	select {}
}

// watch runs a call into Pebble that may not return. It is the only one at a
// time that writes.
func (f *failure) watch(call func() error) error {
	done := make(chan error, 1)
	go func() {
		var err error
		finished := false
		defer func() {
			if cause := recover(); cause != nil {
				f.die(asError(cause)) // with Pebble's locks held
			}
			if !finished {
				err = f.takeCommit()
			}
			done <- err
		}()
		err = call()
		finished = true
	}()
	select {
	case err := <-done:
		return err
	case <-f.died:
		return f.err()
	}
}

func (f *failure) takeCommit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.commit
	f.commit = nil
	if err == nil {
		err = f.dead
	}
	return err
}

func asError(cause any) error {
	if err, ok := cause.(error); ok {
		return err
	}
	return fmt.Errorf("%v", cause)
}

// Infof implements Pebble's Logger.
func (f *failure) Infof(format string, args ...any) {
	f.log.Debug("database", "text", fmt.Sprintf(format, args...))
}

// Errorf implements Pebble's Logger.
func (f *failure) Errorf(format string, args ...any) {
	f.log.Warn("database", "text", fmt.Sprintf(format, args...))
}

// Fatalf implements Pebble's Logger; it does not return. A commit calls it with
// no lock held, in the goroutine that watch has started; others in the middle
// of something.
func (f *failure) Fatalf(format string, args ...any) {
	err := wrapArgs(format, args)
	if !strings.HasPrefix(format, "pebble: fatal commit error") {
		f.park(err)
	}
	f.mu.Lock()
	f.commit = err
	f.mu.Unlock()
	runtime.Goexit()
}

// wrapArgs keeps the error among args recognisable.
func wrapArgs(format string, args []any) error {
	text := fmt.Sprintf(format, args...)
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			return fmt.Errorf("%s: %w", strings.TrimSuffix(text, ": "+err.Error()), err)
		}
	}
	return errors.New(text)
}

// logFS parks whoever meets an error with a log while a new one is begun: Pebble
// would panic with a lock released that it then releases again, which nothing
// can recover from.
type logFS struct {
	vfs.FS
	failed *failure
}

// Unwrap lets Pebble find out what the file system below can do.
func (l logFS) Unwrap() vfs.FS { return l.FS }

// Create implements vfs.FS.
func (l logFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, category)
	if filepath.Ext(name) != ".log" {
		return f, err
	}
	if err := l.failed.pass(err); err != nil {
		return nil, err
	}
	return logFile{f, l.failed}, nil
}

// pass returns err, unless a new log is being begun.
func (f *failure) pass(err error) error {
	if err != nil && f.rotating.Load() {
		f.park(err)
	}
	return err
}

type logFile struct {
	vfs.File
	failed *failure
}

func (l logFile) Write(p []byte) (int, error) {
	n, err := l.File.Write(p)
	return n, l.failed.pass(err)
}

func (l logFile) Sync() error     { return l.failed.pass(l.File.Sync()) }
func (l logFile) SyncData() error { return l.failed.pass(l.File.SyncData()) }
func (l logFile) Close() error    { return l.failed.pass(l.File.Close()) }

func (l logFile) SyncTo(length int64) (bool, error) {
	full, err := l.File.SyncTo(length)
	return full, l.failed.pass(err)
}
