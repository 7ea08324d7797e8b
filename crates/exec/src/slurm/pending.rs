//! Runs that a round needs and that are not there.

use std::collections::BTreeMap;

use crate::RunKey;
use reprove_model::name::ConfigurationId;
use reprove_model::seeds::RunSeed;

/// Runs that are pending: the key of each, with the names of the configurations
/// that it belongs to (more than one when they have the same values) and the seed.
pub(super) type PendingRuns = BTreeMap<RunKey, Vec<(Option<ConfigurationId>, RunSeed)>>;
