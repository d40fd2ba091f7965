//! `brotli-q6.json`: the compressor alone.

use super::{
    cases::{cases, Case, COMPRESSOR},
    write_cases,
};
use crate::compress::compress;
use anyhow::Result;
use rayon::prelude::*;
use serde_json::{json, Value};
use std::path::Path;
use xor_name::XorName;

/// A stream up to this size is given in full.
const IN_FULL: usize = 300;

pub fn write(folder: &Path) -> Result<()> {
    let cases: Vec<Value> = cases(COMPRESSOR)
        .par_iter()
        .map(record)
        .collect::<Result<_>>()?;
    let params = "BrotliCompress, quality 6, all else default (lgwin 22, generic mode), \
                  4096-byte input buffer";
    let header = [
        (
            "format",
            json!("brotli stream as the self_encryption crates produce it"),
        ),
        ("crate", json!("brotli")),
        ("crate_version", json!("3.3.4")),
        ("params", json!(params)),
    ];
    write_cases(&folder.join("brotli-q6.json"), &header, &cases)
}

fn record(case: &Case) -> Result<Value> {
    let input = case.input();
    let stream = compress(&input)?;
    let mut fields = json!({
        "gen": case.generator.name(),
        "seed": case.seed,
        "size": case.size,
        "input_sha3_256": sha3_256(&input),
        "compressed_size": stream.len(),
        "compressed_sha3_256": sha3_256(&stream),
    });
    if stream.len() <= IN_FULL {
        fields["compressed_hex"] = json!(hex::encode(stream));
    }
    Ok(fields)
}

fn sha3_256(content: &[u8]) -> String {
    hex::encode(XorName::from_content(content))
}
