//! Numbers as they are printed.

use std::ops::Range;

use compact_str::CompactString;

use super::decimal::Decimal;
use super::glyphs::{Glyph, Level};
use super::style::{Comma, NumberStyle};

/// A printed number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numeral {
    /// Its first byte in the cell's text, with the sign.
    start: u32,
    /// The byte after its last.
    end: u32,
    /// The same number with a point and without separators: `-1234.5e-3`.
    pub plain: CompactString,
    /// Whether a sign is printed.
    pub signed: bool,
}

/// Why digits are no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumeralFault {
    /// A comma that may part thousands or decimals.
    Comma,
    /// Digits and a decimal part with a space between.
    Torn,
    /// Two points, a group of two digits and the like.
    Malformed,
}

impl Numeral {
    /// Its bytes in the cell's text, with the sign.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The value; `None` where it has too many digits.
    pub fn decimal(&self) -> Option<Decimal> {
        Decimal::parse(&self.plain)
    }

    /// The number of printed digits after the point, without the exponent's share.
    pub fn printed_decimals(&self) -> usize {
        let mantissa = self.plain.split('e').next().unwrap_or_default();
        mantissa
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len())
    }
}

/// Whether the character is printed for a minus.
pub(crate) fn is_minus(char: char) -> bool {
    matches!(char, '-' | '−' | '–' | '‐' | '‑' | '﹣' | '－')
}

/// Whether the character is a space that typesetters put between thousands.
fn is_thin_space(char: char) -> bool {
    matches!(
        char,
        '\u{2009}' | '\u{202f}' | '\u{2006}' | '\u{a0}' | '\u{2008}' | '\u{2007}'
    )
}

/// Reads a number at `start`, with its sign: the number, and the index after it; `None` where there is none.
///
/// # Errors
/// When the digits can be read in two ways, or in none.
pub(crate) fn numeral(
    glyphs: &[Glyph],
    start: usize,
    style: NumberStyle,
) -> Result<Option<(Numeral, usize)>, NumeralFault> {
    let Some(first) = glyphs.get(start) else {
        return Ok(None);
    };
    let mut scan = Scan {
        glyphs,
        next: start,
        level: first.level,
        plain: CompactString::default(),
        style,
    };
    let signed = is_minus(first.char) || first.char == '+';
    if signed {
        if is_minus(first.char) {
            scan.plain.push('-');
        }
        scan.next += 1;
        if scan.char(0).is_some_and(is_thin_space) {
            scan.next += 1;
        }
    }
    if !scan.whole_and_fraction()? {
        return Ok(None);
    }
    scan.exponent();
    let last = glyphs[scan.next - 1];
    Ok(Some((
        Numeral {
            start: u32::try_from(first.at).unwrap_or(u32::MAX),
            end: u32::try_from(last.at + last.char.len_utf8()).unwrap_or(u32::MAX),
            plain: scan.plain,
            signed,
        },
        scan.next,
    )))
}

struct Scan<'g> {
    glyphs: &'g [Glyph],
    next: usize,
    level: Level,
    plain: CompactString,
    style: NumberStyle,
}

