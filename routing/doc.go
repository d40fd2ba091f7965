// Package routing carries requests towards the vaults closest to a name and
// their answers back (paper, Network Traversal).
//
// A [Router] is a pure state machine: requests, answers, failures and the time
// go in; what to send, what to deliver to this vault and what to answer come
// out. It has no goroutine, socket, clock or randomness of its own. Start with
// [New], [Router.Request] and [Router.Response]; a [Table] of known vaults
// stands alone too.
//
// A request names the target, not who asks. Each hop remembers from whom it
// came and under which identifier, sends it on under a fresh one, and returns
// the answer the same way, so that a hop knows its two neighbours and the name
// asked for, nothing else. What this does not hide: vaults on the same way that
// compare notes find the name and the nonce of the denial in common, and the
// first vault knows its client.
//
// The first vault on the way, to which the client is connected, is answerable
// for the outcome: when a route fails, is silent for too long, or ends at a
// vault that does not hold the name, it takes the next.
package routing
