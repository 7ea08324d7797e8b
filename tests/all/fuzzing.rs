//! The entry points of the fuzz targets under mutations of known inputs: no panic, no wait.

use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::command::root;
use entry_points::{ENTRY_POINTS, EntryPoint};

#[path = "../../fuzz/entry_points.rs"]
mod entry_points;

/// One change of an input. A position is a part of the input's length, in 65536ths.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(u16, u8),
    Insert(u16, Vec<u8>),
    Token(u16, usize),
    Remove(u16, usize),
    Repeat(u16, usize, usize),
    Splice(u16, prop::sample::Index, u16, usize),
    Number(u16, usize),
}

/// Texts that mean something in one of the formats.
const TOKENS: &[&str] = &[
    "\0",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\u{10ffff}",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
    ",",
    ";",
    ":",
    ": ",
    "- ",
    "? ",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "---\n",
    "...\n",
    "#",
    "|",
    ">-",
    "null",
    "~",
    "true",
    ".inf",
    ".nan",
    "NaN",
    "-Infinity",
    "%",
    "±",
    "accuracy",
    "step",
    "seed",
    "..",
    "../..",
    "/",
    "@",
    "==",
    "--hash=",
    "-r ",
    "(?i)",
    "(?<a>",
    "*",
    "+",
    "{0,1000}",
    "\\p{L}",
    "\u{ff}\u{fe}",
];

/// Numbers at the edges of their types.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "1e308",
    "1e-320",
    "1e400",
    "-1e400",
    "0.1",
    "0.30000000000000004",
    "99999999999999999999999999999999999999999999999999",
    "1_000",
    "0x10",
    "1,5",
    "1e9",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        (any::<u16>(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<u16>(), 0..TOKENS.len()).prop_map(|(at, token)| Mutation::Token(at, token)),
        (any::<u16>(), 1..200_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (any::<u16>(), 1..40_usize, 1..60_usize)
            .prop_map(|(at, length, times)| Mutation::Repeat(at, length, times)),
        (
            any::<u16>(),
            any::<prop::sample::Index>(),
            any::<u16>(),
            1..300_usize
        )
            .prop_map(|(at, other, from, length)| Mutation::Splice(at, other, from, length)),
        (any::<u16>(), 0..NUMBERS.len()).prop_map(|(at, number)| Mutation::Number(at, number)),
    ]
}

impl Mutation {
    fn apply(&self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let position = |at: u16, length: usize| usize::from(at) * length / 65536;
        let length = input.len();
        match self {
            Self::Flip(at, byte) => {
                if let Some(found) = input.get_mut(position(*at, length)) {
                    *found ^= byte;
                }
            }
            Self::Insert(at, bytes) => insert(input, position(*at, length + 1), bytes),
            Self::Token(at, token) => {
                insert(input, position(*at, length + 1), TOKENS[*token].as_bytes())
            }
            Self::Remove(at, count) => {
                let start = position(*at, length);
                input.drain(start..(start + count).min(length));
            }
            Self::Repeat(at, count, times) => {
                let start = position(*at, length);
                let part = input[start..(start + count).min(length)].repeat(*times);
                insert(input, start, &part);
            }
            Self::Splice(at, other, from, count) => {
                let other = other.get(seeds);
                let from = position(*from, other.len());
                let part = &other[from..(from + count).min(other.len())];
                insert(input, position(*at, length + 1), part);
            }
            Self::Number(at, number) => {
                // The next number of the input is replaced.
                let start = position(*at, length);
                let is_digit = |byte: &u8| byte.is_ascii_digit();
                if let Some(first) = input[start..].iter().position(is_digit) {
                    let first = start + first;
                    let digits = input[first..]
                        .iter()
                        .take_while(|byte| is_digit(byte))
                        .count();
                    let number = NUMBERS[*number].bytes();
                    input.splice(first..first + digits, number).for_each(drop);
                }
            }
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied()).for_each(drop);
}

/// An input, shown as the text that a byte string literal has.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Mutations of the seeds of an entry point.
fn inputs(point: &EntryPoint) -> impl Strategy<Value = Input> + use<> {
    let seeds = (point.seeds)();
    assert!(!seeds.is_empty(), "{}", point.name);
    (any::<prop::sample::Index>(), vec(mutation(), 0..7)).prop_map(move |(seed, mutations)| {
        let mut input = seed.get(&seeds).clone();
        for mutation in mutations {
            mutation.apply(&mut input, &seeds);
        }
        Input(input)
    })
}

/// A stream of inputs that is the same on every machine.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 1000,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn mutated_inputs_make_no_entry_point_panic_or_wait() {
    for point in ENTRY_POINTS {
        let found = runner(point.cases).run(&inputs(point), |input| {
            entry_points::call(point.name, &input.0);
            Ok(())
        });
        assert!(found.is_ok(), "{}: {}", point.name, found.unwrap_err());
    }
}