impl Scan<'_> {
    /// The character so many places on, if it stands on the same level.
    fn char(&self, ahead: usize) -> Option<char> {
        let glyph = self.glyphs.get(self.next + ahead)?;
        (glyph.level == self.level).then_some(glyph.char)
    }

    fn is_digit(&self, ahead: usize) -> bool {
        self.char(ahead).is_some_and(|char| char.is_ascii_digit())
    }

    /// The number of digits so many places on.
    fn digits(&self, ahead: usize) -> usize {
        (ahead..).take_while(|at| self.is_digit(*at)).count()
    }

    fn take(&mut self, count: usize) {
        for _ in 0..count {
            self.plain.extend(self.char(0));
            self.next += 1;
        }
    }

    /// Whole part with separators of thousands, and the fraction.
    fn whole_and_fraction(&mut self) -> Result<bool, NumeralFault> {
        let whole = self.digits(0);
        if whole == 0 {
            let leading_dot = self.char(0) == Some('.') && self.digits(1) > 0;
            if !leading_dot {
                return Ok(false);
            }
            if self.style.comma == Comma::Decimal {
                // A point separates thousands here, and nothing stands before this one.
                return Err(NumeralFault::Malformed);
            }
            self.plain.push('0');
        }
        self.take(whole);
        let mut grouped = None;
        let first_separator = match (1..=3).contains(&whole) {
            true => self.separator(false)?,
            false => None,
        };
        let mut separator = first_separator;
        while let Some(found) =
            separator.filter(|found| grouped.is_none_or(|first| first == *found))
        {
            grouped = Some(found);
            self.next += 1;
            self.take(3);
            separator = self.separator(true)?;
        }
        self.fraction()?;
        Ok(true)
    }

    /// The separator of thousands that stands here, if one does.
    fn separator(&self, again: bool) -> Result<Option<char>, NumeralFault> {
        let Some(char) = self.char(0) else {
            return Ok(None);
        };
        if self.digits(1) != 3 {
            return Ok(None);
        }
        let fits = match char {
            '\'' | '’' => true,
            ' ' => self.style.spaces,
            ',' => match self.style.comma {
                Comma::Thousands => true,
                Comma::Decimal => false,
                Comma::Unknown if again => true,
                Comma::Unknown => return Err(NumeralFault::Comma),
            },
            '.' => self.style.comma == Comma::Decimal,
            other => is_thin_space(other),
        };
        Ok(fits.then_some(char))
    }

    fn fraction(&mut self) -> Result<(), NumeralFault> {
        let point = match self.style.comma {
            Comma::Decimal => ',',
            Comma::Thousands | Comma::Unknown => '.',
        };
        match self.char(0) {
            Some(char) if char == point && self.digits(1) > 0 => {
                self.next += 1;
                self.plain.push('.');
                self.take(self.digits(0));
                let again = matches!(self.char(0), Some('.' | ',')) && self.digits(1) > 0;
                if again && self.char(0) == Some(point) {
                    return Err(NumeralFault::Malformed);
                }
            }
            Some(char) if char == point => {
                // A point that ends a sentence or stands before nothing.
                if char == '.' && self.char(1).is_none() {
                    self.next += 1;
                }
            }
            Some(',') if self.digits(1) > 0 && self.style.comma == Comma::Unknown => {
                return Err(NumeralFault::Comma);
            }
            Some(' ') if matches!(self.char(1), Some('.' | ',')) && self.digits(2) > 0 => {
                return Err(NumeralFault::Torn);
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    /// `e-3`, `E-03`, `×10⁻³` with a raised exponent.
    fn exponent(&mut self) {
        if matches!(self.char(0), Some('e' | 'E')) {
            let sign = usize::from(
                self.char(1)
                    .is_some_and(|char| is_minus(char) || char == '+'),
            );
            let digits = self.digits(1 + sign);
            if (1..=4).contains(&digits) {
                let negative = sign == 1 && self.char(1) != Some('+');
                self.next += 1 + sign;
                self.plain.push('e');
                if negative {
                    self.plain.push('-');
                }
                self.take(digits);
            }
            return;
        }
        self.power_of_ten();
    }

    fn power_of_ten(&mut self) {
        let rest = &self.glyphs[self.next..];
        let mut at = 0;
        let skip_spaces = |at: &mut usize| {
            while rest
                .get(*at)
                .is_some_and(|glyph| glyph.char.is_whitespace())
            {
                *at += 1;
            }
        };
        skip_spaces(&mut at);
        if !rest
            .get(at)
            .is_some_and(|glyph| matches!(glyph.char, '×' | '·' | '⋅' | '∗' | 'x'))
        {
            return;
        }
        at += 1;
        skip_spaces(&mut at);
        let is_ten = rest.get(at).map(|glyph| glyph.char) == Some('1')
            && rest.get(at + 1).map(|glyph| glyph.char) == Some('0');
        if !is_ten {
            return;
        }
        at += 2;
        let raised_by_caret = rest.get(at).map(|glyph| glyph.char) == Some('^');
        at += usize::from(raised_by_caret);
        let mut power = String::new();
        while let Some(glyph) = rest.get(at) {
            let Some(char) = raised(*glyph, raised_by_caret) else {
                break;
            };
            power.push(char);
            at += 1;
        }
        if power.parse::<i16>().is_ok() {
            self.plain.push('e');
            self.plain.push_str(power.trim_start_matches('+'));
            self.next += at;
        }
    }
}

/// The digit or sign of an exponent; `None` for what stands on the line.
fn raised(glyph: Glyph, by_caret: bool) -> Option<char> {
    let unicode = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    if let Some(digit) = unicode.chars().position(|char| char == glyph.char) {
        return char::from_digit(u32::try_from(digit).ok()?, 10);
    }
    if glyph.char == '⁻' {
        return Some('-');
    }
    if glyph.level != Level::Raised && !by_caret {
        return None;
    }
    match glyph.char {
        char if char.is_ascii_digit() || char == '+' => Some(char),
        char if is_minus(char) => Some('-'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::glyphs::glyphs;
    use super::*;
    use crate::source::FileId;
    use crate::text::CellText;

    #[test]
    fn a_point_before_digits_is_no_number_where_commas_part_decimals() {
        let (glyphs, _) = glyphs(&CellText::literal(FileId(0), 0, ".1"));
        let read = |comma| {
            let style = NumberStyle {
                comma,
                spaces: false,
            };
            let found = numeral(&glyphs, 0, style);
            found.map(|found| found.map(|(number, _)| number.plain.to_string()))
        };
        assert_eq!(read(Comma::Decimal), Err(NumeralFault::Malformed));
        for comma in [Comma::Thousands, Comma::Unknown] {
            assert_eq!(read(comma), Ok(Some("0.1".to_owned())));
        }
    }
}
