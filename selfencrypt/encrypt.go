package selfencrypt

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/safenet-go/safenet/xorname"
	"golang.org/x/sync/errgroup"
)

// Encrypt reads r to its end, stores the content in encrypted chunks and
// returns the map of them. The map itself is not stored; see Shrink and
// StoreMap. Content that arrives as a stream is encrypted as it comes, save for
// at most three chunks and one byte that are held back until it is clear how
// they are cut, and, in the compatible suites, for the first two chunks, whose
// keys depend on the last ones.
//
// The error wraps that of r, a *ChunkError with that of the store, ErrTooLarge
// if the map outgrows Options.MaxMapBytes, ErrTooSmall, or the context's. Chunks
// stored until then stay stored: encrypting again puts the same ones, or leaves
// them out (Options.Resume). A Read that does not return delays the end of
// Encrypt, as r is never left behind in use.
func Encrypt(ctx context.Context, r io.Reader, store ChunkStore, opt *Options) (*DataMap, error) {
	s, err := opt.settleForWriting()
	if err != nil {
		return nil, err
	}
	return encryptLevel(ctx, &cutter{r: r, rule: s.cutting(0)}, 0, store, s)
}

// EncryptAt is Encrypt for the size bytes that r has. It reads them where they
// are and holds nothing back, in all suites; in the compatible ones the last
// two chunks are read twice, since the keys of the first two depend on them.
// The error wraps ErrSize if r has another length or changed meanwhile.
func EncryptAt(ctx context.Context, r io.ReaderAt, size int64, store ChunkStore, opt *Options) (*DataMap, error) {
	s, err := opt.settleForWriting()
	if err != nil {
		return nil, err
	}
	rule := s.cutting(0)
	if size < 0 {
		return nil, fmt.Errorf("%w: it has %d bytes", ErrSize, size)
	}
	if err := rule.check(size); err != nil {
		return nil, err
	}
	plan := rule.layout(size)
	if err := s.checkMap(plan.Chunks(), 0); err != nil {
		return nil, err
	}
	return encryptLevel(ctx, &slicer{r: r, plan: plan}, 0, store, s)
}

// A pipeline encrypts one level. The goroutine that feeds it reads, cuts and
// hashes; up to settings.workers others compress, seal and name, up to batchMax
// chunks each; up to settings.inFlight more put chunks. Each stage waits for the
// next one, so that no more buffers are in use than there are hands.
type pipeline struct {
	ctx    context.Context
	cancel context.CancelFunc
	store  ChunkStore
	has    func(context.Context, xorname.Name) (bool, error) // nil: put all
	level  int
	settings

	sealing, putting errgroup.Group // only for their limits: errors go to fail
	busy             atomic.Int64   // how many are sealing

	// What only feed uses.
	known int         // how many chunks there are, or 0 if that shows at the end
	last  []digest    // of the last two chunks, last one first, if known ahead
	held  []*chunkBuf // the first two, while the hashes for their keys are missing

	mu       sync.Mutex
	err      error // the first one
	entries  []entry
	progress Progress
}

