//! `xorname.json`: names and prefixes of the crate `xor_name`.

use crate::{
    generator::{Generator, XorShift},
    store,
};
use anyhow::{anyhow, Result};
use serde_json::{json, Value};
use std::{collections::BTreeSet, path::Path};
use xor_name::{Prefix, XorName};

/// Every random name and number of the file comes from one generator.
const SEED: u64 = 1;

/// The sections of the file; the order of the random ones is that in which
/// they draw.
pub fn write(folder: &Path) -> Result<()> {
    let mut random = XorShift::new(SEED);
    let names = (0..12)
        .map(|_| name(&mut random))
        .collect::<Result<Vec<_>>>()?;
    let distance: Vec<_> = (0..60).map(|i| distance(i, &mut random)).collect();
    let prefixes = (0..40)
        .map(|i| prefix(i, &mut random))
        .collect::<Result<Vec<_>>>()?;
    let paired = paired(&mut random)?;
    let sorted = paired.iter().copied().collect::<BTreeSet<_>>();
    let mut breadth_first: Vec<_> = sorted.iter().collect();
    breadth_first.sort_by(|a, b| a.cmp_breadth_first(b));

    let file = json!({
        "crate": "xor_name",
        "crate_version": "5.0.0",
        "seed": SEED,
        "from_content": CONTENT_SIZES.map(from_content),
        "names": names,
        "distance": distance,
        "prefixes": prefixes,
        "prefix_pairs": pairs(&paired),
        "sorted_depth_first": sorted.iter().map(Prefix::to_string).collect::<Vec<_>>(),
        "sorted_breadth_first": breadth_first.into_iter().map(Prefix::to_string).collect::<Vec<_>>(),
        "is_covered_by": coverings()?,
        "parse_errors": parse_errors(),
        "json_errors": JSON_ERRORS.map(json_error),
        "crate_quirks_do_not_copy": quirks()?,
    });
    let text = serde_json::to_string_pretty(&file)?;
    store::write(&folder.join("xorname.json"), text.as_bytes())
}

/// Around the word, the name, and the 136 bytes that SHA3-256 takes at a time.
const CONTENT_SIZES: [usize; 13] = [0, 1, 3, 31, 32, 33, 135, 136, 137, 200, 272, 1000, 4096];

fn from_content(size: usize) -> Value {
    let seed = SEED + size as u64;
    let split = size / 3;
    let content = Generator::Xs64.bytes(seed, size);
    let (head, tail) = content.split_at(split);
    json!({
        "gen": "xs64",
        "seed": seed,
        "size": size,
        "from_content": hex::encode(XorName::from_content(&content)),
        "from_content_parts": hex::encode(XorName::from_content_parts(&[head, tail])),
        "from_content_parts_split": split,
    })
}

/// The forms of one random name.
fn name(random: &mut XorShift) -> Result<Value> {
    let name = XorName(random.next_name());
    let bit = random.next() as u8;
    let width = usize::from(bit) % 65;
    Ok(json!({
        "name": hex::encode(name),
        "display": name.to_string(),
        "debug": format!("{name:?}"),
        "upper_hex": format!("{name:X}"),
        "hex_width_10": format!("{name:10x}"),
        "hex_alt_width_10": format!("{name:#10x}"),
        "binary_width": width,
        "binary": format!("{name:width$b}"),
        "bit_index": bit,
        "bit": name.bit(bit),
        "with_bit_0": hex::encode(name.with_bit(bit, false)),
        "with_bit_1": hex::encode(name.with_bit(bit, true)),
        "not": hex::encode(!name),
        "json": serde_json::to_string(&name)?,
        "bincode_hex": hex::encode(bincode::serialize(&name)?),
    }))
}

/// A random name that begins like `base` for a random number of bits below 249.
fn alike(base: XorName, random: &mut XorShift) -> XorName {
    let bits = (random.next() % 249) as usize;
    Prefix::new(bits, base).substituted_in(XorName(random.next_name()))
}

