package routing

import "time"

// maxStatements bounds the statements collected for one request.
const maxStatements = 64

// Response takes an answer from a peer. An answer that was not asked for, that
// comes from another peer than the one asked, or that comes too late is passed
// over.
func (r *Router) Response(now time.Time, from Key, resp Response, body []byte) []Action {
	a := r.paths[resp.ID]
	if a == nil || a.to != from || a.ended || len(resp.Statements) > maxStatements {
		return nil
	}
	r.Heard(from)
	p := a.path
	if resp.Status == StatusOK {
		return r.good(now, a, resp, body)
	}
	a.ended = true
	if p.satisfied || !p.entry {
		if p.satisfied {
			resp.Status = StatusOK // the holders missing are told by the statements
		}
		return r.end(p, Response{Status: resp.Status, Statements: resp.Statements})
	}
	p.collect(resp)
	return r.next(now, p)
}

// Respond takes the answer of this vault to a delivered request.
func (r *Router) Respond(now time.Time, resp Response, body []byte) []Action {
	return r.Response(now, r.self.Key, resp, body)
}

func (r *Router) good(now time.Time, a *attempt, resp Response, body []byte) []Action {
	p := a.path
	if !p.satisfied {
		r.pace[p.req.Op].add(now.Sub(a.sent))
	}
	if resp.Final {
		a.ended = true
		out := r.end(p, Response{Statements: resp.Statements})
		out[0].Body = body
		return out
	}
	p.satisfied = true
	p.body = nil
	return []Action{{To: p.from.peer, Answer: &Response{ID: p.from.id, Statements: resp.Statements}}}
}

// collect keeps what a failed route had to say. That a holder does not have
// the chunk, or that too few could sign, tells more than that one was silent.
func (p *path) collect(resp Response) {
	room := maxStatements - len(p.statements)
	p.statements = append(p.statements, resp.Statements[:min(room, len(resp.Statements))]...)
	if p.status == StatusUnreachable || p.status == StatusTimeout {
		p.status = resp.Status
	}
}

// Failed says that the request of that identifier could not be sent.
func (r *Router) Failed(now time.Time, id ID) []Action {
	a := r.paths[id]
	if a == nil || a.ended {
		return nil
	}
	a.ended = true
	r.Suspect(a.to)
	if a.path.satisfied {
		return r.end(a.path, Response{})
	}
	return r.next(now, a.path)
}

// Tick lets time pass: requests past their deadline are answered, silent
// routes are given a second one. Call it every hundred milliseconds or so
// while Pending is not zero.
func (r *Router) Tick(now time.Time) []Action {
	var out []Action
	for _, p := range r.pending() {
		out = append(out, r.tick(now, p)...)
	}
	return out
}

func (r *Router) tick(now time.Time, p *path) []Action {
	if !now.Before(p.deadline) {
		if p.satisfied {
			return r.end(p, Response{})
		}
		if p.status == StatusUnreachable {
			p.status = StatusTimeout
		}
		return r.end(p, Response{Status: p.status, Statements: p.statements})
	}
	if p.satisfied || !p.entry || len(p.tries) == len(p.order) {
		return nil
	}
	last := p.tries[len(p.tries)-1]
	if now.Sub(last.sent) < r.pace[p.req.Op].delay() {
		return nil
	}
	r.Suspect(last.to)
	return r.next(now, p)
}

// Pending returns the number of requests under way.
func (r *Router) Pending() int { return len(r.known) }

// Lost says that the connection to a peer is gone. What was sent to it goes
// another way; what it asked for is forgotten.
func (r *Router) Lost(now time.Time, peer Key) []Action {
	r.Suspect(peer)
	var out []Action
	for _, p := range r.pending() {
		if p.from.peer == peer {
			r.end(p, Response{})
			continue
		}
		for _, a := range p.tries {
			if a.to == peer && !a.ended {
				out = append(out, r.Failed(now, a.id)...)
			}
		}
	}
	return out
}
