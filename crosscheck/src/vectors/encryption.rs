//! The files `se*-*.json`: what the crates make of whole inputs.

use super::{
    cases::{cases, Case, Row},
    write_cases,
};
use crate::suite::{by_name, levels, Level, Suite, V030, V034, V036};
use anyhow::{Context, Result};
use bytes::Bytes;
use rayon::prelude::*;
use self_encryption_036::stream_encrypt;
use serde_json::{json, Map, Value};
use std::path::Path;

/// Up to this size of input, a case has every chunk's content, and the JSON
/// form of the maps.
const IN_FULL: usize = 8192;

/// How much the streaming encryptor is fed at a time: no divisor of anything.
const FEED: usize = 7777;

/// A crate version with files of its own.
pub trait Recorded: Suite {
    /// How the names of its files begin.
    const FILES: &'static str;
    /// What they say that they hold.
    const FORMAT: &'static str;
    /// The key of the digest of a case's input.
    const DIGEST: &'static str;

    /// What the crate makes of one input.
    fn record(case: &Case, input: Bytes, fields: &mut Map<String, Value>) -> Result<()>;
}

/// Writes one file of one crate version.
pub fn write<S: Recorded>(folder: &Path, topic: &str, rows: &[Row]) -> Result<()> {
    let cases: Vec<Value> = cases(rows)
        .par_iter()
        .map(record::<S>)
        .collect::<Result<_>>()?;
    let header = [
        ("format", json!(S::FORMAT)),
        ("crate", json!("self_encryption")),
        ("crate_version", json!(S::VERSION)),
        (
            "compressor",
            json!("brotli 3.3.4 (Rust), quality 6, lgwin 22"),
        ),
        ("max_chunk_size", json!(S::max_chunk_size())),
    ];
    write_cases(
        &folder.join(format!("{}-{topic}.json", S::FILES)),
        &header,
        &cases,
    )
}

fn record<S: Recorded>(case: &Case) -> Result<Value> {
    let input = Bytes::from(case.input());
    let mut fields = Map::new();
    fields.insert("gen".into(), json!(case.generator.name()));
    fields.insert("seed".into(), json!(case.seed));
    fields.insert("size".into(), json!(case.size));
    fields.insert(S::DIGEST.into(), json!(hex::encode(S::hash(&input))));
    S::record(case, input, &mut fields).with_context(|| {
        let generator = case.generator.name();
        format!("{generator} of {} bytes, seed {}", case.size, case.seed)
    })?;
    Ok(Value::Object(fields))
}

impl Recorded for V030 {
    const FILES: &'static str = "se30";
    const FORMAT: &'static str = "self_encryption 0.30: SHA3-256, brotli q6, AES-128-CBC, pad XOR";
    const DIGEST: &'static str = "input_sha3_256";

    fn record(case: &Case, input: Bytes, fields: &mut Map<String, Value>) -> Result<()> {
        let (map, chunks) = Self::encrypt(input)?;
        for level in levels_of::<Self>(map, &chunks)? {
            fields.extend(describe(case, &level)?);
        }
        Ok(())
    }
}

impl Recorded for V034 {
    const FILES: &'static str = "se34";
    const FORMAT: &'static str = "self_encryption 0.34: as 0.30 with shrunk versioned data maps";
    const DIGEST: &'static str = "input_sha3_256";

    fn record(case: &Case, input: Bytes, fields: &mut Map<String, Value>) -> Result<()> {
        let (map, chunks) = Self::encrypt(input.clone())?;
        record_shrunk::<Self>(case, &input, &map, &chunks, fields)
    }
}

impl Recorded for V036 {
    const FILES: &'static str = "se36";
    const FORMAT: &'static str = "self_encryption 0.36: BLAKE3, brotli q6, ChaCha20-Poly1305, \
                                  pad XOR, shrunk versioned data maps";
    const DIGEST: &'static str = "input_blake3";

    fn record(case: &Case, input: Bytes, fields: &mut Map<String, Value>) -> Result<()> {
        let (map, chunks) = Self::encrypt(input.clone())?;
        record_shrunk::<Self>(case, &input, &map, &chunks, fields)?;

        let pieces = (0..input.len())
            .step_by(FEED)
            .map(|start| input.slice(start..input.len().min(start + FEED)));
        let mut stream = stream_encrypt(input.len(), pieces)?;
        let order = stream
            .chunks()
            .map(|chunk| Ok(hex::encode(chunk?.0)))
            .collect::<Result<Vec<_>>>()?;
        fields.insert("stream_chunk_order".into(), json!(order));
        let equal = stream.into_datamap().as_ref() == Some(&map);
        fields.insert("stream_map_equal".into(), json!(equal));
        Ok(())
    }
}

/// What the versions with shrunk maps have in common.
fn record_shrunk<S: Suite>(
    case: &Case,
    input: &Bytes,
    map: &S::Map,
    chunks: &[S::Chunk],
    fields: &mut Map<String, Value>,
) -> Result<()> {
    let mut described = Vec::new();
    for level in levels_of::<S>(map.clone(), chunks)? {
        let mut fields = describe(case, &level)?;
        fields.insert("child".into(), json!(S::child(&level.map)));
        described.push(fields);
    }
    fields.insert("levels".into(), json!(described));

    let order: Vec<_> = chunks
        .iter()
        .map(|chunk| hex::encode(S::hash(S::content(chunk))))
        .collect();
    fields.insert("returned_chunk_order".into(), json!(order));

    let decrypted = S::decrypt(map, chunks);
    let equal = decrypted.as_ref().is_ok_and(|plain| plain == input);
    fields.insert("crate_round_trip_ok".into(), json!(equal));
    if let Err(error) = decrypted {
        fields.insert("crate_decrypt_error".into(), json!(error.to_string()));
    }
    Ok(())
}

fn levels_of<S: Suite>(map: S::Map, chunks: &[S::Chunk]) -> Result<Vec<Level<S>>> {
    let contents = by_name::<S>(chunks);
    levels(map, |name| {
        let content = contents.get(&name);
        content.cloned().context("the crate kept a chunk to itself")
    })
}

/// A data map and its chunks.
fn describe<S: Suite>(case: &Case, level: &Level<S>) -> Result<Map<String, Value>> {
    let in_full = case.size <= IN_FULL;
    let chunks: Vec<Value> = S::infos(&level.map)
        .iter()
        .zip(&level.chunks)
        .map(|(info, chunk)| {
            let content = S::content(chunk);
            let mut chunk = json!({
                "index": info.index,
                "src_hash": hex::encode(info.src_hash),
                "dst_hash": hex::encode(info.dst_hash),
                "src_size": info.src_size,
                "dst_size": content.len(),
            });
            if in_full {
                chunk["chunk_hex"] = json!(hex::encode(content));
            }
            chunk
        })
        .collect();
    let mut fields = Map::new();
    fields.insert("chunks".into(), json!(chunks));
    let bincode = hex::encode(bincode::serialize(&level.map)?);
    fields.insert("data_map_bincode_hex".into(), json!(bincode));
    if in_full {
        let text = serde_json::to_string(&level.map)?;
        fields.insert("data_map_json".into(), json!(text));
    }
    Ok(fields)
}
