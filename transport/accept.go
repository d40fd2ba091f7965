package transport

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/quic-go/quic-go"
)

// acceptLoop does nothing but accept: the QUIC stack refuses connections that wait here for long.
func (ep *endpoint) acceptLoop() {
	for {
		qc, err := ep.ln.Accept(context.Background())
		if err != nil {
			return
		}
		select {
		case ep.handshakeSlots <- struct{}{}:
			ep.wg.Go(func() {
				defer func() { <-ep.handshakeSlots }()
				ep.accept(qc)
			})
		default:
			_ = qc.CloseWithError(quic.ApplicationErrorCode(codeBusy), "")
		}
	}
}

// accept takes a connection whose TLS handshake is done through the hellos, or closes it.
func (ep *endpoint) accept(qc *quic.Conn) {
	ctx, cancel := context.WithTimeout(ep.ctx, ep.cfg.HandshakeTimeout)
	defer cancel()
	c, err := ep.welcome(ctx, qc)
	if err != nil {
		ep.cfg.Logger.Debug("transport: connection not accepted", "from", qc.RemoteAddr(), "error", err)
		id, _ := remoteID(qc)
		ep.noticeRefused(id, qc.RemoteAddr().String(), err)
		_ = qc.CloseWithError(quic.ApplicationErrorCode(acceptCode(err)), "")
		return
	}
	ep.book.reached(c.id, qc.RemoteAddr().String())
	c.start(ep.hello())
}

// errDuplicate refuses a second connection of an identity whose first one is alive.
var errDuplicate = errors.New("transport: already connected")

func acceptCode(err error) code {
	switch {
	case errors.Is(err, errDuplicate):
		return codeDuplicate
	case errors.Is(err, ErrBusy):
		return codeBusy
	case errors.Is(err, ErrMalformed):
		return codeMalformed
	case errors.Is(err, errBanned):
		return codeLimit
	case errors.Is(err, ErrClosed):
		return codeRefused
	}
	return codeSlow
}

func (ep *endpoint) welcome(ctx context.Context, qc *quic.Conn) (*conn, error) {
	id, err := remoteID(qc)
	if err != nil {
		return nil, err
	}
	if err := ep.conduct.check(id, time.Now()); err != nil {
		return nil, err
	}
	str, err := qc.AcceptStream(ctx)
	if err != nil {
		return nil, fmt.Errorf("waiting for the lane: %w", err)
	}
	deadline, _ := ctx.Deadline()
	_ = str.SetDeadline(deadline)
	theirs, err := readHello(str)
	if err != nil {
		return nil, err
	}
	if ep.isDuplicate(ctx, id) {
		return nil, errDuplicate
	}
	c := newConn(ep, qc, str, id, false, theirs)
	if err := ep.register(c); err != nil {
		return nil, err
	}
	return c, nil
}

// isDuplicate reports whether the peer already has a connection that it dialled and that still answers. A peer that restarted
// has forgotten the old one, and gets in.
func (ep *endpoint) isDuplicate(ctx context.Context, id PeerID) bool {
	for _, old := range ep.usable(id) {
		if old.answers(ctx) && !old.dialed {
			return true
		}
	}
	return false
}

// remoteID is the identity that the verifier has already checked.
func remoteID(qc *quic.Conn) (PeerID, error) {
	certs := qc.ConnectionState().TLS.PeerCertificates
	if len(certs) != 1 {
		return PeerID{}, fmt.Errorf("%w: no certificate", ErrIdentity)
	}
	key, ok := certs[0].PublicKey.(ed25519.PublicKey)
	if !ok {
		return PeerID{}, fmt.Errorf("%w: no Ed25519 key", ErrIdentity)
	}
	return PeerID(key), nil
}

// hello is what we say first on every lane.
func (ep *endpoint) hello() []byte {
	return hello{version: helloVersion, calls: ep.cfg.MaxStreams, bytes: ep.cfg.BytesPerPeer}.append(nil)
}
