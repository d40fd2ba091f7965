package transport

import (
	"context"
	"time"
)

// liveAt is a connected peer whose address, as seen here, is addr, if it still answers.
func (ep *endpoint) liveAt(ctx context.Context, addr string) *conn {
	ep.mu.Lock()
	var found *conn
	for _, p := range ep.peers {
		if c := p.conns[0]; c.qc.RemoteAddr().String() == addr {
			found = c
			break
		}
	}
	ep.mu.Unlock()
	if found == nil || !found.answers(ctx) {
		return nil
	}
	return found
}

// pingTimeout is how long a connection has to prove that it is alive when a second one wants its place.
const pingTimeout = time.Second

// answers reports whether the peer is still there, and closes the connection if not.
func (c *conn) answers(ctx context.Context) bool {
	pctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	err := c.ping(pctx)
	if err == nil {
		return true
	}
	if ctx.Err() == nil {
		c.close(codeSlow, "")
		<-c.removed
	}
	return false
}
