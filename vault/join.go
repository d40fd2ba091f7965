package vault

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/bootstrap"
	"github.com/safenet-go/safenet/xorname"
)

// The reasons why a vault does not come up.
var (
	// ErrNoContact: no vault of the network could be reached. The error names
	// each address tried and what became of it.
	ErrNoContact = errors.New("no vault of the network could be reached")
	// ErrNetwork: the contact belongs to another network than the directory.
	ErrNetwork = errors.New("contact belongs to another network")
)

// dialTimeout bounds one attempt to reach one address.
const dialTimeout = 3 * time.Second

// join brings the vault into its network: with a name from the directory it
// announces itself, else a contact allots one first.
func (v *Vault) join(ctx context.Context, id *identity) error {
	ctx, cancel := context.WithTimeout(ctx, v.cfg.JoinTimeout)
	defer cancel()
	if id.book == nil {
		if err := v.obtainName(ctx, id); err != nil {
			return err
		}
	}
	own, err := id.book.Add(id.own)
	if err != nil {
		return err
	}
	own.Addr = v.advertised()
	if err := saveNetwork(v.store, newNetworkRecord(id.own, id.book)); err != nil {
		return err
	}
	c := newCore(id.book, own.Contact)
	v.spawn(func() { v.run(c) })
	close(v.ready) // others that join at the same time may ask already
	if err := v.contactsOfThisNetwork(ctx); err != nil {
		return err
	}
	v.announceAll(ctx)
	v.save()
	return nil
}

// obtainName asks for a name the first contact that answers, and another one if
// that allots none. The newcomer has no say in it (paper, Vault Naming).
func (v *Vault) obtainName(ctx context.Context, id *identity) error {
	if len(v.cfg.Contacts) == 0 {
		return fmt.Errorf("%w: no contact given; name one, or begin a new network", ErrNoContact)
	}
	var refusal error
	for {
		contact, err := bootstrap.Join(ctx, v.ep, bootstrap.Contacts(v.cfg.Contacts...), v.helloFrom, bootstrap.Options{
			DialTimeout: dialTimeout, CheckTimeout: dialTimeout, Backoff: joinPause, MaxBackoff: 8 * joinPause, Logger: v.log,
		})
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoContact, errors.Join(refusal, err))
		}
		if refusal = v.joinThrough(ctx, contact.ID, contact.Value, id); refusal == nil {
			return nil
		}
		refusal = fmt.Errorf("%s: %w", contact.Addr, refusal)
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrNoContact, refusal)
		case <-time.After(joinPause):
		}
	}
}

// joinPause is the first pause after no contact could be reached.
const joinPause = 250 * time.Millisecond

// helloFrom asks a contact which network it is of.
func (v *Vault) helloFrom(ctx context.Context, contact bootstrap.Peer) (*wire.HelloReply, error) {
	return v.hello(ctx, contact.ID, [32]byte{})
}

func (v *Vault) joinThrough(ctx context.Context, peer transport.PeerID, hello *wire.HelloReply, id *identity) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	book, err := members.NewBook(hello.Genesis)
	if err != nil {
		return err
	}
	var reply wire.JoinReply
	if err := v.request(ctx, peer, wire.KindJoin, wire.Join{Network: book.Network()}, &reply); err != nil {
		return err
	}
	for _, m := range book.AddAll(reply.Members) {
		if m.Key == routing.Key(peer) {
			m.Addr = reachable(m.Addr, v.ep.RemoteAddr(peer))
		}
		m.Entry.Addr = m.Addr
		v.learn(m.Key, m.Addr)
	}
	own, err := book.Add(reply.Allotment)
	if err != nil {
		return fmt.Errorf("own allotment: %w", err)
	}
	if own.Key != routing.Key(v.id) {
		return errors.New("the contact allotted a name to another key")
	}
	id.book, id.own = book, reply.Allotment
	return nil
}

// onJoin allots a name to a newcomer: a random one, since this vault must not
// be able to place it either once sections judge names; until then a vault is
// trusted with this. Asked again, it gives the same name.
func (v *Vault) onJoin(_ context.Context, from transport.PeerID, m transport.Message) (any, error) {
	var j wire.Join
	if err := decode(m, &j); err != nil {
		return nil, err
	}
	var reply wire.JoinReply
	var err error
	v.do(func(c *core) {
		if j.Network != c.book.Network() {
			err = refuse(routing.StatusNetwork, "this vault is of network %s", NetworkID(c.book.Network()))
			return
		}
		reply.Allotment, err = v.allot(c, from)
	})
	if err != nil {
		return nil, err
	}
	reply.Members = v.wireMembers()
	return reply, nil
}

func (v *Vault) allot(c *core, key transport.PeerID) (wire.Signed, error) {
	if e := c.book.Get(key); e != nil {
		return e.Allotment, nil
	}
	s := wire.NewSigned(v.key, sign.Allotment, &wire.Allotment{
		Network: c.book.Network(), Key: key, Name: xorname.Random(),
	})
	if _, err := c.book.Add(s); err != nil {
		return wire.Signed{}, refuse(routing.StatusFull, "%v", err)
	}
	c.dirty = true
	return s, nil
}