func encryptLevel(ctx context.Context, content source, level int, store ChunkStore, s settings) (*DataMap, error) {
	p := &pipeline{store: store, level: level, settings: s, progress: Progress{Level: level}}
	p.ctx, p.cancel = context.WithCancel(ctx)
	defer p.cancel()
	if h, ok := store.(Haser); ok && s.resume {
		p.has = h.Has
	}
	p.sealing.SetLimit(s.workers)
	p.putting.SetLimit(s.inFlight)

	err := p.feed(content)
	if err != nil {
		p.fail(err)
	}
	_ = p.sealing.Wait()
	_ = p.putting.Wait()
	if p.err != nil {
		return nil, p.err
	}
	m := &DataMap{suite: s.suite, level: level, size: content.size(), secret: s.secret, entries: p.entries}
	m.unit = s.cutting(level).layout(m.size).unit
	return m, nil
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

// feed sends all chunks on their way.
func (p *pipeline) feed(content source) error {
	defer content.release()
	var fresh []*chunkBuf // read, and not yet hashed
	defer func() {
		for _, b := range append(fresh, p.held...) {
			putBuf(b)
		}
	}()
	if s, ok := content.(*slicer); ok {
		p.known = int(s.plan.Chunks())
		if err := p.readAhead(s); err != nil {
			return err
		}
	}
	for end := false; !end && !p.stopped(); {
		b, err := content.chunk()
		switch {
		case err == io.EOF:
			end = true
		case err != nil:
			return err
		default:
			fresh = append(fresh, b)
			third := len(p.entries)+len(fresh) == 3 // the keys of the first two wait for it
			if !third && len(fresh) < p.batch(len(fresh), content.left()) {
				continue
			}
		}
		if err := p.found(fresh); err != nil {
			return err
		}
		ready := p.ready(fresh, end)
		fresh = nil
		p.dispatch(ready)
	}
	return nil
}

// ready returns those of the chunks that were hashed, now or before, whose keys
// can be made: all but the first two, and these when the hashes of their
// neighbours are known. The others are held.
func (p *pipeline) ready(fresh []*chunkBuf, end bool) []*chunkBuf {
	if end || p.nearKnown() {
		fresh = append(p.held, fresh...)
		p.held = nil
		return fresh
	}
	n := min(len(fresh), max(0, 2-int(fresh[0].at.index)))
	p.held = append(p.held, fresh[:n]...)
	return fresh[n:]
}

// batch returns how many chunks, of which some are there, are to be handled
// together: as many as can be hashed at once, but only a worker's part of the
// last ones.
func (p *pipeline) batch(there int, left int64) int {
	if left < 0 || left >= int64(batchMax*p.workers) {
		return batchMax
	}
	return min((there+int(left)+p.workers-1)/p.workers, batchMax)
}

// nearKnown tells whether the hashes that go into the keys of the first two
// chunks are known.
func (p *pipeline) nearKnown() bool {
	if p.suite == SuiteSAFE {
		return len(p.entries) > 2 || p.known == 1
	}
	return p.known > 0
}

// readAhead hashes the last two chunks, which in the compatible suites the
// first two need.
func (p *pipeline) readAhead(s *slicer) error {
	if p.suite == SuiteSAFE {
		return nil
	}
	for i := s.plan.Chunks() - 1; i >= s.plan.Chunks()-2; i-- {
		b, err := s.at(i)
		if err != nil {
			return err
		}
		var d [1]digest
		p.suite.contentHash().sums(d[:], [][]byte{b.plain()})
		putBuf(b)
		p.last = append(p.last, d[0])
	}
	return nil
}

// found opens entries for chunks that were cut.
func (p *pipeline) found(bufs []*chunkBuf) error {
	if len(bufs) == 0 {
		return nil
	}
	var digests [batchMax]digest
	var plain [batchMax][]byte
	for i, b := range bufs {
		plain[i] = b.plain()
	}
	p.suite.contentHash().sums(digests[:len(bufs)], plain[:len(bufs)])

	p.mu.Lock()
	defer p.mu.Unlock()
	for i, b := range bufs {
		b.at.index = int64(len(p.entries))
		p.entries = append(p.entries, entry{src: digests[i]})
		p.progress.Read += int64(b.n)
	}
	if err := p.checkMap(int64(len(p.entries)), p.level); err != nil {
		return err
	}
	p.progress.Total += len(bufs)
	p.report()
	return nil
}

// report passes the progress on. The caller holds p.mu.
func (p *pipeline) report() {
	if p.settings.progress != nil {
		p.settings.progress(p.progress)
	}
}

// dispatch has chunks sealed, and spreads them over the workers that have
// nothing to do. Their buffers are no longer the caller's.
func (p *pipeline) dispatch(bufs []*chunkBuf) {
	idle := max(1, p.workers-int(p.busy.Load()))
	share := min((len(bufs)+idle-1)/idle, batchMax)
	for len(bufs) > 0 {
		batch := bufs[:min(share, len(bufs))]
		bufs = bufs[len(batch):]
		if err := p.place(batch); err != nil {
			p.fail(err)
		}
		p.sealing.Go(func() error {
			p.busy.Add(1)
			defer p.busy.Add(-1)
			p.seal(batch)
			return nil
		})
	}
}

// place tells the chunks what their keys depend on.
func (p *pipeline) place(bufs []*chunkBuf) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := max(len(p.entries), p.known)
	src := func(i int) digest {
		if i < len(p.entries) {
			return p.entries[i].src
		}
		return p.last[n-1-i]
	}
	for _, b := range bufs {
		i := int(b.at.index)
		b.at = p.suite.place(i, n, src)
		b.at.level, b.at.secret = int64(p.level), p.secret
		if k := n - 1 - i; k < len(p.last) && p.last[k] != b.at.src {
			return fmt.Errorf("%w: chunk %d changed while it was read", ErrSize, i)
		}
	}
	return nil
}

// seal encrypts a batch and hands each chunk to a putter, waiting for free
// ones.
func (p *pipeline) seal(batch []*chunkBuf) {
	if p.stopped() {
		for _, b := range batch {
			putBuf(b)
		}
		return
	}
	names := sealAll(p.suite, batch)
	p.mu.Lock()
	for i, b := range batch {
		p.entries[b.at.index].dst = names[i]
		p.progress.Encrypted += int64(b.n)
	}
	p.report()
	p.mu.Unlock()
	for i, b := range batch {
		name := names[i]
		p.putting.Go(func() error {
			defer putBuf(b)
			p.put(name, b)
			return nil
		})
	}
}

// put stores the chunk that b became.
func (p *pipeline) put(name xorname.Name, b *chunkBuf) {
	if p.stopped() {
		return
	}
	there := false
	var err error
	if p.has != nil {
		there, err = p.has(p.ctx, name)
	}
	if err == nil && !there {
		err = p.store.Put(p.ctx, name, b.sealed)
	}
	if err != nil {
		p.fail(&ChunkError{Name: name, Index: int(b.at.index), Level: p.level, Stage: StagePut, Err: err})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.Done++
	p.progress.Stored += int64(b.n)
	if there {
		p.progress.Skipped++
	}
	p.report()
}
