package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/safenet-go/safenet/selfencrypt"
	"github.com/safenet-go/safenet/xorname"
)

// PutOptions tune the storing of a file. nil and the zero value are good
// defaults.
type PutOptions struct {
	// Progress, if set, is called as the work goes on, never twice at once.
	Progress func(Progress)
	// Size is the size of what is read, if known, for Progress.
	Size int64
	// Secret is an optional convergence secret, see selfencrypt.Options.
	Secret []byte
}

// PutResult says how a file was stored.
type PutResult struct {
	Address Address
	Size    int64 // bytes of the file
	Chunks  int   // stored for it, those of the data map included
	There   int   // of them there already, for which no byte was sent
	Retries int

	store *fileStore
}

// Settle waits until every holder of every chunk that was sent has signed too,
// or has had half a minute to do so. It returns how many holders the chunk
// with the fewest has, and how many each should have; 0 and 0 if all chunks
// were there already. The work goes on whether it is called or not.
func (r PutResult) Settle(ctx context.Context) (copies, holders int, err error) {
	return r.store.settle(ctx)
}

// Progress tells how far a file has come.
type Progress struct {
	Size    int64 // bytes of the file; 0 if not known
	Read    int64 // bytes taken from the reader of a put
	Done    int64 // bytes that more than half of the holders signed for, or bytes given to the writer of a get
	Chunks  int   // stored, those of the data map included
	There   int   // of them there already
	Spread  int   // of them held by all their holders
	Retries int
}

