package selfencrypt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// A Reader reads a file. Every byte that it returns was checked against the
// data map. ReadAt, Size and Close may be called at any time by any goroutine;
// Read, Seek and WriteTo, which share a position, by one at a time.
//
// Read and WriteTo fetch ahead, Options.InFlight chunks at once and up to three
// times as many before they are used; Read begins with one, and doubles as long
// as it goes on in sequence. ReadAt fetches only what it was asked for. The
// chunks used last are kept, InFlight + 2 at least.
//
// Errors are a *ChunkError, with that of the store or ErrCorrupt; that of the
// context given to Open; or fs.ErrClosed after Close. A failed chunk is
// fetched again when it is next asked for, so that one may go on after an
// error that was temporary.
type Reader struct {
	window *window
	cancel context.CancelCauseFunc
	plan   Layout

	pos      int64
	readOn   int64 // the position after the last Read
	nextHave int64 // chunks below this one were asked for ahead of time
	ahead    int64 // how many chunks Read fetches ahead now
	maxAhead int64
}

// Open returns a Reader of the file that m stands for, at its beginning. If m
// is not of level 0, as LoadMap returns it, the levels are loaded first, with
// the errors of LoadMap. The context governs all that is fetched until the
// Reader is closed.
func Open(ctx context.Context, m *DataMap, store ChunkStore, opt *Options) (*Reader, error) {
	s, err := opt.settle()
	if err != nil {
		return nil, err
	}
	if m == nil || len(m.entries) == 0 {
		return nil, fmt.Errorf("%w: it has no chunks", ErrMapFormat)
	}
	if m, err = expand(ctx, m, store, s); err != nil {
		return nil, err
	}
	return newReader(ctx, m, store, s), nil
}

func newReader(ctx context.Context, m *DataMap, store ChunkStore, s settings) *Reader {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Reader{
		window:   newWindow(ctx, m, store, s),
		cancel:   cancel,
		plan:     m.Layout(),
		maxAhead: int64(s.lookAhead()),
	}
}

// Size returns the length of the file in bytes.
func (r *Reader) Size() int64 { return r.plan.size }

// Close stops all fetching and waits until the store has returned. It returns
// nil always.
func (r *Reader) Close() error {
	r.cancel(fs.ErrClosed)
	r.window.close()
	return nil
}

// use calls f with the content from off to the end of the chunk that holds it.
func (r *Reader) use(off int64, f func(plain []byte) error) error {
	i := r.plan.Find(off)
	s, err := r.window.acquire(i)
	if err != nil {
		return r.explain(err)
	}
	defer r.window.release(s)
	return f(s.plain[off-r.plan.Start(i):])
}

// explain tells a closed Reader from a context that was done before.
func (r *Reader) explain(err error) error {
	if ctx := r.window.ctx; ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		if context.Cause(ctx) == fs.ErrClosed {
			return fmt.Errorf("selfencrypt: reading: %w", fs.ErrClosed)
		}
		return fmt.Errorf("selfencrypt: reading: %w", err)
	}
	return err
}

// Read implements io.Reader. It returns the rest of one chunk at most.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.pos >= r.plan.size {
		return 0, io.EOF
	}
	r.lookAhead()
	n := 0
	err := r.use(r.pos, func(plain []byte) error {
		n = copy(p, plain)
		return nil
	})
	r.pos += int64(n)
	r.readOn = r.pos
	return n, err
}

// lookAhead has the following chunks fetched when Read comes to a new one.
func (r *Reader) lookAhead() {
	i := r.plan.Find(r.pos)
	switch {
	case r.pos != r.readOn: // after a Seek one cannot know what follows
		r.ahead = 0
	case i < r.nextHave:
		return
	default:
		r.ahead = min(max(1, 2*r.ahead), r.maxAhead)
	}
	r.nextHave = i + 1
	r.window.ahead(i, min(i+1+r.ahead, r.plan.Chunks()))
}

// WriteTo implements io.WriterTo: it writes the rest of the file to w, and
// returns the error of w as it is.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	start := r.pos
	for r.pos < r.plan.size {
		i := r.plan.Find(r.pos)
		r.window.ahead(i, min(i+1+r.maxAhead, r.plan.Chunks()))
		err := r.use(r.pos, func(plain []byte) error {
			n, err := w.Write(plain)
			if n < 0 || n > len(plain) || n < len(plain) && err == nil {
				n, err = max(0, min(n, len(plain))), io.ErrShortWrite
			}
			r.pos += int64(n)
			return err
		})
		if err != nil {
			return r.pos - start, err
		}
	}
	return r.pos - start, nil
}

// ReadAt implements io.ReaderAt.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("selfencrypt: reading at the negative offset %d", off)
	}
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= r.plan.size || at < 0 {
			return n, io.EOF
		}
		last := r.plan.Find(min(off+int64(len(p)), r.plan.size) - 1)
		i := r.plan.Find(at)
		r.window.ahead(i, min(i+r.maxAhead, last+1))
		err := r.use(at, func(plain []byte) error {
			n += copy(p[n:], plain)
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Seek implements io.Seeker. Positions behind the end are allowed; reading
// there returns io.EOF.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	var from int64
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		from = r.pos
	case io.SeekEnd:
		from = r.plan.size
	default:
		return 0, fmt.Errorf("selfencrypt: seeking with whence %d", whence)
	}
	to := from + offset
	if to < 0 || offset > 0 && to < from {
		return 0, fmt.Errorf("selfencrypt: seeking by %d from %d is before the beginning or too far", offset, from)
	}
	r.pos = to
	return to, nil
}
