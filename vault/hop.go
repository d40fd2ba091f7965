package vault

import (
	"time"

	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
)

// Package routing has types of its own for what passes a hop, so that it
// stands alone. The ones on the wire say the same, and the statuses have the
// same numbers.
var _ = map[bool]struct{}{
	false: {},
	wire.StatusNotFound == wire.Status(routing.StatusNotFound) &&
		wire.StatusMalformed == wire.Status(routing.StatusMalformed) &&
		wire.StatusTimeout == wire.Status(routing.StatusTimeout) &&
		wire.StatusUnreachable == wire.Status(routing.StatusUnreachable) &&
		wire.StatusBusy == wire.Status(routing.StatusBusy) &&
		wire.OpGet == wire.Op(routing.OpGet) &&
		wire.OpOffer == wire.Op(routing.OpOffer) &&
		wire.OpPut == wire.Op(routing.OpPut): {}, // else a duplicate key: does not compile
}

func hopRequest(r wire.Request) routing.Request {
	return routing.Request{
		ID: routing.ID(r.ID), Op: routing.Op(r.Op), Target: r.Target, Route: r.Route,
		TTL: time.Duration(r.TTL) * time.Millisecond, Nonce: r.Nonce,
	}
}

func wireRequest(r routing.Request) wire.Request {
	return wire.Request{
		ID: wire.ID(r.ID), Op: wire.Op(r.Op), Target: r.Target, Route: r.Route,
		TTL: uint32(r.TTL / time.Millisecond), Nonce: r.Nonce,
	}
}

func hopResponse(r wire.Response) routing.Response {
	resp := routing.Response{ID: routing.ID(r.ID), Status: routing.Status(r.Status), Final: r.Final}
	for _, s := range r.Statements {
		resp.Statements = append(resp.Statements, routing.Statement{Body: s.Body, Signer: s.Signer, Sig: s.Sig})
	}
	return resp
}

func wireResponse(r routing.Response) wire.Response {
	resp := wire.Response{ID: wire.ID(r.ID), Status: wire.Status(r.Status), Final: r.Final}
	for _, s := range r.Statements {
		resp.Statements = append(resp.Statements, wire.Signed{Body: s.Body, Signer: s.Signer, Sig: s.Sig})
	}
	return resp
}
