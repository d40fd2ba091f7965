//! `behaviour.json`: what the crates answer to bad input, and other edges.

use crate::{
    generator::Generator,
    store,
    suite::{Suite, V030, V034, V036},
};
use anyhow::Result;
use bytes::Bytes;
use self_encryption_030 as se30;
use self_encryption_034 as se34;
use self_encryption_036 as se36;
use serde_json::{json, Value};
use std::{
    panic::{self, AssertUnwindSafe},
    path::Path,
};
use xor_name::XorName;

/// The size of the content that is damaged: three chunks of 1000 bytes, which
/// the compressor cannot make smaller.
const SIZE: usize = 3000;
const SEED: u64 = 1;

pub fn write(folder: &Path) -> Result<()> {
    let mut log = Log::default();
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {})); // they are recorded, not printed
    let done = record(&mut log);
    panic::set_hook(hook);
    done?;
    let text = serde_json::to_string_pretty(&log.entries)?;
    store::write(&folder.join("behaviour.json"), text.as_bytes())
}

fn record(log: &mut Log) -> Result<()> {
    let content = &given(SIZE);
    for size in 0..4 {
        small_input(log, content.slice(..size));
    }
    damage_030(log, content)?;
    seek_030(log);
    damage_036(log, content)?;
    decode_036(log, content)?;
    json_maps(log);
    stream_036(log);
    edges_034(log, content)
}

/// As many bytes of the stream that the content begins.
fn given(size: usize) -> Bytes {
    Generator::Xs64.bytes(SEED, size).into()
}

/// The entries of the file.
#[derive(Default)]
struct Log {
    entries: Vec<Value>,
}

impl Log {
    /// Notes what a call of a crate comes to: its own answer, an error or a
    /// panic.
    fn note<S: Suite>(
        &mut self,
        op: impl Into<String>,
        call: impl FnOnce() -> Result<Value>,
    ) -> &mut Value {
        let result = match panic::catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => json!({ "error": error.to_string() }),
            Err(cause) => json!({ "panic": message(&*cause) }),
        };
        let op: String = op.into();
        self.entries
            .push(json!({ "crate": S::VERSION, "op": op, "result": result }));
        let last = self.entries.len() - 1;
        &mut self.entries[last]
    }
}

/// What a panic said.
fn message(cause: &(dyn std::any::Any + Send)) -> &str {
    match (cause.downcast_ref::<String>(), cause.downcast_ref::<&str>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "",
    }
}

/// The answer of a call whose result is of no interest.
fn ok<T, E: Into<anyhow::Error>>(result: Result<T, E>) -> Result<Value> {
    result.map(|_| json!({ "ok": true })).map_err(Into::into)
}

/// The answer of a decryption.
fn length(plain: Result<Bytes>) -> Result<Value> {
    Ok(json!({ "ok_len": plain?.len() }))
}

/// The answer of a decryption of what was damaged.
fn compared(plain: Result<Bytes>, content: &Bytes) -> Result<Value> {
    let plain = plain?;
    Ok(json!({ "ok_len": plain.len(), "equal": plain == content }))
}

/// Changes the content of one chunk.
fn replaced<S: Suite>(
    chunks: &[S::Chunk],
    index: usize,
    change: impl FnOnce(&mut Vec<u8>),
) -> Vec<S::Chunk> {
    let mut content = S::content(&chunks[index]).to_vec();
    change(&mut content);
    let mut chunks = chunks.to_vec();
    chunks[index] = S::chunk(index, content.into());
    chunks
}

fn small_input(log: &mut Log, input: Bytes) {
    let size = input.len();
    log.note::<V030>("encrypt", || ok(se30::encrypt(input.clone())))["size"] = json!(size);
    log.note::<V034>("encrypt", || ok(se34::encrypt(input.clone())))["size"] = json!(size);
    log.note::<V036>("encrypt", || ok(se36::encrypt(input.clone())))["size"] = json!(size);
    let stream = || ok(se36::stream_encrypt(size, std::iter::once(input.clone())));
    log.note::<V036>("stream_encrypt new", stream)["size"] = json!(size);
}

