//! One interface of the three crate versions.

mod v030;
mod v034;
mod v036;

pub use v030::V030;
pub use v034::V034;
pub use v036::V036;

use anyhow::{bail, Result};
use bytes::Bytes;
use serde::Serialize;
use std::collections::HashMap;
use xor_name::XorName;

/// The entry of a data map for one chunk. `dst_hash` names the chunk,
/// `src_hash` is that of its plain content.
pub struct ChunkInfo {
    pub index: usize,
    pub dst_hash: XorName,
    pub src_hash: XorName,
    pub src_size: usize,
}

/// One version of the crate. Whatever panics in it, panics here.
pub trait Suite {
    /// The exact version of the crate.
    const VERSION: &'static str;

    /// The crate's data map, with its own bincode and JSON forms.
    type Map: Serialize + Clone + Send + Sync;
    /// The crate's encrypted chunk.
    type Chunk: Clone + Send + Sync;

    /// The limit of a chunk's plain content in this build.
    fn max_chunk_size() -> usize;
    /// The hash that makes names.
    fn hash(content: &[u8]) -> XorName;
    /// The crate's encryption in memory. The map is the last, shrunk one.
    fn encrypt(plain: Bytes) -> Result<(Self::Map, Vec<Self::Chunk>)>;
    /// The crate's decryption in memory, of everything at once.
    fn decrypt(map: &Self::Map, chunks: &[Self::Chunk]) -> Result<Bytes>;
    /// Decodes bincode.
    fn decode_map(encoded: &[u8]) -> Result<Self::Map>;

    fn infos(map: &Self::Map) -> Vec<ChunkInfo>;
    /// The shrink level of a map, none for that of the content itself.
    fn child(map: &Self::Map) -> Option<usize>;
    /// Decrypts the content of a shrunk map, the encoding of the map before it.
    fn unshrink(map: &Self::Map, chunks: &[Self::Chunk]) -> Result<Self::Map>;

    fn chunk(index: usize, content: Bytes) -> Self::Chunk;
    fn content(chunk: &Self::Chunk) -> &Bytes;
}

/// No map that a crate made has more levels of shrinking: the crates give up
/// at as many.
const MAX_LEVELS: usize = 100;

/// A data map with its chunks in index order.
pub struct Level<S: Suite> {
    pub map: S::Map,
    pub chunks: Vec<S::Chunk>,
}

/// Follows a map to that of the content, which comes last. `fetch` is asked
/// for every chunk of every map by its name.
pub fn levels<S: Suite>(
    map: S::Map,
    mut fetch: impl FnMut(XorName) -> Result<Bytes>,
) -> Result<Vec<Level<S>>> {
    let mut levels = Vec::new();
    let mut next = Some(map);
    while let Some(map) = next {
        if levels.len() > MAX_LEVELS {
            bail!("data map with more than {MAX_LEVELS} levels of shrinking");
        }
        let chunks: Vec<_> = S::infos(&map)
            .into_iter()
            .map(|info| Ok(S::chunk(info.index, fetch(info.dst_hash)?)))
            .collect::<Result<_>>()?;
        next = match S::child(&map) {
            Some(_) => Some(S::unshrink(&map, &chunks)?),
            None => None,
        };
        levels.push(Level { map, chunks });
    }
    Ok(levels)
}

/// The contents of chunks by their names.
pub fn by_name<S: Suite>(chunks: &[S::Chunk]) -> HashMap<XorName, Bytes> {
    chunks
        .iter()
        .map(|chunk| (S::hash(S::content(chunk)), S::content(chunk).clone()))
        .collect()
}
