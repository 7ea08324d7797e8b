//! The encoding of texts: UTF-8, or UTF-16 with a byte order mark.

use std::borrow::Cow;

/// What some programs write before UTF-8 text.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether the bytes begin with the byte order mark of UTF-16.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// The text without its byte order mark; bytes that are no UTF-8 are replaced.
///
/// # Errors
/// NUL bytes, which no text has: UTF-16 without a byte order mark, or a binary file.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let pair: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => {
            let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
            if bytes.contains(&0) {
                return Err(NOT_TEXT.to_owned());
            }
            return Ok(String::from_utf8_lossy(bytes));
        }
    };
    let (pairs, rest) = bytes[2..].as_chunks();
    let units: Vec<u16> = pairs.iter().map(|bytes| pair(*bytes)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() && !text.contains('\0') => Ok(Cow::Owned(text)),
        _ => Err("has the byte order mark of UTF-16 and is no UTF-16 text".to_owned()),
    }
}

const NOT_TEXT: &str = "expected text in the encoding UTF-8, found NUL bytes: a binary file, or UTF-16 without a byte order mark";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read_and_binary_files_refused() {
        let text = "{\"acc\": 0.5, \"é\": 1}";
        let units = text.encode_utf16();
        let little: Vec<u8> = units.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units.flat_map(u16::to_be_bytes).collect();
        let mark = |mark: [u8; 2], bytes: &[u8]| [&mark, bytes].concat();
        assert_eq!(decode(&mark([0xff, 0xfe], &little)).unwrap(), text);
        assert_eq!(decode(&mark([0xfe, 0xff], &big)).unwrap(), text);
        assert_eq!(decode("\u{feff}a".as_bytes()).unwrap(), "a");
        assert!(decode(&little).unwrap_err().contains("UTF-16"));
        assert!(decode(&[0xff, 0xfe, 0, 1]).is_ok_and(|text| text == "Ā"));
        assert!(decode(&[0xff, 0xfe, 0]).is_err());
    }
}
