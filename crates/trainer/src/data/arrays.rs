//! Data in files of arrays.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use crate::data::dataset::{Dataset, one_hot};
use crate::data::encoding::EncodedInputs;
use crate::data::idx;
use crate::data::split::Partition;
use crate::error::RecipeError;
use crate::error::table_error;
use crate::nn::parameter::PretrainedWeights;
use crate::spec::data::{ArrayFormat, ArrayPair, ArrayParts, ArrayTarget};

/// Finite numbers, row after row: at least one row of at least one.
#[derive(Debug)]
pub(crate) struct Array {
    file: PathBuf,
    name: String,
    rows: usize,
    width: usize,
    values: Vec<f64>,
}

/// The data of the arrays, which `read` reads by their names.
///
/// # Errors
/// What `read` refuses, an array that has another number of rows or columns than its partner,
/// labels that are no whole numbers from 0.
pub(crate) fn dataset(
    parts: &ArrayParts,
    read: &dyn Fn(&str) -> Result<Array, RecipeError>,
) -> Result<Dataset, RecipeError> {
    let pairs: Vec<(usize, &ArrayPair)> = match parts {
        ArrayParts::All(pair) => vec![(0, pair)],
        ArrayParts::Given(pairs) => {
            let pairs = pairs.iter().enumerate();
            pairs
                .filter_map(|(part, pair)| Some((part, pair.as_ref()?)))
                .collect()
        }
    };
    let mut counts = [0; 3];
    let mut all: Option<(Array, Array, bool)> = None;
    for (part, pair) in pairs {
        let inputs = read(&pair.inputs)?;
        let (name, is_labels) = match &pair.target {
            ArrayTarget::Labels(name) => (name, true),
            ArrayTarget::Values(name) => (name, false),
        };
        let targets = read(name)?;
        check_pair(&inputs, &targets, is_labels)?;
        counts[part] = inputs.rows;
        match &mut all {
            None => all = Some((inputs, targets, is_labels)),
            Some((all_inputs, all_targets, _)) => {
                all_inputs.append(inputs)?;
                all_targets.append(targets)?;
            }
        }
    }
    // The reading of the recipe lets no list of parts be empty.
    let Some((inputs, targets, is_labels)) = all else {
        return Err(table_error(Path::new("data"), "no array is named"));
    };
    let names = |count: usize| (0..count).map(|number| number.to_string()).collect();
    let (classes, values) = match is_labels {
        true => {
            let labels = labels(&targets)?;
            let classes = labels.iter().max().map_or(0, |largest| largest + 1);
            if classes < 2 {
                let message = "the labels have fewer than two classes";
                return Err(table_error(&targets.file, message));
            }
            (classes, one_hot(&labels, classes))
        }
        false => (
            0,
            targets.values.iter().map(|value| *value as f32).collect(),
        ),
    };
    Ok(Dataset {
        features: names(inputs.width),
        classes: names(classes),
        outputs: if is_labels { classes } else { targets.width },
        inputs: EncodedInputs::numbers(inputs.width, inputs.values),
        targets: values,
        marked: match parts {
            ArrayParts::All(_) => None,
            ArrayParts::Given(_) => Some(Partition::consecutive(counts)),
        },
        groups: Vec::new(),
        pretrained_weights: PretrainedWeights::new(),
    })
}

fn check_pair(inputs: &Array, targets: &Array, is_labels: bool) -> Result<(), RecipeError> {
    if targets.rows == inputs.rows && (targets.width == 1 || !is_labels) {
        return Ok(());
    }
    let what = if is_labels { "a label" } else { "targets" };
    let message = format!(
        "expected {what} for each of the {} rows of `{}`, found {} rows of {} in `{}`",
        inputs.rows, inputs.name, targets.rows, targets.width, targets.name
    );
    Err(table_error(&targets.file, message))
}

/// The classes of the rows.
fn labels(array: &Array) -> Result<Vec<usize>, RecipeError> {
    let label = |class: &f64| {
        // No classifier of this trainer has a million outputs.
        if (0.0..1e6).contains(class) && class.fract() == 0.0 {
            return Ok(*class as usize);
        }
        let message = format!(
            "`{}`: expected whole numbers from 0, found {class}",
            array.name
        );
        Err(table_error(&array.file, message))
    };
    array.values.iter().map(label).collect()
}

impl Array {
    fn new(
        file: &Path,
        name: &str,
        shape: &[usize],
        values: Vec<f64>,
    ) -> Result<Self, RecipeError> {
        let refused = |what: &str| table_error(file, format!("the array `{name}` {what}"));
        let rows = shape.first().copied().unwrap_or(0);
        if rows == 0 || values.is_empty() {
            return Err(refused("has no rows"));
        }
        if !values.iter().all(|value| value.is_finite()) {
            return Err(refused("has a number that is not finite"));
        }
        Ok(Self {
            file: file.to_owned(),
            name: name.to_owned(),
            rows,
            width: values.len() / rows,
            values,
        })
    }

    /// Adds the rows of another array.
    fn append(&mut self, other: Self) -> Result<(), RecipeError> {
        if other.width != self.width {
            let message = format!(
                "`{}` has rows of {} numbers, `{}` of {}",
                other.name, other.width, self.name, self.width
            );
            return Err(table_error(&other.file, message));
        }
        self.rows += other.rows;
        self.values.extend(other.values);
        Ok(())
    }

