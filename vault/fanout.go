package vault

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// holdTimeout bounds how long one holder may take, holdHedge how long to wait
// for one before the next is asked too, and alignPause how long to wait for
// member lists that differ to come together.
const (
	holdTimeout = 15 * time.Second
	holdHedge   = 2 * time.Second
	alignPause  = 200 * time.Millisecond
	alignFor    = 2 * time.Second
)

// put fans a chunk out to its holders. The client is answered as soon as more
// than half of them have signed; the others get their copy when there is
// nothing more urgent, see spreader.
func (v *Vault) put(ctx context.Context, req wire.Request, chunk []byte) {
	if !valid(req.Target, chunk) {
		v.respond(req.ID, routing.StatusCorrupt, true, nil, nil)
		return
	}
	v.spread.busy()
	f := newFanout(v, req.Target, chunk)
	for begin := time.Now(); !f.majority(ctx); {
		if time.Since(begin) > alignFor || ctx.Err() != nil || f.hopeless() {
			v.respond(req.ID, f.failure(), true, f.receipts(), nil)
			return
		}
		select {
		case <-time.After(alignPause):
		case <-ctx.Done():
		}
	}
	if len(f.lacking()) == 0 {
		v.respond(req.ID, routing.StatusOK, true, f.receipts(), nil)
		return
	}
	v.respond(req.ID, routing.StatusOK, false, f.receipts(), nil)
	v.spread.add(&spreading{fanout: f, id: req.ID, since: time.Now()})
}

// fanout is the storing of one chunk at its holders. One goroutine uses it at
// a time.
type fanout struct {
	v     *Vault
	name  xorname.Name
	chunk []byte // nil: on this vault's disk
	got   map[routing.Key]copyOf
	full  map[routing.Key]bool // the holders without space; they are not asked again
}

func newFanout(v *Vault, name xorname.Name, chunk []byte) *fanout {
	return &fanout{
		v: v, name: name, chunk: chunk,
		got: make(map[routing.Key]copyOf), full: make(map[routing.Key]bool),
	}
}

// copyOf is a holder's receipt and the member list that it names.
type copyOf struct {
	receipt wire.Signed
	list    [32]byte
}

// majority asks as many holders as must sign, and one more for each that
// fails or takes too long, until enough have signed or all were asked. It
// reports whether enough have.
func (f *fanout) majority(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx) // late answers are of no use: the spreader asks again
	defer cancel()
	list := f.list()
	lacking := f.lackingBy(list)
	need := list.Majority() - (len(list.Holders(f.name)) - len(lacking))
	ask := f.v.suspectsLast(f.withSpace(lacking))
	results := make(chan result, len(ask))
	open := make(map[routing.Key]bool)
	next := func() {
		if len(ask) > 0 {
			to := ask[0]
			ask = ask[1:]
			open[to.Key] = true
			question := f.question(to)
			f.v.spawn(func() { results <- question(ctx) })
		}
	}
	for range need {
		next()
	}
	hedge := time.NewTicker(holdHedge)
	defer hedge.Stop()
	for need > 0 && len(open) > 0 {
		select {
		case r := <-results:
			delete(open, r.from)
			if f.take(r, list.Digest()) {
				need--
			} else {
				next()
			}
		case <-hedge.C:
			f.v.suspect(slices.Collect(maps.Keys(open))...)
			next()
		case <-ctx.Done():
			return false
		}
	}
	return need <= 0
}

// rest asks all holders that have not signed and reports whether all that have
// space have now.
func (f *fanout) rest(ctx context.Context) bool {
	ask := f.withSpace(f.lacking())
	results := make([]result, len(ask))
	var wg sync.WaitGroup
	for i, to := range ask {
		question := f.question(to)
		wg.Go(func() { results[i] = question(ctx) })
	}
	wg.Wait()
	list := f.list()
	for _, r := range results {
		f.take(r, list.Digest())
	}
	return len(f.withSpace(f.lackingBy(list))) == 0
}

// result is a holder's answer.
type result struct {
	from routing.Key
	wire.HoldReply
}

// question returns what has one holder hold the chunk. One that signed before,
// under an older member list, only signs anew. It may be called from another
// goroutine, also after this fanout has gone on.
func (f *fanout) question(to routing.Contact) func(context.Context) result {
	v, name, chunk := f.v, f.name, f.chunk
	if _, has := f.got[to.Key]; has {
		return func(ctx context.Context) result { return result{to.Key, v.haveAt(ctx, to, name)} }
	}
	return func(ctx context.Context) result { return result{to.Key, v.holdAt(ctx, to, name, chunk)} }
}

