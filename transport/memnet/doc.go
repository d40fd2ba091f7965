// Package memnet is a network inside one process, for tests: no socket, no cryptography, and every fault that one wants, by a
// seed. There are two of them.
//
// # Net: the same interface as QUIC
//
// [New] and [Net.Endpoint] give out a transport.Endpoint. Use it for whatever uses one: a vault, a client, an application. It has
// goroutines, and calls block, as they do on QUIC; the same conformance suite, package transporttest, runs on both. Inside a
// testing/synctest bubble time is virtual: a test of an hour takes a moment, and how long something took is exact. Which of two
// things that happen at the same moment comes first is up to the scheduler of Go. Make the network inside the bubble.
//
// [Options] says what the network does to messages: [NewNet] takes them, [Net.SetOptions] changes them. [Net.Partition],
// [Net.Cut], [Net.Heal] and [Net.Kill] break it and mend it.
//
// # EventNet: one goroutine, the same run every time
//
// [NewEventNet] and [EventNet.Add] connect state machines that never block: each is a [Machine], called with one message or timer
// at a time, which answers by [EventNet.Send] and [EventNet.SetTimer]. Use it for protocols that are pure functions of what
// they receive, for simulations of many thousand nodes, and wherever a failing run must be repeated exactly. All happens in the
// goroutine that calls [EventNet.Run], in an order that the seed determines; [EventNet.Digest] is a hash of that order, the same
// on every machine.
//
// # What is lost, and what is late
//
// QUIC repeats what is lost. On a connection that lives, a lost packet is therefore a delay, and a Net has PacketLoss for that:
// whoever sends or asks sees a slower peer. In a partition, or when the peer has crashed, nothing arrives; the connection lives
// on until the idle timeout, and what is still on its way then is lost with it, as transport.ErrPeerGone or the end of a context.
// After a partition that was shorter, it arrives late. Loss is of whole messages, for good: it stands for a peer that drops what
// it has no room for. An EventNet has no connections; on it, what is lost is lost.
package memnet
