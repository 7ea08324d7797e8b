//! Data in files of named arrays.

use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::dataset::{Dataset, one_hot};
use super::error::RecipeError;
use super::language::{ArrayFormat, ArrayPair};
use super::network::Begun;
use super::split::Partition;
use super::table::table_error;

/// The data of the arrays of training, validation and test rows.
///
/// # Errors
/// A file that cannot be read, an array that is missing or has another number of rows or columns
/// than its partner, inputs that are not finite, labels that are no whole numbers from 0.
pub(super) fn dataset(
    file: &Path,
    format: ArrayFormat,
    parts: &[Option<ArrayPair>; 3],
) -> Result<Dataset, RecipeError> {
    let mut counts = [0; 3];
    let mut width = None;
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    for (count, pair) in counts.iter_mut().zip(parts) {
        let Some(pair) = pair else {
            continue;
        };
        let (rows, own_width, values) = array(file, format, &pair.inputs)?;
        let (label_rows, label_width, classes) = array(file, format, &pair.labels)?;
        if (label_rows, label_width) != (rows, 1) {
            let message = format!(
                "expected a label for each of the {rows} rows of `{}`, found {label_rows} rows of {label_width} in `{}`",
                pair.inputs, pair.labels
            );
            return Err(table_error(file, message));
        }
        if *width.get_or_insert(own_width) != own_width {
            let message = format!("`{}` has rows of another width", pair.inputs);
            return Err(table_error(file, message));
        }
        inputs.extend(values);
        for class in classes {
            // No classifier of this trainer has a million outputs.
            if !(0.0..1e6).contains(&class) || class.fract() != 0.0 {
                let message = format!(
                    "`{}`: expected whole numbers from 0, found {class}",
                    pair.labels
                );
                return Err(table_error(file, message));
            }
            labels.push(class as usize);
        }
        *count = rows;
    }
    let classes = labels.iter().max().map_or(0, |largest| largest + 1);
    if classes < 2 {
        return Err(table_error(file, "the labels have fewer than two classes"));
    }
    Ok(Dataset {
        features: (0..width.unwrap_or(0))
            .map(|number| number.to_string())
            .collect(),
        classes: (0..classes).map(|number| number.to_string()).collect(),
        outputs: classes,
        inputs,
        targets: one_hot(&labels, classes),
        marked: Some(Partition::consecutive(counts)),
        begun: Begun::new(),
    })
}

/// The number of rows of an array, their width, and its finite values.
fn array(
    file: &Path,
    format: ArrayFormat,
    name: &str,
) -> Result<(usize, usize, Vec<f64>), RecipeError> {
    let unreadable = |error: candle_core::Error| table_error(file, format!("`{name}`: {error}"));
    let found = match format {
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
    let rows = array.dims().first().copied().unwrap_or(0);
    if rows == 0 || values.is_empty() {
        return Err(table_error(file, format!("the array `{name}` has no rows")));
    }
    if !values.iter().all(|value| value.is_finite()) {
        return Err(table_error(
            file,
            format!("the array `{name}` has a number that is not finite"),
        ));
    }
    Ok((rows, values.len() / rows, values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn pair(inputs: &str, labels: &str) -> Option<ArrayPair> {
        Some(ArrayPair {
            inputs: inputs.into(),
            labels: labels.into(),
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
        let first = dataset(&npz, ArrayFormat::Npz, parts).map_err(cut);
        let second = dataset(&safe, ArrayFormat::Safetensors, parts).map_err(cut);
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
        assert_eq!(data.inputs[8..], [0.5, 0.25, 0.0, 1.0]);
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
}
