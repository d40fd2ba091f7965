package selfencrypt

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/safenet-go/safenet/xorname"
	"github.com/zeebo/blake3"
	"golang.org/x/sync/errgroup"
)

// Encrypt reads r to its end, stores the content in encrypted chunks and
// returns the map of them. The map itself is not stored; see StoreMap. Content
// that arrives as a stream is encrypted as it comes, save for at most three
// chunks and one byte that are held back until it is clear how they are cut.
//
// The error wraps that of r, a *ChunkError with that of the store, ErrTooLarge
// if the map outgrows Options.MaxMapBytes, or the context's. Chunks stored
// until then stay stored: encrypting again puts the same ones. A Read that
// does not return delays the end of Encrypt, as r is never left behind in use.
func Encrypt(ctx context.Context, r io.Reader, store ChunkStore, opt *Options) (*DataMap, error) {
	s, err := opt.settle()
	if err != nil {
		return nil, err
	}
	return encryptLevel(ctx, r, 0, store, s)
}

// A pipeline encrypts one level. The goroutine that feeds it reads, cuts and
// hashes; up to settings.workers others compress and seal; up to
// settings.inFlight more put chunks. Each stage waits for the next one, so
// that no more buffers are in use than there are hands.
type pipeline struct {
	ctx    context.Context
	cancel context.CancelFunc
	store  ChunkStore
	level  int
	settings

	sealing, putting errgroup.Group // only for their limits: errors go to fail

	mu       sync.Mutex
	err      error // the first one
	entries  []entry
	progress Progress
}

func encryptLevel(ctx context.Context, r io.Reader, level int, store ChunkStore, s settings) (*DataMap, error) {
	p := &pipeline{store: store, level: level, settings: s, progress: Progress{Level: level}}
	p.ctx, p.cancel = context.WithCancel(ctx)
	defer p.cancel()
	p.sealing.SetLimit(s.workers)
	p.putting.SetLimit(s.inFlight)

	size, err := p.feed(r)
	if err != nil {
		p.fail(err)
	}
	_ = p.sealing.Wait()
	_ = p.putting.Wait()
	if p.err != nil {
		return nil, p.err
	}
	return &DataMap{level: level, size: size, secret: s.secret, entries: p.entries}, nil
}

// fail keeps the first error and stops everything else.
func (p *pipeline) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	p.cancel()
}

// stopped tells whether there is an error. It may be that of the context, and
// may come as late as before the last put.
func (p *pipeline) stopped() bool {
	err := p.ctx.Err()
	if err != nil {
		p.fail(fmt.Errorf("selfencrypt: encrypting: %w", err))
	}
	return err != nil
}

// feed sends all chunks of r on their way and returns the size.
func (p *pipeline) feed(r io.Reader) (int64, error) {
	c := &cutter{r: r, level: p.level}
	defer c.release()
	var waiting []*chunkBuf // the keys of the first two need the hash of the third
	defer func() {
		for _, b := range waiting {
			putBuf(b)
		}
	}()
	for {
		if p.stopped() {
			return 0, nil
		}
		b, err := c.chunk()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		waiting = append(waiting, b)
		if err := p.found(b); err != nil {
			return 0, err
		}
		if len(p.entries) > 2 {
			waiting = p.dispatch(waiting)
		}
	}
	waiting = p.dispatch(waiting) // the only chunk, if there is one
	return c.read, nil
}

// found opens an entry for a chunk that was cut.
func (p *pipeline) found(b *chunkBuf) error {
	src := blake3.Sum256(b.plain())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries = append(p.entries, entry{src: src})
	bytes := mapHeaderLen + int64(len(p.secret)) + entryLen*int64(len(p.entries))
	if bytes > p.maxMapBytes {
		return fmt.Errorf("%w: the data map needs more than %d bytes", ErrTooLarge, p.maxMapBytes)
	}
	p.progress.Total++
	p.progress.Read += int64(b.n)
	p.report()
	return nil
}

// report passes the progress on. The caller holds p.mu.
func (p *pipeline) report() {
	if p.settings.progress != nil {
		p.settings.progress(p.progress)
	}
}

// dispatch has the newest chunks sealed. Their buffers are no longer the
// caller's: it returns the rest of bufs, which is empty.
func (p *pipeline) dispatch(bufs []*chunkBuf) []*chunkBuf {
	n := len(p.entries)
	for k, b := range bufs {
		b.at = p.place(n-len(bufs)+k, n)
		p.sealing.Go(func() error {
			p.seal(b)
			return nil
		})
	}
	return bufs[:0]
}

func (p *pipeline) place(i, n int) place {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, b := neighbours(i, n)
	return place{
		src:    p.entries[i].src,
		near1:  p.entries[a].src,
		near2:  p.entries[b].src,
		index:  i,
		level:  p.level,
		secret: p.secret,
	}
}

// seal encrypts one chunk and hands it to a putter, waiting for a free one.
func (p *pipeline) seal(b *chunkBuf) {
	if p.stopped() {
		putBuf(b)
		return
	}
	s := sealers.Get().(*sealer)
	name, chunk := s.seal(b)
	sealers.Put(s)

	p.mu.Lock()
	p.entries[b.at.index].dst = name
	p.progress.Encrypted += int64(b.n)
	p.report()
	p.mu.Unlock()

	p.putting.Go(func() error {
		defer putBuf(b)
		p.put(name, chunk, b)
		return nil
	})
}

// put stores the chunk that b became.
func (p *pipeline) put(name xorname.Name, chunk []byte, b *chunkBuf) {
	if p.stopped() {
		return
	}
	if err := p.store.Put(p.ctx, name, chunk); err != nil {
		p.fail(&ChunkError{Name: name, Index: b.at.index, Level: b.at.level, Stage: StagePut, Err: err})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.Done++
	p.progress.Stored += int64(b.n)
	p.report()
}
