//! `brotli`: the compressor as all three crate versions call it.

use crate::store;
use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use std::io::{self, Write};

/// Compresses standard input to standard output.
pub fn run() -> Result<()> {
    let stream = compress(&store::read_input()?)?;
    io::stdout()
        .write_all(&stream)
        .context("write standard output")
}

/// Quality 6, all else default: a window of 22 bits, the generic mode, no size
/// hint. `BrotliCompress` feeds the encoder 4096 bytes at a time, and the
/// stream depends on that, because the encoder takes its size hint from what
/// has arrived when it starts.
pub fn compress(plain: &[u8]) -> Result<Vec<u8>> {
    let params = BrotliEncoderParams {
        quality: 6,
        ..Default::default()
    };
    let mut stream = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut stream, &params).context("compress")?;
    Ok(stream)
}
