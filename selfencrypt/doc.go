// Package selfencrypt turns a file into encrypted chunks named by their
// content, and back.
//
// Start with [Write], which stores a file and returns its [Address], and with
// [LoadMap] followed by [Open], which read it again as an [io.Reader],
// [io.ReaderAt], [io.Seeker] and [io.WriterTo]. [Encrypt], or [EncryptAt] for
// content that is there already, and [StoreMap] are the two halves of Write, for
// callers that keep data maps themselves.
//
// A file is cut into chunks of at most [MaxPlain] bytes. Each is compressed if
// that helps, then encrypted with a key derived from the hashes of its own
// content and of two neighbours, and stored under the SHA3-256 of the result,
// so that whoever stores a chunk can check it and cannot read it (paper, "Self
// Encryption" and "Resource Identifiers"). The list of these names and hashes
// is the [DataMap]; it is the key to the file. A map with more than one entry
// is itself cut, encrypted and stored, until one entry is left: that entry is
// the Address. Content of at most 64 KiB stands where its map would: it is one
// chunk, fetched at once.
//
// The result depends on the content alone: the same file has the same chunks
// and the same address everywhere, whatever the options that govern speed, in
// every release. The compressor is therefore part of this package. The format is
// named by a suite number in every map and address; this is suite 1, "SAFE
// version 1", specified byte by byte in docs/spec/selfencrypt.md. A change of a
// byte would be another suite, and old ones stay readable.
//
// # Other formats
//
// A [Suite] other than SAFE writes and reads what the Rust crate self_encryption
// of the published versions 0.30, 0.34 and 0.36 does, byte for byte, for local
// stores and for exchange (docs/spec/selfencrypt-crates.md). Data maps go by
// [ImportBincode], [ImportJSON] and their opposites. Nothing in those formats is
// trusted more than in SAFE: every chunk is checked by name and content.
//
// # What an address and a chunk give away
//
// Whoever holds an address can read the whole file, prove that the address has
// this content, and tell whether another file is the same. They can not change
// or delete it, nor learn who stored it. An address, a data map and their
// binary forms are secrets as much as the file is; their text forms hide what
// opens it.
//
// Whoever holds only chunks and names, as a vault does, sees sizes after
// compression, and can confirm a guess: encrypting a file that one already has
// yields the names of its chunks, so the holder of a list of names can find
// (and refuse, "blacklist") the chunks of a known file. The same holds for a file that is
// known but for few bits, such as a form with one number filled in: one tries
// all of them. A convergence secret ([Options].Secret) takes these away from
// everybody who does not know it, and with them the sharing of equal chunks
// beyond those who do. A random key ([Options].RandomKey) goes further: only the
// holders of the address can confirm anything, and no chunk is ever shared, not
// even when the same file is stored again. Lengths remain visible, and where an attacker's text is
// compressed in one chunk with a secret, the length of that chunk tells
// something about the secret.
package selfencrypt
