// Package brotli compresses chunks as the published Rust crates
// self_encryption 0.30 to 0.36 do: with the crate brotli 3.3.4 at quality 6 and
// a window of 4 MiB. A chunk's address is the hash of its compressed and
// encrypted bytes, so every byte of [Encoder.AppendCompressed] is part of those
// formats and may not change. It depends on the source and on nothing else. What
// [Decoder] reads is any Brotli stream (RFC 7932) of that window or a smaller
// one.
//
// # What decides the output
//
// The format leaves an encoder free in what it copies from where, how it cuts
// symbols into blocks and which codes it gives them. The method is that of
// Brotli's reference encoder at this quality, as the crate has it:
//
// The source is parsed in blocks of 64 KiB. At each position the last four
// distances and the 32 newest positions with the same 14 bits of a hash of four
// bytes are tried, else two words of the dictionary; the copy with the best score
// is put off by up to four bytes if it gets better so. Where nothing repeats,
// three of four positions and more are passed over. The commands of up to 8 MiB
// or a million literals or commands make a meta-block. Its literals, commands and
// distances are cut greedily into blocks of types by their entropy, literals get
// two codes a type if the bytes before them tell much, histograms are smoothed,
// and the Huffman codes written in the shortest of a few ways; unless the whole is
// better left as it is.
//
// Where the crate differs from the reference encoder it is followed: it believes
// the source to be no longer than a block, as it is handed over in small pieces;
// it records every position that a copy has covered; near the end of a block it
// passes over the rest; a word of the dictionary may score as little as is let
// through; and entropies are computed with numbers of 32 bits, with the logarithm
// of the C library on Linux.
package brotli
