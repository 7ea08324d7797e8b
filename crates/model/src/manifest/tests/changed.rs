//! Changed and foreign bytes and values in a manifest.

use proptest::prelude::*;

use super::support::{PROGRAM, RECIPE, parse};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..12), program: bool) {
        let mut bytes = if program { PROGRAM } else { RECIPE }.as_bytes().to_vec();
        for (index, byte, kind) in changes {
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte & 0x7f),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Err(error) = parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn foreign_values_never_panic(
        line in 0..80_usize,
        value in prop::sample::select(vec!["~", "[]", "{}", ".nan", "-.inf", "1e999", "-1", "''", "\"\\0\"", "[[]]", "{a: {b: c}}", "18446744073709551616", "true", "2%", "0x1F", "1e-99999999999", "1e-2147483648"]),
    ) {
        let mut lines: Vec<String> = RECIPE.lines().map(str::to_owned).collect();
        let at = line % lines.len();
        if let Some(colon) = lines[at].find(": ") {
            lines[at].truncate(colon + 2);
            lines[at].push_str(value);
        }
        if let Ok(manifest) = parse(&lines.join("\n")) {
            for claim in manifest.claims {
                let half = claim.reported.map_or(0.0, |reported| reported.half_unit());
                prop_assert!(half.is_finite() && half >= 0.0);
            }
        }
    }
}
