//! Which runs: configuration × seed, in a fixed order, and what each claim needs of them.
//!
//! Runs are made in rounds that depend on the manifest alone, never on the number of workers or on
//! who finishes first: the set of runs, and so the report, is the same on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::diagnostics::{Hint, nearest_hint};
use crate::manifest::{
    Claim, Decision, Device, Experiment, Looks, Manifest, Origin, Scalar, Seeding,
};
use crate::name::{ConfigurationId, MetricName};
use crate::seeds::{RunSeed, SeedSource, Seeds, derive};

/// What will run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The configurations that the chosen claims need, in the order of the manifest.
    pub configurations: Vec<Configuration>,
    /// The seeds of each configuration at most, in the order of their use.
    pub seeds: Vec<RunSeed>,
    /// The seeds that the paper used, where the manifest states them: runs on them are a recomputation, no
    /// evidence about fresh seeds.
    pub reported_seeds: Vec<RunSeed>,
    /// The source of the seeds.
    pub seed_source: SeedSource,
    /// Whether the manifest asserts that the program has no randomness: its run is made once, with the first
    /// seed, and repeated.
    pub is_deterministic: bool,
    /// How many seeds each configuration has run after each round; rises, ends at `seeds.len()`.
    pub rounds: Vec<usize>,
    /// The chosen claims, in the order of the manifest.
    pub claims: Vec<Claim>,
    /// The device of every run.
    pub device: Device,
    /// How the claims are decided, with the choices applied; `max_runs` is the number of seeds.
    pub decision: Decision,
}

/// One configuration that is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Its name; `None` where the manifest has no configurations.
    pub name: Option<ConfigurationId>,
    /// Its values.
    pub values: BTreeMap<String, Scalar>,
    /// The metrics that claims need of it.
    pub metrics: BTreeSet<MetricName>,
}

/// What the command line changes of the manifest's plan.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Only these claims; empty for all.
    pub claims: Vec<String>,
    /// At most so many runs a configuration.
    pub max_runs: Option<u32>,
    /// Another device than the manifest's.
    pub device: Option<Device>,
    /// How the data are looked at, instead of as the manifest says.
    pub looks: Option<Looks>,
    /// Where data are looked for by file name when they are not where the manifest says.
    pub data_dir: Option<PathBuf>,
    /// The nonce that derived seeds depend on, drawn after the manifest was published; `None` stands for
    /// the empty one.
    pub nonce: Option<String>,
    /// The back ends that the trainer was built with.
    pub backends: Backends,
}

/// The back ends of the trainer, besides the processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backends {
    /// Whether CUDA is built in.
    pub cuda: bool,
    /// Whether Metal is built in.
    pub metal: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A claim was chosen that does not exist.
    #[error("no claim has the id `{id}`")]
    UnknownClaim {
        /// The id as given.
        id: String,
        /// The hint that names the nearest id, if one is near.
        hint: Option<String>,
    },
    /// More runs were asked for than there are seeds.
    #[error("expected 2 to {seeds} runs, the seeds of the manifest, found {found}")]
    TooManyRuns {
        /// Runs asked for.
        found: u32,
        /// Seeds that there are.
        seeds: usize,
    },
    /// Data that are at an address alone.
    #[error("`data.{name}.url`: data are not fetched from addresses")]
    Elsewhere {
        /// The data's name.
        name: String,
    },
    /// A nonce beside seeds that the manifest states.
    #[error("`seeds`: a nonce changes derived seeds alone, and the manifest states its seeds")]
    NonceWithoutDerivedSeeds,
    /// A part of the manifest that this version cannot carry out.
    #[error("`{path}`: {what} cannot be carried out by this version of reprove")]
    Unsupported {
        /// The key.
        path: String,
        /// What was asked for.
        what: String,
    },
}

impl Hint for PlanError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownClaim { hint, .. } => hint.clone(),
            Self::TooManyRuns { .. } => {
                Some("more runs need more seeds: raise `seeds.count`".to_owned())
            }
            Self::NonceWithoutDerivedSeeds => {
                Some("derive them: `seeds: {derived: 30}`".to_owned())
            }
            Self::Elsewhere { .. } | Self::Unsupported { .. } => None,
        }
    }
}

/// Plans the runs that the chosen claims need.
///
/// # Errors
/// A choice that does not fit the manifest, or a part of it that cannot be carried out.
pub fn plan(manifest: &Manifest, choices: &Choices) -> Result<Plan, PlanError> {
    let claims = chosen(&manifest.claims, &choices.claims)?;
    let device = choices.device.unwrap_or(manifest.hardware.device);
    supported(manifest, device, choices)?;
    if choices.nonce.is_some() && matches!(manifest.seeds, Seeds::Stated(_)) {
        return Err(PlanError::NonceWithoutDerivedSeeds);
    }
    let at_most = match choices.max_runs {
        Some(found) if found < 2 || found as usize > manifest.seeds.count() => {
            return Err(PlanError::TooManyRuns {
                found,
                seeds: manifest.seeds.count(),
            });
        }
        Some(found) => found,
        None => manifest.decision.max_runs.unwrap_or(u32::MAX),
    };
    let is_deterministic = is_deterministic(&manifest.experiment);
    let at_most = if is_deterministic { 1 } else { at_most };
    let (seeds, seed_source) = seeds(manifest, at_most as usize, choices.nonce.as_deref());
    let decision = Decision {
        looks: choices.looks.unwrap_or(manifest.decision.looks),
        max_runs: u32::try_from(seeds.len()).ok(),
        ..manifest.decision.clone()
    };
    Ok(Plan {
        configurations: configurations(manifest, &claims),
        rounds: rounds(decision.looks, decision.min_runs as usize, seeds.len()),
        seeds,
        reported_seeds: manifest.reported_seeds.clone().unwrap_or_default(),
        seed_source,
        is_deterministic,
        claims,
        device,
        decision,
    })
}