// contactsOfThisNetwork learns of the members through the contacts and through
// the vaults of the last run. A vault with a name goes on even if it reaches
// nobody: when a whole network comes back, someone must be the first.
func (v *Vault) contactsOfThisNetwork(ctx context.Context) error {
	var network [32]byte
	v.do(func(c *core) { network = c.book.Network() })
	results := make([]error, len(v.cfg.Contacts))
	var wg sync.WaitGroup
	for i, addr := range v.cfg.Contacts {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, dialTimeout)
			defer cancel()
			peer, err := v.ep.Connect(ctx, addr, transport.PeerID{})
			if err == nil {
				_, err = v.hello(ctx, peer, network)
			}
			if err == nil {
				err = v.announce(ctx, peer)
			}
			results[i] = err
			var remote *transport.RemoteError
			if errors.As(err, &remote) && routing.Status(remote.Code) == routing.StatusNetwork {
				results[i] = fmt.Errorf("%s: %w", addr, ErrNetwork)
			}
		})
	}
	wg.Wait()
	for _, err := range results {
		if errors.Is(err, ErrNetwork) {
			return err
		}
		if err != nil {
			v.log.Warn("contact not reached", "error", err)
		}
	}
	return nil
}

// announceAll announces this vault to every member whose address is known and
// waits, not for long, for their answers: those that answer are present.
func (v *Vault) announceAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	asked := make(map[routing.Key]bool)
	for {
		var fresh []routing.Key
		v.do(func(c *core) {
			for _, e := range c.book.All() {
				if e.Addr != "" && !e.Present && !asked[e.Key] && e.Key != c.router.Self().Key {
					asked[e.Key] = true
					v.learn(e.Key, e.Addr)
					fresh = append(fresh, e.Key)
				}
			}
		})
		if len(fresh) == 0 {
			return
		}
		var wg sync.WaitGroup
		for _, key := range fresh {
			wg.Go(func() { _ = v.announce(ctx, transport.PeerID(key)) })
		}
		wg.Wait()
	}
}

// announce tells a member who this vault is and learns whom it knows.
func (v *Vault) announce(ctx context.Context, peer transport.PeerID) error {
	var a wire.Announce
	v.do(func(c *core) {
		self := c.book.Get(c.router.Self().Key)
		a = wire.Announce{Network: c.book.Network(), Allotment: self.Allotment, Addr: v.advertised()}
	})
	var reply wire.MembersReply
	if err := v.request(ctx, peer, wire.KindAnnounce, a, &reply); err != nil {
		return err
	}
	v.learnMembers(peer, reply.Members)
	v.noteHeard(peer)
	return nil
}

// onAnnounce takes a member in. The connection proves its key, a member's
// signature its name.
func (v *Vault) onAnnounce(_ context.Context, from transport.PeerID, m transport.Message) (any, error) {
	var a wire.Announce
	if err := decode(m, &a); err != nil {
		return nil, err
	}
	var err error
	v.do(func(c *core) {
		if a.Network != c.book.Network() {
			err = refuse(routing.StatusNetwork, "this vault is of network %s", NetworkID(c.book.Network()))
			return
		}
		var e *members.Entry
		if e, err = c.book.AddUsed(a.Allotment); err != nil {
			err = refuse(routing.StatusDenied, "%v", err)
			return
		}
		if e.Key != routing.Key(from) {
			err = refuse(routing.StatusDenied, "the allotment is another key's")
			return
		}
		e.Addr = reachable(a.Addr, v.ep.RemoteAddr(from))
		c.dirty = true
		v.learn(e.Key, e.Addr)
	})
	if err != nil {
		return nil, err
	}
	v.noteHeard(from)
	return wire.MembersReply{Members: v.wireMembers()}, nil
}

// reachable returns the address at which a peer can be dialled: what it says,
// with the host that it is seen at where it says none.
func reachable(said, seen string) string {
	host, port, err := net.SplitHostPort(said)
	if err != nil || len(said) > wire.MaxAddr {
		return seen
	}
	ip, err := netip.ParseAddr(host)
	if host != "" && (err != nil || !ip.IsUnspecified()) {
		return said
	}
	seenHost, _, err := net.SplitHostPort(seen)
	if err != nil {
		return seen
	}
	return net.JoinHostPort(seenHost, port)
}

// hello asks a vault which network it is of. A zero network takes any.
func (v *Vault) hello(ctx context.Context, peer transport.PeerID, network [32]byte) (*wire.HelloReply, error) {
	if peer == v.id {
		return nil, errors.New("this is the vault itself")
	}
	var reply wire.HelloReply
	err := v.request(ctx, peer, wire.KindHello, wire.Hello{Version: wire.Version, Network: network}, &reply)
	return &reply, err
}

// request sends a request without a body and decodes the answer.
func (v *Vault) request(ctx context.Context, to transport.PeerID, kind uint16, head, reply any) error {
	m := transport.Message{Kind: kind}
	if head != nil {
		m.Head = wire.Marshal(head)
	}
	m, err := v.ep.Request(ctx, to, m)
	if err != nil {
		return err
	}
	return wire.Unmarshal(m.Head, reply)
}

func (v *Vault) learn(key routing.Key, addr string) {
	if addr != "" && len(addr) <= wire.MaxAddr && key != routing.Key(v.id) {
		v.ep.Learn(transport.PeerID(key), addr)
	}
}

// save writes the members to the data directory.
func (v *Vault) save() {
	var r networkRecord
	if !v.do(func(c *core) {
		c.dirty = false
		r = newNetworkRecord(c.book.Get(c.router.Self().Key).Allotment, c.book)
	}) {
		return
	}
	if err := saveNetwork(v.store, r); err != nil {
		v.log.Error("members not written", "error", err)
	}
}