/// Two names seen from a third: unrelated, both like the third, or each like
/// the one before. The last pair is one name.
fn distance(i: usize, random: &mut XorShift) -> Value {
    let target = XorName(random.next_name());
    let (lhs, mut rhs) = match i % 3 {
        0 => (XorName(random.next_name()), XorName(random.next_name())),
        1 => (alike(target, random), alike(target, random)),
        _ => {
            let lhs = alike(target, random);
            (lhs, alike(lhs, random))
        }
    };
    if i == 59 {
        rhs = lhs;
    }
    json!({
        "target": hex::encode(target),
        "lhs": hex::encode(lhs),
        "rhs": hex::encode(rhs),
        "cmp_distance": target.cmp_distance(&lhs, &rhs) as i8,
        "cmp": lhs.cmp(&rhs) as i8,
    })
}

/// The first lengths, before those that are drawn. The crate is wrong from 249.
const LENGTHS: [usize; 7] = [0, 1, 7, 8, 9, 247, 248];

/// One prefix and every operation on it, with another name that it matches in
/// every second entry.
fn prefix(i: usize, random: &mut XorShift) -> Result<Value> {
    let name = XorName(random.next_name());
    let length = match LENGTHS.get(i) {
        Some(&length) => length,
        None => (random.next() % 248) as usize,
    };
    let prefix = Prefix::new(length, name);
    let mut other = XorName(random.next_name());
    if i % 2 == 1 {
        other = prefix.substituted_in(other);
    }
    let flip = random.next() as u8;
    let half = match prefix.is_empty() {
        true => None,
        false => Some(prefix.ancestor((length / 2) as u8).to_string()),
    };
    Ok(json!({
        "name": hex::encode(name),
        "bit_count": prefix.bit_count(),
        "prefix_name": hex::encode(prefix.name()),
        "string": prefix.to_string(),
        "debug": format!("{prefix:?}"),
        "binary": format!("{prefix:b}"),
        "json": serde_json::to_string(&prefix)?,
        "bincode_hex": hex::encode(bincode::serialize(&prefix)?),
        "is_empty": prefix.is_empty(),
        "pushed_0": prefix.pushed(false).to_string(),
        "pushed_1": prefix.pushed(true).to_string(),
        "popped": prefix.popped().to_string(),
        "sibling": prefix.sibling().to_string(),
        "ancestors": prefix.ancestors().count(),
        "ancestor_half": half,
        "lower_bound": hex::encode(prefix.lower_bound()),
        "upper_bound": hex::encode(prefix.upper_bound()),
        "flip_index": flip,
        "with_flipped_bit": prefix.with_flipped_bit(flip).to_string(),
        "other": hex::encode(other),
        "matches": prefix.matches(&other),
        "common_prefix": prefix.common_prefix(&other),
        "substituted_in_other": hex::encode(prefix.substituted_in(other)),
    }))
}

/// The prefixes that are paired with each other before the random ones.
const PAIRED: [&str; 14] = [
    "",
    "0",
    "1",
    "00",
    "01",
    "10",
    "11",
    "0101",
    "101",
    "1010",
    "10111",
    "1111",
    "0000000011111111",
    "111111111111111111111111",
];

fn paired(random: &mut XorShift) -> Result<Vec<Prefix>> {
    let mut prefixes = parse_all(&PAIRED)?;
    for _ in 0..6 {
        let name = XorName(random.next_name());
        prefixes.push(Prefix::new((random.next() % 12) as usize, name));
    }
    Ok(prefixes)
}

