package routing

import (
	"testing"
	"time"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

// FuzzRouter feeds a router anything in any order: it must not panic, must
// keep its bounds, and must answer each request that it took once.
func FuzzRouter(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0x11, 1, 0, 0, 0, 6, 0, 0, 200})
	f.Add([]byte{0, 1, 3, 0x81, 3, 0, 1, 9, 2, 0, 0, 0, 3, 0x10, 0, 0})
	f.Add([]byte{0, 2, 1, 0x11, 5, 0x10, 0, 0, 4, 0x10, 0, 0, 0, 2, 1, 0x11, 1, 1, 1, 70})
	f.Fuzz(func(t *testing.T, input []byte) { drive(t, input[:min(len(input), 4*200)]) })
}

func TestRandomInputsAreAnsweredOnceWithinTheBounds(t *testing.T) {
	eachSeed(t, 1000, func(t require.TestingT, seed uint64) {
		rng := newRand(seed)
		input := make([]byte, 4*60)
		for i := range input {
			input[i] = byte(rng.Uint32())
		}
		drive(t, input)
	})
}

func drive(t require.TestingT, input []byte) {
	d := newDriver(t)
	for len(input) >= 4 {
		d.step(input[0], input[1], input[2], input[3])
		input = input[4:]
		d.checkBounds()
	}
	d.now = d.now.Add(time.Hour)
	d.take(d.r.Tick(d.now))
	requireEmpty(t, d.r)
	require.Empty(t, d.open)
}

// driver keeps count of what a router still owes.
type driver struct {
	t    require.TestingT
	r    *Router
	now  time.Time
	open map[hop]bool // requests taken and not yet answered finally
	sent []Action     // requests that the router sent or delivered
	next byte
}

var fuzzLimits = Config{Copies: 3, MaxPaths: 12, MaxPerPeer: 5, MaxBytes: 1000, MaxTTL: time.Minute}

func newDriver(t require.TestingT) *driver {
	cfg := fuzzLimits
	cfg.NewID = counter(1)
	d := &driver{t: t, r: New(vault(0x80), cfg), now: start, open: make(map[hop]bool)}
	for _, b := range []byte{0x10, 0x20, 0x81} {
		d.r.Add(vault(b))
	}
	return d
}

// step does what the four bytes say.
func (d *driver) step(what, a, b, c byte) {
	peer := vault([]byte{0x10, 0x20, 0x81, 0x01}[a%4]).Key
	switch what % 8 {
	case 0:
		d.request(peer, a, b, c)
	case 1, 2:
		if len(d.sent) > 0 {
			d.answer(d.sent[int(a)%len(d.sent)], b, c)
		}
	case 3:
		d.take(d.r.Lost(d.now, peer), peer)
	case 4:
		d.r.Remove(peer)
	case 5:
		d.r.Add(Contact{Name: xorname.Name{b, c}, Key: peer})
	case 6:
		d.now = d.now.Add(time.Duration(c) * 20 * time.Millisecond)
		d.take(d.r.Tick(d.now))
	case 7:
		if len(d.sent) > 0 {
			s := d.sent[int(a)%len(d.sent)]
			d.take(d.r.Failed(d.now, s.request().ID))
		}
	}
}

func (d *driver) request(peer Key, a, b, c byte) {
	d.next++
	req := request(d.next, Op(b%5), c)
	req.Route, req.TTL = a, time.Duration(int8(b))*time.Second
	if a&8 != 0 {
		req.ID[0]-- // perhaps under way already
	}
	h := hop{peer, req.ID}
	again := d.open[h]
	var body []byte
	if req.Op == OpPut {
		body = make([]byte, int(c)*2)
	}
	d.open[h] = true
	actions := d.r.Request(d.now, peer, a&4 != 0, req, body)
	if again {
		require.Empty(d.t, actions)
	}
	d.take(actions)
}

func (d *driver) answer(s Action, b, c byte) {
	from := s.To
	if s.Deliver != nil {
		from = d.r.self.Key
	}
	if b&64 != 0 {
		from = vault(c).Key // perhaps another than the one asked
	}
	resp := Response{ID: s.request().ID, Status: Status(b % 16), Final: b&16 != 0, Statements: make([]Statement, c%80)}
	if b&32 != 0 && len(resp.Statements) > 0 {
		resp.Statements[0].Body = make([]byte, int(c)*4)
	}
	d.take(d.r.Response(d.now, from, resp, make([]byte, c)))
}

// request returns what was sent on or delivered.
func (a Action) request() *Request {
	if a.Deliver != nil {
		return a.Deliver
	}
	return a.Forward
}

// take checks what a router wants done. Requests of lost peers are owed no
// answer.
func (d *driver) take(actions []Action, lost ...Key) {
	for _, a := range actions {
		switch {
		case a.Answer == nil:
			require.True(d.t, (a.Forward == nil) != (a.Deliver == nil))
			require.LessOrEqual(d.t, a.request().TTL, fuzzLimits.MaxTTL)
			require.GreaterOrEqual(d.t, a.request().TTL, time.Duration(0))
			d.sent = append(d.sent, a)
		default:
			h := hop{a.To, a.Answer.ID}
			require.True(d.t, d.open[h], "an answer that is owed")
			require.LessOrEqual(d.t, len(a.Answer.Statements), maxStatements)
			if a.Answer.Final {
				delete(d.open, h)
			}
		}
	}
	for _, peer := range lost {
		for h := range d.open {
			if h.peer == peer {
				delete(d.open, h)
			}
		}
	}
}

func (d *driver) checkBounds() {
	r := d.r
	require.LessOrEqual(d.t, r.Pending(), fuzzLimits.MaxPaths)
	require.Equal(d.t, len(d.open), r.Pending())
	require.Equal(d.t, r.Pending(), r.live.Len())
	require.LessOrEqual(d.t, len(r.tries), fuzzLimits.Copies*fuzzLimits.MaxPaths)
	held, paths := 0, 0
	for _, p := range r.known {
		held += p.held
	}
	for _, n := range r.count {
		require.LessOrEqual(d.t, n, fuzzLimits.MaxPerPeer)
		paths += n
	}
	require.Equal(d.t, r.Pending(), paths)
	require.Equal(d.t, r.held, held)
	require.GreaterOrEqual(d.t, held, 0)
	require.LessOrEqual(d.t, held, fuzzLimits.MaxBytes)
}
