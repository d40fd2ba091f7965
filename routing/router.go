package routing

import (
	"container/list"
	"slices"
	"time"

	"github.com/safenet-go/safenet/xorname"
)

// Config holds the identifiers' source and the limits of a Router. Only NewID
// must be set.
type Config struct {
	// NewID returns a fresh identifier. It must be unpredictable: from numbers
	// in a row, the next hop could tell how many requests this vault passes on.
	NewID func() ID
	// Copies is the number of vaults closest to a name that hold it, its
	// group. 0: 8.
	Copies int
	// MaxPaths is how many requests under way are remembered, MaxPerPeer how
	// many of them for one previous hop. 0: 8192 and 1024. More are answered
	// with StatusBusy.
	MaxPaths   int
	MaxPerPeer int
	// MaxBytes bounds what is kept of requests under way, in bytes: the bodies
	// that may have to be sent again, and collected statements. 0: 256 MiB. A
	// body over it is answered with StatusBusy, a statement over it is dropped.
	MaxBytes int
	// MaxTTL caps how long a request is remembered. 0: two minutes.
	MaxTTL time.Duration
}

func (c Config) withDefaults() Config {
	setDefault(&c.Copies, 8)
	setDefault(&c.MaxPaths, 8192)
	setDefault(&c.MaxPerPeer, 1024)
	setDefault(&c.MaxBytes, 256<<20)
	setDefault(&c.MaxTTL, 2*time.Minute)
	return c
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Action is something the caller of a Router must do. Exactly one of Forward,
// Deliver and Answer is set.
type Action struct {
	To      Key       // the peer to send to; unset for Deliver
	Forward *Request  // send this request; call Failed with its ID if that is not possible
	Deliver *Request  // this vault is to serve it and to call Respond with its ID
	Answer  *Response // send this answer to the previous hop
	Body    []byte    // that goes with it: the chunk of a put or of the answer to a get
}

// Router routes requests. It is not safe for concurrent use.
//
// It keeps the bodies that it is given until the request is answered and hands
// them out again; nobody may change them.
type Router struct {
	Table // the known vaults, this one not among them

	self  Contact
	cfg   Config
	tries map[ID]*attempt // by the identifier that this vault gave
	known map[hop]*path   // by the identifier that the previous hop gave
	live  list.List       // the same paths, oldest first: a fixed order
	count map[Key]int     // paths by previous hop
	held  int             // bytes, of MaxBytes
	pace  map[Op]*estimator
	near  []Contact // reused, see group
}

// New returns a Router for the vault self that knows no other vault yet. It
// panics without Config.NewID.
func New(self Contact, cfg Config) *Router {
	if cfg.NewID == nil {
		panic("routing: Config.NewID is not set")
	}
	return &Router{
		self:  self,
		cfg:   cfg.withDefaults(),
		tries: make(map[ID]*attempt),
		known: make(map[hop]*path),
		count: make(map[Key]int),
		pace:  newPace(),
	}
}

// Self returns this vault.
func (r *Router) Self() Contact { return r.self }

// Add adds a vault to those known, see [Table.Add]. This vault is never one of
// them.
func (r *Router) Add(c Contact) bool { return c.Key != r.self.Key && r.Table.Add(c) }

// Pending returns the number of requests under way.
func (r *Router) Pending() int { return len(r.known) }

// Group returns the vaults that hold a name, this one perhaps among them, the
// closest first.
func (r *Router) Group(target xorname.Name) []Contact { return slices.Clone(r.group(target)) }

// group returns the group in memory that the next call uses again.
func (r *Router) group(target xorname.Name) []Contact {
	r.near = appendClosest(r.near[:0], r.contacts, &target, r.cfg.Copies)
	at := len(r.near)
	for at > 0 && xorname.CompareDistance(target, r.self.Name, r.near[at-1].Name) < 0 {
		at--
	}
	r.near = slices.Insert(r.near, at, r.self)
	r.near = r.near[:min(len(r.near), r.cfg.Copies)]
	return r.near
}

// Request takes a request from a peer; entry says that the peer is a client, or
// this vault itself, so that this vault is answerable for the outcome. Each
// request is answered finally once, at its deadline at the latest, unless the
// peer is lost before. A request that the same peer has under way already is
// passed over.
func (r *Router) Request(now time.Time, from Key, entry bool, req Request, body []byte) []Action {
	h := hop{from, req.ID}
	if r.known[h] != nil {
		return nil
	}
	if s := r.refuse(from, entry, req, body); s != StatusOK {
		return []Action{{To: from, Answer: &Response{ID: req.ID, Status: s, Final: true}}}
	}
	p := &path{
		from: h, entry: entry, req: req, body: body,
		deadline: now.Add(min(req.TTL, r.cfg.MaxTTL)), status: StatusUnreachable,
	}
	r.plan(p)
	r.known[h] = p
	r.count[from]++
	p.place = r.live.PushBack(p)
	p.held = len(body)
	r.held += p.held
	return r.next(now, p)
}

// refuse returns the status with which a request is refused, or StatusOK.
func (r *Router) refuse(from Key, entry bool, req Request, body []byte) Status {
	switch {
	case r.pace[req.Op] == nil, len(body) != 0 && req.Op != OpPut:
		return StatusMalformed
	case req.TTL <= 0:
		return StatusTimeout
	case len(r.known) >= r.cfg.MaxPaths, r.count[from] >= r.cfg.MaxPerPeer,
		entry && len(body) > r.cfg.MaxBytes-r.held:
		return StatusBusy
	}
	return StatusOK
}
