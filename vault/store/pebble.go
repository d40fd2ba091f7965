package store

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	cacheSize    = 4 << 20
	memTableSize = 1 << 20
	// smallTable is the size of a table while the database is small: with one
	// partSize more it is below FileSize.
	smallTable = 32 << 10
	// bigTable is what tables of the deepest level grow to once the database
	// is past smallLevel bytes, so that their number stays bounded.
	bigTable   = 4 << 20
	smallLevel = 64 << 20
)

// pebbleOptions asks for little memory, few open files and small files.
func pebbleOptions(fs vfs.FS, failed failure) *pebble.Options {
	opt := &pebble.Options{
		FS:                          fs,
		Logger:                      pebbleLogger{failed},
		Merger:                      usageMerger,
		Cleaner:                     cleaner{},
		FormatMajorVersion:          pebble.FormatNewest,
		CacheSize:                   cacheSize,
		MemTableSize:                memTableSize,
		MemTableStopWritesThreshold: 3,
		L0CompactionThreshold:       8,
		L0StopWritesThreshold:       64,
		LBaseMaxBytes:               smallLevel,
		MaxOpenFiles:                128,
		MaxManifestFileSize:         16 << 10,
	}
	for i := range opt.Levels {
		opt.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	for i := range opt.TargetFileSizes {
		opt.TargetFileSizes[i] = bigTable
	}
	opt.TargetFileSizes[0], opt.TargetFileSizes[1] = smallTable, smallTable
	// Chunks are encrypted: compressing them only costs time.
	opt.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	return opt
}

// cleaner deletes files at once: Clean is DeleteCleaner's. By what lies deeper
// Pebble takes it for one that reads files first, and so does not keep old
// logs, whole, for reuse.
type cleaner struct {
	pebble.DeleteCleaner
	readsFiles
}

type readsFiles struct{ pebble.ArchiveCleaner }

// failure remembers that Pebble has given up.
type failure struct{ *failureState }

type failureState struct {
	log  *slog.Logger
	mu   sync.Mutex
	dead error // in its own goroutine: it cannot even be closed
	last error // told by the commit that is being watched
}

func newFailure(log *slog.Logger) failure { return failure{&failureState{log: log}} }

func (f failure) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead
}

func (f failure) set(at *error, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*at = err
}

var errGaveUp = errors.New("pebble gave up")

// watch runs a commit. Pebble does not return from one that fails: it calls
// Fatalf, or panics when it cannot begin a new log; neither may end a vault.
func (f failure) watch(commit func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errGaveUp
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("%w: %v", errGaveUp, cause)
				if e, ok := cause.(error); ok {
					err = fmt.Errorf("%w: %w", errGaveUp, e)
				}
				f.set(&f.dead, err)
			}
			done <- err
		}()
		err = commit()
	}()
	err := <-done
	f.mu.Lock()
	defer f.mu.Unlock()
	if errors.Is(err, errGaveUp) && f.last != nil {
		return f.last
	}
	return err
}

// pebbleLogger passes on what Pebble says.
type pebbleLogger struct{ failed failure }

func (l pebbleLogger) Infof(format string, args ...any) {
	l.failed.log.Debug("database", "text", fmt.Sprintf(format, args...))
}

func (l pebbleLogger) Errorf(format string, args ...any) {
	l.failed.log.Warn("database", "text", fmt.Sprintf(format, args...))
}

// Fatalf must not return, and must not end the process either.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	err := wrapArgs(format, args)
	l.failed.log.Error("database", "text", err.Error())
	if strings.HasPrefix(format, "pebble: fatal commit error") {
		l.failed.set(&l.failed.last, err)
		runtime.Goexit() // of the goroutine in watch, which holds nothing
	}
	l.failed.set(&l.failed.dead, err)
	select {} // a goroutine of Pebble's, in the middle of something
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
