package routing

import (
	"container/list"
	"slices"
	"time"
)

// hop is a request as the previous hop calls it.
type hop struct {
	peer Key
	id   ID
}

// path is one request under way.
type path struct {
	from       hop
	entry      bool // the previous hop is a client: this vault tries other routes
	req        Request
	body       []byte // while it may have to be sent again
	deadline   time.Time
	routes     []route   // whom to try, best first; fixed from the start so that each is tried once
	tries      []attempt // of those routes, so far
	acked      *attempt  // through it, enough holders have answered; the rest follows
	statements []Statement
	status     Status // the most telling failure so far
	held       int    // bytes counted in Router.held
	place      *list.Element

	// A vault further on has one route only: no further memory for it.
	oneRoute [1]route
	oneTry   [1]attempt
}

// route is a way to take: the next hop, and what it is told of the route.
type route struct {
	to     Contact
	number uint8
}

// attempt is a route taken.
type attempt struct {
	id    ID
	path  *path
	to    Key
	sent  time.Time
	ended bool
}

// plan lists the routes of a new path. The first vault may try each of the
// group, beginning where the client says, those that do not answer last.
func (r *Router) plan(p *path) {
	group := r.group(p.req.Target)
	if !p.entry {
		p.oneRoute[0] = r.onward(p, group)
		p.routes, p.tries = p.oneRoute[:], p.oneTry[:0]
		return
	}
	p.routes = make([]route, len(group))
	for i := range group {
		n := (i + int(p.req.Route)) % len(group)
		p.routes[i] = route{group[n], uint8(min(n, 255))}
	}
	slices.SortStableFunc(p.routes, func(a, b route) int {
		return boolInt(r.Suspected(a.to.Key)) - boolInt(r.Suspected(b.to.Key))
	})
	p.routes = p.routes[:min(len(group), maxRoutes(p.req.Op, len(group)))]
	p.tries = make([]attempt, 0, len(p.routes))
}

// onward returns the next hop of a vault further on: strictly closer to the
// target than this vault, or this vault itself. So no request runs in a circle.
// Route 0 goes to the closest vault; the others end at the first vault of the
// group that they meet, so that they end at different ones.
func (r *Router) onward(p *path, group []Contact) route {
	start := int(p.req.Route) % len(group)
	if own := slices.Index(group, r.self); own >= 0 {
		if p.req.Route > 0 {
			return route{r.self, p.req.Route}
		}
		group, start = group[:own+1], 0
	}
	best := route{r.self, p.req.Route}
	found := false
	for i := range group {
		c := group[(start+i)%len(group)]
		if c.Key == p.from.peer {
			continue
		}
		if !r.Suspected(c.Key) {
			return route{c, p.req.Route}
		}
		if !found {
			best.to, found = c, true
		}
	}
	return best
}

// maxRoutes bounds the routes of one request. A get asks every holder before
// it gives up; for the others the vault at the end asks the holders itself.
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

// next takes the next route of a path, or ends the path if there is none left
// to take or to wait for.
func (r *Router) next(now time.Time, p *path) []Action {
	if len(p.tries) == len(p.routes) {
		if slices.ContainsFunc(p.tries, func(a attempt) bool { return !a.ended }) {
			return nil
		}
		return r.end(p, Response{Status: p.status, Statements: p.statements}, nil)
	}
	to := p.routes[len(p.tries)]
	p.tries = append(p.tries, attempt{id: r.cfg.NewID(), path: p, to: to.to.Key, sent: now})
	a := &p.tries[len(p.tries)-1] // stays there: routes bounds tries
	r.tries[a.id] = a

	req := p.req
	req.ID, req.Route = a.id, to.number
	req.TTL = max(0, p.deadline.Sub(now))
	body := p.body
	if len(p.tries) == len(p.routes) {
		r.dropBody(p)
	}
	if a.to == r.self.Key {
		return []Action{{Deliver: &req, Body: body}}
	}
	return []Action{{To: a.to, Forward: &req, Body: body}}
}

// end answers the previous hop for the last time and forgets the path.
func (r *Router) end(p *path, resp Response, body []byte) []Action {
	r.forget(p)
	resp.ID, resp.Final = p.from.id, true
	return []Action{{To: p.from.peer, Answer: &resp, Body: body}}
}

func (r *Router) forget(p *path) {
	delete(r.known, p.from)
	r.live.Remove(p.place)
	if r.count[p.from.peer]--; r.count[p.from.peer] == 0 {
		delete(r.count, p.from.peer)
	}
	for i := range p.tries {
		delete(r.tries, p.tries[i].id)
	}
	r.held -= p.held
}

func (r *Router) dropBody(p *path) {
	r.held -= len(p.body)
	p.held -= len(p.body)
	p.body = nil
}

// keep remembers statements as far as there is room.
func (r *Router) keep(p *path, statements []Statement) {
	for _, s := range statements {
		size := s.size()
		if len(p.statements) == maxStatements || size > r.cfg.MaxBytes-r.held {
			return
		}
		p.statements = append(p.statements, s)
		p.held += size
		r.held += size
	}
}

func (r *Router) forgetStatements(p *path) {
	for i := range p.statements {
		p.held -= p.statements[i].size()
		r.held -= p.statements[i].size()
	}
	p.statements = nil
}
