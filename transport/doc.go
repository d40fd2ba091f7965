// Package transport carries messages between peers that know each other by their Ed25519 public keys.
//
// Start with [Listen], which opens one UDP socket and returns an [Endpoint]; [Endpoint.Connect], which dials an address and
// returns once the other side has accepted; and [Endpoint.Request], which asks a connected peer and waits for the answer.
// Incoming messages and requests go to a [Handler]. Package transport/memnet offers the same Endpoint inside one process.
//
// # Identity
//
// A connection is QUIC (RFC 9000) with mutual TLS 1.3 (RFC 8446) and the ALPN "safe/1". Each side presents exactly one
// self-signed Ed25519 certificate; the public key in it is the peer's identity, a [PeerID]. Names, addresses and validity
// times in the certificate mean nothing. There is one connection for a pair of identities, whoever dialled it.
//
// # Carriers
//
// A message of up to 16 KiB shares one long-lived stream with others of its size, the lane; a larger one has a stream of its
// own, is written from the caller's slices and read straight into the slice the handler receives. A slow or silent large
// message delays nobody else.
//
// # Limits
//
// The receiver tells the sender how many calls (messages and requests) and how many bytes it may have unhandled. Who reaches
// that window waits in [Endpoint.Send] or [Endpoint.Request] until its context ends: memory stays bounded on both sides, and
// the pressure reaches whoever causes it. A peer that ignores a limit loses its connection; one that does too often what honest
// peers do seldom, such as to let messages stall half-way, cannot come back for a while.
//
// # Looking inside
//
// [Events] are what metrics and logs hang off; Config.QLogDir records connections packet by packet.
//
// The wire format is described in docs/spec/transport.md.
package transport
