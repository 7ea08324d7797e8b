//! The inputs of one run: missing values filled, categories known, numbers scaled, all after what the
//! training rows show and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::data::split::Partition;
use crate::error::table_error;
use crate::error::{RecipeError, quoted};
use crate::spec::data::{Fill, Standardise, Unknown};

/// The inputs of all rows, row after row: `width` finite numbers each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EncodedInputs {
    pub(crate) width: usize,
    pub(crate) values: Vec<f64>,
    /// What the inputs of a table are besides numbers; `None`: they all are numbers.
    pub(crate) coding: Option<Coding>,
}

/// The inputs of a table that are more than numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Coding {
    pub(crate) file: PathBuf,
    /// The names of the inputs.
    pub(crate) names: Vec<String>,
    /// The line of each row in the file.
    pub(crate) lines: Vec<u64>,
    /// The columns that became inputs of 0 and 1.
    pub(crate) categories: Vec<Categories>,
    pub(crate) unknown: Unknown,
    /// The inputs that say whether another is missing.
    pub(crate) indicators: BTreeSet<usize>,
    /// The rows in which an input is missing; 0 stands there.
    pub(crate) missing: BTreeMap<usize, BTreeSet<usize>>,
    pub(crate) fill: Fill,
}

/// A column of categories: one input a category, from the input `first`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Categories {
    pub(crate) column: String,
    pub(crate) first: usize,
    pub(crate) names: Vec<String>,
}

/// The transformation of an input in one run.
pub(crate) enum Column<'i> {
    /// It is filled where it is missing, and scaled.
    Number {
        missing: Option<&'i BTreeSet<usize>>,
        fill: f64,
        scale: Scale,
    },
    /// It is 0 or 1 and stays so.
    Flag,
    /// Its category is unknown: it is 0.
    Off,
}

impl EncodedInputs {
    /// Inputs that are numbers.
    pub(crate) fn numbers(width: usize, values: Vec<f64>) -> Self {
        Self {
            width,
            values,
            coding: None,
        }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// Refuses what [`EncodedInputs::columns`] refuses, and computes no scale.
    pub(crate) fn check(&self, partition: &Partition) -> Result<(), RecipeError> {
        match self.coding {
            Some(_) => self.columns(Standardise::None, partition).map(|_| ()),
            None => Ok(()),
        }
    }

    /// What becomes of each input, after the training rows.
    ///
    /// # Errors
    /// An unknown category where those are refused, a column of numbers of which no training row
    /// has one.
    pub(crate) fn columns(
        &self,
        standardise: Standardise,
        partition: &Partition,
    ) -> Result<Vec<Column<'_>>, RecipeError> {
        let off = self.unknown_categories(partition)?;
        (0..self.width)
            .map(|input| {
                if off.contains(&input) {
                    return Ok(Column::Off);
                }
                let coding = self.coding.as_ref();
                if coding.is_some_and(|coding| coding.is_flag(input)) {
                    return Ok(Column::Flag);
                }
                let missing = coding.and_then(|coding| coding.missing.get(&input));
                let fill = match (coding, missing) {
                    (Some(coding), Some(missing)) => {
                        self.fill(coding, input, missing, &partition.train)?
                    }
                    _ => 0.0,
                };
                let value = |row: &usize| match missing {
                    Some(missing) if missing.contains(row) => fill,
                    _ => self.row(*row)[input],
                };
                let scale = Scale::of(standardise, || partition.train.iter().map(value));
                Ok(Column::Number {
                    missing,
                    fill,
                    scale,
                })
            })
            .collect()
    }

    /// What stands for the missing values of an input.
    fn fill(
        &self,
        coding: &Coding,
        input: usize,
        missing: &BTreeSet<usize>,
        train: &[usize],
    ) -> Result<f64, RecipeError> {
        if coding.fill == Fill::Zero {
            return Ok(0.0);
        }
        let present = train.iter().filter(|row| !missing.contains(row));
        let mut values: Vec<f64> = present.map(|row| self.row(*row)[input]).collect();
        if values.is_empty() {
            let name = &coding.names[input];
            let message = format!("no training row has a value in the column `{name}`");
            return Err(table_error(&coding.file, message));
        }
        if coding.fill != Fill::Median {
            return Ok(values.iter().sum::<f64>() / values.len() as f64);
        }
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        Ok(match values.len() % 2 {
            0 => (values[middle - 1] + values[middle]) / 2.0,
            _ => values[middle],
        })
    }

