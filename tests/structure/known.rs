//! What the rules allow, and what breaks them today. An entry covers so many findings of its key.
//! Lists of exceptions only shrink.

/// The crates that each crate may use: the stages before it.
pub const STAGES: &[(&str, &[&str])] = &[
    ("reprove-stats", &[]),
    ("reprove-model", &[]),
    ("reprove-sandbox", &[]),
    ("reprove-decide", &["reprove-stats", "reprove-model"]),
    ("reprove-metrics", &["reprove-model"]),
    ("reprove-pins", &["reprove-model"]),
    ("reprove-trainer", &["reprove-stats", "reprove-model"]),
    (
        "reprove-exec",
        &[
            "reprove-model",
            "reprove-metrics",
            "reprove-pins",
            "reprove-sandbox",
            "reprove-trainer",
        ],
    ),
    ("reprove-report", &["reprove-model", "reprove-decide"]),
    (
        "reprove-evidence",
        &[
            "reprove-model",
            "reprove-metrics",
            "reprove-decide",
            "reprove-report",
        ],
    ),
    (
        "reprove",
        &[
            "reprove-stats",
            "reprove-model",
            "reprove-sandbox",
            "reprove-decide",
            "reprove-metrics",
            "reprove-pins",
            "reprove-trainer",
            "reprove-exec",
            "reprove-report",
            "reprove-evidence",
        ],
    ),
];

/// Foreign crates that do one job each, with the greatest number of files that may use them.
pub const ONE_FILE: &[(&str, usize)] = &[
    // The nearest of several names.
    ("strsim", 1),
    // Random streams.
    ("rand_chacha", 2),
    // Positions in YAML.
    ("saphyr_parser", 1),
];

/// The greatest number of names that public types of different files may share.
pub const MOST_SHARED_TYPE_NAMES: usize = 10;

/// The greatest number of lines of a function.
pub const MOST_LINES_OF_A_FUNCTION: usize = 70;

/// The greatest number of lines of a file, its tests left out.
pub const MOST_LINES_OF_A_FILE: usize = 450;

/// Files that lie on a cycle of imports.
pub const CYCLES: &[(&str, usize)] = &[];

/// Functions and `impl` blocks in `mod.rs` and `lib.rs`.
pub const LOGIC: &[(&str, usize)] = &[("src/decide/mod.rs", 5)];

/// Wildcard arms of matches over our own enums.
pub const WILDCARDS: &[(&str, usize)] = &[
    ("crates/decide/src/decision/analysis_plan.rs", 2),
    ("crates/decide/src/decision/secondary.rs", 3),
    ("crates/decide/src/decision/supporting_tests.rs", 1),
    ("crates/decide/src/sample/rerun_summary.rs", 1),
    ("src/cli/plan.rs", 1),
    ("src/decide/error.rs", 1),
    ("src/decide/mod.rs", 2),
    ("src/verify/compose.rs", 1),
    ("src/verify/error.rs", 1),
];

/// Functions and files that are too long.
pub const LONG: &[(&str, usize)] = &[("crates/decide/src/decision/look.rs", 1)];
