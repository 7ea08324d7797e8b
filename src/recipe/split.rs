//! Which rows train and which test.

use super::language::{Fold, RowOrder, Split};
use super::random::{Purpose, Stream};

/// Rows by index: those that train, validate and test, each in the order of visiting.
///
/// No row is in two of them; only those that validate may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) train: Vec<usize>,
    pub(super) validation: Vec<usize>,
    pub(super) test: Vec<usize>,
}

impl Partition {
    /// The first rows train, the next ones validate, the last ones test.
    pub(super) fn consecutive([train, validation, test]: [usize; 3]) -> Self {
        let first_test = train + validation;
        Self {
            train: (0..train).collect(),
            validation: (train..first_test).collect(),
            test: (first_test..first_test + test).collect(),
        }
    }
}

/// The partition for a run, or `None` when a part would be empty. Marks and given parts do not come
/// here: they are read with the data.
pub(super) fn cut(split: &Split, rows: usize, seed: u64) -> Option<Partition> {
    let partition = match *split {
        Split::Given | Split::Marks { .. } => return None,
        Split::Folds { folds, fold, order } => {
            if folds > rows {
                return None;
            }
            let number = match fold {
                Fold::Number(number) => number - 1,
                Fold::BySeed => (seed % folds as u64) as usize,
            };
            let order = row_order(order, rows, seed);
            let stretch = fold_bounds(rows, folds, number);
            Partition {
                train: [&order[..stretch.0], &order[stretch.1..]].concat(),
                validation: Vec::new(),
                test: order[stretch.0..stretch.1].to_vec(),
            }
        }
        Split::Fraction {
            test,
            validation,
            order,
        } => {
            let order = row_order(order, rows, seed);
            let count = |part: f64| (part * rows as f64).round() as usize;
            let (rest, test) = order.split_at(rows - count(test));
            let (train, validation) = rest.split_at(rest.len().checked_sub(count(validation))?);
            Partition {
                train: train.to_vec(),
                validation: validation.to_vec(),
                test: test.to_vec(),
            }
        }
    };
    (!partition.train.is_empty() && !partition.test.is_empty()).then_some(partition)
}

/// Whether every run has the same partition.
pub(super) fn is_shared(split: &Split) -> bool {
    match split {
        Split::Given | Split::Marks { .. } => true,
        Split::Folds { fold, order, .. } => {
            *fold != Fold::BySeed && *order != RowOrder::ShuffledByRun
        }
        Split::Fraction { order, .. } => *order != RowOrder::ShuffledByRun,
    }
}

fn row_order(order: RowOrder, rows: usize, run_seed: u64) -> Vec<usize> {
    let seed = match order {
        RowOrder::File => return (0..rows).collect(),
        RowOrder::Shuffled(seed) => seed,
        RowOrder::ShuffledByRun => run_seed,
    };
    Stream::new(seed, Purpose::Split, "").order(rows)
}

/// Begin and end of a fold, from 0: sizes differ by at most one, the larger ones first.
fn fold_bounds(rows: usize, folds: usize, number: usize) -> (usize, usize) {
    let (size, larger) = (rows / folds, rows % folds);
    let begin = number * size + number.min(larger);
    let end = begin + size + usize::from(number < larger);
    (begin, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folds(count: usize, fold: Fold, order: RowOrder) -> Split {
        Split::Folds {
            folds: count,
            fold,
            order,
        }
    }

    proptest! {
        #[test]
        fn folds_cover_each_row_once_with_equal_sizes(rows in 2_usize..80, count in 2_usize..20, seed: u64) {
            prop_assume!(count <= rows);
            for order in [RowOrder::File, RowOrder::Shuffled(seed)] {
                let parts: Vec<Partition> = (1..=count)
                    .map(|number| cut(&folds(count, Fold::Number(number), order), rows, 0).unwrap())
                    .collect();
                let mut tested: Vec<usize> = parts.iter().flat_map(|part| part.test.clone()).collect();
                tested.sort_unstable();
                prop_assert_eq!(tested, (0..rows).collect::<Vec<_>>());
                for part in parts {
                    prop_assert!(part.test.len().abs_diff(rows / count) <= 1);
                    let mut all = [part.train, part.test].concat();
                    all.sort_unstable();
                    prop_assert_eq!(all, (0..rows).collect::<Vec<_>>());
                }
            }
        }

        #[test]
        fn fractions_cover_each_row_once(
            rows in 2_usize..80,
            test in 0.05_f64..0.95,
            validation in 0.0_f64..0.5,
            seed: u64,
        ) {
            let split = Split::Fraction { test, validation, order: RowOrder::ShuffledByRun };
            if let Some(part) = cut(&split, rows, seed) {
                let mut all = [part.train, part.validation, part.test].concat();
                all.sort_unstable();
                prop_assert_eq!(all, (0..rows).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn consecutive_seeds_walk_through_the_folds() {
        let split = folds(13, Fold::BySeed, RowOrder::Shuffled(1));
        for seed in 0..26 {
            let number = Fold::Number(1 + seed as usize % 13);
            let fixed = folds(13, number, RowOrder::Shuffled(1));
            assert_eq!(cut(&split, 208, seed), cut(&fixed, 208, 99));
        }
    }

    #[test]
    fn a_part_without_rows_is_refused() {
        let split = Split::Fraction {
            test: 0.1,
            validation: 0.0,
            order: RowOrder::File,
        };
        assert_eq!(cut(&split, 3, 0), None);
        let split = folds(5, Fold::Number(1), RowOrder::File);
        assert_eq!(cut(&split, 4, 0), None);
    }
}
