package store

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/safenet-go/safenet/xorname"
)

// MaxChunk is the most bytes a chunk may have: 1 MiB, encryption included
// (paper, Resources: "chunks which are individual 1 MB portions").
const MaxChunk = 1 << 20

// FileSize is the size, in bytes, from which a chunk is a file of its own.
// Smaller chunks share the database.
const FileSize = 64 << 10

var (
	// ErrNotFound says that the store holds nothing under the name or key.
	ErrNotFound = errors.New("not found")
	// ErrCorrupt says that what was stored under a name no longer matches it.
	// The chunk has been dropped: the next Get answers ErrNotFound.
	ErrCorrupt = errors.New("stored chunk does not match its name")
	// ErrFull says that there is no room: Options.Space is used up, or the
	// disk is.
	ErrFull = errors.New("no space left for chunks")
	// ErrInUse says that another process, or this one, has the directory open.
	ErrInUse = errors.New("data directory is in use")
	// ErrVersion says that the directory is of a layout this package does not
	// know, most likely because a newer version wrote it.
	ErrVersion = errors.New("data directory has an unknown layout")
	// ErrClosed is returned by every method after Close.
	ErrClosed = errors.New("store is closed")
)

// Options tunes a Store. The zero value, or a nil pointer, is ready to use.
type Options struct {
	// Logger receives what an operator should know; nil is silent.
	Logger *slog.Logger

	// Space is the most bytes of chunks to hold, not counting the overhead of
	// the file system. 0 sets no limit but the disk.
	Space int64

	// OnCorrupt is called, from the goroutine that found it, when a stored
	// chunk no longer matches its name or its file has gone. The chunk has
	// been dropped by then and should be fetched again from another holder.
	OnCorrupt func(xorname.Name, error)

	// FS is the file system; nil is the operating system's. Tests put one
	// here that fails or forgets.
	FS vfs.FS
}

// Store keeps the chunks of one vault. All methods may be called concurrently.
// No slice is shared with the caller after a method has returned.
type Store struct {
	log       *slog.Logger
	onCorrupt func(xorname.Name, error)
	lock      interface{ Close() error }
	files     *files
	db        *database
	space     *space
	names     exclusive // one operation on a name at a time

	mu     sync.Mutex
	closed bool
	active sync.WaitGroup
}

// Open opens the store in dir, and creates both if there are none. It does not
// walk the chunks. Errors are ErrInUse, ErrVersion and those of the disk.
func Open(dir string, opt *Options) (*Store, error) {
	if opt == nil {
		opt = &Options{}
	}
	fs, dir, err := locate(dir, opt.FS)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(fs, dir)
	if err != nil {
		return nil, err
	}
	s, err := open(fs, dir, opt)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.lock = lock
	return s, nil
}

func open(fs vfs.FS, dir string, opt *Options) (*Store, error) {
	if err := checkVersion(fs, dir); err != nil {
		return nil, err
	}
	s := &Store{log: opt.Logger, onCorrupt: opt.OnCorrupt}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.files, err = openFiles(fs, dir); err != nil {
		return nil, err
	}
	if s.db, err = openDatabase(fs, fs.PathJoin(dir, "db"), s.log); err != nil {
		return nil, err
	}
	s.space = &space{fs: fs, dir: dir, limit: opt.Space, used: s.db.usage.get}
	if err := s.resume(); err != nil {
		return nil, errors.Join(err, s.db.close())
	}
	return s, nil
}

// locate makes sure that dir exists and gives the one path by which this
// process knows it, so that a second Open by another path meets the same lock.
func locate(dir string, fs vfs.FS) (vfs.FS, string, error) {
	osFS := fs == nil
	if osFS {
		fs = vfs.Default
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("data directory %s cannot be made: %w", dir, err)
	}
	if osFS {
		abs, err := filepath.Abs(dir)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return nil, "", fmt.Errorf("data directory %s: %w", dir, err)
		}
		dir = abs
	}
	if err := syncDir(fs, fs.PathDir(dir)); err != nil {
		// The parent may belong to somebody else; then it is not new either.
		return fs, dir, nil //nolint:nilerr // see above
	}
	return fs, dir, nil
}

// enter counts an operation in, so that Close can wait for it.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.active.Add(1)
	return nil
}