    /// The inputs of categories that no training row has.
    fn unknown_categories(&self, partition: &Partition) -> Result<BTreeSet<usize>, RecipeError> {
        let mut unknown = BTreeSet::new();
        for (coding, categories) in self
            .coding
            .iter()
            .flat_map(|coding| coding.categories.iter().map(move |own| (coding, own)))
        {
            let end = categories.first + categories.names.len();
            let has = |row: &usize, input: usize| self.row(*row)[input] > 0.0;
            let (known, new): (Vec<usize>, Vec<usize>) = (categories.first..end)
                .partition(|input| partition.train.iter().any(|row| has(row, *input)));
            let mut others = partition.validation.iter().chain(&partition.test);
            let stranger = others.find(|row| new.iter().any(|input| has(row, *input)));
            if let (Some(row), Unknown::Refused) = (stranger, coding.unknown) {
                let name = |input: &usize| categories.names[input - categories.first].clone();
                let known: Vec<String> = known.iter().map(name).collect();
                let found = new.iter().find(|input| has(row, **input));
                return Err(RecipeError::Cell {
                    file: coding.file.clone(),
                    line: coding.lines[*row],
                    column: Some(categories.column.clone()),
                    expected: format!("a category of a training row, {}", quoted(&known)),
                    found: found.map_or_else(String::new, |input| format!("`{}`", name(input))),
                });
            }
            unknown.extend(new);
        }
        Ok(unknown)
    }

    /// The inputs of these rows, row after row.
    pub(crate) fn of(&self, rows: &[usize], columns: &[Column<'_>]) -> Vec<f32> {
        let mut inputs = Vec::with_capacity(rows.len() * self.width);
        for &row in rows {
            let values = self.row(row).iter().zip(columns);
            inputs.extend(values.map(|(&value, column)| match column {
                Column::Off => 0.0,
                Column::Flag => value as f32,
                Column::Number {
                    missing,
                    fill,
                    scale,
                } => match missing {
                    Some(missing) if missing.contains(&row) => scale.apply(*fill),
                    _ => scale.apply(value),
                },
            }));
        }
        inputs
    }

    /// The bits of a row, by which equal rows are told; a missing value equals a missing value only.
    pub(crate) fn bytes(&self, row: usize) -> Vec<u8> {
        let is_missing = |input: usize| {
            let missing = self.coding.as_ref().and_then(|own| own.missing.get(&input));
            missing.is_some_and(|missing| missing.contains(&row))
        };
        let bits = |(input, value): (usize, &f64)| match is_missing(input) {
            true => f64::NAN.to_bits(),
            // 0 and -0 are the same number.
            false => (value + 0.0).to_bits(),
        };
        let values = self.row(row).iter().enumerate().map(bits);
        values.flat_map(u64::to_le_bytes).collect()
    }
}

impl Coding {
    /// Whether an input is 0 or 1 by its making.
    fn is_flag(&self, input: usize) -> bool {
        let mut categories = self.categories.iter();
        self.indicators.contains(&input)
            || categories.any(|own| (own.first..own.first + own.names.len()).contains(&input))
    }
}

/// Maps a column's values: minus `centre`, by `width`.
pub(crate) struct Scale {
    centre: f64,
    width: f64,
}

impl Scale {
    /// The scale of the values of the training rows, of which there is at least one.
    fn of<I: Iterator<Item = f64>>(standardise: Standardise, values: impl Fn() -> I) -> Self {
        match standardise {
            Standardise::None => Self {
                centre: 0.0,
                width: 1.0,
            },
            Standardise::Divide(width) => Self { centre: 0.0, width },
            Standardise::TrainMeanSd => {
                let count = values().count() as f64;
                let centre = values().sum::<f64>() / count;
                let squares: f64 = values().map(|value| (value - centre).powi(2)).sum();
                Self {
                    centre,
                    width: (squares / count).sqrt(),
                }
            }
            Standardise::TrainRange => {
                let low = values().fold(f64::INFINITY, f64::min);
                let high = values().fold(f64::NEG_INFINITY, f64::max);
                Self {
                    centre: low,
                    width: high - low,
                }
            }
        }
    }

    fn apply(&self, value: f64) -> f32 {
        if self.width > 0.0 {
            ((value - self.centre) / self.width) as f32
        } else {
            0.0
        }
    }
}
