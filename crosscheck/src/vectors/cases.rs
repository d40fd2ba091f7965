//! Which inputs the vector files have.

use crate::generator::{Generator, Generator::*, ALL};

/// Cases of one seed: every generator at every size.
pub struct Row {
    pub seed: u64,
    pub sizes: &'static [usize],
    pub generators: &'static [Generator],
}

/// One input.
#[derive(Clone, Copy)]
pub struct Case {
    pub generator: Generator,
    pub seed: u64,
    pub size: usize,
}

impl Case {
    pub fn input(&self) -> Vec<u8> {
        self.generator.bytes(self.seed, self.size)
    }
}

/// The cases of rows in the order of the files.
pub fn cases(rows: &[Row]) -> Vec<Case> {
    let mut cases = Vec::new();
    for row in rows {
        for &size in row.sizes {
            cases.extend(row.generators.iter().map(|&generator| Case {
                generator,
                seed: row.seed,
                size,
            }));
        }
    }
    cases
}

const fn row(seed: u64, sizes: &'static [usize], generators: &'static [Generator]) -> Row {
    Row {
        seed,
        sizes,
        generators,
    }
}

/// The smallest sizes, and those around one cipher block and one KiB.
pub const SMALL: &[Row] = &[
    row(
        1,
        &[
            3, 4, 5, 6, 7, 8, 9, 16, 47, 48, 49, 100, 1023, 1024, 3072, 3073,
        ],
        &[Xs64, Words],
    ),
    row(2, &[3, 1024, 3072], &[Zero, Count, Nib, Rec, Copy]),
];

/// Generators of sizes that would take long with all of them.
const FEW: &[Generator] = &[Xs64, Words, Rec, Copy];

/// Sizes around the edges of 0.30, whose chunks have at most 1 MiB.
pub const LARGE_030: &[Row] = &[
    row(3, &[65_535], ALL),
    row(4, &[65_536], ALL),
    row(5, &[100_000], ALL),
    row(6, &[1_048_575], ALL),
    row(7, &[1_048_576], ALL),
    row(8, &[2_097_153], ALL),
    row(9, &[3_145_727], ALL),
    row(10, &[3_145_728], ALL),
    row(11, &[3_145_729], ALL),
    row(12, &[4_194_304], ALL),
    row(13, &[10_485_767], ALL),
];

/// Sizes around the edges of 0.34, whose chunks have at most 4 MiB.
pub const LARGE_034: &[Row] = &[
    row(20, &[1_048_575], ALL),
    row(21, &[1_048_576], ALL),
    row(22, &[3_145_727], ALL),
    row(23, &[3_145_728], ALL),
    row(24, &[3_145_729], ALL),
    row(25, &[4_194_304], ALL),
    row(26, &[10_485_767], ALL),
    row(27, &[12_582_911], ALL),
    row(28, &[12_582_912], FEW),
    row(29, &[12_582_913], FEW),
    row(30, &[20_971_531], FEW),
];

/// Sizes around the edges of 0.36, whose chunks have at most 4 MiB - 4 KiB.
pub const LARGE_036: &[Row] = &[
    row(40, &[1_048_575], ALL),
    row(41, &[1_048_576], ALL),
    row(42, &[3_145_727], ALL),
    row(43, &[3_145_728], ALL),
    row(44, &[3_145_729], ALL),
    row(45, &[4_194_304], ALL),
    row(46, &[10_485_767], ALL),
    row(47, &[12_570_623], ALL),
    row(48, &[12_570_624], ALL),
    row(49, &[12_570_625], ALL),
    row(50, &[16_760_832], FEW),
    row(51, &[41_902_085], &[Xs64, Rec]),
    row(52, &[67_108_867], &[Words]),
];

/// Many chunks of at most 1024 bytes: up to 38, the last whose map needs no
/// more than three chunks itself.
pub const MAX_1024: &[Row] = &[
    row(
        60,
        &[
            3071, 3072, 3073, 4095, 4096, 4097, 5000, 10_240, 10_241, 36_000,
        ],
        &[Xs64, Words, Count],
    ),
    row(61, &[38_912], &[Xs64]),
];

/// With chunks of at most 1024 bytes, maps that need more than three chunks.
pub const NESTED_SHRINK: &[Row] = &[row(62, &[38_913], &[Xs64]), row(62, &[60_000], &[Words])];

/// Inputs of the compressor alone: around powers of two, and the sizes of the
/// chunks into which the other files' inputs are cut.
pub const COMPRESSOR: &[Row] = &[row(
    80,
    &[
        1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 63, 64, 65, 100, 127, 255, 256, 257, 1000, 1398, 4095,
        4096, 4097, 16_383, 65_535, 65_536, 65_537, 131_072, 349_525, 349_526, 1_048_575,
        1_048_576, 1_048_577, 1_398_101, 2_097_152, 4_190_208, 4_194_304,
    ],
    ALL,
)];
