// Package client stores files on a network of vaults and reads them back.
//
// Start with [Dial], then [Client.PutFile] and [Client.GetFile]; [Client.Open]
// reads at any place of a file. A file is cut into encrypted chunks by package
// selfencrypt, each chunk is held by the vaults closest to its name, and one
// [Address] stands for the whole. Whoever has the address can read the file;
// nobody can change or delete it, and the vaults cannot read it.
//
// The client trusts no vault. Chunks are checked against their names and keys,
// and a put counts when more than half of the chunk's holders have signed for
// it. What it takes from the vault it is connected to, until sections certify
// it, is the list of the network's members: see docs/threat-model.md.
package client
