package routing

import (
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// The sentences of the paper's Network Traversal that this package implements.

// "When the client requests a resource, the request is sent to their entry
// point vault, which is then routed via several other vaults on the network
// before finally reaching the vault storing the data being requested."
func TestPaperARequestIsRoutedViaSeveralVaults(t *testing.T) {
	w := newWorld(t, 1, 200, true)
	most := 0
	for range 50 {
		w.ask(OpGet)
	}
	for _, q := range w.asked {
		hops := len(w.trace(q))
		most = max(most, hops)
	}
	w.run()
	w.requireOver()
	require.Equal(t, len(w.asked), w.found())
	require.GreaterOrEqual(t, most, 3)
	require.LessOrEqual(t, most, 8, "no more than the bits that 200 vaults need")
}

// trace follows the way that a request would take, without sending it.
func (w *world) trace(q *question) (way []Contact) {
	at := w.nodes[q.entry]
	for {
		way = append(way, at.self)
		next := at.Group(q.req.Target)[0]
		if next == at.self {
			return way
		}
		at = w.nodes[next.Key]
	}
}

// "The data is then passed back along the route to the client."
func TestPaperTheDataIsPassedBackAlongTheRoute(t *testing.T) {
	w := newWorld(t, 2, 100, true)
	q := w.ask(OpGet)
	var there, back []Key
	for len(w.queue) > 0 {
		switch m := w.queue[0]; {
		case m.request != nil:
			there = append(there, m.from)
		case m.answer != nil:
			back = append([]Key{m.to}, back...)
			require.Equal(t, q.req.Target[:], m.body)
		}
		w.step()
	}
	require.Equal(t, there, back)
	require.Greater(t, len(there), 2)
	require.Equal(t, q.req.Target[:], q.got)
}

// "This routing mechanism traverses a 256 bit namespace progressively via
// closest XOR distance."
func TestPaperEachHopIsCloserByXOR(t *testing.T) {
	w := newWorld(t, 3, 200, true)
	for range 50 {
		q := w.ask(OpGet)
		way := w.trace(q)
		for i := range way[1:] {
			require.True(t, way[i+1].Name.Xor(q.req.Target).Less(way[i].Name.Xor(q.req.Target)))
		}
	}
	w.run()
}

// "If a neighbouring vault has an identifier with a smaller XOR distance to the
// chunk, the request is passed to that vault."
func TestPaperTheRequestIsPassedToACloserNeighbour(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	b.forwarded(0x10, b.relay(request(1, OpGet, 0x11)))
}

// "This continues until there is no vault with a closer XOR distance to the
// chunk."
func TestPaperItEndsWhereNoVaultIsCloser(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	b.delivered(b.relay(request(1, OpGet, 0x81)))
	b.Add(vault(0x81))
	b.forwarded(0x81, b.relay(request(2, OpGet, 0x81)))
}

// "That vault checks if it has a copy of the requested chunk and returns the
// response back along the route the request came from."
func TestPaperTheLastVaultAnswersTheHopBefore(t *testing.T) {
	b := newBench(t, Config{}, 0x10)
	a := b.delivered(b.relay(request(1, OpGet, 0x81)))
	for s, actions := range map[Status][]Action{
		StatusOK:       b.Respond(b.now, Response{ID: a.Deliver.ID, Final: true}, []byte("chunk")),
		StatusNotFound: b.reply(b.delivered(b.relay(request(2, OpGet, 0x81))), StatusNotFound, denial(0x80)),
	} {
		b.answered(s, true, actions)
		require.Equal(t, vault(1).Key, actions[0].To)
	}
}

// "This process forms a request chain where each vault only knows the details
// of the node one step away in the chain."
func TestPaperAVaultKnowsOnlyTheNodesOneStepAway(t *testing.T) {
	w := newWorld(t, 4, 200, true)
	q := w.ask(OpGet)
	seen := make(map[Key]map[Key]bool) // whom each vault exchanged messages with
	note := func(a, b Key) {
		if seen[a] == nil {
			seen[a] = make(map[Key]bool)
		}
		seen[a][b] = true
	}
	for len(w.queue) > 0 {
		if m := w.queue[0]; m.from != m.to {
			note(m.from, m.to)
			note(m.to, m.from)
		}
		w.step()
	}
	way := w.trace(q)
	require.Greater(t, len(way), 2)
	require.Len(t, seen, len(way)+1, "nobody but those on the way")
	for i, c := range way {
		before := q.client
		if i > 0 {
			before = way[i-1].Key
		}
		want := map[Key]bool{before: true}
		if i+1 < len(way) {
			want[way[i+1].Key] = true
		}
		require.Equal(t, want, seen[c.Key])
	}
}

// "The same network traversal happens when storing chunks. Chunks enter the
// network via their entry point vault, and are then passed on until they reach
// the closest vault, which then stores the chunk."
func TestPaperChunksAreStoredTheSameWay(t *testing.T) {
	w := newWorld(t, 5, 200, true)
	for range 20 {
		w.ask(OpPut)
	}
	w.run()
	w.requireOver()
	for _, q := range w.asked {
		require.Equal(t, []Key{Closest(w.vaults, q.req.Target, 1)[0].Key}, q.served)
		require.Equal(t, StatusOK, q.finals[0].Status)
	}
}

// "The chunk identifier is XORed with the entry point vault identifier. The
// resulting value is the XOR distance between the chunk and the vault."
func TestPaperTheEntryVaultServesIfItIsTheClosest(t *testing.T) {
	b := newBench(t, Config{Copies: 1}, 0x81)
	for chunk, own := range map[byte]bool{0x80: true, 0x82: true, 0x81: false, 0x83: false} {
		distance := func(c Contact) xorname.Name { return c.Name.Xor(xorname.Name{chunk}) }
		require.Equal(t, own, distance(b.Self()).Less(distance(vault(0x81))))
		require.Equal(t, own, b.ask(request(chunk, OpGet, chunk))[0].Deliver != nil)
	}
}
