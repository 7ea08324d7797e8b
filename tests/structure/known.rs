//! What the rules allow, and what breaks them today. An entry covers so many findings of its key.
//! Lists of exceptions only shrink.

/// The crates that each crate may use: the stages before it.
pub const STAGES: &[(&str, &[&str])] = &[
    ("reprove-stats", &[]),
    ("reprove-model", &[]),
    ("reprove-files", &[]),
    ("reprove-sandbox", &["reprove-files"]),
    ("reprove-decide", &["reprove-stats", "reprove-model"]),
    ("reprove-import", &["reprove-model", "reprove-metrics"]),
    ("reprove-metrics", &["reprove-model"]),
    ("reprove-pins", &["reprove-model", "reprove-files"]),
    ("reprove-trainer", &["reprove-stats", "reprove-model"]),
    (
        "reprove-exec",
        &[
            "reprove-model",
            "reprove-files",
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
            "reprove-files",
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
            "reprove-files",
            "reprove-sandbox",
            "reprove-decide",
            "reprove-metrics",
            "reprove-pins",
            "reprove-trainer",
            "reprove-exec",
            "reprove-report",
            "reprove-evidence",
            "reprove-import",
        ],
    ),
];

/// Foreign crates that do one job each, with the greatest number of files that may use them.
pub const ONE_FILE: &[(&str, usize)] = &[
    // The nearest of several names.
    ("strsim", 1),
    // Random streams.
    ("rand_chacha", 2),
    // Positions in YAML: of a manifest's keys, and of values in metadata.
    ("saphyr_parser", 2),
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
pub const LOGIC: &[(&str, usize)] = &[];

/// Wildcard arms of matches over our own enums.
pub const WILDCARDS: &[(&str, usize)] = &[];

/// Functions and files that are too long.
pub const LONG: &[(&str, usize)] = &[];