#[test]
fn each_entry_point_accepts_its_seeds() {
    for point in ENTRY_POINTS {
        let seeds = (point.seeds)();
        let is_accepted = |seed: &Vec<u8>| entry_points::call(point.name, seed);
        assert!(seeds.iter().any(is_accepted), "{}", point.name);
    }
}

#[test]
fn each_entry_point_has_a_fuzz_target() {
    let mut targets: Vec<String> = fs::read_dir(root().join("fuzz/fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    targets.sort();
    let mut points: Vec<String> = ENTRY_POINTS
        .iter()
        .map(|point| format!("{}.rs", point.name))
        .collect();
    points.sort();
    assert_eq!(targets, points);
    let package = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for target in targets {
        assert!(
            package.contains(&format!("path = \"fuzz_targets/{target}\"")),
            "{target}"
        );
    }
}

/// Measures entry points: `REPROVE_FUZZ_TARGETS` names them (default: all), `REPROVE_FUZZ_INPUTS` says how
/// many inputs each reads (default: 10,000), `REPROVE_FUZZ_SECONDS` how long each reads at most (default: an
/// hour).
///
/// It prints panics, the slowest input and the peak of memory, each in a process of its own.
#[test]
#[ignore = "a measurement of minutes to hours"]
fn measured() {
    let named = std::env::var("REPROVE_FUZZ_TARGETS").unwrap_or_default();
    let is_named =
        |point: &&EntryPoint| named.is_empty() || named.split(',').any(|name| name == point.name);
    if let Ok(name) = std::env::var("REPROVE_FUZZ_ALONE") {
        return measure(
            ENTRY_POINTS
                .iter()
                .find(|point| point.name == name)
                .unwrap(),
        );
    }
    let mut failed = Vec::new();
    for point in ENTRY_POINTS.iter().filter(is_named) {
        let status = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "fuzzing::measured",
                "--ignored",
                "--nocapture",
                "--quiet",
            ])
            .env("REPROVE_FUZZ_ALONE", point.name)
            .status();
        if !status.unwrap().success() {
            failed.push(point.name);
        }
    }
    assert_eq!(failed, [""; 0]);
}

fn measure(point: &EntryPoint) {
    let count = std::env::var("REPROVE_FUZZ_INPUTS").map_or(10_000, |text| text.parse().unwrap());
    let seconds = std::env::var("REPROVE_FUZZ_SECONDS").map_or(3600, |text| text.parse().unwrap());
    let (strategy, mut runner) = (inputs(point), runner(1));
    let (mut panics, mut slowest) = (0_u64, (Duration::ZERO, None));
    let start = Instant::now();
    let mut done = 0;
    while done < count && start.elapsed() < Duration::from_secs(seconds) {
        let input = strategy.new_tree(&mut runner).unwrap().current();
        let begun = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| {
            entry_points::call(point.name, &input.0)
        }));
        let lasted = begun.elapsed();
        if result.is_err() {
            panics += 1;
            eprintln!("{}: panic on {:?}", point.name, input);
        }
        if lasted > slowest.0 {
            slowest = (lasted, Some(input));
        }
        done += 1;
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    println!(
        "{}: {done} inputs in {:.0} s, {panics} panics, slowest {:.1} ms, {peak}",
        point.name,
        start.elapsed().as_secs_f64(),
        slowest.0.as_secs_f64() * 1e3,
    );
    let (lasted, input) = slowest;
    assert!(
        lasted < Duration::from_secs(1),
        "{}: slow on {input:?}",
        point.name
    );
    assert_eq!(panics, 0);
}