// take keeps a valid receipt and reports whether it names the given list.
func (f *fanout) take(r result, list [32]byte) bool {
	if r.Receipt == nil {
		if r.Status == routing.StatusFull {
			f.full[r.from] = true
		}
		delete(f.got, r.from)
		return false
	}
	valid := members.Verify(f.v.network(), []wire.Signed{*r.Receipt})
	if len(valid) == 0 || valid[0].Signer != r.from || valid[0].Name != f.name || !valid[0].Held {
		f.v.log.Warn("a holder gave a receipt that is none", "key", transport.PeerID(r.from))
		return false
	}
	f.got[r.from] = copyOf{*r.Receipt, valid[0].Members}
	return valid[0].Members == list
}

// lacking returns the holders that have not signed under the present list.
func (f *fanout) lacking() []routing.Contact { return f.lackingBy(f.list()) }

func (f *fanout) lackingBy(list members.List) []routing.Contact {
	return slices.DeleteFunc(list.Holders(f.name), func(c routing.Contact) bool {
		got, ok := f.got[c.Key]
		return ok && got.list == list.Digest()
	})
}

func (f *fanout) withSpace(holders []routing.Contact) []routing.Contact {
	return slices.DeleteFunc(holders, func(c routing.Contact) bool { return f.full[c.Key] })
}

// hopeless reports whether so many holders have no space that the others are
// no majority.
func (f *fanout) hopeless() bool {
	list := f.list()
	return len(f.withSpace(list.Holders(f.name))) < list.Majority()
}

func (f *fanout) list() (l members.List) {
	f.v.do(func(c *core) { l = c.list })
	return l
}

// receipts returns the receipts so far, in a fixed order.
func (f *fanout) receipts() []wire.Signed {
	out := make([]wire.Signed, 0, len(f.got))
	for _, c := range f.got {
		out = append(out, c.receipt)
	}
	slices.SortFunc(out, func(a, b wire.Signed) int { return slices.Compare(a.Signer[:], b.Signer[:]) })
	return out
}

func (f *fanout) failure() routing.Status {
	if len(f.full) > 0 {
		return routing.StatusFull
	}
	return routing.StatusTooFew
}

// holdAt has one vault hold a chunk and returns its signed answer.
func (v *Vault) holdAt(ctx context.Context, to routing.Contact, name xorname.Name, chunk []byte) wire.HoldReply {
	if to.Key == routing.Key(v.id) {
		return v.hold(name, chunk)
	}
	return v.askHolder(ctx, to, wire.KindHold, wire.Hold{Name: name}, chunk)
}

// have asks holders at once whether they hold a chunk and returns the receipts
// of those that answer soon.
func (v *Vault) have(ctx context.Context, name xorname.Name, holders []routing.Contact) []wire.Signed {
	ctx, cancel := context.WithTimeout(ctx, holdHedge)
	defer cancel()
	replies := make([]wire.HoldReply, len(holders))
	var wg sync.WaitGroup
	for i, to := range holders {
		wg.Go(func() { replies[i] = v.haveAt(ctx, to, name) })
	}
	wg.Wait()
	var receipts []wire.Signed
	for _, r := range replies {
		if r.Receipt != nil {
			receipts = append(receipts, *r.Receipt)
		}
	}
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
		if !errors.Is(ctx.Err(), context.Canceled) { // else it is not wanted any more
			v.suspect(to.Key)
		}
		return wire.HoldReply{Status: routing.StatusUnreachable}
	}
	v.noteHeard(transport.PeerID(to.Key))
	v.do(func(c *core) { c.router.Heard(to.Key) })
	var r wire.HoldReply
	if wire.Unmarshal(m.Head, &r) != nil {
		return wire.HoldReply{Status: routing.StatusMalformed}
	}
	return r
}

// suspect marks members that did not answer, so that others are asked first.
func (v *Vault) suspect(keys ...routing.Key) {
	v.do(func(c *core) {
		for _, key := range keys {
			c.router.Suspect(key)
		}
	})
}

// suspectsLast puts those that did not answer lately behind the others.
func (v *Vault) suspectsLast(holders []routing.Contact) []routing.Contact {
	rank := make(map[routing.Key]int)
	v.do(func(c *core) {
		for _, h := range holders {
			if c.router.Suspected(h.Key) {
				rank[h.Key] = 1
			}
		}
	})
	slices.SortStableFunc(holders, func(a, b routing.Contact) int { return rank[a.Key] - rank[b.Key] })
	return holders
}

// network returns the network's identifier.
func (v *Vault) network() (n [32]byte) {
	v.do(func(c *core) { n = c.book.Network() })
	return n
}
