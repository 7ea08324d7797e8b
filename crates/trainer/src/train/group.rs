//! The groups of seeds that train in one graph, and their rows.

use std::collections::BTreeMap;

use crate::data::dataset::{Dataset, SplitParts};
use crate::data::split;
use crate::error::RecipeError;
use crate::spec::recipe::Recipe;
use reprove_model::seeds::RunSeed;

/// Seeds that train in one graph.
pub(crate) struct Group {
    /// The positions of the seeds in the caller's list.
    pub(crate) positions: Vec<usize>,
    pub(crate) seeds: Vec<u64>,
    /// The rows of each seed, or one set of rows for all.
    pub(crate) parts: Vec<SplitParts>,
}

impl Group {
    pub(crate) fn parts_of(&self, index: usize) -> &SplitParts {
        &self.parts[index.min(self.parts.len() - 1)]
    }

    /// The index of a seed's first training row among the stacked training rows.
    pub(crate) fn first_row(&self, index: usize) -> usize {
        if self.parts.len() == 1 {
            0
        } else {
            index * self.train_rows()
        }
    }

    pub(crate) fn train_rows(&self) -> usize {
        self.parts[0].train.count
    }
}

pub(crate) fn groups(
    recipe: &Recipe,
    data: &Dataset,
    seeds: &[RunSeed],
) -> Result<Vec<Group>, RecipeError> {
    let shared = split::is_shared(&recipe.data.split);
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for (position, &RunSeed(seed)) in seeds.iter().enumerate() {
        let first = groups.values_mut().next();
        if let Some(group) = first.filter(|_| shared) {
            group.positions.push(position);
            group.seeds.push(seed);
            continue;
        }
        let parts = data.parts(recipe, seed)?;
        let group = groups.entry(parts.train.count).or_insert(Group {
            positions: Vec::new(),
            seeds: Vec::new(),
            parts: Vec::new(),
        });
        group.positions.push(position);
        group.seeds.push(seed);
        group.parts.push(parts);
    }
    Ok(groups.into_values().collect())
}
