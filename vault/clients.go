package vault

import (
	"context"

	"github.com/safenet-go/safenet/internal/members"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/xorname"
)

// entries is how many vaults serve a session: the entry vault and two that
// stand by.
const entries = 3

// onHello tells a peer which network this is. A peer that looks for another
// one, or speaks another version, is told so.
func (v *Vault) onHello(_ context.Context, _ transport.PeerID, m transport.Message) (any, error) {
	var h wire.Hello
	if err := decode(m, &h); err != nil {
		return nil, err
	}
	if h.Version != wire.Version {
		return nil, refuse(routing.StatusVersion, "this vault speaks version %d", wire.Version)
	}
	reply := wire.HelloReply{Version: wire.Version}
	var network [32]byte
	v.do(func(c *core) {
		network, reply.Genesis, reply.Name = c.book.Network(), c.book.Genesis(), c.router.Self().Name
	})
	if h.Network != [32]byte{} && h.Network != network {
		return nil, refuse(routing.StatusNetwork, "this vault is of network %s", NetworkID(network))
	}
	return reply, nil
}

// onSession gives a client its session identifier, a random name, and the
// vaults closest to it (paper, Network Traversal: "they are allocated a session
// identifier", which "determines which vault acts as their entry point").
func (v *Vault) onSession(_ context.Context, _ transport.PeerID, m transport.Message) (any, error) {
	if err := headless(m); err != nil {
		return nil, err
	}
	reply := wire.SessionReply{Session: xorname.Random(), Entries: []wire.Member{}}
	addr := v.advertised()
	v.do(func(c *core) {
		self := c.router.Self().Key
		for _, e := range c.book.Closest(reply.Session, entries, func(e *members.Entry) bool {
			return e.Present && (e.Addr != "" || e.Key == self)
		}) {
			m := wire.Member{Allotment: e.Allotment, Addr: e.Addr, Present: true}
			if e.Key == self {
				m.Addr = addr
			}
			reply.Entries = append(reply.Entries, m)
		}
	})
	return reply, nil
}

// onMembers tells the member list; only members are told the addresses.
func (v *Vault) onMembers(_ context.Context, from transport.PeerID, m transport.Message) (any, error) {
	if err := headless(m); err != nil {
		return nil, err
	}
	member := v.isMember(from)
	reply := wire.MembersReply{Members: v.wireMembers()}
	if !member {
		for i := range reply.Members {
			reply.Members[i].Addr = ""
		}
	}
	return reply, nil
}

// wireMembers returns the members with this vault's own address filled in.
func (v *Vault) wireMembers() (list []wire.Member) {
	addr := v.advertised()
	v.do(func(c *core) {
		self := c.book.Get(c.router.Self().Key)
		self.Addr = addr
		list = told(c.book)
	})
	return list
}

// maxTold bounds the members of one message, in bytes, so that they fit its
// head.
const maxTold = transport.MaxHead - 4<<10

// told returns the members that are told to others, as long as they fit: those
// present come first, then those that told an address once, each with the
// members who allotted its name and theirs, without whom nobody could check it.
// Who never told one is of use to nobody, and anybody can join as often as he has
// keys.
func told(book *members.Book) []wire.Member {
	chosen := make(map[routing.Key]bool)
	room := maxTold
	choose := func(e *members.Entry) {
		for ; e != nil && !chosen[e.Key] && room > 0; e = book.Get(e.Allotment.Signer) {
			chosen[e.Key] = true
			room -= len(e.Allotment.Body) + len(e.Addr) + 120 // key, signature and the encoding's own
		}
	}
	all := book.All()
	for _, first := range []func(*members.Entry) bool{
		func(e *members.Entry) bool { return e.Present },
		func(e *members.Entry) bool { return e.Addr != "" },
	} {
		for _, e := range all {
			if first(e) {
				choose(e)
			}
		}
	}
	list := make([]wire.Member, 0, len(chosen))
	for _, e := range all {
		if chosen[e.Key] {
			list = append(list, wire.Member{Allotment: e.Allotment, Addr: e.Addr, Present: e.Present})
		}
	}
	return list
}

func (v *Vault) advertised() string {
	if v.cfg.Advertise != "" {
		return v.cfg.Advertise
	}
	return v.ep.Addr()
}
