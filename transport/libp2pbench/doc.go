// Package libp2pbench measures package transport against go-libp2p's QUIC in
// the same run. It is a module of its own, so that go-libp2p and what that
// needs stay out of the go.mod of whoever uses transport.
//
//	cd transport/libp2pbench && go test -bench . -benchtime 2000x
//
// Both sides of both contestants are in the one process of the benchmark, and
// take turns. go-libp2p has only its QUIC transport, no resource limits, and
// opens a stream for each request, as its protocols do.
package libp2pbench