fn damage_030(log: &mut Log, content: &Bytes) -> Result<()> {
    let (map, mut chunks) = V030::encrypt(content.clone())?;
    chunks.sort_by_key(|chunk| chunk.index);

    log.note::<V030>("decrypt_full_set, one chunk removed (index 2)", || {
        length(V030::decrypt(&map, &chunks[..2]))
    });
    let size = chunks[1].content.len();
    for position in [0, 20, 500, size - 17, size - 1] {
        let op = format!(
            "decrypt_full_set, bit 0 of byte {position} of chunk 1 flipped (chunk len {size})"
        );
        let damaged = replaced::<V030>(&chunks, 1, |content| content[position] ^= 1);
        log.note::<V030>(op, || compared(V030::decrypt(&map, &damaged), content));
    }
    let cut = replaced::<V030>(&chunks, 1, |content| content.truncate(size - 1));
    log.note::<V030>("decrypt_full_set, last byte of chunk 1 cut", || {
        compared(V030::decrypt(&map, &cut), content)
    });
    let empty = replaced::<V030>(&chunks, 1, Vec::clear);
    log.note::<V030>("decrypt_full_set, chunk 1 empty", || {
        compared(V030::decrypt(&map, &empty), content)
    });
    let two = se30::DataMap::new(map.infos()[..2].to_vec());
    log.note::<V030>("decrypt_full_set, map cut to 2 entries", || {
        length(V030::decrypt(&two, &chunks))
    });
    let none = se30::DataMap::new(vec![]);
    log.note::<V030>("decrypt_full_set, empty map no chunks", || {
        length(V030::decrypt(&none, &[]))
    });
    Ok(())
}

/// File size, position and length to look for.
const SEEKS: [[usize; 3]; 18] = [
    [3000, 0, 10],
    [3000, 999, 2],
    [3000, 999, 1],
    [3000, 1000, 1],
    [3000, 2999, 1],
    [3000, 2999, 10],
    [3000, 3000, 1],
    [3000, 0, 3000],
    [3000, 0, 0],
    [3000, 1000, 1000],
    [3000, 1999, 2],
    [2, 0, 1],
    [3_145_728, 1_048_576, 1_048_576],
    [3_145_729, 3_145_728, 1],
    [3_145_727, 2_097_150, 4],
    [10_485_767, 10_485_760, 7],
    [10_485_767, 0, 10_485_767],
    [3_145_728, 0, usize::MAX],
];

fn seek_030(log: &mut Log) {
    for [size, position, length] in SEEKS {
        let op = format!("seek_info({size},{position},{length})");
        log.note::<V030>(op, || {
            let info = se30::seek_info(size, position, length);
            Ok(json!({
                "start": info.index_range.start,
                "end": info.index_range.end,
                "relative_pos": info.relative_pos,
            }))
        });
    }
}

fn damage_036(log: &mut Log, content: &Bytes) -> Result<()> {
    let (map, chunks) = V036::encrypt(content.clone())?;
    let hashes: Vec<XorName> = map.infos().iter().map(|info| info.src_hash).collect();
    let damaged = replaced::<V036>(&chunks, 1, |content| content[0] ^= 1);
    let chunk = |index, content: &Bytes, hashes: &[XorName], level| {
        length(se36::decrypt_chunk(index, content, hashes, level).map_err(Into::into))
    };

    log.note::<V036>("decrypt, chunk 2 removed", || {
        length(V036::decrypt(&map, &chunks[..2]))
    });
    log.note::<V036>("decrypt, bit flipped in chunk 1", || {
        length(V036::decrypt(&map, &damaged))
    });
    log.note::<V036>("decrypt_chunk(1), bit flipped", || {
        chunk(1, &damaged[1].content, &hashes, 0)
    });
    log.note::<V036>("decrypt_chunk(1), wrong child level 1", || {
        chunk(1, &chunks[1].content, &hashes, 1)
    });
    log.note::<V036>("decrypt_chunk(3) of 3", || {
        chunk(3, &chunks[1].content, &hashes, 0)
    });
    log.note::<V036>("decrypt_chunk(0), only 2 hashes", || {
        chunk(0, &chunks[0].content, &hashes[..2], 0)
    });
    log.note::<V036>("decrypt_chunk(1), empty content", || {
        chunk(1, &Bytes::new(), &hashes, 0)
    });
    log.note::<V036>("verify_chunk wrong name", || {
        ok(se36::verify_chunk(hashes[0], &chunks[0].content))
    });
    Ok(())
}

