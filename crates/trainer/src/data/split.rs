//! The split into training, validation and test rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::{Purpose, Stream};
use crate::spec::data::{Fold, RowOrder, Split};

/// Rows by index: those that train, validate and test, each in the order of visiting.
///
/// No row is in two of them; only those that validate may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) train: Vec<usize>,
    pub(crate) validation: Vec<usize>,
    pub(crate) test: Vec<usize>,
}

impl Partition {
    /// The first rows train, the next ones validate, the last ones test.
    pub(crate) fn consecutive([train, validation, test]: [usize; 3]) -> Self {
        let first_test = train + validation;
        Self {
            train: (0..train).collect(),
            validation: (train..first_test).collect(),
            test: (first_test..first_test + test).collect(),
        }
    }
}

/// The classes or groups of the rows, each by its index, where a split balances them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kinds<'a> {
    /// Nothing.
    None,
    /// The class of each row, of which each part gets its share.
    Classes(&'a [usize]),
    /// The group of each row, which stays together.
    Groups(&'a [usize]),
}

/// The partition for a run, or `None` when a part would be empty. Marks and given parts do not come
/// here: they are read with the data.
pub(crate) fn cut(split: &Split, rows: usize, seed: u64, kinds: Kinds<'_>) -> Option<Partition> {
    let share = |part: f64, rows: usize| (part * rows as f64).round() as usize;
    let (rest, validating, test) = match split {
        Split::Given | Split::Marks { .. } => return None,
        Split::Folds {
            folds,
            repeats,
            fold,
            validation,
            order,
            ..
        } => {
            if *folds > rows {
                return None;
            }
            let (number, repeat) = match fold {
                Fold::Number(number) => (number - 1, 0),
                Fold::BySeed => {
                    let place = (seed % (*folds as u64 * *repeats as u64)) as usize;
                    (place % folds, place / folds)
                }
            };
            let order = row_order(*order, rows, seed, repeat);
            let numbers = fold_numbers(&order, *folds, kinds);
            let tests = |row: &usize| numbers[*row] == number;
            let (test, rest): (Vec<usize>, Vec<usize>) = order.into_iter().partition(tests);
            let validating = share(*validation, rest.len());
            (rest, validating, test)
        }
        Split::Fraction {
            test,
            validation,
            order,
            ..
        } => {
            let order = row_order(*order, rows, seed, 0);
            let (rest, test) = carve(order, share(*test, rows), kinds);
            (rest, share(*validation, rows), test)
        }
    };
    if validating > rest.len() {
        return None;
    }
    let (train, validation) = carve(rest, validating, kinds);
    let partition = Partition {
        train,
        validation,
        test,
    };
    (!partition.train.is_empty() && !partition.test.is_empty()).then_some(partition)
}

/// Whether every run has the same partition.
pub(crate) fn is_shared(split: &Split) -> bool {
    match split {
        Split::Given | Split::Marks { .. } => true,
        Split::Folds { fold, order, .. } => {
            *fold != Fold::BySeed && *order != RowOrder::ShuffledByRun
        }
        Split::Fraction { order, .. } => *order != RowOrder::ShuffledByRun,
    }
}

/// The order that is cut; each repeat has its own.
fn row_order(order: RowOrder, rows: usize, run_seed: u64, repeat: usize) -> Vec<usize> {
    let seed = match order {
        RowOrder::File => return (0..rows).collect(),
        RowOrder::Shuffled(seed) => seed,
        RowOrder::ShuffledByRun => run_seed,
    };
    let name = match repeat {
        0 => String::new(),
        repeat => format!("repeat {repeat}"),
    };
    Stream::new(seed, Purpose::Split, &name).order(rows)
}

/// Takes so many rows off the end of an order, as far as the kinds of rows allow: the rest and what
/// was taken, both still in order.
fn carve(order: Vec<usize>, count: usize, kinds: Kinds<'_>) -> (Vec<usize>, Vec<usize>) {
    let mut chosen = BTreeSet::new();
    match kinds {
        Kinds::None => {
            let (rest, taken) = order.split_at(order.len() - count);
            return (rest.to_vec(), taken.to_vec());
        }
        Kinds::Classes(classes) => {
            // Counts are rounded on the sum over the classes so far, so that they add up.
            let (mut seen, mut taken) = (0, 0);
            for members in members(&order, classes).into_values() {
                seen += members.len();
                let due = (2 * count * seen + order.len()) / (2 * order.len());
                chosen.extend(members.into_iter().rev().take(due - taken));
                taken = due;
            }
        }
        Kinds::Groups(groups) => {
            let mut taken = 0;
            for members in in_order_of_appearance(&order, groups).into_iter().rev() {
                let with = taken + members.len();
                if with.abs_diff(count) < count.abs_diff(taken) {
                    taken = with;
                    chosen.extend(members);
                }
            }
        }
    }
    order.into_iter().partition(|row| !chosen.contains(row))
}

/// The fold of each row, from 0, by the row's index.
fn fold_numbers(order: &[usize], folds: usize, kinds: Kinds<'_>) -> Vec<usize> {
    let mut numbers = vec![0; order.len()];
    match kinds {
        Kinds::None => {
            for number in 0..folds {
                let (begin, end) = fold_bounds(order.len(), folds, number);
                for &row in &order[begin..end] {
                    numbers[row] = number;
                }
            }
        }
        Kinds::Classes(classes) => {
            // Dealt out like cards, class after class.
            let dealt = members(order, classes).into_values().flatten();
            for (place, row) in dealt.enumerate() {
                numbers[row] = place % folds;
            }
        }
        Kinds::Groups(groups) => {
            // The largest group first, each to the smallest fold.
            let mut groups = in_order_of_appearance(order, groups);
            groups.sort_by_key(|members| std::cmp::Reverse(members.len()));
            let mut sizes = vec![0; folds];
            for members in groups {
                let number = (0..folds).min_by_key(|fold| sizes[*fold]).unwrap_or(0);
                sizes[number] += members.len();
                for row in members {
                    numbers[row] = number;
                }
            }
        }
    }
    numbers
}

/// The rows of each kind, in order.
fn members(order: &[usize], kinds: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &row in order {
        members.entry(kinds[row]).or_default().push(row);
    }
    members
}

/// The rows of each group; the group whose row comes first is the first.
fn in_order_of_appearance(order: &[usize], groups: &[usize]) -> Vec<Vec<usize>> {
    let mut place = BTreeMap::new();
    let mut found: Vec<Vec<usize>> = Vec::new();
    for &row in order {
        let at = *place.entry(groups[row]).or_insert(found.len());
        if at == found.len() {
            found.push(Vec::new());
        }
        found[at].push(row);
    }
    found
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
    use crate::spec::data::Balance;
    use proptest::prelude::*;

    fn folds(count: usize, fold: Fold, order: RowOrder) -> Split {
        Split::Folds {
            folds: count,
            repeats: 1,
            fold,
            validation: 0.0,
            order,
            balance: Balance::Rows,
        }
    }

    fn fraction(test: f64, validation: f64, order: RowOrder) -> Split {
        Split::Fraction {
            test,
            validation,
            order,
            balance: Balance::Rows,
        }
    }

    /// All rows of a partition, sorted.
    fn all(part: &Partition) -> Vec<usize> {
        let mut all = [&part.train[..], &part.validation, &part.test].concat();
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn folds_cover_each_row_once_with_equal_sizes(rows in 2_usize..80, count in 2_usize..20, seed: u64) {
            prop_assume!(count <= rows);
            for order in [RowOrder::File, RowOrder::Shuffled(seed)] {
                let parts: Vec<Partition> = (1..=count)
                    .map(|number| cut(&folds(count, Fold::Number(number), order), rows, 0, Kinds::None).unwrap())
                    .collect();
                let mut tested: Vec<usize> = parts.iter().flat_map(|part| part.test.clone()).collect();
                tested.sort_unstable();
                prop_assert_eq!(tested, (0..rows).collect::<Vec<_>>());
                for part in parts {
                    prop_assert!(part.test.len().abs_diff(rows / count) <= 1);
                    prop_assert_eq!(all(&part), (0..rows).collect::<Vec<_>>());
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
            let split = fraction(test, validation, RowOrder::ShuffledByRun);
            if let Some(part) = cut(&split, rows, seed, Kinds::None) {
                prop_assert_eq!(all(&part), (0..rows).collect::<Vec<_>>());
            }
        }

        #[test]
        fn strata_have_their_share_in_every_part(
            classes in proptest::collection::vec(0_usize..4, 8..60),
            count in 2_usize..6,
            seed: u64,
        ) {
            let (rows, kinds) = (classes.len(), Kinds::Classes(&classes));
            let of = |part: &[usize], class| part.iter().filter(|row| classes[**row] == class).count();
            for number in 1..=count {
                let split = folds(count, Fold::Number(number), RowOrder::Shuffled(seed));
                let part = cut(&split, rows, 0, kinds).unwrap();
                prop_assert_eq!(all(&part), (0..rows).collect::<Vec<_>>());
                prop_assert!(part.test.len().abs_diff(rows / count) <= 1);
                for class in 0..4 {
                    let share = classes.iter().filter(|own| **own == class).count() / count;
                    prop_assert!(of(&part.test, class).abs_diff(share) <= 1);
                }
            }
            if let Some(part) = cut(&fraction(0.3, 0.2, RowOrder::Shuffled(seed)), rows, 0, kinds) {
                prop_assert_eq!(all(&part), (0..rows).collect::<Vec<_>>());
                prop_assert_eq!(part.test.len(), (0.3 * rows as f64).round() as usize);
                for class in 0..4 {
                    let share = 0.3 * classes.iter().filter(|own| **own == class).count() as f64;
                    prop_assert!((of(&part.test, class) as f64 - share).abs() <= 1.5);
                }
            }
        }

        #[test]
        fn no_group_is_on_two_sides(
            groups in proptest::collection::vec(0_usize..9, 8..60),
            count in 2_usize..4,
            seed: u64,
        ) {
            let (rows, kinds) = (groups.len(), Kinds::Groups(&groups));
            let mut splits: Vec<Split> = (1..=count)
                .map(|number| folds(count, Fold::Number(number), RowOrder::Shuffled(seed)))
                .collect();
            splits.push(fraction(0.3, 0.2, RowOrder::Shuffled(seed)));
            for split in splits {
                let Some(part) = cut(&split, rows, 0, kinds) else {
                    continue;
                };
                prop_assert_eq!(all(&part), (0..rows).collect::<Vec<_>>());
                let names = |part: &[usize]| -> std::collections::BTreeSet<usize> {
                    part.iter().map(|row| groups[*row]).collect()
                };
                let (train, validation, test) = (names(&part.train), names(&part.validation), names(&part.test));
                prop_assert!(train.is_disjoint(&test) && train.is_disjoint(&validation));
                prop_assert!(test.is_disjoint(&validation));
            }
        }
    }

    #[test]
    fn consecutive_seeds_walk_through_the_folds() {
        let split = folds(13, Fold::BySeed, RowOrder::Shuffled(1));
        for seed in 0..26 {
            let number = Fold::Number(1 + seed as usize % 13);
            let fixed = folds(13, number, RowOrder::Shuffled(1));
            assert_eq!(
                cut(&split, 208, seed, Kinds::None),
                cut(&fixed, 208, 99, Kinds::None)
            );
        }
    }

    #[test]
    fn each_repeat_cuts_another_order() {
        let once = folds(5, Fold::BySeed, RowOrder::Shuffled(1));
        let split = Split::Folds {
            folds: 5,
            repeats: 3,
            fold: Fold::BySeed,
            validation: 0.25,
            order: RowOrder::Shuffled(1),
            balance: Balance::Rows,
        };
        let at = |seed| cut(&split, 50, seed, Kinds::None).unwrap();
        assert_eq!(at(2).test, cut(&once, 50, 2, Kinds::None).unwrap().test);
        assert_ne!(at(2).test, at(7).test);
        assert_ne!(at(7).test, at(12).test);
        assert_eq!(at(2), at(17));
        assert_eq!((at(0).train.len(), at(0).validation.len()), (30, 10));
        for repeat in 0..3 {
            let mut tested: Vec<usize> = (5 * repeat..5 * repeat + 5)
                .flat_map(|seed| at(seed).test)
                .collect();
            tested.sort_unstable();
            assert_eq!(tested, (0..50).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_part_without_rows_is_refused() {
        assert_eq!(
            cut(&fraction(0.1, 0.0, RowOrder::File), 3, 0, Kinds::None),
            None
        );
        assert_eq!(
            cut(&fraction(0.6, 0.6, RowOrder::File), 10, 0, Kinds::None),
            None
        );
        let split = folds(5, Fold::Number(1), RowOrder::File);
        assert_eq!(cut(&split, 4, 0, Kinds::None), None);
        assert_eq!(cut(&split, 6, 0, Kinds::Groups(&[0; 6])), None);
    }
}
