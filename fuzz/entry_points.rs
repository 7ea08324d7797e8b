//! The entry points through which foreign bytes reach this program, listed once.
//!
//! The fuzz targets and the property tests call the same functions. Each takes any bytes; a panic or
//! a wait is a fault.

#[path = "git.rs"]
mod git;
#[path = "seeds.rs"]
mod seeds;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use reprove::bundle::{self, Files};
use reprove::decide;
use reprove::import::{
    ImportOptions, RunFormat, RunOptions, SourceFile, SourceFiles, TableFormat, collect_runs,
    import,
};
use reprove::manifest::{self, Metrics};
use reprove::metrics::{self, MetricRequest, Outputs, RunQuery};
use reprove::name::MetricName;
use reprove::recipe::{self, Recipe};
use reprove::report::{Format, RenderOptions, Report, render};
use reprove::runs::{Ledger, build};
use tempfile::TempDir;

/// An entry point.
#[derive(Clone, Copy)]
pub struct EntryPoint {
    /// Its name, which is that of the fuzz target.
    pub name: &'static str,
    /// Inputs of this repository that mutation starts from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many inputs the test suite reads: a quarter of a second's.
    pub cases: u32,
    /// Reads the bytes, and answers whether they are accepted. The folder's files last from call to call.
    pub read: fn(&Path, &[u8]) -> bool,
}

/// A bundle of a program's runs.
const BUNDLE: &str = "fixtures/evidence/v1";

/// The sources of each kind that files are read as.
const CSV_SOURCES: &[&str] = &[
    "{csv: f}",
    "{csv: {file: f, column: accuracy, row: {step: 2}}}",
    "{csv: {file: f, row: all}}",
];
const JSON_SOURCES: &[&str] = &[
    "{json: f}",
    "{json: {file: f, path: test.accuracy, take: all}}",
    "{json: {file: f, path: /log/0/accuracy}}",
];
const JSONL_SOURCES: &[&str] = &[
    "{jsonl: f}",
    "{jsonl: {file: f, path: test.accuracy, take: {step: 2}}}",
];
const REGEX_SOURCES: &[&str] = &[
    "{regex: {file: stdout, pattern: 'accuracy[:=] *(.+)'}}",
    "{regex: {file: f, pattern: '(?<accuracy>[-+.0-9eE%]+)', take: all}}",
    "{regex: {file: f, pattern: 'step (?<step>[0-9]+).* ([.0-9]+)', take: {step: 2}}}",
];
const TENSORBOARD_SOURCES: &[&str] = &[
    "{tensorboard: f}",
    "{tensorboard: {file: f, tag: accuracy, take: {step: 2}}}",
];

/// Recipes whose data are read.
const TABLE: &str = "{name: d, format: csv, label: class, standardise: train-mean-sd, split: {fraction: {test: 0.5, order: file}}}";
const PROBEN1: &str = "{name: d, format: proben1, standardise: none}";
const SAFETENSORS: &str = "{name: d, format: safetensors, arrays: {train: {inputs: x, labels: y}, test: {inputs: x, labels: y}}, standardise: none}";
const ARRAYS: &str = "{format: idx, arrays: {train: {inputs: d, labels: e}, test: {inputs: d, labels: e}}, standardise: none}";

