//! The order in which the scalars of several event files were written.
//!
//! A writer that starts again, in a file of its own or in the same one, goes on behind what was
//! written before it, whatever its steps. Files that were written at the same time are merged by step
//! and time.

use std::collections::BTreeMap;

/// One scalar of one event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scalar {
    pub tag: String,
    pub step: i64,
    /// When it was written, in seconds since 1970.
    pub time: f64,
    pub value: f64,
    /// Which record of its file, counted from 1.
    pub record: u64,
}

/// A scalar with its file, by the place of the file in a list.
pub(crate) type FileScalar = (usize, Scalar);

/// The scalars of one tag.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TagScalars {
    /// In the order in which they were written.
    pub scalars: Vec<FileScalar>,
    /// Pairs of scalars of one step and time in different files with different values, by the place
    /// of the second.
    pub ambiguous: Vec<usize>,
    /// A start at a step that had been written: its place.
    pub restart: Option<usize>,
    /// A step that another file has too, at another time and with another value: the place of the
    /// second.
    pub doubled: Option<usize>,
}

/// The scalars of each tag in their order; `files` are in the order of their names.
pub(crate) fn by_tag(files: Vec<Vec<Scalar>>) -> BTreeMap<String, TagScalars> {
    let mut tags: BTreeMap<String, Vec<FileScalar>> = BTreeMap::new();
    for (file, scalars) in files.into_iter().enumerate() {
        for scalar in scalars {
            let of_tag = tags.entry(scalar.tag.clone()).or_default();
            of_tag.push((file, scalar));
        }
    }
    let tags = tags.into_iter();
    tags.map(|(tag, scalars)| (tag, ordered(scalars))).collect()
}

/// Scalars of one file whose steps do not fall.
struct Pass {
    scalars: Vec<FileScalar>,
    /// The time of the last.
    end: f64,
}

/// The passes of the files: one begins with each file, and where a step falls.
fn passes(scalars: Vec<FileScalar>) -> Vec<Pass> {
    let mut passes: Vec<Pass> = Vec::new();
    for (file, mut scalar) in scalars {
        let current = passes.last_mut().and_then(|pass| {
            let (last_file, last) = pass.scalars.last()?;
            (*last_file == file && last.step <= scalar.step).then_some(pass)
        });
        match current {
            Some(pass) => {
                // A clock that was set back does not change the order of a file.
                scalar.time = scalar.time.max(pass.end);
                pass.end = scalar.time;
                pass.scalars.push((file, scalar));
            }
            None => passes.push(Pass {
                end: scalar.time,
                scalars: vec![(file, scalar)],
            }),
        }
    }
    passes
}

fn ordered(scalars: Vec<FileScalar>) -> TagScalars {
    let mut passes = passes(scalars);
    passes.sort_by(|a, b| a.scalars[0].1.time.total_cmp(&b.scalars[0].1.time));
    // Passes of several files that overlap in time are one.
    let mut merged: Vec<Pass> = Vec::new();
    for pass in passes {
        let (file, first) = &pass.scalars[0];
        let overlapping = merged.last_mut().filter(|last| {
            let has_other = last.scalars.iter().any(|(other, _)| other != file);
            has_other && first.time <= last.end
        });
        match overlapping {
            Some(last) => {
                last.end = last.end.max(pass.end);
                last.scalars.extend(pass.scalars);
            }
            None => merged.push(pass),
        }
    }
    let mut found = TagScalars::default();
    for mut pass in merged {
        let by_step = |(_, a): &FileScalar, (_, b): &FileScalar| {
            a.step.cmp(&b.step).then(a.time.total_cmp(&b.time))
        };
        pass.scalars.sort_by(by_step);
        let start = found.scalars.len();
        let highest = found.scalars.iter().map(|(_, scalar)| scalar.step).max();
        if highest.is_some_and(|highest| pass.scalars[0].1.step <= highest) {
            found.restart = Some(start);
        }
        for (place, pair) in (start + 1..).zip(pass.scalars.windows(2)) {
            let ((file_a, a), (file_b, b)) = (&pair[0], &pair[1]);
            let is_same = a.value.to_bits() == b.value.to_bits();
            if file_a == file_b || a.step != b.step || is_same {
                continue;
            }
            if a.time == b.time {
                found.ambiguous.push(place);
            } else {
                found.doubled = Some(place);
            }
        }
        found.scalars.extend(pass.scalars);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scalars of files, each by step, time and value; the values in their order.
    fn values(files: &[&[(i64, f64, f64)]]) -> (Vec<f64>, TagScalars) {
        let scalar = |(step, time, value): &(i64, f64, f64)| Scalar {
            tag: "acc".to_owned(),
            step: *step,
            time: *time,
            value: *value,
            record: 1,
        };
        let files = files.iter().map(|file| file.iter().map(scalar).collect());
        let found = by_tag(files.collect()).remove("acc").unwrap();
        let values = found.scalars.iter().map(|(_, scalar)| scalar.value);
        (values.collect(), found)
    }

    #[test]
    fn what_is_written_last_is_last() {
        // A start again from step 2, in a file of its own and in the same one.
        let (restarted, found) = values(&[
            &[(1, 1.0, 0.1), (3, 3.0, 0.3)],
            &[(2, 7.0, 0.2), (2, 6.0, 0.25)],
        ]);
        assert_eq!(restarted, [0.1, 0.3, 0.2, 0.25]);
        assert_eq!(found.restart, Some(2));
        let (again, _) = values(&[&[(1, 1.0, 0.1), (2, 1.0, 0.2), (1, 1.0, 0.3)]]);
        assert_eq!(again, [0.1, 0.2, 0.3]);
        // Files that were written at the same time.
        let (merged, found) = values(&[&[(1, 1.0, 0.1), (3, 3.0, 0.3)], &[(2, 2.0, 0.2)]]);
        assert_eq!(merged, [0.1, 0.2, 0.3]);
        assert_eq!((found.restart, found.doubled), (None, None));
        // A file that goes on where the other ended.
        let (_, found) = values(&[&[(1, 1.0, 0.1)], &[(2, 2.0, 0.2)]]);
        assert_eq!(found.restart, None);
    }

    #[test]
    fn two_values_of_one_step_are_noticed() {
        let (_, same) = values(&[&[(1, 1.0, 0.1)], &[(1, 1.0, 0.2)]]);
        assert_eq!((same.ambiguous, same.doubled), (vec![1], None));
        let (_, other) = values(&[
            &[(1, 1.0, 0.1), (2, 3.0, 0.2)],
            &[(1, 1.5, 0.3), (2, 2.5, 0.4)],
        ]);
        assert_eq!((other.ambiguous, other.doubled), (Vec::new(), Some(3)));
        let (_, equal) = values(&[&[(1, 1.0, 0.1)], &[(1, 1.0, 0.1)]]);
        assert_eq!((equal.ambiguous, equal.doubled), (Vec::new(), None));
    }
}