// PutFile stores what r reads and returns its address. Memory does not grow
// with the size. When it returns without error, more than half of the holders
// of every chunk have signed that they hold it durably. Interrupted and called
// again with the same content, it sends nothing that was acknowledged.
//
// Errors: *TooFewError, ErrFull, ErrUnreachable and ErrNoVault from the
// network, wrapped in *selfencrypt.ChunkError, and those of r and ctx.
func (c *Client) PutFile(ctx context.Context, r io.Reader, opt *PutOptions) (PutResult, error) {
	if opt == nil {
		opt = new(PutOptions)
	}
	s := &fileStore{c: c, report: opt.Progress, progress: Progress{Size: opt.Size}}
	file, m, err := selfencrypt.Write(ctx, r, s, &selfencrypt.Options{
		InFlight: c.cfg.InFlight, Secret: opt.Secret, Progress: s.encrypting,
	})
	if err != nil {
		return PutResult{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return PutResult{
		Address: newAddress(c.Network(), file), Size: m.Size(), store: s,
		Chunks: s.progress.Chunks, There: s.progress.There, Retries: s.progress.Retries,
	}, nil
}

// PutPath stores a regular file. It refuses anything else, and a file that
// changes while it is read: the result would be of no one moment.
func (c *Client) PutPath(ctx context.Context, path string, opt *PutOptions) (PutResult, error) {
	f, before, err := openRegular(path)
	if err != nil {
		return PutResult{}, err
	}
	defer f.Close()
	o := PutOptions{}
	if opt != nil {
		o = *opt
	}
	o.Size = before.Size()
	// One byte too many tells that it grew; all that is appended meanwhile may
	// have no end.
	res, err := c.PutFile(ctx, io.LimitReader(f, before.Size()+1), &o)
	if err != nil {
		return res, err
	}
	after, err := os.Stat(path)
	if err != nil {
		return PutResult{}, fmt.Errorf("%s changed while it was read: %w", path, err)
	}
	if !os.SameFile(before, after) || before.Size() != after.Size() || res.Size != after.Size() || !before.ModTime().Equal(after.ModTime()) {
		return PutResult{}, fmt.Errorf("%s changed while it was read; store it again", path)
	}
	return res, nil
}

// openRegular looks before it opens: the opening of a pipe waits for its other
// end.
func openRegular(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a regular file but %s", path, kindOf(info.Mode()))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(info, opened) {
		err = fmt.Errorf("%s changed while it was opened", path)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, opened, nil
}

func kindOf(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	case m&os.ModeSocket != 0:
		return "a socket"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// GetFile writes the file to w, in order, as its chunks arrive and are
// verified, and returns how many bytes it wrote. progress may be nil.
//
// Errors: ErrOtherNetwork, ErrNotFound, ErrUnreachable, those of
// selfencrypt.LoadMap for a data map that is none, and those of w and ctx.
func (c *Client) GetFile(ctx context.Context, a Address, w io.Writer, progress func(Progress)) (int64, error) {
	s := &fileStore{c: c, report: progress}
	r, err := c.open(ctx, a, s)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	s.update(func(p *Progress) { p.Size = r.Size() })
	return r.WriteTo(&countingWriter{w, s})
}

// Open returns a reader over the file, at any place of it. It must be closed.
// ctx holds for the life of the reader.
func (c *Client) Open(ctx context.Context, a Address) (*selfencrypt.Reader, error) {
	return c.open(ctx, a, &fileStore{c: c})
}

func (c *Client) open(ctx context.Context, a Address, s *fileStore) (*selfencrypt.Reader, error) {
	m, err := c.load(ctx, a, s)
	if err != nil {
		return nil, err
	}
	return selfencrypt.Open(ctx, m, s, &selfencrypt.Options{InFlight: c.cfg.InFlight})
}

func (c *Client) load(ctx context.Context, a Address, s *fileStore) (*selfencrypt.DataMap, error) {
	if network := c.Network(); [networkTag]byte(network[:networkTag]) != a.network {
		return nil, fmt.Errorf("%w: it begins with %x, this one with %x", ErrOtherNetwork, a.network, network[:networkTag])
	}
	return selfencrypt.LoadMap(ctx, a.file, s, &selfencrypt.Options{InFlight: c.cfg.InFlight})
}

// Stat is what is known of a file without reading it.
type Stat struct {
	Size   int64
	Chunks int // of the content
	Levels int // of data maps between the address and the content
}

// Stat asks for the file's data map.
func (c *Client) Stat(ctx context.Context, a Address) (Stat, error) {
	m, err := c.load(ctx, a, &fileStore{c: c})
	if err != nil {
		return Stat{}, err
	}
	return Stat{Size: m.Size(), Chunks: m.Len(), Levels: a.file.Level()}, nil
}

// Chunks returns the network as a store of chunks, for use with selfencrypt.
func (c *Client) Chunks() selfencrypt.ChunkStore { return &fileStore{c: c} }

// fileStore is the network as selfencrypt sees it while one file travels.
type fileStore struct {
	c *Client

	mu       sync.Mutex
	report   func(Progress)
	progress Progress
	open     []*settling // chunks whose last holders have yet to sign
}

// Put stores a chunk.
func (s *fileStore) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	if len(chunk) > selfencrypt.MaxChunk {
		return fmt.Errorf("%w (%w)", ErrTooLarge, selfencrypt.ErrTooLarge)
	}
	release, err := s.c.reserve(ctx, len(chunk))
	if err != nil {
		return err
	}
	defer release()
	st, err := s.c.putChunk(ctx, name, chunk, s.retried)
	if err != nil {
		return err
	}
	s.update(func(p *Progress) {
		p.Chunks++
		if st.there {
			p.There++
			return
		}
		s.open = append(s.open, st.settled)
	})
	return nil
}

// Get fetches a chunk.
func (s *fileStore) Get(ctx context.Context, name xorname.Name) ([]byte, error) {
	release, err := s.c.reserve(ctx, 1<<20)
	if err != nil {
		return nil, err
	}
	defer release()
	chunk, err := s.c.getChunk(ctx, name, s.retried)
	if err == nil {
		s.update(func(p *Progress) { p.Chunks++ })
	}
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("%w (%w)", err, selfencrypt.ErrNotFound)
	}
	return chunk, err
}

func (s *fileStore) retried() { s.update(func(p *Progress) { p.Retries++ }) }

func (s *fileStore) encrypting(e selfencrypt.Progress) {
	if e.Level == 0 {
		s.update(func(p *Progress) { p.Read, p.Done = e.Read, e.Stored })
	}
}

func (s *fileStore) update(f func(*Progress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.progress)
	if s.report != nil {
		s.report(s.progress)
	}
}

func (s *fileStore) settle(ctx context.Context) (copies, holders int, err error) {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	first := true
	for _, o := range open {
		select {
		case <-o.done:
		case <-ctx.Done():
			return 0, holders, ctx.Err()
		}
		n := o.count
		if first || n.signed < copies {
			copies = n.signed
		}
		first = false
		holders = max(holders, n.of)
		if n.signed == n.of && o.told.CompareAndSwap(false, true) {
			s.update(func(p *Progress) { p.Spread++ })
		}
	}
	return copies, holders, nil
}

// countingWriter counts what has been written.
type countingWriter struct {
	w io.Writer
	s *fileStore
}

func (w *countingWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	w.s.update(func(p *Progress) { p.Done += int64(n) })
	return n, err
}
