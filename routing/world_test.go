package routing

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// world is a network of routers with a clock and a queue of messages of its
// own. Everything in it follows from the seed.
type world struct {
	t      require.TestingT
	rng    *rand.Rand
	now    time.Time
	vaults []Contact // by name
	nodes  map[Key]*Router
	silent map[Key]bool // vaults that answer nothing
	loss   float64      // of messages, and as many come twice
	copies int

	queue messages
	seq   int
	asked []*question
	seen  map[ID]bool // every identifier under which a request travelled
}

// question is a client's request with what came back.
type question struct {
	client  Key
	entry   Key
	req     Request
	body    []byte
	served  []Key // the vaults that it reached, in order
	interim []Response
	finals  []Response
	got     []byte
}

// message is one in the queue; exactly one of the last four is set.
type message struct {
	at       time.Time
	seq      int
	from, to Key
	body     []byte
	request  *Request
	answer   *Response
	serve    *Request // this vault's own work
	served   *Response
}

type messages []message

func (m messages) Len() int { return len(m) }
func (m messages) Less(i, j int) bool {
	if c := m[i].at.Compare(m[j].at); c != 0 {
		return c < 0
	}
	return m[i].seq < m[j].seq
}
func (m messages) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *messages) Push(x any)   { *m = append(*m, x.(message)) }
func (m *messages) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// newWorld returns a network of n vaults, each knowing all others or, if
// partial, its neighbourhood and two vaults for each bit.
func newWorld(t require.TestingT, seed uint64, n int, partial bool) *world {
	w := &world{
		t: t, rng: newRand(seed), now: start, copies: 8,
		nodes: make(map[Key]*Router), silent: make(map[Key]bool), seen: make(map[ID]bool),
	}
	w.vaults = contacts(w.rng, n)
	for i, self := range w.vaults {
		r := New(self, Config{Copies: w.copies, NewID: counter(seed<<16 | uint64(i))})
		w.nodes[self.Key] = r
		if !partial {
			for _, c := range w.vaults {
				r.Add(c)
			}
			continue
		}
		for _, c := range Closest(w.vaults, self.Name, 2*w.copies) {
			r.Add(c)
		}
		var perBit [xorname.Bits + 1]int
		for _, at := range w.rng.Perm(n) {
			bit := self.Name.CommonPrefix(w.vaults[at].Name)
			if perBit[bit]++; perBit[bit] <= 2 {
				r.Add(w.vaults[at])
			}
		}
	}
	return w
}

// ask has a new client ask through a random vault that is not silent.
func (w *world) ask(op Op) *question {
	q := &question{req: Request{Op: op, TTL: 10 * time.Second}}
	w.fill(q.client[:])
	w.fill(q.req.ID[:])
	w.fill(q.req.Target[:])
	w.fill(q.req.Nonce[:])
	if op == OpPut {
		q.body = q.req.Target[:]
	}
	w.asked = append(w.asked, q)
	w.start(q)
	return q
}

// start sends a question through a random vault that is not silent.
func (w *world) start(q *question) {
	for q.entry = w.some().Key; w.silent[q.entry]; {
		q.entry = w.some().Key
	}
	w.seen[q.req.ID] = true
	req := q.req
	w.send(message{from: q.client, to: q.entry, request: &req, body: q.body})
}

// askAgain has the clients that found nothing ask again, by the next route.
func (w *world) askAgain() {
	for _, q := range w.asked {
		if q.finals[0].Status != StatusOK {
			q.finals = nil
			w.fill(q.req.ID[:])
			q.req.Route++
			w.start(q)
		}
	}
}

func (w *world) some() Contact { return w.vaults[w.rng.IntN(len(w.vaults))] }

func (w *world) fill(b []byte) {
	for i := range b {
		b[i] = byte(w.rng.Uint32())
	}
}

// send puts a message in the queue. Messages may overtake each other.
func (w *world) send(m message) {
	copies := 1
	if w.loss > 0 && m.from != m.to && w.question(m.from) == nil && w.question(m.to) == nil {
		switch x := w.rng.Float64(); {
		case x < w.loss:
			copies = 0
		case x < 2*w.loss:
			copies = 2
		}
	}
	for range copies {
		m.at = w.now.Add(time.Millisecond + time.Duration(w.rng.IntN(20_000))*time.Microsecond)
		m.seq = w.seq
		w.seq++
		heap.Push(&w.queue, m)
	}
}

func (w *world) question(client Key) *question {
	for _, q := range w.asked {
		if q.client == client {
			return q
		}
	}
	return nil
}

