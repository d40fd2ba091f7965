package memnet

// Partition splits the network: nodes of different groups do not hear each other. Those in no group form one more. It replaces
// an earlier partition.
func (n *EventNet[M]) Partition(groups ...[]Node) {
	for i := range n.nodes {
		n.nodes[i].group = 0
	}
	for i, group := range groups {
		for _, node := range group {
			if n.exists(node) {
				n.nodes[node].group = int32(i + 1)
			}
		}
	}
}

// Cut separates two nodes.
func (n *EventNet[M]) Cut(a, b Node) {
	n.cuts[[2]Node{a, b}], n.cuts[[2]Node{b, a}] = true, true
}

// Heal ends the partition and all cuts.
func (n *EventNet[M]) Heal() {
	n.Partition()
	clear(n.cuts)
}

// Kill crashes a node: it receives nothing any more and its timers are gone. What it has sent still arrives.
func (n *EventNet[M]) Kill(node Node) {
	if n.alive(node) {
		n.nodes[node].up = false
		n.nodes[node].life++
	}
}

// Restart runs a machine at a node, in place of the one there if it has not been killed. What was sent to that one before is lost.
func (n *EventNet[M]) Restart(node Node, m Machine[M]) {
	n.Kill(node)
	if n.exists(node) {
		n.nodes[node].machine, n.nodes[node].up = m, m != nil
	}
}

func (n *EventNet[M]) exists(node Node) bool { return node >= 0 && int(node) < len(n.nodes) }

func (n *EventNet[M]) alive(node Node) bool { return n.exists(node) && n.nodes[node].up }

// hears reports whether what one node says now reaches the other.
func (n *EventNet[M]) hears(from, to Node) bool {
	return n.alive(from) && n.alive(to) && !n.separate(from, to)
}

// separate reports whether two nodes are in different parts of the network.
func (n *EventNet[M]) separate(a, b Node) bool {
	return n.nodes[a].group != n.nodes[b].group || len(n.cuts) > 0 && n.cuts[[2]Node{a, b}]
}
