package client

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
)

// How long a vault may leave a request without any answer before another entry
// vault is tried. That one is gone is seen sooner, by its connection; these are
// for slow links, where a batch of chunks takes its time.
const (
	getPatience = 20 * time.Second
	putPatience = 30 * time.Second
	// spreadPatience is how long to wait, after a majority has signed, for the
	// rest of the holders.
	spreadPatience = 30 * time.Second
	// onTheWay is how much sooner than that the vault is to give up, so that
	// what it knows by then still arrives.
	onTheWay = 500 * time.Millisecond
)

// errName: the caller gave a chunk a name that is not its own. No vault takes
// it.
var errName = errors.New("the chunk's name is not the hash of its content")

// pause returns how long to wait before try n.
func pause(n int) time.Duration { return min(100*time.Millisecond<<min(n, 5), 2*time.Second) }

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// getChunk fetches a chunk and checks it against its name.
func (c *Client) getChunk(ctx context.Context, name xorname.Name, retried func()) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var last error
	for try := 0; ; try++ {
		chunk, err := c.getOnce(ctx, name, uint8(try))
		if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrClosed) {
			return chunk, err
		}
		if last == nil || ctx.Err() == nil {
			last = err // a try cut short tells less than the one before
		}
		retried()
		c.elsewhere(ctx, try)
		if e := wait(ctx, pause(try)); e != nil {
			return nil, timedOut(e, last)
		}
	}
}

// timedOut joins the end of the time with what went wrong before it.
func timedOut(ctxErr, last error) error {
	if errors.Is(last, ctxErr) {
		return last
	}
	return fmt.Errorf("%w (%w)", last, ctxErr)
}

// silent is what became of a request that got no answer.
func (c *Client) silent(ctx context.Context, was place) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	c.failover(ctx, was)
	return fmt.Errorf("%w: the entry vault is silent", ErrUnreachable)
}

