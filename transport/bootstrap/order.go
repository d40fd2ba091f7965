package bootstrap

import (
	"net/netip"

	"github.com/safenet-go/safenet/transport"
)

// candidate is one address to try.
type candidate struct {
	addr string
	id   transport.PeerID // zero: whoever is there
	host string           // the host:port that addr was looked up from, "" if none was
}

// fail makes the error of an attempt at this address.
func (c candidate) fail(step State, cause error) *AttemptError {
	return &AttemptError{Step: step, Peer: c.id, Addr: c.addr, Host: c.host, Cause: cause, Hint: hint(step, cause, !c.id.IsZero())}
}

// candidates lists what to try in a round: the known peers, best first, mixed with the contacts, in random order.
func (j *joiner) candidates() []candidate {
	var known []Contact
	if j.o.Book != nil {
		for _, e := range j.o.Book.Entries() {
			if e.ID != j.self.id { // the book may be shared
				known = append(known, Contact{ID: e.ID, Addrs: e.Addrs})
			}
		}
	}
	given := make([]Contact, len(j.contacts))
	for i, k := range j.o.Rand.Perm(len(given)) {
		given[i] = j.contacts[k]
	}
	return mix(j.usable(known), j.usable(given), j.o.PerRound)
}

// usable lists the addresses of the contacts that may be tried: the first one of each, then the second ones, and so on. What can
// not be tried at all is noted as a failure, once.
func (j *joiner) usable(contacts []Contact) []candidate {
	var list []candidate
	listed := make(map[candidate]bool)
	for i := range MaxAddrs {
		for _, contact := range contacts {
			c := candidate{id: contact.ID}
			switch {
			case i < len(contact.Addrs):
				c.addr = contact.Addrs[i][:min(len(contact.Addrs[i]), MaxAddr+1)]
			case i > 0:
				continue // a contact without any is listed once, to fail
			}
			if !listed[c] && j.mayTry(c) {
				listed[c] = true
				list = append(list, c)
			}
		}
	}
	return list
}

// mayTry is false for what was found useless before, or can be seen to be.
func (j *joiner) mayTry(c candidate) bool {
	if _, useless := j.rejected[c]; useless {
		return false
	}
	_, _, err := splitAddr(c.addr)
	if err == nil && (j.self.is(c.addr) || c.id == j.self.id) {
		err = ErrSelf
	}
	if err != nil {
		j.failed(c, c.fail(Resolving, err))
		return false
	}
	return true
}

// mix takes from both lists, at most n in all: of every eight the second and the sixth from given, while there are some in both.
func mix(known, given []candidate, n int) []candidate {
	list := make([]candidate, 0, min(n, len(known)+len(given)))
	listed := make(map[candidate]bool)
	for len(list) < n && len(known)+len(given) > 0 {
		from := &known
		if len(known) == 0 || len(given) > 0 && len(list)%4 == 1 {
			from = &given
		}
		c := (*from)[0]
		*from = (*from)[1:]
		if !listed[c] {
			listed[c] = true
			list = append(list, c)
		}
	}
	return list
}

// isName tells whether the address must be looked up before it can be dialled.
func (c candidate) isName() bool {
	_, err := netip.ParseAddrPort(c.addr)
	return err != nil
}
