package vault

import (
	"context"
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/transport"
)

// pardonAfter is how often a heartbeat takes back the suspicion that a member
// does not answer. One that only sends heartbeats must not be asked first by
// every request.
const pardonAfter = 10 * time.Second

// beat tells the members that this vault is present, notices who is silent,
// and looks now and then for those that went away. It ends with the vault.
func (v *Vault) beat() {
	t := time.NewTicker(v.cfg.Heartbeat)
	defer t.Stop()
	for n := 0; ; n++ {
		v.sendPresence()
		select {
		case <-t.C:
		case <-v.ctx.Done():
			return
		}
		v.noteSilent(time.Now())
		var dirty bool
		v.do(func(c *core) { dirty = c.dirty })
		if dirty {
			v.save()
		}
		if n%3 == 0 {
			v.spawn(func() { v.announceAll(v.ctx) })
		}
	}
}

// sendPresence sends one heartbeat to each member present.
func (v *Vault) sendPresence() {
	var head []byte
	v.do(func(c *core) { head = wire.Marshal(wire.Presence{Digest: c.list.Digest()}) })
	for _, c := range v.present() {
		v.spawn(func() {
			ctx, cancel := context.WithTimeout(v.ctx, v.cfg.Heartbeat)
			defer cancel()
			_ = v.ep.Send(ctx, transport.PeerID(c.Key), transport.Message{Kind: wire.KindPresence, Head: head})
		})
	}
}

// onPresence takes a heartbeat. When the sender's member list differs, its
// members are asked for.
func (v *Vault) onPresence(ctx context.Context, from transport.PeerID, m transport.Message) {
	var p wire.Presence
	if decode(m, &p) != nil {
		return
	}
	if p.Leaving {
		v.noteAway(routing.Key(from), "said goodbye")
		return
	}
	v.noteHeard(from)
	now := time.Now()
	var ask bool
	v.do(func(c *core) {
		ask = p.Digest != c.list.Digest() && now.Sub(c.synced[from]) > v.cfg.Heartbeat/4
		if ask {
			c.synced[from] = now
		}
	})
	if !ask {
		return
	}
	var reply wire.MembersReply
	if v.request(ctx, from, wire.KindMembers, nil, &reply) == nil && v.learnMembers(from, reply.Members) {
		v.announceAll(ctx)
	}
}

// learnMembers takes what another vault knows and reports whether somebody
// new, with an address, is among them. Whether they are present this vault
// finds out itself.
func (v *Vault) learnMembers(from transport.PeerID, list []wire.Member) (news bool) {
	seen := v.ep.RemoteAddr(from)
	v.do(func(c *core) {
		known := c.book.Len()
		for _, m := range c.book.AddAll(list) {
			if m.Key == routing.Key(from) {
				m.Addr = reachable(m.Addr, seen)
			}
			if m.Key == c.router.Self().Key || m.Addr == "" || m.Addr == m.Entry.Addr {
				continue
			}
			if m.Entry.Addr == "" || !m.Entry.Present {
				m.Entry.Addr = m.Addr
				v.learn(m.Key, m.Addr)
				news = true
			}
		}
		c.dirty = c.dirty || news || c.book.Len() != known
	})
	return news
}

// noteHeard records that a member is there.
func (v *Vault) noteHeard(peer transport.PeerID) {
	var news bool
	var present int
	v.do(func(c *core) {
		// Who told no address cannot be asked for chunks, and others cannot learn
		// of it: their lists would never be the same as this one.
		if e := c.book.Get(peer); e == nil || e.Addr == "" {
			return
		}
		now := time.Now()
		c.heard[peer] = now
		if now.Sub(c.pardoned[peer]) > pardonAfter {
			c.router.Heard(peer)
			c.pardoned[peer] = now
		}
		news = c.setPresent(routing.Key(peer), true)
		present = c.list.Len()
	})
	if news {
		v.membersChanged(present)
	}
}

// noteSilent records who has not been heard for too long.
func (v *Vault) noteSilent(now time.Time) {
	var silent []routing.Key
	v.do(func(c *core) {
		for key, at := range c.heard {
			if now.Sub(at) > v.cfg.AwayAfter {
				silent = append(silent, key)
			}
		}
	})
	for _, key := range silent {
		v.noteAway(key, "silent")
	}
}

func (v *Vault) noteAway(key routing.Key, why string) {
	var news bool
	var present int
	v.do(func(c *core) {
		news = c.setPresent(key, false)
		present = c.list.Len()
	})
	if news {
		v.log.Info("member is away", "key", transport.PeerID(key), "why", why, "present", present)
		v.membersChanged(present)
	}
}

// membersChanged tells the others at once, so that lists that differ come
// together before the next heartbeat.
func (v *Vault) membersChanged(present int) {
	if v.cfg.Events.Members != nil {
		v.cfg.Events.Members(present)
	}
	select {
	case <-v.ready:
		v.spawn(v.sendPresence)
	default:
	}
}

// onPeer is told by the transport that a peer connected or is gone. Requests
// sent to a lost peer go another way at once; whether it still counts as
// present is decided by its silence.
func (v *Vault) onPeer(id transport.PeerID, up bool) {
	if up {
		return
	}
	select {
	case <-v.ready:
	default:
		return
	}
	v.spawn(func() {
		v.do(func(c *core) { v.perform(c.router.Lost(time.Now(), routing.Key(id))) })
	})
}
