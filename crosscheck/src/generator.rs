//! The generators of input that the test vectors name. Their rules are in the
//! README of `testdata/vectors/selfencrypt`.

/// How a case's input is made from its seed and size.
#[derive(Clone, Copy)]
pub enum Generator {
    Xs64,
    Words,
    Nib,
    Mix,
    Rec,
    Copy,
    Zero,
    Count,
}

use Generator::*;

/// Every generator, in the order in which the vector files list them.
pub const ALL: &[Generator] = &[Xs64, Words, Nib, Mix, Rec, Copy, Zero, Count];

const WORDS: [&str; 16] = [
    "the ",
    "network ",
    "of ",
    "chunk ",
    "and ",
    "vault ",
    "data ",
    "to ",
    "section ",
    "is ",
    "a ",
    "prefix ",
    "in ",
    "name\n",
    "{\"id\":",
    "0123456789 ",
];

impl Generator {
    /// The name by which vector files call it.
    pub fn name(self) -> &'static str {
        match self {
            Xs64 => "xs64",
            Words => "words",
            Nib => "nib",
            Mix => "mix",
            Rec => "rec",
            Copy => "copy",
            Zero => "zero",
            Count => "count",
        }
    }

    /// Makes `size` bytes.
    pub fn bytes(self, seed: u64, size: usize) -> Vec<u8> {
        let mut random = XorShift::new(seed);
        let mut out = Vec::with_capacity(size + 128);
        let mut line = 0u64; // of Rec
        while out.len() < size {
            match self {
                Xs64 => out.extend(random.next().to_le_bytes()),
                Nib => out.extend(random.next().to_le_bytes().map(|b| b'a' + (b & 15))),
                Words => out.extend(WORDS[(random.next() >> 60) as usize].bytes()),
                Mix => mix(&mut out, random.next()),
                Rec => {
                    out.extend(format!("{line},{:08x}\n", random.next() as u32).bytes());
                    line += 1;
                }
                Copy => copy(&mut out, random.next()),
                Zero => out.resize(size, 0),
                Count => out.push((out.len() % 251) as u8),
            }
        }
        out.truncate(size);
        out
    }
}

/// Random bytes, but every second block of 4096 counts.
fn mix(out: &mut Vec<u8>, word: u64) {
    for byte in word.to_le_bytes() {
        let position = out.len();
        out.push(match position >> 12 & 1 {
            0 => byte,
            _ => (position % 251) as u8,
        });
    }
}

/// Repeats something within the last 64 KiB, or adds something new.
fn copy(out: &mut Vec<u8>, word: u64) {
    let length = 4 + (word & 63) as usize;
    let offset = 1 + (word >> 8 & 0xffff) as usize;
    let repeat = word >> 40 & 3 != 0 && offset <= out.len();
    for j in 0..length {
        out.push(match repeat {
            true => out[out.len() - offset],
            false => (word >> (8 * (j % 8))) as u8 ^ j as u8,
        });
    }
}

/// The xorshift64 generator with shifts 13, 7, 17.
pub struct XorShift(u64);

impl XorShift {
    pub fn new(seed: u64) -> Self {
        Self(match seed {
            0 => 0x9E37_79B9_7F4A_7C15,
            _ => seed,
        })
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 32 bytes as four words, each least significant byte first.
    pub fn next_name(&mut self) -> [u8; 32] {
        let mut name = [0; 32];
        for word in name.chunks_exact_mut(8) {
            word.copy_from_slice(&self.next().to_le_bytes());
        }
        name
    }
}