/// All entry points.
pub const ENTRY_POINTS: &[EntryPoint] = &[
    EntryPoint {
        name: "manifest",
        cases: 100,
        seeds: || seeds::files(&["fixtures/manifests", "manifests"]),
        read: manifest_file,
    },
    EntryPoint {
        name: "recipe",
        cases: 100,
        seeds: || [seeds::recipes(), seeds::models()].concat(),
        read: recipe_text,
    },
    EntryPoint {
        name: "table",
        cases: 300,
        seeds: || seeds::texts(seeds::TABLES),
        read: |folder, bytes| recipe_data(folder, bytes, TABLE),
    },
    EntryPoint {
        name: "proben1",
        cases: 300,
        seeds: || seeds::texts(seeds::PROBEN1_FILES),
        read: |folder, bytes| recipe_data(folder, bytes, PROBEN1),
    },
    EntryPoint {
        name: "safetensors",
        cases: 300,
        seeds: || vec![seeds::safetensors()],
        read: |folder, bytes| recipe_data(folder, bytes, SAFETENSORS),
    },
    EntryPoint {
        name: "idx",
        cases: 300,
        seeds: || vec![seeds::IDX.to_vec()],
        read: |folder, bytes| recipe_data(folder, bytes, ARRAYS),
    },
    EntryPoint {
        name: "csv",
        cases: 300,
        seeds: || seeds::texts(seeds::CSV_FILES),
        read: |folder, bytes| metric_file(folder, bytes, CSV_SOURCES),
    },
    EntryPoint {
        name: "json",
        cases: 300,
        seeds: || seeds::texts(seeds::JSON_FILES),
        read: |folder, bytes| metric_file(folder, bytes, JSON_SOURCES),
    },
    EntryPoint {
        name: "jsonl",
        cases: 300,
        seeds: || seeds::texts(seeds::JSONL_FILES),
        read: |folder, bytes| metric_file(folder, bytes, JSONL_SOURCES),
    },
    EntryPoint {
        name: "regex",
        cases: 25,
        seeds: || seeds::texts(seeds::LOGS),
        read: |folder, bytes| metric_file(folder, bytes, REGEX_SOURCES),
    },
    EntryPoint {
        name: "pattern",
        cases: 30,
        seeds: || seeds::texts(seeds::PATTERNS),
        read: |folder, bytes| {
            let pattern = String::from_utf8_lossy(bytes).replace('\'', "''");
            let source = format!("{{regex: {{file: f, pattern: '{pattern}'}}}}");
            metric_file(folder, seeds::LOGS[0].as_bytes(), &[&source])
        },
    },
    EntryPoint {
        name: "tensorboard",
        cases: 300,
        seeds: || vec![seeds::EVENT.to_vec(), [seeds::EVENT, seeds::EVENT].concat()],
        read: event_file,
    },
    EntryPoint {
        name: "runs",
        cases: 300,
        seeds: || seeds::texts(seeds::RUN_FILES),
        read: run_file,
    },
    EntryPoint {
        name: "arguments",
        cases: 300,
        seeds: || seeds::texts(seeds::ARGUMENTS),
        read: |_, bytes| {
            let text = String::from_utf8_lossy(bytes);
            decide::parse_reported(&text).is_ok() | decide::parse_tolerance(&text).is_ok()
        },
    },
    EntryPoint {
        name: "ledger",
        cases: 300,
        seeds: || seeds::files(&["fixtures/ledgers"]),
        read: ledger,
    },
    EntryPoint {
        name: "bundle",
        cases: 6,
        seeds: bundle_files,
        read: audit,
    },
    EntryPoint {
        name: "signers",
        cases: 300,
        seeds: || seeds::texts(seeds::SIGNERS),
        read: |_, bytes| {
            let (signers, _) = bundle::signers::parse(&String::from_utf8_lossy(bytes));
            !signers.is_empty()
        },
    },
    EntryPoint {
        name: "result",
        cases: 40,
        seeds: || {
            vec![
                seeds::contents("fixtures/reports/example.json"),
                seeds::contents("fixtures/reports/example-v1.json"),
            ]
        },
        read: result,
    },
    EntryPoint {
        name: "requirements",
        cases: 300,
        seeds: || seeds::texts(seeds::REQUIREMENTS),
        read: requirements,
    },
    EntryPoint {
        name: "git_tree",
        cases: 100,
        seeds: git::seeds,
        read: git::tree,
    },
    EntryPoint {
        name: "git_object",
        cases: 100,
        seeds: git::seeds,
        read: git::loose_object,
    },
    EntryPoint {
        name: "import_latex",
        cases: 100,
        seeds: || seeds::texts([seeds::TABLES_OF_PAPERS[0]]),
        read: |_, bytes| imported(bytes, TableFormat::Latex),
    },
    EntryPoint {
        name: "import_markdown",
        cases: 100,
        seeds: || seeds::texts([seeds::TABLES_OF_PAPERS[1]]),
        read: |_, bytes| imported(bytes, TableFormat::Markdown),
    },
    EntryPoint {
        name: "import_html",
        cases: 100,
        seeds: || seeds::texts([seeds::TABLES_OF_PAPERS[2]]),
        read: |_, bytes| imported(bytes, TableFormat::Html),
    },
    EntryPoint {
        name: "import_csv",
        cases: 100,
        seeds: || seeds::texts([seeds::TABLES_OF_PAPERS[3]]),
        read: |_, bytes| imported(bytes, TableFormat::Csv),
    },
    EntryPoint {
        name: "import_yaml",
        cases: 100,
        seeds: || seeds::texts([seeds::TABLES_OF_PAPERS[4]]),
        read: |_, bytes| imported(bytes, TableFormat::Yaml),
    },
    EntryPoint {
        name: "import_json",
        cases: 100,
        seeds: || seeds::texts([seeds::TABLES_OF_PAPERS[5]]),
        read: |_, bytes| imported(bytes, TableFormat::Json),
    },
    EntryPoint {
        name: "import_layout",
        cases: 100,
        seeds: || seeds::texts([seeds::TABLES_OF_PAPERS[6]]),
        read: |_, bytes| imported(bytes, TableFormat::Layout),
    },
    EntryPoint {
        name: "import_runs",
        cases: 40,
        seeds: || {
            let files = seeds::below("fixtures/runs");
            [seeds::texts(seeds::RUN_FILES), files].concat()
        },
        read: imported_runs,
    },
];