/// Every prefix with every prefix, seen from a name of their own.
fn pairs(prefixes: &[Prefix]) -> Vec<Value> {
    let mut pairs = Vec::new();
    for a in prefixes {
        for b in prefixes {
            let target = XorName::from_content(format!("{SEED}|{a}|{b}").as_bytes());
            pairs.push(json!({
                "a": a.to_string(),
                "b": b.to_string(),
                "target": hex::encode(target),
                "eq": a == b,
                "cmp": a.cmp(b) as i8,
                "cmp_breadth_first": a.cmp_breadth_first(b) as i8,
                "cmp_distance": a.cmp_distance(b, &target) as i8,
                "compatible": a.is_compatible(b),
                "extension_of": a.is_extension_of(b),
                "neighbour": a.is_neighbour(b),
            }));
        }
    }
    pairs
}

/// A prefix, and a set that may cover it.
const COVERINGS: [(&str, &[&str]); 14] = [
    ("", &["0", "1"]),
    ("", &["0"]),
    ("", &["0", "10", "110", "111"]),
    ("", &["0", "10", "110"]),
    ("0", &["00", "01"]),
    ("0", &["00", "010", "011"]),
    ("0", &[""]),
    ("01", &["0"]),
    ("01", &["010"]),
    ("1", &["0", "10"]),
    ("", &[]),
    ("101", &["1010", "1011", "0"]),
    ("10", &["101", "1000", "1001", "11"]),
    ("", &["00", "01", "10", "110", "1110", "1111"]),
];

fn coverings() -> Result<Vec<Value>> {
    let covering = |&(prefix, set): &(&str, &[&str])| {
        let covered = parse(prefix)?.is_covered_by(&parse_all(set)?);
        Ok(json!({ "prefix": prefix, "set": set, "covered": covered }))
    };
    COVERINGS.iter().map(covering).collect()
}

/// Texts that are no prefix.
fn parse_errors() -> Vec<Value> {
    let long = "0".repeat(257);
    let texts = ["2", "01a", "0 1", " ", "é", "01é", "0b01", &long, "１"];
    texts
        .iter()
        .map(|text| match text.parse::<Prefix>() {
            Ok(prefix) => json!({ "input": text, "ok": prefix.to_string() }),
            Err(error) => json!({ "input": text, "error": error.to_string() }),
        })
        .collect()
}

/// JSON that is no name.
const JSON_ERRORS: [&str; 3] = ["\"00\"", "\"zz\"", "12"];

fn json_error(text: &str) -> Value {
    match serde_json::from_str::<XorName>(text) {
        Ok(name) => json!({ "input": text, "ok": hex::encode(name) }),
        Err(error) => json!({ "input": text, "error": error.to_string() }),
    }
}

/// What goes wrong with 249 bits and more, in release builds without a panic.
fn quirks() -> Result<Vec<Value>> {
    let ones = XorName([0xff; 32]);
    let mut quirks = Vec::new();
    for requested in [249, 250, 255, 256, 257, 300, 512] {
        let prefix = Prefix::new(requested, ones);
        quirks.push(json!({
            "name": hex::encode(ones),
            "requested_bit_count": requested,
            "bit_count": prefix.bit_count(),
            "prefix_name": hex::encode(prefix.name()),
        }));
    }
    let parsed = parse(&"1".repeat(256))?;
    quirks.push(json!({
        "parsed": "256 ones",
        "bit_count": parsed.bit_count(),
        "prefix_name": hex::encode(parsed.name()),
    }));
    let pushed = Prefix::new(255, ones).pushed(true);
    quirks.push(json!({
        "op": "pushed(1) on a 255-bit all-ones prefix",
        "bit_count": pushed.bit_count(),
        "prefix_name": hex::encode(pushed.name()),
        "sibling_string_equals_self": pushed.sibling().to_string() == pushed.to_string(),
    }));
    Ok(quirks)
}

/// The crate's parsing error is no `std::error::Error`.
fn parse(text: &str) -> Result<Prefix> {
    text.parse().map_err(|error| anyhow!("{text:?}: {error}"))
}

fn parse_all(texts: &[&str]) -> Result<Vec<Prefix>> {
    texts.iter().map(|text| parse(text)).collect()
}
