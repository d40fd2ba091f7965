package routing

import (
	"slices"
	"time"

	"github.com/safenet-go/safenet/xorname"
)

// Config holds the limits of a Router. The zero value is usable.
type Config struct {
	// Copies is the number of vaults closest to a name that hold it, its
	// group. 0: 8.
	Copies int
	// NewID returns a fresh, unpredictable identifier. It must be set.
	NewID func() ID
	// MaxPaths is how many requests under way are remembered, MaxPerPeer how
	// many of them for one previous hop. 0: 8192 and 1024. More are answered
	// with StatusBusy.
	MaxPaths   int
	MaxPerPeer int
	// MaxTTL caps how long a request is remembered. 0: two minutes.
	MaxTTL time.Duration
}

func (c Config) withDefaults() Config {
	setDefault(&c.Copies, 8)
	setDefault(&c.MaxPaths, 8192)
	setDefault(&c.MaxPerPeer, 1024)
	if c.MaxTTL == 0 {
		c.MaxTTL = 2 * time.Minute
	}
	return c
}

func setDefault(v *int, d int) {
	if *v == 0 {
		*v = d
	}
}

// Action is something the caller of a Router must do. Exactly one of Forward,
// Deliver and Answer is set.
type Action struct {
	To      Key       // the peer to send to; unset for Deliver
	Forward *Request  // send this request
	Deliver *Request  // this vault is to serve it and to call Respond with its ID
	Answer  *Response // send this answer to the previous hop
	Body    []byte    // that goes with it
}

// Router routes requests. It is not safe for concurrent use.
type Router struct {
	Table // the known vaults, this one not among them

	self  Contact
	cfg   Config
	paths map[ID]*attempt   // by the identifier that this vault gave
	known map[hop]*path     // by the identifier that the previous hop gave
	count map[Key]int       // paths by previous hop
	pace  map[Op]*estimator // how long answers take
}

// hop is a request as the previous hop calls it.
type hop struct {
	peer Key
	id   ID
}

// path is one request under way.
type path struct {
	from       hop
	entry      bool // the previous hop is a client: this vault retries
	req        Request
	body       []byte
	deadline   time.Time
	tries      []*attempt
	order      []Contact // whom to try, closest first; kept from the start so that each is tried once
	satisfied  bool      // enough holders have answered, the rest follows
	statements []Statement
	status     Status // the most telling failure so far
}

// attempt is one route of a path.
type attempt struct {
	id    ID
	path  *path
	to    Key
	sent  time.Time
	ended bool
}

// New returns a Router for the vault self.
func New(self Contact, cfg Config) *Router {
	return &Router{
		self:  self,
		cfg:   cfg.withDefaults(),
		paths: make(map[ID]*attempt),
		known: make(map[hop]*path),
		count: make(map[Key]int),
		pace: map[Op]*estimator{
			OpGet:   {floor: 200 * time.Millisecond, limit: 5 * time.Second, first: 500 * time.Millisecond},
			OpOffer: {floor: 500 * time.Millisecond, limit: 5 * time.Second, first: 2 * time.Second},
			OpPut:   {floor: 2 * time.Second, limit: 10 * time.Second, first: 5 * time.Second},
		},
	}
}

// Self returns this vault.
func (r *Router) Self() Contact { return r.self }

// Group returns the vaults that hold a name, this one perhaps among them, the
// closest first.
func (r *Router) Group(target xorname.Name) []Contact {
	group := r.Closest(target, r.cfg.Copies)
	at := len(group)
	for at > 0 && xorname.CompareDistance(target, r.self.Name, group[at-1].Name) < 0 {
		at--
	}
	group = slices.Insert(group, at, r.self)
	return group[:min(len(group), r.cfg.Copies)]
}

// Request takes a request from a peer; entry says that the peer is a client.
// A request that the same peer sent before is passed over.
func (r *Router) Request(now time.Time, from Key, entry bool, req Request, body []byte) []Action {
	h := hop{from, req.ID}
	if r.known[h] != nil {
		return nil
	}
	if r.pace[req.Op] == nil {
		return []Action{refusal(h, StatusMalformed)}
	}
	if len(r.known) >= r.cfg.MaxPaths || r.count[from] >= r.cfg.MaxPerPeer {
		return []Action{refusal(h, StatusBusy)}
	}
	ttl := min(req.TTL, r.cfg.MaxTTL)
	p := &path{
		from: h, entry: entry, req: req, body: body,
		deadline: now.Add(ttl), status: StatusUnreachable,
	}
	p.order = r.route(p)
	r.known[h] = p
	r.count[from]++
	return r.next(now, p)
}

func refusal(h hop, s Status) Action {
	return Action{To: h.peer, Answer: &Response{ID: h.id, Status: s, Final: true}}
}

// route lists whom to try for a path, best first. The entry vault may try
// each of the group; a vault further on serves the request if it is in the
// group, else sends it one hop closer. Every hop but the last goes strictly
// closer, so no request runs in a circle.
func (r *Router) route(p *path) []Contact {
	group := r.Group(p.req.Target)
	if !p.entry && slices.Contains(group, r.self) {
		return []Contact{r.self}
	}
	skip := min(int(p.req.Route), len(group)-1)
	order := append(slices.Clone(group[skip:]), group[:skip]...)
	slices.SortStableFunc(order, func(a, b Contact) int {
		return boolInt(r.Suspected(a.Key)) - boolInt(r.Suspected(b.Key))
	})
	if !p.entry {
		return order[:1]
	}
	return order[:min(len(order), maxRoutes(p.req.Op, len(order)))]
}

// maxRoutes bounds the routes of one request. A get asks every holder before
// it gives up; for the others the first vault asks the holders itself.
func maxRoutes(op Op, group int) int {
	if op == OpGet {
		return group
	}
	return 3
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// next starts the next attempt of a path, or ends the path if there is none
// left to start or to wait for.
func (r *Router) next(now time.Time, p *path) []Action {
	if len(p.tries) == len(p.order) {
		if slices.ContainsFunc(p.tries, func(a *attempt) bool { return !a.ended }) {
			return nil
		}
		return r.end(p, Response{Status: p.status, Statements: p.statements})
	}
	to := p.order[len(p.tries)]
	a := &attempt{id: r.cfg.NewID(), path: p, to: to.Key, sent: now}
	p.tries = append(p.tries, a)
	r.paths[a.id] = a

	req := p.req
	req.ID = a.id
	req.TTL = max(0, p.deadline.Sub(now))
	body := p.body
	if !p.entry {
		p.body = nil // only the entry vault sends it again
	}
	if to.Key == r.self.Key {
		return []Action{{Deliver: &req, Body: body}}
	}
	return []Action{{To: to.Key, Forward: &req, Body: body}}
}

// end answers the previous hop for the last time and forgets the path.
func (r *Router) end(p *path, resp Response) []Action {
	delete(r.known, p.from)
	if r.count[p.from.peer]--; r.count[p.from.peer] <= 0 {
		delete(r.count, p.from.peer)
	}
	for _, a := range p.tries {
		delete(r.paths, a.id)
	}
	resp.ID, resp.Final = p.from.id, true
	return []Action{{To: p.from.peer, Answer: &resp}}
}
