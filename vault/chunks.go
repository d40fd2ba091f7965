package vault

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

// MaxChunk is the largest chunk that a vault holds, in bytes (paper, Self
// Encryption: "Resources on the SAFE network are never more than 1 MB each").
const MaxChunk = store.MaxChunk

// deliver serves a routed request whose target this vault is close to.
func (v *Vault) deliver(req wire.Request, body []byte) {
	ctx, cancel := context.WithTimeout(v.ctx, time.Duration(req.TTL)*time.Millisecond)
	defer cancel()
	switch req.Op {
	case routing.OpGet:
		v.get(req)
	case routing.OpOffer:
		v.offer(ctx, req)
	case routing.OpPut:
		v.put(ctx, req, body)
	}
}

// get answers with the chunk, or with a signed denial.
func (v *Vault) get(req wire.Request) {
	chunk, err := v.store.Get(req.Target)
	switch {
	case err == nil:
		v.respond(req.ID, routing.StatusOK, true, nil, chunk)
	case errors.Is(err, store.ErrNotFound):
		denial := v.statement(req.Target, false, req.Nonce)
		v.respond(req.ID, routing.StatusNotFound, true, []wire.Signed{denial}, nil)
	default:
		v.respond(req.ID, statusOf(err), true, nil, nil)
	}
}

// offer answers with the receipts of those that hold the chunk already. What
// was acknowledged is held by more than half of the holders, so when the
// smaller part and one more do not have it, nobody else need be asked. Holders
// that still lack their copy get it now.
func (v *Vault) offer(ctx context.Context, req wire.Request) {
	if receipts := v.spread.urge(req.Target); receipts != nil {
		v.respond(req.ID, routing.StatusOK, true, receipts, nil)
		return
	}
	var list members.List
	v.do(func(c *core) { list = c.list })
	holders := v.suspectsLast(list.Holders(req.Target))
	some := len(holders) - list.Majority() + 1
	receipts := v.have(ctx, req.Target, holders[:some])
	if len(receipts) > 0 {
		receipts = append(receipts, v.have(ctx, req.Target, holders[some:])...)
	}
	v.respond(req.ID, routing.StatusOK, true, receipts, nil)
	if n := len(receipts); n >= list.Majority() && n < len(holders) && v.store.Has(req.Target) {
		v.complete(req.Target, receipts)
	}
}

// complete has the holders of a chunk that this vault has, but that not all of
// them have signed for, get their copies.
func (v *Vault) complete(name xorname.Name, receipts []wire.Signed) {
	f := newFanout(v, name, nil)
	list := f.list()
	for _, r := range receipts {
		f.take(result{from: r.Signer, HoldReply: wire.HoldReply{Receipt: &r}}, list.Digest())
	}
	v.spread.add(&spreading{fanout: f, since: time.Now(), urgent: true})
}

// onHold stores a chunk for another vault of the group.
func (v *Vault) onHold(_ context.Context, _ transport.PeerID, m transport.Message) (any, error) {
	var h wire.Hold
	if err := decode(m, &h); err != nil {
		return nil, err
	}
	if !valid(h.Name, m.Body) {
		return wire.HoldReply{Status: routing.StatusCorrupt}, nil
	}
	return v.hold(h.Name, m.Body), nil
}

// valid reports whether bytes are the chunk of that name.
func valid(name xorname.Name, chunk []byte) bool {
	return len(chunk) > 0 && len(chunk) <= MaxChunk && xorname.FromContent(chunk) == name
}

// hold stores a valid chunk whose name this vault is close to and signs for it.
func (v *Vault) hold(name xorname.Name, chunk []byte) wire.HoldReply {
	if !v.mayHold(name) {
		return wire.HoldReply{Status: routing.StatusDenied}
	}
	v.spread.busy()
	if err := v.store.Put(name, chunk); err != nil {
		if !errors.Is(err, store.ErrFull) {
			v.log.Error("chunk not stored", "name", name, "error", err)
		}
		return wire.HoldReply{Status: statusOf(err)}
	}
	if v.cfg.Events.Stored != nil {
		v.cfg.Events.Stored(name, len(chunk))
	}
	receipt := v.statement(name, true, [16]byte{})
	return wire.HoldReply{Receipt: &receipt}
}