/// Calls the entry point of this name with a folder that this thread keeps.
///
/// # Panics
/// No entry point has this name.
pub fn call(name: &str, bytes: &[u8]) -> bool {
    thread_local!(static FOLDER: TempDir = folder());
    let point = ENTRY_POINTS.iter().find(|point| point.name == name);
    let point = point.expect("the name of an entry point");
    FOLDER.with(|folder| (point.read)(folder.path(), bytes))
}

/// A folder in memory where the machine has one.
fn folder() -> TempDir {
    let memory = tempfile::tempdir_in("/dev/shm");
    memory.or_else(|_| tempfile::tempdir()).expect("a folder")
}

fn manifest_file(folder: &Path, bytes: &[u8]) -> bool {
    let file = folder.join("manifest.yaml");
    fs::write(&file, bytes).expect("the file is written");
    let manifest = manifest::read(&file);
    manifest.is_ok_and(|manifest| reprove::plan::plan(&manifest, &Default::default()).is_ok())
}

fn recipe_text(_: &Path, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let is_read = |values: &str| {
        let values = serde_json::from_str(values).expect("values of a configuration");
        Recipe::parse(&text, "recipe.yaml", &values).is_ok()
    };
    seeds::CONFIGURATIONS.map(is_read).contains(&true)
}

/// Reads the data of a recipe from a file with these bytes.
fn recipe_data(folder: &Path, bytes: &[u8], data: &str) -> bool {
    let file = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        fs::write(&file, bytes).expect("the file is written");
        (name.to_owned(), file)
    };
    let files = BTreeMap::from([file("d", bytes), file("e", seeds::LABELS)]);
    let recipe = format!("{}data: {data}\n{}", seeds::FRAME, seeds::MODEL);
    let recipe = Recipe::parse(&recipe, "recipe.yaml", &BTreeMap::new()).expect("a recipe");
    let data = recipe::load(&recipe, &files);
    data.is_ok_and(|data| recipe::memory_need(&recipe, &data).total().0 > 0)
}

/// Reads the metric `accuracy`, and then all metrics, from a file with these bytes.
fn metric_file(folder: &Path, bytes: &[u8], sources: &[&str]) -> bool {
    let file = folder.join("f");
    fs::write(&file, bytes).expect("the file is written");
    let outputs = Outputs {
        folder,
        stdout: &file,
        stderr: &file,
    };
    let mut is_read = false;
    for source in sources {
        let Ok(sources) = source.parse::<Metrics>() else {
            continue;
        };
        for metrics in [
            BTreeSet::from(["accuracy".into()]),
            BTreeSet::<MetricName>::new(),
        ] {
            let request = MetricRequest {
                sources: &sources,
                metrics: &metrics,
            };
            is_read |= metrics::read(request, &outputs).is_ok();
        }
    }
    is_read
}

/// Reads the bytes as an event file, and as the one event of such a file.
fn event_file(folder: &Path, bytes: &[u8]) -> bool {
    let is_file = metric_file(folder, bytes, TENSORBOARD_SOURCES);
    let sum = |bytes: &[u8]| {
        let crc = !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                crc >> 1 ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1))
            })
        });
        crc.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
    };
    let length = (bytes.len() as u64).to_le_bytes();
    let framed = [&length[..], &sum(&length), bytes, &sum(bytes)].concat();
    is_file | metric_file(folder, &framed, TENSORBOARD_SOURCES)
}

fn run_file(_: &Path, bytes: &[u8]) -> bool {
    let text = |text: &str| Some(text.to_owned());
    let of_column = RunQuery {
        column: text("accuracy"),
        ..RunQuery::default()
    };
    let is_read = |query| metrics::read_runs("runs", bytes, &query).is_ok();
    [RunQuery::default(), of_column]
        .map(is_read)
        .contains(&true)
}

/// Opens a ledger with these bytes, and one in which each line has the sum that it must have.
fn ledger(folder: &Path, bytes: &[u8]) -> bool {
    use sha2::{Digest, Sha256};
    let mut summed = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let end = line.windows(8).rposition(|part| part == b",\"sum\":\"");
        let content = &line[..end.unwrap_or(line.len())];
        let sum: String = Sha256::digest(content)
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        summed.extend_from_slice(content);
        summed.extend_from_slice(format!(",\"sum\":\"{sum}\"}}\n").as_bytes());
    }
    let is_read = |bytes: &[u8]| {
        fs::create_dir_all(folder.join("runs")).expect("the folder is made");
        fs::write(folder.join("runs/l.jsonl"), bytes).expect("the file is written");
        let ledger = Ledger::open_existing(folder, "l").ok().flatten();
        ledger.is_some_and(|ledger| ledger.records().count() > 0)
    };
    is_read(bytes) | is_read(&summed)
}

