//! Runs the published self-encryption crates, so that this module's Go code
//! can be compared with them byte for byte and in speed.
//!
//! `suite` makes one interface of the three crate versions; `store`, `bench`,
//! `compress` and `vectors` are the subcommands.

mod bench;
mod compress;
mod generator;
mod store;
mod suite;
mod vectors;

use anyhow::{bail, Result};
use std::process::ExitCode;
use suite::{V030, V034, V036};

/// How often `bench` measures unless told.
const RUNS: usize = 5;

const USAGE: &str = "\
usage:
  crosscheck encrypt SUITE DIR < plain     write chunks and data map into DIR
  crosscheck decrypt SUITE DIR > plain     read them back
  crosscheck bench [-n RUNS] SUITE FILE    print one line of JSON
  crosscheck brotli < plain > stream       compress as the crates do
  crosscheck vectors DIR                   write the test vectors of this build

SUITE is 0.30, 0.34 or 0.36. RUNS is 5 unless told; the median is printed.
";

/// A command line that is not one of those in `USAGE`.
#[derive(Debug)]
struct BadUsage(String);

impl std::fmt::Display for BadUsage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUsage {}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<BadUsage>() => {
            eprint!("crosscheck: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("crosscheck: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Calls a function of a module for the crate version that `suite` names.
macro_rules! with_suite {
    ($suite:expr, $module:ident :: $function:ident ( $($arg:expr),* )) => {
        match $suite {
            "0.30" => $module::$function::<V030>($($arg),*),
            "0.34" => $module::$function::<V034>($($arg),*),
            "0.36" => $module::$function::<V036>($($arg),*),
            other => bail!(BadUsage(format!("{other:?} is no suite"))),
        }
    };
}

fn run(args: &[&str]) -> Result<()> {
    match *args {
        ["-h" | "--help" | "help"] => print!("{USAGE}"),
        ["encrypt", suite, dir] => with_suite!(suite, store::encrypt(dir.as_ref()))?,
        ["decrypt", suite, dir] => with_suite!(suite, store::decrypt(dir.as_ref()))?,
        ["bench", suite, file] => with_suite!(suite, bench::run(file.as_ref(), RUNS))?,
        ["bench", "-n", runs, suite, file] => {
            let Some(runs) = runs.parse().ok().filter(|&n| n > 0) else {
                bail!(BadUsage(format!("-n wants a number from 1, not {runs:?}")));
            };
            with_suite!(suite, bench::run(file.as_ref(), runs))?
        }
        ["brotli"] => compress::run()?,
        ["vectors", dir] => vectors::write(dir.as_ref())?,
        [] => bail!(BadUsage("no subcommand".into())),
        [name, ..] => bail!(BadUsage(format!("{name:?} with such arguments is unknown"))),
    }
    Ok(())
}
