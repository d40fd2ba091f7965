package transport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quic-go/quic-go"
)

// introduce says hello and waits for the other side's: with mutual TLS, the dialler's handshake ends before the acceptor has
// judged its certificate.
func (ep *endpoint) introduce(ctx context.Context, qc *quic.Conn) (*conn, error) {
	id, err := remoteID(qc)
	if err != nil {
		return nil, err
	}
	if err := ep.conduct.check(id, time.Now()); err != nil {
		return nil, err
	}
	str, err := qc.OpenStreamSync(ctx)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	_ = str.SetDeadline(deadline)
	if _, err := str.Write(ep.hello()); err != nil {
		return nil, err
	}
	theirs, err := readHello(str)
	if err != nil {
		return nil, err
	}
	c := newConn(ep, qc, str, id, true, theirs)
	return c, ep.register(c)
}

func isDuplicateRefusal(err error) bool {
	var app *quic.ApplicationError
	return errors.As(err, &app) && app.Remote && app.ErrorCode == quic.ApplicationErrorCode(codeDuplicate)
}

// dialError sorts the ways in which a dial can fail.
func dialError(err error) error {
	var (
		app   *quic.ApplicationError
		trans *quic.TransportError
	)
	switch {
	case errors.Is(err, ErrIdentity), errors.Is(err, ErrMalformed), errors.Is(err, ErrBusy), errors.Is(err, ErrClosed), errors.Is(err, errBanned):
		return err
	case errors.As(err, &app) && app.Remote:
		return fmt.Errorf("%w: %w", code(min(app.ErrorCode, quic.ApplicationErrorCode(codeCount))).err(), err)
	case errors.As(err, &trans) && !trans.Remote && (trans.ErrorCode.IsCryptoError() || trans.ErrorCode == quic.CryptoBufferExceeded):
		return fmt.Errorf("%w: %w", ErrIdentity, err)
	case errors.As(err, &trans) && trans.Remote && (trans.ErrorCode.IsCryptoError() || trans.ErrorCode == quic.ConnectionRefused):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case errors.Is(err, quic.ErrTransportClosed):
		return ErrClosed
	}
	return fmt.Errorf("%w: %v", ErrPeerGone, err) // %v: a deadline of the dial is not one of the caller
}
