//! How long a report takes in every format: `cargo bench --bench render [-- CLAIMS RUNS]`.
//!
//! The report is the fixture's with its claims and runs repeated (100 claims with 10,000 runs unless
//! said otherwise; every claim holds 100 of the values). With `-- write DIR` it writes the fixture's
//! report in every format instead, for the consumers that `ci/check-formats` asks.

use std::path::Path;
use std::time::Instant;

use reprove::report::{Format, LinkBase, RenderOptions, Report, RunFile, SeedValue, render};
use reprove::seeds::RunSeed;

const EXAMPLE: &str = include_str!("../fixtures/reports/example.json");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let example = Report::from_json(EXAMPLE.as_bytes())?;
    if let [word, folder] = arguments.as_slice()
        && word == "write"
    {
        return write(&example, Path::new(folder));
    }
    let mut counts = arguments.iter().map(|argument| argument.parse());
    let claims = counts.next().transpose()?.unwrap_or(100);
    let runs = counts.next().transpose()?.unwrap_or(10_000);
    let report = repeated(&example, claims, runs);
    println!("{claims} claims, {runs} runs with three files each");
    let options = RenderOptions {
        links: LinkBase::Evidence,
        ..RenderOptions::default()
    };
    for format in Format::ALL {
        let start = Instant::now();
        let text = render(&report, format, &options)?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        println!(
            "{:<12} {milliseconds:9.1} ms {:11} bytes",
            format.name(),
            text.len()
        );
    }
    Ok(())
}

/// The example with so many claims and runs.
fn repeated(example: &Report, claims: usize, runs: usize) -> Report {
    let mut report = example.clone();
    report.claims = (0..claims)
        .map(|number| example.claims[number % 3].clone())
        .collect();
    for (number, claim) in report.claims.iter_mut().enumerate() {
        claim.id = format!("claim-{number}");
        claim.rerun.values = (0..100.max(runs / claims.max(1)) as u64)
            .map(|seed| SeedValue {
                seed: RunSeed(seed),
                value: 80.0 + (seed % 97) as f64 / 10.0,
            })
            .collect();
    }
    report.runs = (0..runs)
        .map(|number| example.runs[number % 20].clone())
        .collect();
    for (number, run) in report.runs.iter_mut().enumerate() {
        run.seed = RunSeed(number as u64);
        let row = format!("row-{:03}", number * claims / runs.max(1));
        for name in ["out/metrics.json", "stderr.log", "stdout.log"] {
            let file = RunFile {
                sha256: "ab".repeat(32),
                path: Some(format!("runs/{row}/{number}/{name}")),
            };
            run.files.insert(name.to_owned(), file);
        }
        run.configuration = Some(row.into());
    }
    report
}

fn write(report: &Report, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    for format in Format::ALL {
        let extension = format.spec().extensions.first().unwrap_or(&"txt");
        let file = format!("{}.{extension}", format.name());
        std::fs::write(
            folder.join(file),
            render(report, format, &RenderOptions::default())?,
        )?;
    }
    Ok(())
}