/// The bincode of a map: a version byte, a count of 8 bytes, the entries, the
/// tag of the child.
fn decode_036(log: &mut Log, content: &Bytes) -> Result<()> {
    let (map, _) = V036::encrypt(content.clone())?;
    let encoded = map.to_bytes()?;
    let end = encoded.len() - 1;
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut encoded = encoded.clone();
        change(&mut encoded);
        encoded
    };
    for (what, encoded) in [
        ("version byte 2", with(&|e| e[0] = 2)),
        ("version byte 0", with(&|e| e[0] = 0)),
        ("truncated by 1", with(&|e| e.truncate(end))),
        ("empty", vec![]),
        ("one trailing byte", with(&|e| e.push(0))),
        ("option tag 2", with(&|e| e[end] = 2)),
        ("length 2^64-1", with(&|e| e[1..9].fill(0xff))),
    ] {
        log.note::<V036>(format!("DataMap::from_bytes {what}"), || {
            ok(V036::decode_map(&encoded))
        });
    }

    log.note::<V036>("decrypt empty map", || {
        length(V036::decrypt(&se36::DataMap::new(vec![]), &[]))
    });
    let mut infos = map.infos().to_vec();
    infos[1].index = 0;
    infos[2].index = 1;
    log.note::<V036>("DataMapIndex::new indices 0,0,1", || {
        ok(se36::DataMapIndex::new(&se36::DataMap::new(infos)))
    });
    Ok(())
}

const JSON_MAPS: [&str; 5] = [
    "{}",
    "[]",
    r#"{"chunk_identifiers":[]}"#,
    r#"{"chunk_identifiers":[],"child":3,"x":1}"#,
    r#"{"chunk_identifiers":[],"child":null}"#,
];

fn json_maps(log: &mut Log) {
    for text in JSON_MAPS {
        let op = format!("DataMap from JSON {text}");
        log.note::<V036>(&op, || ok(serde_json::from_str::<se36::DataMap>(text)));
        log.note::<V034>(&op, || ok(serde_json::from_str::<se34::DataMap>(text)));
    }
}

/// Streams that are shorter or longer than declared.
fn stream_036(log: &mut Log) {
    for size in [SIZE - 1, SIZE - 1000, SIZE + 1] {
        let op = format!("stream_encrypt declared {SIZE} given {size}");
        log.note::<V036>(op, || {
            let mut stream = se36::stream_encrypt(SIZE, std::iter::once(given(size)))?;
            let chunks: Vec<_> = stream.chunks().collect();
            let error = chunks.iter().find_map(|chunk| chunk.as_ref().err());
            let sizes = stream.datamap().map(|map| {
                map.infos()
                    .iter()
                    .map(|info| info.src_size)
                    .collect::<Vec<_>>()
            });
            Ok(json!({
                "chunks": chunks.len(),
                "error": error.map(ToString::to_string),
                "map_sizes": sizes,
            }))
        });
    }
}

fn edges_034(log: &mut Log, content: &Bytes) -> Result<()> {
    let (map, chunks) = V034::encrypt(content.clone())?;
    let unversioned = |count: usize| -> Result<Vec<u8>> {
        let infos = (0..count).map(|index| se30::ChunkInfo {
            index,
            ..Default::default()
        });
        Ok(bincode::serialize(&se30::DataMap::new(infos.collect()))?)
    };
    let op = "DataMap::from_bytes of an unversioned (0.30) bincode map";
    let three = unversioned(3)?;
    log.note::<V034>(op, || ok(V034::decode_map(&three)));
    log.note::<V036>(op, || ok(V036::decode_map(&three)));

    let mut trailing = map.to_bytes()?;
    trailing.push(0);
    log.note::<V034>("DataMap::from_bytes one trailing byte", || {
        ok(V034::decode_map(&trailing))
    });
    let damaged = replaced::<V034>(&chunks, 1, |content| content[0] ^= 1);
    log.note::<V034>("decrypt, bit flipped in chunk 1", || {
        length(V034::decrypt(&map, &damaged))
    });
    let hashes: Vec<XorName> = map.infos().iter().map(|info| info.src_hash).collect();
    log.note::<V034>("decrypt_chunk(1), bit 0 of byte 0 flipped", || {
        length(se34::decrypt_chunk(1, &damaged[1].content, &hashes).map_err(Into::into))
    });
    for count in [2, 256, 257, 258, 513, 769] {
        let op = format!("DataMap::from_bytes of an unversioned bincode map of {count} chunks");
        let encoded = unversioned(count)?;
        log.note::<V034>(op, || {
            Ok(json!({ "ok_chunks": V034::decode_map(&encoded)?.len() }))
        });
    }
    Ok(())
}
