package transport

import "github.com/quic-go/quic-go"

// windowClosed marks conn.window after the connection has ended.
const windowClosed = -1 << 62

// allowWindow lets the receive window of a connection grow while the endpoint has memory for it. The QUIC stack calls it under
// its own locks.
func (ep *endpoint) allowWindow(qc *quic.Conn, delta uint64) bool {
	found, ok := ep.byQUIC.Load(qc)
	if !ok || delta > maxConnWindow || !ep.total.take(int(delta)) {
		return false
	}
	if found.(*conn).window.Add(int64(delta)) < 0 { // it ended just now
		ep.total.give(int(delta))
		return false
	}
	return true
}