    /// Reads an array by its name out of a file.
    ///
    /// # Errors
    /// A file that cannot be read, no array of the name, an array without rows or with a number
    /// that is not finite.
    pub(crate) fn read(file: &Path, format: ArrayFormat, name: &str) -> Result<Self, RecipeError> {
        let unreadable =
            |error: candle_core::Error| table_error(file, format!("`{name}`: {error}"));
        let found = match format {
            ArrayFormat::Idx => {
                let (sizes, values) = idx::read(file)?;
                return Self::new(file, name, &sizes, values);
            }
            ArrayFormat::Npy => Some(Tensor::read_npy(file).map_err(unreadable)?),
            ArrayFormat::Npz => {
                let arrays = candle_core::npy::NpzTensors::new(file).map_err(unreadable)?;
                arrays.get(name).map_err(unreadable)?
            }
            ArrayFormat::Safetensors => candle_core::safetensors::load(file, &Device::Cpu)
                .map_err(unreadable)?
                .remove(name),
        };
        let array =
            found.ok_or_else(|| table_error(file, format!("the file has no array `{name}`")))?;
        let flat = |array: &Tensor| array.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>();
        let values = flat(&array).map_err(unreadable)?;
        Self::new(file, name, array.dims(), values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn pair(inputs: &str, labels: &str) -> Option<ArrayPair> {
        Some(ArrayPair {
            inputs: inputs.into(),
            target: ArrayTarget::Labels(labels.into()),
        })
    }

    /// Reads the arrays `x` and `y` for training, and `t` and `u` for the test, of both formats.
    fn read(parts: &[Option<ArrayPair>; 3], arrays: &[(&str, Tensor)]) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let (npz, safe) = (
            folder.path().join("a.npz"),
            folder.path().join("a.safetensors"),
        );
        Tensor::write_npz(arrays, &npz).unwrap();
        let map: HashMap<&str, Tensor> = arrays.iter().cloned().collect();
        candle_core::safetensors::save(&map, &safe).unwrap();
        let cut = |error: RecipeError| {
            let error = error.to_string();
            error.replace(&format!("{}/", folder.path().display()), "")
        };
        let parts = ArrayParts::Given(parts.clone());
        let of = |file: &Path, format| dataset(&parts, &|name| Array::read(file, format, name));
        let first = of(&npz, ArrayFormat::Npz).map_err(cut);
        let second = of(&safe, ArrayFormat::Safetensors).map_err(cut);
        match (first, second) {
            (Ok(first), Ok(second)) => {
                assert_eq!(first, second);
                Ok(first)
            }
            (Err(first), Err(second)) => {
                assert_eq!(first.replace("npz", "safetensors"), second);
                Err(first)
            }
            both => panic!("{both:?}"),
        }
    }

    #[test]
    fn arrays_become_rows() {
        let tensor = |values: &[f32], shape: &[usize]| {
            Tensor::from_slice(values, shape, &Device::Cpu).unwrap()
        };
        let labels = |values: &[i64]| Tensor::new(values, &Device::Cpu).unwrap();
        let arrays = [
            (
                "x",
                tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[2, 2, 2]),
            ),
            ("y", labels(&[2, 0])),
            ("t", tensor(&[0.5, 0.25, 0.0, 1.0], &[1, 4])),
            ("u", labels(&[1])),
        ];
        let data = read(&[pair("x", "y"), None, pair("t", "u")], &arrays).unwrap();
        assert_eq!(
            (data.features.len(), data.classes.len(), data.rows()),
            (4, 3, 3)
        );
        assert_eq!(data.inputs.values[8..], [0.5, 0.25, 0.0, 1.0]);
        assert_eq!(data.targets, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(data.marked, Some(Partition::consecutive([2, 0, 1])));
        let message = |train, test| read(&[train, None, test], &arrays).unwrap_err();
        assert_eq!(
            message(pair("z", "y"), None),
            "a.npz: the file has no array `z`"
        );
        assert_eq!(
            message(pair("x", "u"), None),
            "a.npz: expected a label for each of the 2 rows of `x`, found 1 rows of 1 in `u`"
        );
        let wrong = [("x", arrays[0].1.clone()), ("y", tensor(&[0.5, 1.0], &[2]))];
        assert_eq!(
            read(&[pair("x", "y"), None, None], &wrong).unwrap_err(),
            "a.npz: `y`: expected whole numbers from 0, found 0.5"
        );
    }

    #[test]
    fn an_npy_file_is_one_array_and_a_split_may_cut_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(format!("{name}.npy"));
        let device = &Device::Cpu;
        let x = Tensor::new(&[[1_f32, 2.0], [3.0, 4.0], [5.0, 6.0]], device).unwrap();
        let t = Tensor::new(&[[0.5_f64], [1.5], [2.5]], device).unwrap();
        x.write_npy(at("x")).unwrap();
        t.write_npy(at("t")).unwrap();
        let read = |name: &str| Array::read(&at(name), ArrayFormat::Npy, name);
        let parts = ArrayParts::All(ArrayPair {
            inputs: "x".into(),
            target: ArrayTarget::Values("t".into()),
        });
        let data = dataset(&parts, &read).unwrap();
        assert_eq!(
            (data.outputs, data.rows(), data.marked.clone()),
            (1, 3, None)
        );
        assert_eq!(data.targets, [0.5, 1.5, 2.5]);
        assert_eq!(data.inputs.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        std::fs::write(at("t"), "no array").unwrap();
        let error = dataset(&parts, &read).unwrap_err().to_string();
        assert!(error.contains("t.npy: `t`: "), "{error}");
        t.narrow(0, 0, 2)
            .unwrap()
            .contiguous()
            .unwrap()
            .write_npy(at("t"))
            .unwrap();
        let error = dataset(&parts, &read).unwrap_err().to_string();
        let expected =
            "t.npy: expected targets for each of the 3 rows of `x`, found 2 rows of 1 in `t`";
        assert!(error.ends_with(expected), "{error}");
    }
}
