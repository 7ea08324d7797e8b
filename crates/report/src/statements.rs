//! Statements of a report that follow from the manifest and the plan alone.
//!
//! A verification writes them and an audit derives them again.

use std::collections::BTreeSet;

use super::{Fact, Pin, PinKind};
use reprove_model::manifest::{Experiment, Manifest, Paper, Seeding};
use reprove_model::plan::Plan;
use reprove_model::seeds::{RunSeed, SeedCall};

/// The fact of the environment that names the sandbox's tier.
pub const SANDBOX: &str = "sandbox";

/// The tier that leaves the least open.
const TIGHTEST: &str = "namespaces";

/// Commands that repeat the verification of a manifest.
pub fn repeat(manifest: &str) -> Vec<String> {
    vec![format!("reprove verify {}", shell_word(manifest))]
}

/// A word as a POSIX shell takes it.
fn shell_word(text: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '=' | ':' | ',' | '+')
    };
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The facts that the manifest states about the paper.
pub fn paper(paper: &Paper) -> Vec<Fact> {
    let fact = |name: &str, value: Option<String>| {
        value.map(|value| Fact {
            name: name.to_owned(),
            value,
        })
    };
    [
        fact(
            "authors",
            (!paper.authors.is_empty()).then(|| paper.authors.join(", ")),
        ),
        fact("title", paper.title.clone()),
        fact("year", paper.year.map(|year| year.to_string())),
        fact("doi", paper.doi.clone()),
        fact("url", paper.url.clone()),
        fact("locator", paper.locator.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The deviation where the paper's seeds are not all among the reruns'.
pub fn other_seeds(manifest: &Manifest, plan: &Plan) -> Option<String> {
    let reported = manifest.reported_seeds.as_ref()?;
    let fresh: BTreeSet<RunSeed> = plan.seeds.iter().copied().collect();
    let count = reported.len();
    (!reported.iter().all(|seed| fresh.contains(seed)))
        .then(|| format!("the paper used {count} seeds; the reruns used others"))
}

/// The deviation of seeds that somebody may have picked one by one.
pub fn chosen_seeds(manifest: &Manifest) -> Option<String> {
    let published = manifest.reported_seeds.as_deref().unwrap_or_default();
    let count = manifest.seeds.count();
    manifest.seeds.fresh_are_chosen(published).then(|| {
        format!(
            "the manifest lists {count} seeds that are not consecutive numbers: they may have been picked by their results"
        )
    })
}

/// The deviation of a program that draws fresh entropy each time.
pub fn own_seeding(manifest: &Manifest) -> Option<String> {
    let is_own = match &manifest.experiment {
        Experiment::Recipe(_) => false,
        Experiment::Program(program) => program.seeding == Seeding::Own,
    };
    is_own.then(|| {
        "the program draws fresh entropy each time (`seeding: own`): its runs cannot be repeated"
            .to_owned()
    })
}

/// The deviation of a program that sets seeds by itself and has one output.
pub fn seed_in_source(calls: &[SeedCall]) -> Option<String> {
    const SHOWN: usize = 3;
    let shown = calls.iter().take(SHOWN);
    let shown: Vec<String> = shown
        .map(|call| format!("{}: `{}`", call.place, call.text))
        .collect();
    let more = match calls.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!calls.is_empty()).then(|| {
        format!(
            "the program sets a seed by itself ({}{more}): its one output is one draw of a process",
            shown.join(", ")
        )
    })
}

/// The deviation of a value that the recipe leaves to the tool.
pub fn assumed(key: &str, value: &str) -> String {
    format!("`{key}` is not stated by the recipe; assumed: {value}")
}

/// What this verification does not establish.
pub fn not_checked(
    manifest: &Manifest,
    plan: &Plan,
    pins: &[Pin],
    sandbox: Option<&str>,
) -> Vec<String> {
    let mut list = Vec::new();
    match manifest.experiment {
        Experiment::Recipe(_) => list.push(
            "that the recipe does what the paper did: it follows the manifest author's reading of the paper".to_owned(),
        ),
        Experiment::Program(_) => {
            list.push("that the program does what the paper says: its output was read, not its code".to_owned());
        }
    }
    if let Some(tier) = sandbox.filter(|tier| *tier != TIGHTEST) {
        list.push(format!(
            "that the program kept to its commit and data: sandbox tier `{tier}` leaves open what this report lists as limitations"
        ));
    }
    if !manifest.data.is_empty() {
        list.push(
            "where the data come from: their bytes are those that the manifest pins".to_owned(),
        );
    }
    list.push("claims of the paper that the manifest does not list".to_owned());
    let chosen = plan.claims.len();
    if chosen < manifest.claims.len() {
        list.push(format!(
            "{} of the manifest's claims, which were not chosen",
            manifest.claims.len() - chosen
        ));
    }
    if !pins.iter().any(|pin| pin.kind == PinKind::Hardware) {
        list.push("the hardware: the manifest requires none".to_owned());
    }
    list
}