// getOnce asks once, by the given route.
func (c *Client) getOnce(ctx context.Context, name xorname.Name, route uint8) ([]byte, error) {
	if err := c.alive(); err != nil {
		return nil, err
	}
	to, was := c.entryVault()
	req := wire.Request{Op: routing.OpGet, Target: name, Route: route, Nonce: newID()}
	k, err := c.send(ctx, to, req, getPatience-onTheWay, nil)
	if err != nil {
		c.failover(ctx, was)
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer c.calls.end(k)
	a, ok := k.next(ctx, getPatience)
	if !ok {
		return nil, c.silent(ctx, was)
	}
	switch {
	case a.Status == routing.StatusOK && xorname.FromContent(a.body) == name:
		return a.body, nil
	case a.Status == routing.StatusOK:
		return nil, fmt.Errorf("%w: a vault answered with other bytes", ErrUnreachable)
	case a.Status == routing.StatusNotFound:
		n := c.evidence(name, false, req.Nonce).add(ctx, a.Statements)
		if n.enough() {
			return nil, fmt.Errorf("chunk %s: %w: %d of %d vaults that would hold it say so", name.String()[:8], ErrNotFound, n.signed, n.of)
		}
		return nil, fmt.Errorf("%w: %d of %d say that they do not hold it", ErrUnreachable, n.signed, n.of)
	}
	return nil, fmt.Errorf("%w: %s", ErrUnreachable, a.Status)
}

// stored is the outcome of putting a chunk.
type stored struct {
	there   bool      // it was there already, no byte was sent
	settled *settling // nil if it was there
}

// settling tells how many holders have a chunk, of how many, once those beyond
// the majority had time to sign.
type settling struct {
	done chan struct{} // closed when count is set
	count
	told atomic.Bool // counted in Progress.Spread
}

func (s *settling) end(n count) {
	s.count = n
	close(s.done)
}

// putChunk stores a chunk: it offers the name first, and sends the bytes only
// if fewer holders than must sign have it.
func (c *Client) putChunk(ctx context.Context, name xorname.Name, chunk []byte, retried func()) (stored, error) {
	c.spreading.begin()
	defer c.spreading.end(c)
	if len(chunk) > 1<<20 {
		return stored{}, ErrTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var last error
	for try := 0; ; try++ {
		s, err := c.putOnce(ctx, name, chunk, try)
		if err == nil || errors.Is(err, ErrClosed) || errors.Is(err, errName) {
			return s, err
		}
		if last == nil || ctx.Err() == nil {
			last = err // a try cut short tells less than the one before
		}
		retried()
		c.elsewhere(ctx, try)
		if e := wait(ctx, pause(try)); e != nil {
			return stored{}, timedOut(e, last)
		}
	}
}

func (c *Client) putOnce(ctx context.Context, name xorname.Name, chunk []byte, try int) (stored, error) {
	if err := c.alive(); err != nil {
		return stored{}, err
	}
	a, err := c.offer(ctx, name, uint8(try))
	if err != nil {
		return stored{}, err
	}
	if a.Status == routing.StatusOK && len(a.Statements) > 0 {
		if c.evidence(name, true, [16]byte{}).add(ctx, a.Statements).enough() {
			return stored{there: true}, nil
		}
	}
	return c.sendChunk(ctx, name, chunk, try)
}

// offer asks who holds a chunk already.
func (c *Client) offer(ctx context.Context, name xorname.Name, route uint8) (answer, error) {
	to, was := c.entryVault()
	req := wire.Request{Op: routing.OpOffer, Target: name, Route: route}
	k, err := c.send(ctx, to, req, getPatience-onTheWay, nil)
	if err != nil {
		c.failover(ctx, was)
		return answer{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer c.calls.end(k)
	a, ok := k.next(ctx, getPatience)
	if !ok {
		return answer{}, c.silent(ctx, was)
	}
	return a, nil
}

// sendChunk sends the bytes and waits until a majority of the holders signed.
func (c *Client) sendChunk(ctx context.Context, name xorname.Name, chunk []byte, try int) (stored, error) {
	to, was := c.entryVault()
	put := wire.Request{Op: routing.OpPut, Target: name, Route: uint8(try)}
	k, err := c.send(ctx, to, put, putPatience+spreadPatience, chunk)
	if err != nil {
		c.failover(ctx, was)
		return stored{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	a, ok := k.next(ctx, putPatience)
	if !ok {
		c.calls.end(k)
		return stored{}, c.silent(ctx, was)
	}
	receipts := c.evidence(name, true, [16]byte{})
	n := receipts.add(ctx, a.Statements)
	if !n.enough() {
		c.calls.end(k)
		if a.Status == routing.StatusCorrupt && xorname.FromContent(chunk) != name {
			return stored{}, errName
		}
		return stored{}, putError(name, a.Status, n)
	}
	settled := &settling{done: make(chan struct{})}
	if a.Final {
		settled.end(n)
		return stored{settled: settled}, nil
	}
	c.spreading.add(name)
	go func() {
		defer c.calls.end(k)
		defer c.spreading.remove(name)
		// The put is acknowledged: its context may end before the rest signs.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spreadPatience)
		defer cancel()
		if a, ok := k.next(ctx, spreadPatience); ok {
			n = receipts.add(ctx, a.Statements)
		}
		settled.end(n)
	}()
	return stored{settled: settled}, nil
}

func putError(name xorname.Name, s routing.Status, n count) error {
	switch s {
	case routing.StatusFull:
		return fmt.Errorf("chunk %s: %w", name.String()[:8], ErrFull)
	case routing.StatusOK, routing.StatusTooFew:
		return &TooFewError{Name: name, Signed: n.signed, Need: n.need, Of: n.of}
	}
	return fmt.Errorf("chunk %s: %w: %s", name.String()[:8], ErrUnreachable, s)
}

func (c *Client) alive() error {
	select {
	case <-c.closed:
		return ErrClosed
	default:
		return nil
	}
}
