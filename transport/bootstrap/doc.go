// Package bootstrap finds a way into a network: it tries contacts, several at once, until one of them is good, and remembers the
// good ones in a file for the next time.
//
// Start with [Join], which needs an endpoint of package transport, a list of [Contact], and a function that says what makes a
// connected peer good: that it is a member of the network looked for, for instance. [OpenBook] opens the file of peers that
// were good before; a node that has one gets in even when all contacts that came with the program are gone.
//
// # The race
//
// Attempts begin [Options].Stagger apart, or at once when one has failed, and at most [Options].Parallel are under way. The first
// contact to pass the check wins; the others are let go and the connections that Join made to them dropped. So a contact that is
// silent costs one stagger, not one timeout. Peers from the book come first, best first, and of every eight addresses tried two
// are of the contacts given, as long as there are some: a book that has gone stale, or that somebody has filled with his own
// peers, does not keep a node from them. A round in which nobody passed is followed by a pause, random within 20 %, that
// doubles from [Options].Backoff to [Options].MaxBackoff.
//
// What stands for the node itself is not dialled: its own identity and its own addresses. Reached by another way it is
// recognised by its key.
//
// # Following it
//
// Each attempt, and Join as a whole, goes through the states of [State]. They are logged, and reported to [Options].OnEvent. An
// attempt that failed is an [*AttemptError]: at which step, which peer, why, and what to look at. What Join returns is a
// [*JoinError] with those of all addresses.
package bootstrap
