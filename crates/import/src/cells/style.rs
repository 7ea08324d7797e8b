//! How the numbers of a table are spelt.

use crate::text::CellText;

/// What a comma between digits is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comma {
    /// Between thousands: the table has decimal points.
    Thousands,
    /// The decimal comma.
    Decimal,
    /// Not known: no number of the table tells.
    Unknown,
}

/// The spelling of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberStyle {
    /// What a comma between digits is.
    pub comma: Comma,
    /// Whether an ordinary space may stand between thousands.
    pub spaces: bool,
}

/// What the numbers of a table show about their spelling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Signs {
    /// `90.4`.
    point: bool,
    /// `90,4`, `1.234,5`: a comma that cannot part thousands.
    decimal_comma: bool,
    /// `1,234.5`, `1,234,567`: a comma that can only part thousands.
    thousands_comma: bool,
}

impl NumberStyle {
    /// The style of a table with these texts.
    pub fn of<'t>(texts: impl Iterator<Item = &'t CellText>, spaces: bool) -> Self {
        let mut signs = Signs::default();
        for text in texts {
            signs.look_at(text.as_str());
        }
        let comma = match (signs.point || signs.thousands_comma, signs.decimal_comma) {
            (false, true) => Comma::Decimal,
            (true, false) => Comma::Thousands,
            (false, false) | (true, true) => Comma::Unknown,
        };
        NumberStyle { comma, spaces }
    }
}

impl Signs {
    fn look_at(&mut self, text: &str) {
        let tells_nothing_new = |byte: u8| byte != b',' && (byte != b'.' || self.point);
        if text.bytes().all(tells_nothing_new) {
            return;
        }
        for number in text.split(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.')) {
            self.look_at_number(number.trim_matches(|c: char| c == ',' || c == '.'));
        }
    }

    fn look_at_number(&mut self, number: &str) {
        let groups: Vec<&str> = number.split([',', '.']).collect();
        let marks: Vec<char> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
        let are_thousands = |from: usize, to: usize| {
            groups[from].len() <= 3
                && groups[from + 1..to].iter().all(|group| group.len() == 3)
                && groups[from] != "0"
        };
        match marks.as_slice() {
            [] => {}
            ['.'] => self.point = true,
            [','] if !are_thousands(0, 2) => self.decimal_comma = true,
            [','] => {}
            [first @ .., last] if first.iter().all(|mark| mark != last) => {
                if are_thousands(0, groups.len() - 1) {
                    match last {
                        ',' => self.decimal_comma = true,
                        _ => {
                            self.point = true;
                            self.thousands_comma = true;
                        }
                    }
                }
            }
            [first, ..] => {
                if *first == ',' && are_thousands(0, groups.len()) {
                    self.thousands_comma = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn comma(cells: &[&str]) -> Comma {
        let texts: Vec<CellText> = cells
            .iter()
            .map(|cell| CellText::literal(FileId(0), 0, cell))
            .collect();
        NumberStyle::of(texts.iter(), true).comma
    }

    #[test]
    fn the_numbers_of_a_table_tell_what_a_comma_is() {
        assert_eq!(comma(&["12,345", "1.5"]), Comma::Thousands);
        assert_eq!(comma(&["84,2", "0,6"]), Comma::Decimal);
        assert_eq!(comma(&["1.234,5"]), Comma::Decimal);
        assert_eq!(comma(&["1,234,567"]), Comma::Thousands);
        assert_eq!(comma(&["1,234"]), Comma::Unknown);
        assert_eq!(comma(&["0,123"]), Comma::Decimal);
        assert_eq!(comma(&["84,2", "84.2"]), Comma::Unknown);
        assert_eq!(comma(&["[88.1, 92.0]"]), Comma::Thousands);
    }
}