// run lets the world go on until nothing is under way.
func (w *world) run() {
	tick := w.now
	for {
		for len(w.queue) > 0 && !w.queue[0].at.After(tick) {
			w.step()
		}
		w.now = tick
		tick = tick.Add(50 * time.Millisecond)
		pending := 0
		for _, c := range w.vaults {
			r := w.nodes[c.Key]
			w.perform(r, r.Tick(w.now))
			pending += r.Pending()
		}
		if pending == 0 && len(w.queue) == 0 {
			return
		}
	}
}

// step takes the next message from the queue.
func (w *world) step() {
	m := heap.Pop(&w.queue).(message)
	w.now = m.at
	w.receive(m)
}

func (w *world) receive(m message) {
	r := w.nodes[m.to]
	switch {
	case r == nil:
		w.client(m)
	case w.silent[m.to]:
	case m.request != nil:
		w.perform(r, r.Request(w.now, m.from, w.nodes[m.from] == nil, *m.request, m.body))
	case m.answer != nil:
		w.perform(r, r.Response(w.now, m.from, *m.answer, m.body))
	case m.serve != nil:
		w.serve(r, *m.serve)
	case m.served != nil:
		w.perform(r, r.Respond(w.now, *m.served, nil))
	}
}

func (w *world) client(m message) {
	q := w.question(m.to)
	require.Equal(w.t, q.req.ID, m.answer.ID)
	require.Equal(w.t, q.entry, m.from)
	if m.answer.Final {
		q.finals, q.got = append(q.finals, *m.answer), m.body
		return
	}
	q.interim = append(q.interim, *m.answer)
}

func (w *world) perform(r *Router, actions []Action) {
	for _, a := range actions {
		switch {
		case a.Forward != nil:
			w.checkForward(r, a)
			w.send(message{from: r.self.Key, to: a.To, request: a.Forward, body: a.Body})
		case a.Deliver != nil:
			w.send(message{from: r.self.Key, to: r.self.Key, serve: a.Deliver})
		case a.Answer != nil:
			w.send(message{from: r.self.Key, to: a.To, answer: a.Answer, body: a.Body})
		}
	}
}

// checkForward says what must hold of every request between vaults.
func (w *world) checkForward(r *Router, a Action) {
	require.False(w.t, w.seen[a.Forward.ID], "an identifier travels on one hop only")
	w.seen[a.Forward.ID] = true
	if p := r.tries[a.Forward.ID].path; !p.entry {
		require.Negative(w.t, xorname.CompareDistance(a.Forward.Target, w.nodes[a.To].self.Name, r.self.Name),
			"each hop is strictly closer")
	}
	raw, err := binary.Append(nil, binary.BigEndian, a.Forward)
	require.NoError(w.t, err, "a request has no part of variable size")
	for _, q := range w.asked {
		if q.req.Target == a.Forward.Target {
			require.NotContains(w.t, string(raw), string(q.client[:]))
			require.NotContains(w.t, string(raw), string(q.req.ID[:]))
		}
	}
}

// serve is a vault's own work: the vaults of the group hold every chunk.
func (w *world) serve(r *Router, req Request) {
	for _, q := range w.asked {
		if q.req.Target == req.Target {
			q.served = append(q.served, r.self.Key)
		}
	}
	statement := Statement{Signer: r.self.Key}
	resp := Response{ID: req.ID, Final: true, Statements: []Statement{statement}}
	holder := false
	for _, c := range Closest(w.vaults, req.Target, w.copies) {
		holder = holder || c == r.self
	}
	switch {
	case !holder:
		resp.Status = StatusNotFound
		w.perform(r, r.Respond(w.now, resp, nil))
	case req.Op == OpGet:
		resp.Statements = nil
		w.perform(r, r.Respond(w.now, resp, req.Target[:]))
	case req.Op == OpPut:
		last := resp
		heap.Push(&w.queue, message{at: w.now.Add(time.Second), from: r.self.Key, to: r.self.Key, served: &last})
		resp.Final = false
		fallthrough
	default:
		w.perform(r, r.Respond(w.now, resp, nil))
	}
}

// requireOver says that each question was answered finally once, and that no
// vault remembers anything.
func (w *world) requireOver() {
	for _, q := range w.asked {
		require.Len(w.t, q.finals, 1)
		require.LessOrEqual(w.t, len(q.interim), 1)
		if q.req.Op == OpGet && q.finals[0].Status == StatusOK {
			require.True(w.t, bytes.Equal(q.req.Target[:], q.got))
		}
	}
	for _, r := range w.nodes {
		requireEmpty(w.t, r)
	}
}

// found returns how many of the questions had a good answer.
func (w *world) found() (n int) {
	for _, q := range w.asked {
		if q.finals[0].Status == StatusOK {
			n++
		}
	}
	return n
}
