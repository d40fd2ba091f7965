//! `vectors`: every vector file that a build of this program can make.

mod behaviour;
mod cases;
mod compressor;
mod derivation;
mod encryption;
mod names;

use crate::{
    store,
    suite::{Suite, V030, V034, V036},
};
use anyhow::{bail, Context, Result};
use serde_json::Value;
use std::{fs, path::Path};

/// The limits of a plain chunk that the crates 0.30, 0.34 and 0.36 have, and
/// those that they get when built with MAX_CHUNK_SIZE=1024.
const DEFAULT_LIMITS: [usize; 3] = [1_048_576, 4_194_304, 4_190_208];
const SMALL_LIMITS: [usize; 3] = [1024; 3];

/// Writes the files of this build into the folders `selfencrypt` and `xorname`
/// of `dir`.
pub fn write(dir: &Path) -> Result<()> {
    let folder = dir.join("selfencrypt");
    let limits = [
        V030::max_chunk_size(),
        V034::max_chunk_size(),
        V036::max_chunk_size(),
    ];
    create(&folder)?;
    match limits {
        DEFAULT_LIMITS => {
            encryption::write::<V030>(&folder, "small", cases::SMALL)?;
            encryption::write::<V034>(&folder, "small", cases::SMALL)?;
            encryption::write::<V036>(&folder, "small", cases::SMALL)?;
            encryption::write::<V030>(&folder, "large", cases::LARGE_030)?;
            encryption::write::<V034>(&folder, "large", cases::LARGE_034)?;
            encryption::write::<V036>(&folder, "large", cases::LARGE_036)?;
            compressor::write(&folder)?;
            derivation::write(&folder)?;
            behaviour::write(&folder)?;

            let folder = dir.join("xorname");
            create(&folder)?;
            names::write(&folder)
        }
        SMALL_LIMITS => {
            encryption::write::<V030>(&folder, "max1024", cases::MAX_1024)?;
            encryption::write::<V034>(&folder, "max1024", cases::MAX_1024)?;
            encryption::write::<V036>(&folder, "max1024", cases::MAX_1024)?;
            encryption::write::<V034>(&folder, "nested-shrink-defect", cases::NESTED_SHRINK)?;
            encryption::write::<V036>(&folder, "nested-shrink-defect", cases::NESTED_SHRINK)
        }
        _ => bail!("no vectors for crates built with the chunk limits {limits:?}"),
    }
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))
}

/// Writes a file of cases, one a line, behind a header of the given order.
fn write_cases(path: &Path, header: &[(&str, Value)], cases: &[Value]) -> Result<()> {
    let header: String = header
        .iter()
        .map(|(key, value)| format!("\"{key}\":{value},"))
        .collect();
    let cases: Vec<_> = cases.iter().map(Value::to_string).collect();
    let text = format!("{{{header}\"cases\":[\n{}\n]}}\n", cases.join(",\n"));
    store::write(path, text.as_bytes())
}
