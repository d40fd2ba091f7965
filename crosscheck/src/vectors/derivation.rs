//! `kdf36.json`: from hashes to the pad, key and nonce of 0.36.

use crate::{generator::XorShift, store};
use anyhow::Result;
use serde_json::{json, Value};
use std::path::Path;

/// The context string of the crate's derivation.
const CONTEXT: &str = "self_encryption/chunk/v2";

/// Chunk indices and child levels.
const PLACES: [(u64, u64); 9] = [
    (0, 0),
    (1, 0),
    (2, 0),
    (3, 1),
    (255, 0),
    (256, 2),
    (65_536, 1),
    (1 << 32, 0),
    (u64::MAX, u64::MAX),
];

/// The first case has hashes of zeros, the others random ones.
pub fn write(folder: &Path) -> Result<()> {
    let mut random = XorShift::new(7);
    let cases: Vec<Value> = PLACES
        .iter()
        .enumerate()
        .map(|(i, &place)| match i {
            0 => record(place, [[0; 32]; 3]),
            _ => record(place, std::array::from_fn(|_| random.next_name())),
        })
        .collect();
    let file = json!({
        "format": "self_encryption 0.36 key derivation",
        "crate": "blake3",
        "crate_version": "1.8.7",
        "cases": cases,
    });
    let text = serde_json::to_string_pretty(&file)? + "\n";
    store::write(&folder.join("kdf36.json"), text.as_bytes())
}

/// Derives for a chunk with its own plain hash and those of the two chunks
/// before it. The crate does not export its own function, but every vector of
/// 0.36 depends on it.
fn record((index, level): (u64, u64), [src, n_1, n_2]: [[u8; 32]; 3]) -> Value {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    for hash in [src, n_1, n_2] {
        hasher.update(&hash);
    }
    hasher.update(&index.to_le_bytes());
    hasher.update(&level.to_le_bytes());
    let mut derived = [0; 96];
    hasher.finalize_xof().fill(&mut derived);
    json!({
        "chunk_index": index.to_string(),
        "child_level": level.to_string(),
        "src_hash": hex::encode(src),
        "n_1_src_hash": hex::encode(n_1),
        "n_2_src_hash": hex::encode(n_2),
        "pad": hex::encode(&derived[..52]),
        "key": hex::encode(&derived[52..84]),
        "nonce": hex::encode(&derived[84..]),
    })
}
