// Package vault is a storage node of the network: it joins through a contact,
// which allots its name, holds the chunks whose names it is closest to, and
// passes requests on (paper, Network Traversal and Vault Naming).
//
// Start with [Start] and [Vault.Close]; [Vault.Info] says how it is doing.
//
// Inside, one goroutine owns what the vault knows: the members of the network
// and the requests under way (package routing). Everything that waits, the disk
// and the connections, happens around it. Incoming messages go by their kind
// to one role each: clients.go greets clients, join.go admits vaults,
// presence.go watches who is there, relay.go passes requests on, chunks.go and
// fanout.go hold chunks. docs/spec/messages.md is the table of them.
package vault
