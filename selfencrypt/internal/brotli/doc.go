// Package brotli compresses chunks as the published Rust crates
// self_encryption 0.30 to 0.36 do: with the crate brotli 3.3.4 at quality 6 and
// a window of 4 MiB. A chunk's address is the hash of its compressed and
// encrypted bytes, so every byte of [Encoder.AppendCompressed] is part of those
// formats and may not change. What [Decoder] reads is any Brotli stream
// (RFC 7932) of that window or a smaller one.
package brotli
