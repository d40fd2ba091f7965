package members

import (
	"encoding/binary"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
)

// List is one list of present members. Placement is a function of a name and
// such a list; receipts name the list by its digest. It does not change and is
// safe for concurrent use.
type List struct {
	contacts []routing.Contact // by name
	copies   int
	digest   [32]byte
}

func newList(network [32]byte, copies int, contacts []routing.Contact) List {
	data := make([]byte, 0, 64+64*len(contacts))
	data = append(data, "safenet/members/v1\x00"...)
	data = append(data, network[:]...)
	data = binary.BigEndian.AppendUint64(data, uint64(len(contacts)))
	for _, c := range contacts {
		data = append(data, c.Name[:]...)
		data = append(data, c.Key[:]...)
	}
	return List{contacts: contacts, copies: copies, digest: xorname.FromContent(data)}
}

// Digest identifies the list.
func (l List) Digest() [32]byte { return l.digest }

// Len returns the number of members.
func (l List) Len() int { return len(l.contacts) }

// Holders returns the members that hold a name, the closest first: as many as
// the network keeps copies, or all if there are fewer.
func (l List) Holders(name xorname.Name) []routing.Contact {
	return routing.Closest(l.contacts, name, l.copies)
}

// Majority returns how many holders must sign: more than half of them.
func (l List) Majority() int {
	return min(l.copies, len(l.contacts))/2 + 1
}

// Count returns how many different holders of the name by this list signed a
// statement that says held (or, for false, that denies it with this nonce)
// and names this list. The statements must have been verified.
func (l List) Count(name xorname.Name, held bool, nonce [16]byte, statements []Statement) int {
	signed := make(map[routing.Key]bool)
	for _, s := range statements {
		if s.Name == name && s.Held == held && s.Members == l.digest && (held || s.Nonce == nonce) {
			signed[s.Signer] = true
		}
	}
	n := 0
	for _, c := range l.Holders(name) {
		if signed[c.Key] {
			n++
		}
	}
	return n
}

// Statement is a verified receipt or denial with its signer.
type Statement struct {
	wire.Receipt
	Signer routing.Key
}