impl Plan {
    /// The seeds that the paper did not use, in the order of their use.
    pub fn fresh_seeds(&self) -> Vec<RunSeed> {
        let is_fresh = |seed: &RunSeed| !self.reported_seeds.contains(seed);
        self.seeds.iter().copied().filter(is_fresh).collect()
    }
}

/// Whether the manifest asserts that the experiment's program has no randomness.
fn is_deterministic(experiment: &Experiment) -> bool {
    match experiment {
        Experiment::Recipe(_) => false,
        Experiment::Program(program) => program.seeding == Seeding::Deterministic,
    }
}

/// The first `at_most` seeds of the manifest, and their source.
fn seeds(manifest: &Manifest, at_most: usize, nonce: Option<&str>) -> (Vec<RunSeed>, SeedSource) {
    match &manifest.seeds {
        Seeds::Stated(list) => {
            let seeds = list.iter().copied().take(at_most).collect();
            (seeds, SeedSource::Stated)
        }
        Seeds::Derived(count) => {
            let count = at_most.min(*count as usize);
            let seeds = derive(
                &manifest.code.commit,
                &manifest.experiment_digest,
                nonce.unwrap_or_default(),
                count,
            );
            let nonce = nonce.map(str::to_owned);
            (seeds, SeedSource::Derived { nonce })
        }
    }
}

fn chosen(all: &[Claim], ids: &[String]) -> Result<Vec<Claim>, PlanError> {
    for id in ids {
        if !all.iter().any(|claim| claim.id == *id) {
            return Err(PlanError::UnknownClaim {
                id: id.clone(),
                hint: nearest_hint(id, all.iter().map(|claim| claim.id.as_str())),
            });
        }
    }
    Ok(all
        .iter()
        .filter(|claim| ids.is_empty() || ids.contains(&claim.id))
        .cloned()
        .collect())
}

/// Refuses what would otherwise be ignored.
fn supported(manifest: &Manifest, device: Device, choices: &Choices) -> Result<(), PlanError> {
    let refuse = |path: &str, what: &str| {
        Err(PlanError::Unsupported {
            path: path.to_owned(),
            what: what.to_owned(),
        })
    };
    let mut at_addresses = manifest
        .data
        .iter()
        .filter(|(_, data)| matches!(data.origin, Origin::Url(_)));
    if let (Some((name, _)), None) = (at_addresses.next(), &choices.data_dir) {
        return Err(PlanError::Elsewhere { name: name.clone() });
    }
    let is_program = matches!(manifest.experiment, Experiment::Program(_));
    match device {
        Device::Cpu => Ok(()),
        // A program brings what it needs of CUDA itself, and the sandbox hands it the GPU.
        Device::Cuda(_) if is_program || choices.backends.cuda => Ok(()),
        Device::Metal if !is_program && choices.backends.metal => Ok(()),
        Device::Cuda(_) | Device::Metal => refuse(
            "hardware.device",
            &format!("a run on `{device}`, which is not built in,"),
        ),
    }
}

/// The configurations that the claims need, with the metrics that they need of each.
fn configurations(manifest: &Manifest, claims: &[Claim]) -> Vec<Configuration> {
    let mut needed: BTreeMap<Option<&ConfigurationId>, BTreeSet<MetricName>> = BTreeMap::new();
    for claim in claims {
        for (configuration, metric) in claim.quantity.arms() {
            needed
                .entry(configuration)
                .or_default()
                .insert(metric.clone());
        }
    }
    if manifest.configurations.is_empty() {
        let metrics = needed.remove(&None).unwrap_or_default();
        return vec![Configuration {
            name: None,
            values: BTreeMap::new(),
            metrics,
        }];
    }
    let named = manifest.configurations.iter();
    named
        .filter_map(|(name, values)| {
            let metrics = needed.remove(&Some(name))?;
            Some(Configuration {
                name: Some(name.clone()),
                values: values.clone(),
                metrics,
            })
        })
        .collect()
}

/// Seeds that each configuration has run after each round.
///
/// With looks after each run the first round has the runs of the first look, and each further one
/// adds a quarter, at least one: few runs are made in vain when a claim is settled, and many can be
/// made side by side.
fn rounds(looks: Looks, first: usize, seeds: usize) -> Vec<usize> {
    if looks == Looks::Fixed || first >= seeds {
        return vec![seeds];
    }
    let mut rounds = vec![first];
    let mut done = first;
    while done < seeds {
        done = (done + done.div_ceil(4)).min(seeds);
        rounds.push(done);
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_rise_by_a_quarter_and_end_at_the_seeds() {
        assert_eq!(rounds(Looks::Sequential, 3, 12), [3, 4, 5, 7, 9, 12]);
        assert_eq!(rounds(Looks::Sequential, 5, 5), [5]);
        assert_eq!(rounds(Looks::Fixed, 3, 30), [30]);
    }
}
