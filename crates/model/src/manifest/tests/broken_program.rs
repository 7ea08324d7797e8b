//! Mistakes in the manifest of a program.

/// Name, text of the fixture, what replaces it.
pub(super) const BROKEN_PROGRAM: &[(&str, &str, &str)] = &[
    (
        "run as text",
        "[python, train.py, --seed, \"{seed}\"]",
        "python train.py",
    ),
    ("empty run", "[python, train.py, --seed, \"{seed}\"]", "[]"),
    (
        "two environments",
        "{uv: uv.lock}",
        "{uv: uv.lock, none: true}",
    ),
    ("unknown environment", "{uv: uv.lock}", "{conda: env.yml}"),
    ("lock file outside", "{uv: uv.lock}", "{uv: ../uv.lock}"),
    (
        "supplied lock without data",
        "{uv: uv.lock}",
        "{uv: uv.lock, supplied: lock}",
    ),
    (
        "supplied lock of nothing",
        "{uv: uv.lock}",
        "{none: true, supplied: train}",
    ),
    (
        "value named as a placeholder",
        "claims:",
        "configurations: {a: {seed: 1}}\nclaims:",
    ),
    (
        "password in a URL",
        "https://example.org/experiment.git",
        "https://user:secret@example.org/experiment.git",
    ),
    ("unknown placeholder", "\"{seed}\"", "\"{sed}\""),
    ("placeholder like none", "\"{seed}\"", "\"{}\""),
    ("placeholder left open", "\"{seed}\"", "\"{seed\""),
    ("brace left over", "\"{seed}\"", "\"seed}\""),
    (
        "value that nothing uses",
        "claims:",
        "configurations: {a: {hidden: 3}}\nclaims:",
    ),
    (
        "placeholder in a build step",
        "[[pip, check]]",
        "[[make], [sh, -c, \"make ${out} {data.train}\"]]",
    ),
    (
        "cargo run",
        "[python, train.py, --seed, \"{seed}\"]",
        "[cargo, run, --release, --, \"{seed}\"]",
    ),
    (
        "too many processes",
        "processes: 64",
        "processes: 4294967296",
    ),
    (
        "unknown source",
        "{json: metrics.json}",
        "{jsn: metrics.json}",
    ),
    ("source as text", "{json: metrics.json}", "metrics.json"),
    ("source as number", "{json: metrics.json}", "{json: 3}"),
    ("two sources", "{json: metrics.json}", "{json: a, csv: b}"),
    (
        "unknown source key",
        "{json: metrics.json}",
        "{csv: {file: a.csv, colum: b}}",
    ),
    (
        "source outside",
        "{json: metrics.json}",
        "{json: /etc/passwd}",
    ),
    (
        "source with a placeholder",
        "{json: metrics.json}",
        "{csv: {file: \"{out}/metrics.csv\"}}",
    ),
    (
        "claim without a source",
        "{json: metrics.json}",
        "{acuracy: {json: a.json}}",
    ),
    (
        "claim without a source like it",
        "{json: metrics.json}",
        "{loss: {json: a.json}, f1: {json: b.json}}",
    ),
    (
        "program of a placeholder",
        "[python, train.py, --seed, \"{seed}\"]",
        "[\"{seed}\", train.py]",
    ),
    ("argument with NUL", "train.py", "\"train\\0.py\""),
    (
        "build step with NUL",
        "[[pip, check]]",
        "[[pip, \"a\\0b\"]]",
    ),
    (
        "configuration with NUL",
        "claims:",
        "configurations: {a: {x: \"\\0\"}}\nclaims:",
    ),
    ("no memory", "4 GiB", "1023 KiB"),
    ("no output", "output: 1 GiB", "output: 0"),
    (
        "no pattern",
        "{json: metrics.json}",
        "{regex: {file: stdout}}",
    ),
    (
        "broken pattern",
        "{json: metrics.json}",
        "{regex: {pattern: 'a('}}",
    ),
    (
        "pattern without a group",
        "{json: metrics.json}",
        "{regex: {pattern: 'acc'}}",
    ),
    (
        "unknown take",
        "{json: metrics.json}",
        "{jsonl: {file: a, take: latest}}",
    ),
    (
        "take of two keys",
        "{json: metrics.json}",
        "{jsonl: {file: a, take: {step: 1, epoch: 2}}}",
    ),
    (
        "take of a list",
        "{json: metrics.json}",
        "{csv: {file: a, row: [1]}}",
    ),
    (
        "take of a group that is not there",
        "{json: metrics.json}",
        "{regex: {pattern: 'acc=([0-9.]+)', take: {step: 1}}}",
    ),
    (
        "take of an event by another key",
        "{json: metrics.json}",
        "{tensorboard: {file: a, take: {epoch: 1}}}",
    ),
    (
        "scale of nothing",
        "{json: metrics.json}",
        "{json: {file: a, scale: 0}}",
    ),
    (
        "scale in words",
        "{json: metrics.json}",
        "{json: {file: a, scale: percent}}",
    ),
    ("time without unit", "10 min", "10"),
    (
        "seed that no run knows",
        "[python, train.py, --seed, \"{seed}\"]",
        "[python, train.py]",
    ),
    (
        "unknown seeding",
        "network: build",
        "network: build\n  seeding: enviroment",
    ),
    (
        "seeding of a deterministic program",
        "network: build",
        "network: build\n  seeding: own\n  deterministic: true",
    ),
    (
        "variable that reprove sets",
        "network: build",
        "network: build\n  env: {REPROVE_SEED: 1}",
    ),
    (
        "variable with a dash",
        "network: build",
        "network: build\n  env: {MY-VAR: 1}",
    ),
    (
        "unknown placeholder in a variable",
        "network: build",
        "network: build\n  env: {SEED: \"{sed}\"}",
    ),
    (
        "list as variable",
        "network: build",
        "network: build\n  env: {PATHS: [a, b]}",
    ),
    ("unknown limit", "processes: 64", "procs: 64"),
    ("unknown network", "network: build", "network: sometimes"),
    ("build as flat list", "[[pip, check]]", "[pip, check]"),
];
