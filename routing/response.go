package routing

import "time"

// The bounds of the statements of one answer, and of those collected for one
// request.
const (
	maxStatements = 64
	maxStatement  = 512 // bytes of a body
)

// size is what a statement counts for in Config.MaxBytes.
func (s *Statement) size() int { return len(s.Body) + len(s.Signer) + len(s.Sig) }

func bounded(statements []Statement) bool {
	for i := range statements {
		if len(statements[i].Body) > maxStatement {
			return false
		}
	}
	return len(statements) <= maxStatements
}

// Response takes an answer from a peer. An answer that was not asked for, that
// comes from another peer than the one asked, or whose request was answered
// already is passed over. One with more than 64 statements, or with one of more
// than 512 bytes, counts as a failure of the route. A body is passed on in the
// answer to a get only; whether it is the chunk is for who asked to check.
func (r *Router) Response(now time.Time, from Key, resp Response, body []byte) []Action {
	a := r.tries[resp.ID]
	if a == nil || a.to != from || a.ended {
		return nil
	}
	if !bounded(resp.Statements) {
		r.Suspect(from)
		return r.failed(now, a, StatusMalformed, nil)
	}
	r.Heard(from)
	if resp.Status != StatusOK {
		return r.failed(now, a, resp.Status, resp.Statements)
	}
	return r.good(now, a, resp, body)
}

// Respond takes the answer of this vault to a delivered request.
func (r *Router) Respond(now time.Time, resp Response, body []byte) []Action {
	return r.Response(now, r.self.Key, resp, body)
}

// good passes on a good answer. Only a put has one that is not the last: a
// majority of the holders has signed, the others follow.
func (r *Router) good(now time.Time, a *attempt, resp Response, body []byte) []Action {
	p := a.path
	if p.acked == nil {
		r.pace[p.req.Op].add(now.Sub(a.sent))
	}
	if resp.Final || p.req.Op != OpPut {
		if p.req.Op != OpGet {
			body = nil
		}
		return r.end(p, Response{Statements: resp.Statements}, body)
	}
	if p.acked != nil {
		return nil
	}
	p.acked = a
	for i := range p.tries {
		p.tries[i].ended = &p.tries[i] != a
	}
	r.dropBody(p)
	r.forgetStatements(p)
	r.keep(p, resp.Statements)
	return []Action{{To: p.from.peer, Answer: &Response{ID: p.from.id, Statements: resp.Statements}}}
}

// Failed says that the request of that identifier could not be sent.
func (r *Router) Failed(now time.Time, id ID) []Action {
	a := r.tries[id]
	if a == nil || a.ended {
		return nil
	}
	r.Suspect(a.to)
	return r.failed(now, a, StatusUnreachable, nil)
}

// failed goes on after the failure of a route: a vault further on says so, the
// first one takes another route. What a majority has signed stays signed.
func (r *Router) failed(now time.Time, a *attempt, s Status, statements []Statement) []Action {
	a.ended = true
	p := a.path
	switch {
	case p.acked != nil:
		return r.acknowledge(p, statements)
	case !p.entry:
		return r.end(p, Response{Status: s, Statements: statements}, nil)
	}
	r.keep(p, statements)
	if telling(p.req.Op, s) > telling(p.req.Op, p.status) {
		p.status = s
	}
	return r.next(now, p)
}

// acknowledge ends a put of which the last answer does not come. The
// statements tell which holders are missing.
func (r *Router) acknowledge(p *path, statements []Statement) []Action {
	if len(statements) < len(p.statements) {
		statements = p.statements
	}
	return r.end(p, Response{Statements: statements}, nil)
}

// telling ranks failures by what they tell the client. That a holder does not
// have the chunk comes with a signed denial, so no other may hide it.
func telling(op Op, s Status) int {
	switch {
	case op == OpGet && s == StatusNotFound:
		return 3
	case s == StatusUnreachable:
		return 0
	case s == StatusTimeout:
		return 1
	}
	return 2
}

// Lost says that the connection to a peer is gone. What was sent to it goes
// another way; what it asked for is forgotten.
func (r *Router) Lost(now time.Time, peer Key) []Action {
	r.Suspect(peer)
	var out []Action
	for p := range r.all {
		if p.from.peer == peer {
			r.forget(p)
			continue
		}
		for _, a := range p.tries {
			if a.to == peer {
				out = append(out, r.Failed(now, a.id)...)
			}
		}
	}
	return out
}
