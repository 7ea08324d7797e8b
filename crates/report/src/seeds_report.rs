//! The seeds of the reruns, as a report states them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use reprove_model::plan::Plan;
use reprove_model::seeds::{RunSeed, SeedCall, SeedSource};

/// The seeds of the reruns and their source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeedsReport {
    /// The source of the seeds.
    pub source: SeedOrigin,
    /// The nonce that derived seeds depend on, where one was given.
    pub nonce: Option<String>,
    /// Number of seeds that were planned at most.
    pub planned: usize,
    /// Those of them that the paper used: no verdict rests on their runs beside fresh ones.
    pub published: Vec<RunSeed>,
    /// Seeds that the program sets by itself, where the manifest asserts that it has no randomness.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_in_source: Vec<SeedCall>,
}

/// The source of seeds in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeedOrigin {
    /// The manifest states them.
    Stated,
    /// They are derived from the commit, the experiment and the nonce.
    Derived,
}

impl SeedsReport {
    /// The seeds of a plan, and those that its program was found to set.
    pub fn of(plan: &Plan, set_in_source: &[SeedCall]) -> Self {
        let is_published = |seed: &&RunSeed| plan.reported_seeds.contains(seed);
        let (source, nonce) = match &plan.seed_source {
            SeedSource::Stated => (SeedOrigin::Stated, None),
            SeedSource::Derived { nonce } => (SeedOrigin::Derived, nonce.clone()),
        };
        Self {
            source,
            nonce,
            planned: plan.seeds.len(),
            published: plan.seeds.iter().filter(is_published).copied().collect(),
            set_in_source: set_in_source.to_vec(),
        }
    }
}
