//! Files of the IDX format, in which LeCun and others published MNIST: a type, the sizes of the
//! dimensions, and the numbers, the highest byte first; plain or compressed by gzip.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::RecipeError;
use crate::error::table_error;

/// The largest content that is read, in bytes: it bounds what a broken file can ask for.
const LARGEST: u64 = 4 << 30;

/// The sizes of the dimensions and the numbers, the last dimension fastest.
///
/// # Errors
/// A file that cannot be read, or is not of the format, or has more or fewer numbers than it says.
pub(crate) fn read(file: &Path) -> Result<(Vec<usize>, Vec<f64>), RecipeError> {
    let unreadable = |error: io::Error| RecipeError::Unreadable {
        file: file.to_owned(),
        message: error.to_string(),
    };
    let mut start = Vec::new();
    let opened = || File::open(file).map_err(unreadable);
    let first = opened()?.take(2).read_to_end(&mut start);
    first.map_err(unreadable)?;
    let mut content: Box<dyn Read> = match start[..] {
        [0x1f, 0x8b] => Box::new(MultiGzDecoder::new(BufReader::new(opened()?))),
        _ => Box::new(BufReader::new(opened()?)),
    };
    let cut_short = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => table_error(file, "the file ends within the IDX header"),
        _ => unreadable(error),
    };
    let mut head = [0; 4];
    content.read_exact(&mut head).map_err(cut_short)?;
    let [first, second, kind, dimensions] = head;
    if (first, second) != (0, 0) || dimensions == 0 {
        return Err(table_error(
            file,
            "expected an IDX file, which begins with two zero bytes, a type and a number of dimensions",
        ));
    }
    let (size, number) = decoder(kind).ok_or_else(|| {
        table_error(
            file,
            format!("expected an IDX type of 8, 9 or 11 to 14, found {kind}"),
        )
    })?;
    let mut sizes = Vec::new();
    for _ in 0..dimensions {
        let mut bytes = [0; 4];
        content.read_exact(&mut bytes).map_err(cut_short)?;
        sizes.push(u32::from_be_bytes(bytes) as usize);
    }
    let bytes = sizes
        .iter()
        .try_fold(size, |product, size| product.checked_mul(*size))
        .and_then(|bytes| u64::try_from(bytes).ok())
        .filter(|bytes| *bytes <= LARGEST);
    let Some(bytes) = bytes else {
        return Err(table_error(
            file,
            format!("the dimensions {sizes:?} are beyond {LARGEST} bytes"),
        ));
    };
    let mut numbers = Vec::new();
    let read = content.take(bytes + 1).read_to_end(&mut numbers);
    let read = read.map_err(unreadable)? as u64;
    if read != bytes {
        let found = if read > bytes {
            "more".to_owned()
        } else {
            read.to_string()
        };
        let message = format!(
            "expected {bytes} bytes of numbers for the dimensions {sizes:?}, found {found}"
        );
        return Err(table_error(file, message));
    }
    Ok((sizes, numbers.chunks_exact(size).map(number).collect()))
}

/// Reads a number out of its bytes.
type Decoder = fn(&[u8]) -> f64;

/// The bytes of a number of an IDX type, and how they are read.
fn decoder(kind: u8) -> Option<(usize, Decoder)> {
    // The chunks have the length of a number.
    macro_rules! number {
        ($type:ty) => {{
            const SIZE: usize = size_of::<$type>();
            let read: Decoder = |bytes| {
                let mut own = [0; SIZE];
                own.copy_from_slice(bytes);
                <$type>::from_be_bytes(own).into()
            };
            Some((SIZE, read))
        }};
    }
    match kind {
        0x08 => number!(u8),
        0x09 => number!(i8),
        0x0b => number!(i16),
        0x0c => number!(i32),
        0x0d => number!(f32),
        0x0e => number!(f64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn found(bytes: &[u8]) -> Result<(Vec<usize>, Vec<f64>), String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, bytes).unwrap();
        read(&file).map_err(|error| {
            let folder = format!("{}/", folder.path().display());
            error.to_string().replace(&folder, "")
        })
    }

    #[test]
    fn numbers_of_every_type_are_read_plain_and_compressed() {
        let two = |kind: u8, numbers: &[u8]| [&[0, 0, kind, 1, 0, 0, 0, 2], numbers].concat();
        let cases = [
            (two(8, &[1, 255]), [1.0, 255.0]),
            (two(9, &[1, 255]), [1.0, -1.0]),
            (two(11, &[0, 1, 255, 255]), [1.0, -1.0]),
            (two(12, &[0, 0, 1, 0, 255, 255, 255, 255]), [256.0, -1.0]),
            (two(13, &[0x3f, 0, 0, 0, 0xbf, 0x80, 0, 0]), [0.5, -1.0]),
            (
                two(
                    14,
                    &[0x3f, 0xe0, 0, 0, 0, 0, 0, 0, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0],
                ),
                [0.5, -1.0],
            ),
        ];
        for (bytes, numbers) in cases {
            assert_eq!(found(&bytes).unwrap(), (vec![2], numbers.to_vec()));
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&bytes).unwrap();
            assert_eq!(found(&packed.finish().unwrap()).unwrap().1, numbers);
        }
        let image = [
            &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..],
            &[1, 2, 3, 4],
        ]
        .concat();
        assert_eq!(
            found(&image).unwrap(),
            (vec![2, 1, 2], vec![1.0, 2.0, 3.0, 4.0])
        );
    }

    #[test]
    fn every_broken_file_gets_one_clear_message() {
        let no_idx = "a: expected an IDX file, which begins with two zero bytes, a type and a number of dimensions";
        let cases: [(&[u8], &str); 8] = [
            (b"", "a: the file ends within the IDX header"),
            (
                &[0, 0, 8, 2, 0, 0, 0, 1],
                "a: the file ends within the IDX header",
            ),
            (b"PK\x03\x04", no_idx),
            (&[0, 0, 8, 0], no_idx),
            (
                &[0, 0, 10, 1],
                "a: expected an IDX type of 8, 9 or 11 to 14, found 10",
            ),
            (
                &[0, 0, 8, 1, 0, 0, 0, 2, 1],
                "a: expected 2 bytes of numbers for the dimensions [2], found 1",
            ),
            (
                &[0, 0, 8, 1, 0, 0, 0, 1, 1, 1],
                "a: expected 1 bytes of numbers for the dimensions [1], found more",
            ),
            (
                &[0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255],
                "a: the dimensions [4294967295, 4294967295] are beyond 4294967296 bytes",
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(found(bytes).unwrap_err(), expected);
        }
        assert!(found(&[0x1f, 0x8b, 8, 0]).unwrap_err().starts_with("a: "));
    }
}
