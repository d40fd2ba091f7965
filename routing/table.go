package routing

import (
	"slices"

	"github.com/safenet-go/safenet/xorname"
)

// Key is a vault's identity on a connection, its Ed25519 public key.
type Key = [32]byte

// Contact is a known vault: the name that the network allotted it and the key
// that proves it on a connection.
type Contact struct {
	Name xorname.Name
	Key  Key
}

// Table holds the known vaults. The zero value is an empty table. A Table is
// not safe for concurrent use.
type Table struct {
	contacts []Contact // by name
	names    map[Key]xorname.Name
	suspect  map[Key]bool
}

// Add adds a contact and reports whether the table changed. A contact of the
// same key is replaced.
func (t *Table) Add(c Contact) bool {
	if old, ok := t.Contact(c.Key); ok {
		if old == c {
			return false
		}
		t.Remove(c.Key)
	}
	if t.names == nil {
		t.names = make(map[Key]xorname.Name)
		t.suspect = make(map[Key]bool)
	}
	at, _ := slices.BinarySearchFunc(t.contacts, c, byName)
	t.contacts = slices.Insert(t.contacts, at, c)
	t.names[c.Key] = c.Name
	return true
}

// Remove removes the contact of a key and reports whether there was one.
func (t *Table) Remove(key Key) bool {
	c, ok := t.Contact(key)
	if !ok {
		return false
	}
	at, _ := slices.BinarySearchFunc(t.contacts, c, byName)
	t.contacts = slices.Delete(t.contacts, at, at+1)
	delete(t.names, key)
	delete(t.suspect, key)
	return true
}

// Contact returns the contact of a key.
func (t *Table) Contact(key Key) (Contact, bool) {
	name, ok := t.names[key]
	if !ok {
		return Contact{}, false
	}
	return Contact{Name: name, Key: key}, true
}

// Len returns the number of contacts.
func (t *Table) Len() int { return len(t.contacts) }

// All returns the contacts in the order of their names.
func (t *Table) All() []Contact { return slices.Clone(t.contacts) }

// Closest returns the n contacts closest to the target by XOR distance, the
// closest first, or all if there are fewer.
func (t *Table) Closest(target xorname.Name, n int) []Contact {
	return Closest(t.contacts, target, n)
}

// Suspect marks a contact that did not answer. It is still a member, but
// requests go to others first until Heard.
func (t *Table) Suspect(key Key) {
	if _, ok := t.names[key]; ok {
		t.suspect[key] = true
	}
}

// Heard takes back a suspicion.
func (t *Table) Heard(key Key) { delete(t.suspect, key) }

// Suspected reports whether the contact of that key is under suspicion.
func (t *Table) Suspected(key Key) bool { return t.suspect[key] }

func byName(a, b Contact) int {
	if c := a.Name.Compare(b.Name); c != 0 {
		return c
	}
	return slices.Compare(a.Key[:], b.Key[:])
}