// mayHold reports whether this vault is close enough to a name to hold it.
// Lists of members differ for a moment after each change, so twice the group
// will do; the receipt tells by which list it counts.
func (v *Vault) mayHold(name xorname.Name) (yes bool) {
	v.do(func(c *core) {
		group := c.router.Closest(name, 2*c.book.Copies())
		yes = len(group) < 2*c.book.Copies() ||
			xorname.CompareDistance(name, c.router.Self().Name, group[len(group)-1].Name) < 0
	})
	return yes
}

// onHave signs for a chunk that this vault holds.
func (v *Vault) onHave(_ context.Context, _ transport.PeerID, m transport.Message) (any, error) {
	var h wire.Have
	if err := decode(m, &h); err != nil {
		return nil, err
	}
	return v.haveOwn(h.Name), nil
}

func (v *Vault) haveOwn(name xorname.Name) wire.HoldReply {
	if !v.store.Has(name) {
		return wire.HoldReply{Status: routing.StatusNotFound}
	}
	receipt := v.statement(name, true, [16]byte{})
	return wire.HoldReply{Receipt: &receipt}
}

// statement signs that this vault holds a chunk, or that it does not.
func (v *Vault) statement(name xorname.Name, held bool, nonce [16]byte) wire.Signed {
	r := wire.Receipt{Name: name, Held: held, Nonce: nonce}
	v.do(func(c *core) { r.Network, r.Members = c.book.Network(), c.list.Digest() })
	return wire.NewSigned(v.key, sign.Receipt, &r)
}

// holders returns the vaults that are to hold a name, the closest first.
func (v *Vault) holders(name xorname.Name) (holders []routing.Contact) {
	v.do(func(c *core) { holders = c.list.Holders(name) })
	return holders
}

// onCorrupt is called by the store when a chunk no longer matches its name.
// One good copy elsewhere is enough to have it back.
func (v *Vault) onCorrupt(name xorname.Name, cause error) {
	v.log.Warn("a chunk is corrupt on disk; a good copy is fetched", "name", name, "cause", cause)
	if v.cfg.Events.Corrupt != nil {
		v.cfg.Events.Corrupt(name)
	}
	v.spawn(func() {
		if v.await(v.ctx) != nil || !slices.ContainsFunc(v.holders(name), func(c routing.Contact) bool { return c.Key == routing.Key(v.id) }) {
			return
		}
		if !v.repair(name) {
			v.log.Error("corrupt chunk not repaired", "name", name)
			return
		}
		v.log.Info("corrupt chunk repaired", "name", name)
		if v.cfg.Events.Repaired != nil {
			v.cfg.Events.Repaired(name)
		}
	})
}

// repair fetches a chunk anew, by another route each time: the vault at the
// end of one may have no good copy, or lie.
func (v *Vault) repair(name xorname.Name) bool {
	ctx, cancel := context.WithTimeout(v.ctx, 15*time.Second)
	defer cancel()
	for route := range v.holders(name) {
		chunk, status := v.fetch(ctx, name, uint8(route))
		if status == routing.StatusOK && valid(name, chunk) {
			return v.hold(name, chunk).Status == routing.StatusOK
		}
	}
	return false
}

func statusOf(err error) routing.Status {
	switch {
	case errors.Is(err, store.ErrFull):
		return routing.StatusFull
	case errors.Is(err, store.ErrCorrupt):
		return routing.StatusCorrupt
	case errors.Is(err, store.ErrNotFound):
		return routing.StatusNotFound
	}
	return routing.StatusInternal
}
