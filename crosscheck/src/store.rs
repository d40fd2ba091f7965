//! `encrypt` and `decrypt`: chunks and data map as files of one directory.

use crate::suite::{levels, Suite};
use anyhow::{Context, Result};
use bytes::Bytes;
use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

/// The data map in the crate's bincode and in its JSON.
const MAP_BINCODE: &str = "datamap.bin";
const MAP_JSON: &str = "datamap.json";

/// Encrypts standard input. A chunk's file is named by the chunk, in hex.
pub fn encrypt<S: Suite>(dir: &Path) -> Result<()> {
    let (map, chunks) = S::encrypt(read_input()?)?;
    fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    for chunk in &chunks {
        let content = S::content(chunk);
        write(&dir.join(hex::encode(S::hash(content))), content)?;
    }
    write(&dir.join(MAP_BINCODE), &bincode::serialize(&map)?)?;
    write(&dir.join(MAP_JSON), &serde_json::to_vec(&map)?)
}

/// Decrypts to standard output. What is checked, and what is not, is the
/// crate's business: a chunk's file is taken by its name alone.
pub fn decrypt<S: Suite>(dir: &Path) -> Result<()> {
    let map = S::decode_map(&read(&dir.join(MAP_BINCODE))?).context(MAP_BINCODE)?;
    let levels = levels::<S>(map.clone(), |name| {
        read(&dir.join(hex::encode(name))).map(Bytes::from)
    })?;
    let chunks: Vec<_> = levels.into_iter().flat_map(|level| level.chunks).collect();
    let plain = S::decrypt(&map, &chunks)?;
    io::stdout()
        .write_all(&plain)
        .context("write standard output")
}

/// Everything that standard input has.
pub fn read_input() -> Result<Bytes> {
    let mut input = Vec::new();
    io::stdin()
        .read_to_end(&mut input)
        .context("read standard input")?;
    Ok(Bytes::from(input))
}

pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("read {}", path.display()))
}

pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("write {}", path.display()))
}
