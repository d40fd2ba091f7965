//! `bench`: the speed of a crate in memory.

use crate::{store, suite::Suite};
use anyhow::{bail, Result};
use bytes::Bytes;
use serde_json::json;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Encrypts and decrypts a file in memory `runs` times and prints the medians
/// as one line of JSON. A rate counts plain bytes, 1 MB being 1e6 bytes.
/// Reading the file and comparing the outcome with it are not timed.
pub fn run<S: Suite>(file: &Path, runs: usize) -> Result<()> {
    let plain = Bytes::from(store::read(file)?);
    let mut encrypting = Vec::with_capacity(runs);
    let mut decrypting = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        let (map, chunks) = S::encrypt(plain.clone())?;
        encrypting.push(start.elapsed());

        let start = Instant::now();
        let decrypted = S::decrypt(&map, &chunks)?;
        decrypting.push(start.elapsed());
        if decrypted != plain {
            bail!("the crate decrypted something else than it encrypted");
        }
    }
    let megabytes = plain.len() as f64 / 1e6;
    let line = json!({
        "crate": "self_encryption",
        "version": S::VERSION,
        "threads": rayon::current_num_threads(),
        "size": plain.len(),
        "encrypt_mb_s": rate(megabytes, encrypting),
        "decrypt_mb_s": rate(megabytes, decrypting),
    });
    println!("{line}");
    Ok(())
}

/// The rate at the median of the times, to one decimal.
fn rate(megabytes: f64, mut times: Vec<Duration>) -> f64 {
    times.sort();
    let middle = times.len() / 2;
    let median = match times.len() % 2 {
        1 => times[middle],
        _ => (times[middle - 1] + times[middle]) / 2,
    };
    (megabytes / median.as_secs_f64() * 10.0).round() / 10.0
}