// Put stores chunk under name and returns once it is safe against loss of
// power. Putting what is there is success and writes nothing; concurrent Puts
// of one name write once. Put does not hash: the caller has checked that chunk
// is what name says. Errors are ErrFull, ErrClosed, a chunk over MaxChunk, and
// those of the disk; after an error nothing of the chunk is kept.
func (s *Store) Put(name xorname.Name, chunk []byte) error {
	if len(chunk) > MaxChunk {
		return fmt.Errorf("put %v: %d bytes, but a chunk has at most %d", name, len(chunk), MaxChunk)
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.active.Done()
	defer s.names.lock(name)()

	held, err := s.db.size(name)
	if err == nil && s.present(name, held) {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("put %v: %w", name, err)
	}
	release, err := s.space.reserve(int64(len(chunk)))
	if err != nil {
		return fmt.Errorf("put %v: %w", name, err)
	}
	defer release()
	if len(chunk) < FileSize {
		err = s.db.putSmall(name, chunk)
	} else {
		err = s.putFile(name, chunk)
	}
	if err != nil {
		return fmt.Errorf("put %v: %w", name, asFull(err))
	}
	return nil
}

// present says whether the chunk that the index holds is really there.
func (s *Store) present(name xorname.Name, size int) bool {
	return size < FileSize || s.files.has(name, size)
}

// putFile writes down what it is about to do while it writes the file, then
// makes the file visible, then counts it. Whatever is interrupted is finished
// or undone by resume.
func (s *Store) putFile(name xorname.Name, chunk []byte) error {
	intended := make(chan error, 1)
	go func() { intended <- s.db.begin(name, intent{op: opPut, size: len(chunk)}) }()
	tmp, err := s.files.stage(chunk)
	if ierr := <-intended; ierr != nil {
		s.files.discard(tmp)
		return errors.Join(err, ierr)
	}
	if err == nil {
		err = s.files.publish(tmp, name)
	}
	if err == nil {
		// If this fails, it may be in the log all the same: the file stays, and
		// the next start finds both, or the intent and settles it.
		return s.db.finishPut(name, len(chunk))
	}
	s.files.discard(tmp)
	if s.files.remove(name) == nil {
		_ = s.db.abandon(name) // left over, it is settled at the next start
	}
	return err
}

// Get returns the chunk stored under name, checked against it. ErrNotFound: the
// store holds none. ErrCorrupt: what it held did not match, has been dropped
// and reported to Options.OnCorrupt.
func (s *Store) Get(name xorname.Name) ([]byte, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.active.Done()
	chunk, err := s.read(name)
	if errors.Is(err, ErrCorrupt) {
		chunk, err = s.dropCorrupt(name)
	}
	if err != nil {
		return nil, fmt.Errorf("get %v: %w", name, err)
	}
	return chunk, nil
}

func (s *Store) read(name xorname.Name) ([]byte, error) {
	size, err := s.db.size(name)
	if err != nil {
		return nil, err
	}
	var chunk []byte
	if size < FileSize {
		chunk, err = s.db.getSmall(name, size)
	} else {
		chunk, err = s.files.read(name, size)
	}
	if err != nil {
		return nil, err
	}
	if xorname.FromContent(chunk) != name {
		return nil, fmt.Errorf("%w: wrong content", ErrCorrupt)
	}
	return chunk, nil
}

// dropCorrupt looks again while nobody else touches the name (a Delete may have
// got between the index and the file), and drops the chunk if it is still bad.
func (s *Store) dropCorrupt(name xorname.Name) ([]byte, error) {
	chunk, found, err := s.dropIfCorrupt(name)
	if found != nil {
		s.log.Error("chunk dropped", "name", name, "reason", found)
		if s.onCorrupt != nil {
			s.onCorrupt(name, found)
		}
	}
	return chunk, err
}

func (s *Store) dropIfCorrupt(name xorname.Name) (chunk []byte, found, err error) {
	defer s.names.lock(name)()
	chunk, err = s.read(name)
	if !errors.Is(err, ErrCorrupt) {
		return chunk, nil, err
	}
	return nil, err, errors.Join(err, s.drop(name))
}

// Has says whether the store holds name. It does not read the chunk.
func (s *Store) Has(name xorname.Name) bool {
	if s.enter() != nil {
		return false
	}
	defer s.active.Done()
	size, err := s.db.size(name)
	return err == nil && s.present(name, size)
}

// Delete drops the chunk and frees its space before it returns. Deleting what
// is not there is success.
func (s *Store) Delete(name xorname.Name) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.active.Done()
	defer s.names.lock(name)()
	if err := s.drop(name); err != nil {
		return fmt.Errorf("delete %v: %w", name, asFull(err))
	}
	return nil
}

// drop needs the name to be locked.
func (s *Store) drop(name xorname.Name) error {
	size, err := s.db.size(name)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case errors.Is(err, ErrCorrupt):
		return errors.Join(s.files.remove(name), s.db.forget(name))
	case err != nil:
		return err
	}
	if size < FileSize {
		return s.db.dropSmall(name, size)
	}
	if err := s.db.begin(name, intent{op: opDelete, size: size}); err != nil {
		return err
	}
	if err := s.files.remove(name); err != nil {
		return err
	}
	return s.db.finishDelete(name)
}

// Usage is what a store holds.
type Usage struct {
	Chunks int64
	Bytes  int64 // of chunks, without the overhead of database and file system
}

// Usage reads counters that are kept with the data; it costs nothing.
func (s *Store) Usage() Usage { return s.db.usage.get() }

// Names lists the chunks held, in the order of their names, beginning at from.
// Chunks put or deleted meanwhile may or may not be seen. An error ends it.
func (s *Store) Names(from xorname.Name) iter.Seq2[xorname.Name, error] {
	return func(yield func(xorname.Name, error) bool) {
		start := chunkKey(from)
		for start != nil {
			page, next, err := s.namesPage(start)
			for _, name := range page {
				if !yield(name, nil) {
					return
				}
			}
			if err != nil {
				yield(xorname.Name{}, err)
				return
			}
			start = next
		}
	}
}

func (s *Store) namesPage(start []byte) ([]xorname.Name, []byte, error) {
	if err := s.enter(); err != nil {
		return nil, nil, err
	}
	defer s.active.Done()
	keys, next, err := s.db.page(start, prefixEnd(tagChunk))
	names := make([]xorname.Name, 0, len(keys))
	for _, key := range keys {
		if len(key) == 1+xorname.Size {
			names = append(names, xorname.Name(key[1:]))
		}
	}
	return names, next, err
}

// Close waits for the operations under way and closes the store.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closed = true
	s.mu.Unlock()
	s.active.Wait()
	return errors.Join(s.db.close(), s.lock.Close())
}
