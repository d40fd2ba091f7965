package vault

import (
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
)

// Package routing knows nothing of the encoding: its requests and answers have
// a form of their own on the wire.

func hopRequest(r wire.Request) routing.Request {
	return routing.Request{
		ID: r.ID, Op: r.Op, Target: r.Target, Route: r.Route,
		TTL: time.Duration(r.TTL) * time.Millisecond, Nonce: r.Nonce,
	}
}

func wireRequest(r routing.Request) wire.Request {
	return wire.Request{
		ID: r.ID, Op: r.Op, Target: r.Target, Route: r.Route,
		TTL: uint32(r.TTL / time.Millisecond), Nonce: r.Nonce,
	}
}

func hopResponse(r wire.Response) routing.Response {
	resp := routing.Response{ID: r.ID, Status: r.Status, Final: r.Final}
	for _, s := range r.Statements {
		resp.Statements = append(resp.Statements, routing.Statement{Body: s.Body, Signer: s.Signer, Sig: s.Sig})
	}
	return resp
}

func wireResponse(r routing.Response) wire.Response {
	resp := wire.Response{ID: r.ID, Status: r.Status, Final: r.Final}
	for _, s := range r.Statements {
		resp.Statements = append(resp.Statements, wire.Signed{Body: s.Body, Signer: s.Signer, Sig: s.Sig})
	}
	return resp
}
