package vault

import (
	"context"
	"sync"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// holdTimeout bounds how long one holder may take, and holdHedge how long to
// wait for one before the next is asked too.
const (
	holdTimeout = 15 * time.Second
	holdHedge   = 2 * time.Second
)

// put fans a chunk out to its holders. The client is answered as soon as more
// than half of them have signed; the others get their copy when there is
// nothing more urgent, see spreader.
func (v *Vault) put(ctx context.Context, req wire.Request, chunk []byte) {
	if len(chunk) > MaxChunk || xorname.FromContent(chunk) != req.Target {
		v.respond(req.ID, wire.StatusCorrupt, true, nil, nil)
		return
	}
	v.spread.busy()
	f := &fanout{v: v, name: req.Target, chunk: chunk, holders: v.holders(req.Target)}
	v.do(func(c *core) { f.need = c.list.Majority() })
	f.majority(ctx)
	if f.signed() < f.need {
		f.align(ctx)
	}
	if f.signed() < f.need {
		v.respond(req.ID, wire.StatusTooFew, true, f.receipts, nil)
		return
	}
	if len(f.missing()) == 0 {
		v.respond(req.ID, wire.StatusOK, true, f.receipts, nil)
		return
	}
	v.respond(req.ID, wire.StatusOK, false, f.receipts, nil)
	v.spread.add(&spreading{
		name: req.Target, chunk: chunk, missing: f.missing(), receipts: f.receipts, id: req.ID, since: time.Now(),
	})
}

// fanout is the storing of one chunk at a majority of its holders.
type fanout struct {
	v       *Vault
	name    xorname.Name
	chunk   []byte
	holders []routing.Contact
	need    int

	receipts []wire.Signed
	has      map[routing.Key]bool
}

// majority asks as many holders as must sign, and one more for each that
// fails or takes too long, until enough have signed or all were asked.
func (f *fanout) majority(ctx context.Context) {
	f.has = make(map[routing.Key]bool)
	type result struct {
		from routing.Key
		wire.HoldReply
	}
	results := make(chan result, len(f.holders))
	asked, open := 0, 0
	ask := func() {
		if asked == len(f.holders) {
			return
		}
		to := f.holders[asked]
		asked++
		open++
		f.v.spawn(func() { results <- result{to.Key, f.v.holdAt(ctx, to, f.name, f.chunk)} })
	}
	for range f.need {
		ask()
	}
	hedge := time.NewTicker(holdHedge)
	defer hedge.Stop()
	for open > 0 && len(f.receipts) < f.need {
		select {
		case r := <-results:
			open--
			if r.Receipt == nil {
				ask()
				continue
			}
			f.receipts = append(f.receipts, *r.Receipt)
			f.has[r.from] = true
		case <-hedge.C:
			ask()
		case <-ctx.Done():
			return
		}
	}
}

// signed returns how many holders signed naming the member list that this
// vault knows now.
func (f *fanout) signed() (n int) {
	statements := members.Verify(f.v.network(), f.receipts)
	f.v.do(func(c *core) { n = c.list.Count(f.name, true, [16]byte{}, statements) })
	return n
}

// align asks the holders that signed under another member list once more,
// until the lists have come together: they differ for a moment when a vault
// comes or goes.
func (f *fanout) align(ctx context.Context) {
	for range 10 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
		f.holders = f.v.holders(f.name)
		f.v.do(func(c *core) { f.need = c.list.Majority() })
		f.receipts = f.v.have(ctx, f.name, f.holders)
		if f.signed() >= f.need {
			return
		}
		if len(f.receipts) < f.need {
			f.majority(ctx)
			if f.signed() >= f.need {
				return
			}
		}
	}
}

// missing returns the holders that have not signed.
func (f *fanout) missing() (rest []routing.Contact) {
	for _, c := range f.holders {
		if !f.has[c.Key] {
			rest = append(rest, c)
		}
	}
	return rest
}

// holdAt has one vault hold a chunk and returns its signed answer.
func (v *Vault) holdAt(ctx context.Context, to routing.Contact, name xorname.Name, chunk []byte) wire.HoldReply {
	if to.Key == routing.Key(v.id) {
		return v.hold(name, chunk)
	}
	return v.askHolder(ctx, to, wire.KindHold, wire.Hold{Name: name}, chunk)
}

// have asks holders at once whether they hold a chunk and returns their
// receipts.
func (v *Vault) have(ctx context.Context, name xorname.Name, holders []routing.Contact) (receipts []wire.Signed) {
	ctx, cancel := context.WithTimeout(ctx, holdHedge)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, to := range holders {
		wg.Go(func() {
			r := v.haveAt(ctx, to, name)
			if r.Receipt == nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			receipts = append(receipts, *r.Receipt)
		})
	}
	wg.Wait()
	return receipts
}

func (v *Vault) haveAt(ctx context.Context, to routing.Contact, name xorname.Name) wire.HoldReply {
	if to.Key == routing.Key(v.id) {
		return v.haveOwn(name)
	}
	return v.askHolder(ctx, to, wire.KindHave, wire.Have{Name: name}, nil)
}

func (v *Vault) askHolder(ctx context.Context, to routing.Contact, kind uint16, head any, body []byte) wire.HoldReply {
	ctx, cancel := context.WithTimeout(ctx, holdTimeout)
	defer cancel()
	m, err := v.ep.Request(ctx, transport.PeerID(to.Key), transport.Message{Kind: kind, Head: wire.Marshal(head), Body: body})
	if err != nil {
		v.log.Debug("holder did not answer", "key", transport.PeerID(to.Key), "error", err)
		return wire.HoldReply{Status: wire.StatusUnreachable}
	}
	v.noteHeard(transport.PeerID(to.Key))
	var r wire.HoldReply
	if wire.Unmarshal(m.Head, &r) != nil || (r.Receipt != nil && r.Receipt.Signer != to.Key) {
		return wire.HoldReply{Status: wire.StatusMalformed}
	}
	return r
}

// network returns the network's identifier.
func (v *Vault) network() (n [32]byte) {
	v.do(func(c *core) { n = c.book.Network() })
	return n
}
