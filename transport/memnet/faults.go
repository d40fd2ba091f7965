package memnet

import "github.com/safenet-go/safenet/transport"

// Partition splits the network: endpoints of different groups do not hear each other. Those in no group form one more. It replaces
// an earlier partition. Connections across are lost after the idle timeout, as if the cable had been cut.
func (n *Net) Partition(groups ...[]transport.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.partition = make(map[transport.PeerID]int)
	for i, group := range groups {
		for _, id := range group {
			n.partition[id] = i + 1
		}
	}
	n.eachLink((*link).mend)
	n.eachLink((*link).cut)
}

// Cut separates two endpoints, as Partition does. It may name endpoints that are not there yet.
func (n *Net) Cut(a, b transport.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cuts[direction{a, b}], n.cuts[direction{b, a}] = true, true
	n.eachLink((*link).cut)
}

// Heal ends the partition and all cuts. Connections that have not been lost live on, and what was sent over them meanwhile
// arrives when QUIC would repeat it: after about as long again as it has waited.
func (n *Net) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.partition = nil
	clear(n.cuts)
	n.eachLink((*link).mend)
}

// Kill crashes an endpoint: it says nothing any more, and its handlers' contexts end. Its peers notice after their idle timeout.
// To restart it, make a new endpoint with the same key and address, which are free at once. Peers that address it then notice
// the crash at once.
func (n *Net) Kill(id transport.PeerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.byID[id]
	if e != nil {
		n.forget(e)
		e.crash()
	}
}

// forget frees the identity and the address of an endpoint.
func (n *Net) forget(e *endpoint) {
	if n.byID[e.id] == e {
		delete(n.byID, e.id)
		delete(n.byAddr, e.addr)
	}
}

// separate reports whether a partition or a cut is between two endpoints.
func (n *Net) separate(a, b *endpoint) bool {
	return n.partition != nil && n.partition[a.id] != n.partition[b.id] ||
		len(n.cuts) > 0 && n.cuts[direction{a.id, b.id}]
}

// hear reports whether two endpoints hear each other.
func (n *Net) hear(a, b *endpoint) bool { return !a.crashed && !b.crashed && !n.separate(a, b) }

// restarted reports whether an endpoint has crashed and another one is at its address: that one says that it knows nothing of
// the connection.
func (n *Net) restarted(e *endpoint) bool { return e.crashed && n.byAddr[e.addr] != nil }
