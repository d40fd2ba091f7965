package transport

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// ServeRequest calls h as every implementation of [Endpoint] must: a panic and an answer beyond the size limits become a
// [*RemoteError] of code [CodeInternal], a handler's own error a [*RemoteError] fit to travel, and the end of ctx its error.
// A panic is reported to onPanic with its stack.
func ServeRequest(ctx context.Context, h Handler, from PeerID, m Message, onPanic func(reason string)) (answer Message, err error) {
	if h == nil {
		return Message{}, ErrNoHandler
	}
	defer func() {
		if r := recover(); r != nil {
			onPanic(fmt.Sprintf("%v\n%s", r, debug.Stack()))
			answer, err = Message{}, &RemoteError{Code: CodeInternal, Text: "handler panicked"}
		}
	}()
	answer, err = h.HandleRequest(ctx, from, m)
	if err != nil {
		return Message{}, travelling(ctx, err)
	}
	if err := answer.Check(); err != nil {
		return Message{}, &RemoteError{Code: CodeInternal, Text: "answer too large"}
	}
	return answer, nil
}

// travelling is the form in which a handler's error reaches the caller.
func travelling(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return ctx.Err()
	}
	var remote *RemoteError
	if errors.As(err, &remote) {
		return &RemoteError{Code: remote.Code, Text: clip(remote.Text)}
	}
	return &RemoteError{Text: clip(err.Error())}
}

// ServeMessage calls h for a one-way message as every implementation of [Endpoint] must. A panic is reported to onPanic with
// its stack.
func ServeMessage(ctx context.Context, h Handler, from PeerID, m Message, onPanic func(reason string)) {
	if h == nil {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			onPanic(fmt.Sprintf("%v\n%s", r, debug.Stack()))
		}
	}()
	h.HandleMessage(ctx, from, m)
}