/// The files of the bundle of this repository, each as its path, a line feed and its content.
fn bundle_files() -> Vec<Vec<u8>> {
    let files = bundle_of(&seeds::root().join(BUNDLE)).into_iter();
    let files = files.filter(|(path, _)| path != bundle::list::LIST && path != bundle::list::CHAIN);
    files
        .map(|(path, bytes)| [path.as_bytes(), b"\n", &bytes].concat())
        .collect()
}

/// Audits the bundle of this repository with one file replaced and all hashes made anew: the first
/// line is the file's path.
fn audit(folder: &Path, bytes: &[u8]) -> bool {
    let original = bundle_of(&seeds::root().join(BUNDLE));
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let path = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let content = lines.next().unwrap_or_default();
    let mut files = original.clone();
    if original.contains_key(&path) {
        files.insert(path, content.to_vec());
    }
    bundle::seal(&mut files, None).expect("no key is needed");
    let root = folder.join("bundle");
    for (path, bytes) in files {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
        fs::write(file, bytes).expect("the file is written");
    }
    bundle::audit(&root, None).is_ok_and(|audit| audit.agrees)
}

fn bundle_of(folder: &Path) -> Files {
    fn add(folder: &Path, below: &str, files: &mut Files) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = format!("{below}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => add(&entry.path(), &format!("{path}/"), files),
                false => {
                    files.insert(path, fs::read(entry.path()).expect("a file"));
                }
            }
        }
    }
    let mut files = Files::new();
    add(folder, "", &mut files);
    files
}

fn result(_: &Path, bytes: &[u8]) -> bool {
    let Ok(report) = Report::from_json(bytes) else {
        return false;
    };
    let is_rendered = |format| render(&report, format, &RenderOptions::default()).is_ok();
    Format::ALL.map(is_rendered) == Format::ALL.map(|_| true)
}

fn requirements(folder: &Path, bytes: &[u8]) -> bool {
    fs::write(folder.join("r.txt"), bytes).expect("the file is written");
    build::read_requirements(folder, Path::new("r.txt")).is_ok()
}

/// Reads the claims of the tables of a text.
fn imported(bytes: &[u8], format: TableFormat) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Ok(file) = SourceFile::new("f", text) else {
        return false;
    };
    let mut files = SourceFiles::single(file);
    import(&mut files, format, &ImportOptions::default()).is_ok()
}

/// The names under which a file of runs is read: each leads to the reader of another tool.
const RUN_FILE_NAMES: &[&str] = &[
    "seed_1.csv",
    "seed_1/metrics.csv",
    "seed_1/hparams.yaml",
    "history.json",
    "results.jsonl",
    "run-w/files/wandb-summary.json",
    "run-w/files/config.yaml",
    "trainer/trainer_state.json",
    "trainer/all_results.json",
    "results_1.json",
    "sacred/run.json",
    "sacred/config.json",
    "sacred/metrics.json",
    "mlruns/meta.yaml",
    "mlruns/params/seed",
    "mlruns/metrics/accuracy",
    "guild/.guild/attrs/flags",
    "guild/.guild/attrs/exit_status",
    "events/events.out.tfevents.1",
    "r.wandb",
];

/// Reads the bytes as each of the files of training tools.
fn imported_runs(folder: &Path, bytes: &[u8]) -> bool {
    let root = folder.join("runs_of_tools");
    for name in RUN_FILE_NAMES {
        let file = root.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
        fs::write(file, bytes).expect("the file is written");
    }
    let formats = RunFormat::ALL.map(Some).into_iter().chain([None]);
    let mut is_read = false;
    for format in formats {
        for name in RUN_FILE_NAMES.iter().chain(&[
            "seed_1", "run-w", "trainer", "sacred", "mlruns", "guild", "events",
        ]) {
            let Ok(runs) = collect_runs(&[root.join(name)], format, None) else {
                continue;
            };
            let metrics = runs.metrics().into_iter().take(2);
            let metrics = metrics.map(|metric| (metric.name.clone(), metric.name));
            let options = RunOptions {
                metrics: metrics.collect(),
                ..RunOptions::default()
            };
            is_read |= runs
                .select(&options)
                .is_ok_and(|table| !table.to_csv().is_empty());
        }
    }
    is_read
}
