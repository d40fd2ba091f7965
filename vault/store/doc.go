// Package store keeps a vault's chunks, and the vault's own small records, on
// disk (paper, Vaults: "Nodes on the network (known as vaults) are primarily
// responsible for storing chunks of data").
//
// Start with Open, Store.Put and Store.Get. Store.SetMeta keeps what the vault
// must remember about itself.
//
// # What is promised
//
// A Put, Delete or SetMeta that returned nil survives a crash and loss of
// power; one that failed leaves nothing behind, unless the database itself
// failed, when the next start may find it done. Get checks every chunk against
// its name, so that a damaged copy counts as a missing one. Space is freed as
// soon as a chunk is deleted. Opening takes the same time however much is
// stored, and Usage is right at once.
//
// # Layout
//
//	VERSION                         "safenet-vault 1"
//	LOCK                            locked while a store is open
//	chunks/<last byte>/<name>       one chunk of 64 KiB and more; both in hex
//	db/                             everything smaller, and the index (Pebble)
//	tmp/                            chunks being written; emptied at start
//
// Directories go by the last byte of the name, because the names that one vault
// holds share their first bits. The database keeps its own files below 64 KiB
// while little comes in, as in a vault that mostly holds larger chunks: so a
// file of 64 KiB and more under the directory is normally a chunk, and its name
// is the SHA3-256 of its content. While many small chunks are stored, more than
// 64 KiB of them a second, or once there are some hundred KiB of them, the
// database's files grow: keeping them small would cost a sync for every few
// chunks.
package store
