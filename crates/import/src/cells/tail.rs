//! What stands after a value in its cell: spread, interval, gain, mark, unit.

use super::bounds::bounds;
use super::glyphs::{Glyph, Level, is_mark};
use super::numeral::{Numeral, is_minus, numeral};
use super::refusal::RefusalReason;
use super::style::NumberStyle;
use super::units::{COST_UNITS, METRIC_UNITS};
use super::value::{Aside, CellValue};

/// Why a cell with a number is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TailFault {
    /// A reason to refuse the number.
    Refused(RefusalReason),
    /// The cell is text that begins with digits: `3D-CNN`, `10 classes`.
    Text,
}

impl From<RefusalReason> for TailFault {
    fn from(reason: RefusalReason) -> Self {
        TailFault::Refused(reason)
    }
}

/// Reads what follows a value that ends before `next`.
///
/// # Errors
/// When the cell is no value.
pub(crate) fn read(
    value: Numeral,
    glyphs: &[Glyph],
    next: usize,
    style: NumberStyle,
) -> Result<CellValue, TailFault> {
    let mut tail = Tail {
        glyphs,
        next,
        style,
        value: CellValue {
            value,
            percent: false,
            spread: None,
            aside: None,
            interval: None,
            distances: None,
            second: None,
            unit: None,
        },
        raised: None,
        lowered: None,
    };
    while tail.step()? {}
    tail.join_distances()?;
    Ok(tail.value)
}

struct Tail<'g> {
    glyphs: &'g [Glyph],
    next: usize,
    style: NumberStyle,
    value: CellValue,
    /// A raised or lowered number with a sign.
    raised: Option<Numeral>,
    lowered: Option<Numeral>,
}

impl Tail<'_> {
    fn char(&self, ahead: usize) -> Option<char> {
        self.glyphs.get(self.next + ahead).map(|glyph| glyph.char)
    }

    fn skip_spaces(&mut self) -> usize {
        let start = self.next;
        while self.char(0).is_some_and(char::is_whitespace) {
            self.next += 1;
        }
        self.next - start
    }

    /// Takes one item; `false` at the end.
    fn step(&mut self) -> Result<bool, TailFault> {
        let spaces = self.skip_spaces();
        let Some(glyph) = self.glyphs.get(self.next).copied() else {
            return Ok(false);
        };
        match glyph.char {
            '%' | '％' => {
                self.value.percent = true;
                self.next += 1;
            }
            '±' => self.plus_minus(1)?,
            '+' if self.char(1) == Some('/') && self.char(2).is_some_and(is_minus) => {
                self.plus_minus(3)?;
            }
            '+' if self.char(1).is_some_and(is_minus) => self.plus_minus(2)?,
            char if is_mark(char) => self.next += 1,
            '↑' | '↓' | '⇑' | '⇓' | '⬆' | '⬇' => self.gain(1)?,
            '(' => self.parenthesis(spaces)?,
            '[' => self.bracket()?,
            '/' => self.second()?,
            char if is_minus(char) || char == '+' => self.signed(glyph)?,
            _ if glyph.level == Level::Raised => self.next += 1,
            char if char.is_ascii_digit() || char == '.' => self.number(glyph)?,
            ',' | ';' | '→' | '~' | '=' | '|' => {
                return Err(self.trailing());
            }
            _ => self.word(spaces)?,
        }
        Ok(true)
    }

    fn trailing(&self) -> TailFault {
        let rest: String = self.glyphs[self.next..]
            .iter()
            .map(|glyph| glyph.char)
            .collect();
        let short: String = rest.trim().chars().take(20).collect();
        let has_digit = rest.chars().any(|char| char.is_ascii_digit());
        match has_digit {
            true => RefusalReason::TwoNumbers.into(),
            false => RefusalReason::Trailing(short).into(),
        }
    }

    fn numeral(&self, at: usize) -> Result<Option<(Numeral, usize)>, TailFault> {
        numeral(self.glyphs, at, self.style).map_err(|fault| TailFault::Refused(fault.into()))
    }

    /// A number after the sign of `width` characters.
    fn plus_minus(&mut self, width: usize) -> Result<(), TailFault> {
        self.next += width;
        self.skip_spaces();
        if self.value.spread.is_some() {
            return Err(RefusalReason::TwoNumbers.into());
        }
        let parenthesised = self.char(0) == Some('(');
        match self.numeral(self.next + usize::from(parenthesised))? {
            Some((number, next)) if !number.signed => {
                self.value.spread = Some(number);
                self.next = next;
                if parenthesised && self.char(0) == Some(')') {
                    self.next += 1;
                }
            }
            Some(_) => return Err(RefusalReason::Malformed.into()),
            None => self.missing_spread()?,
        }
        Ok(())
    }

    /// `± N/A`, `± -`.
    fn missing_spread(&mut self) -> Result<(), TailFault> {
        let rest: String = self.glyphs[self.next..]
            .iter()
            .map(|glyph| glyph.char)
            .collect();
        let rest = rest.trim().to_lowercase();
        let is_missing = ["", "n/a", "na", "nan", "-", "–", "—", "−"].contains(&rest.as_str());
        if !is_missing {
            return Err(self.trailing());
        }
        self.next = self.glyphs.len();
        Ok(())
    }

    /// `(…)`: a spread, a gain, a rank, an interval, a remark.
    fn parenthesis(&mut self, spaces: usize) -> Result<(), TailFault> {
        if let Some((bounds, next)) = bounds(self.glyphs, self.next, self.style) {
            return self.set_interval(bounds, next);
        }
        let length = self.glyphs[self.next..]
            .iter()
            .position(|glyph| glyph.char == ')');
        let Some(length) = length else {
            return Err(self.trailing());
        };
        let level = self.glyphs[self.next].level;
        let close = self.next + length;
        let inner = self.next + 1;
        let content: String = self.glyphs[inner..close]
            .iter()
            .map(|glyph| glyph.char)
            .collect();
        let content = content.trim();
        let signed = content.starts_with(|char: char| {
            char == '+' || is_minus(char) || matches!(char, '↑' | '↓' | '⇑' | '⇓' | '▲' | '▼' | 'Δ')
        });
        if let Some(rest) = content.strip_prefix(['±', 'σ']) {
            let offset = self.glyphs[inner..close]
                .iter()
                .take_while(|glyph| !glyph.char.is_ascii_digit() && glyph.char != '.')
                .count();
            let (number, next) = self
                .numeral(inner + offset)?
                .ok_or(RefusalReason::Trailing(rest.to_owned()))?;
            if next < close && !self.is_percent_or_space(next, close) {
                return Err(self.trailing());
            }
            self.set_spread(number)?;
        } else if !signed && content.starts_with(|char: char| char.is_ascii_digit() || char == '.')
        {
            let spaces_inside = self.glyphs[inner..]
                .iter()
                .take_while(|glyph| glyph.char.is_whitespace())
                .count();
            let (number, next) = self
                .numeral(inner + spaces_inside)?
                .ok_or(RefusalReason::Malformed)?;
            if next == close || self.is_percent_or_space(next, close) {
                if self.value.aside.is_some() {
                    return Err(RefusalReason::TwoNumbers.into());
                }
                let is_adjacent = spaces == 0 && level == Level::Base;
                self.value.aside = Some(Box::new(Aside {
                    number,
                    is_adjacent,
                }));
            } else {
                let unit: String = self.glyphs[next..close]
                    .iter()
                    .map(|glyph| glyph.char)
                    .collect();
                self.remark(unit.trim())?;
            }
        }
        self.next = close + 1;
        Ok(())
    }

    /// A rank, a time or a number of runs in parentheses is passed over; other text after a number is not.
    fn remark(&self, unit: &str) -> Result<(), TailFault> {
        let unit = unit.trim().to_lowercase();
        let is_rank = ["st", "nd", "rd", "th"].contains(&unit.as_str());
        let first = unit.split_whitespace().next().unwrap_or_default();
        let is_count = [
            "seeds", "runs", "seed", "run", "epochs", "trials", "folds", "shots", "x", "×",
        ]
        .contains(&first);
        match is_rank || is_count || COST_UNITS.contains(&unit.as_str()) {
            true => Ok(()),
            false => Err(RefusalReason::Trailing(format!("({unit})")).into()),
        }
    }

    fn is_percent_or_space(&self, from: usize, to: usize) -> bool {
        self.glyphs[from..to]
            .iter()
            .all(|glyph| glyph.char == '%' || glyph.char.is_whitespace())
    }

    /// `[…]`: an interval, a citation or a footnote.
    fn bracket(&mut self) -> Result<(), TailFault> {
        let length = self.glyphs[self.next..]
            .iter()
            .position(|glyph| glyph.char == ']');
        let Some(length) = length else {
            return Err(self.trailing());
        };
        let content = &self.glyphs[self.next + 1..self.next + length];
        let is_citation = !content.is_empty()
            && content.iter().all(|glyph| glyph.char.is_ascii_digit())
            && content.len() <= 3;
        let has_spread = content.iter().find(|glyph| !glyph.char.is_whitespace());
        if let Some((bounds, next)) = bounds(self.glyphs, self.next, self.style) {
            return self.set_interval(bounds, next);
        }
        if has_spread.is_some_and(|glyph| glyph.char == '±') {
            let start = self.next
                + 1
                + content
                    .iter()
                    .take_while(|glyph| !glyph.char.is_ascii_digit() && glyph.char != '.')
                    .count();
            let (number, next) = self.numeral(start)?.ok_or(RefusalReason::Malformed)?;
            if !self.is_percent_or_space(next, self.next + length) {
                return Err(self.trailing());
            }
            self.set_spread(number)?;
        } else if !is_citation && content.iter().any(|glyph| glyph.char.is_ascii_digit()) {
            let is_note = content
                .iter()
                .any(|glyph| glyph.char.is_alphabetic() || glyph.char == '^');
            if !is_note {
                return Err(RefusalReason::TwoNumbers.into());
            }
        }
        self.next += length + 1;
        Ok(())
    }

    fn set_spread(&mut self, number: Numeral) -> Result<(), TailFault> {
        if number.signed || self.value.spread.is_some() {
            return Err(RefusalReason::TwoNumbers.into());
        }
        self.value.spread = Some(number);
        Ok(())
    }

    fn set_interval(&mut self, bounds: [Numeral; 2], next: usize) -> Result<(), TailFault> {
        if self.value.interval.is_some() {
            return Err(RefusalReason::TwoNumbers.into());
        }
        self.value.interval = Some(Box::new(bounds));
        self.next = next;
        Ok(())
    }

    /// `/` and a second value.
    fn second(&mut self) -> Result<(), TailFault> {
        self.next += 1;
        self.skip_spaces();
        match self.numeral(self.next)? {
            Some((number, next)) if self.value.second.is_none() => {
                self.value.second = Some(Box::new(number));
                self.next = next;
                Ok(())
            }
            Some(_) => Err(RefusalReason::TwoNumbers.into()),
            None => Err(self.trailing()),
        }
    }

    /// An arrow, and the gain that it points to.
    fn gain(&mut self, width: usize) -> Result<(), TailFault> {
        self.next += width;
        self.skip_spaces();
        if let Some((_, next)) = self.numeral(self.next)? {
            self.next = next;
            if self.char(0) == Some('%') {
                self.next += 1;
            }
        }
        Ok(())
    }

    /// A signed number: a gain or a distance when raised or lowered, a range on the line.
    fn signed(&mut self, glyph: Glyph) -> Result<(), TailFault> {
        let Some((number, next)) = self.numeral(self.next)? else {
            return match glyph.level {
                Level::Base => Err(self.trailing()),
                Level::Raised | Level::Lowered => {
                    self.next += 1;
                    Ok(())
                }
            };
        };
        let slot = match glyph.level {
            Level::Base if glyph.char == '+' => return Err(RefusalReason::TwoNumbers.into()),
            Level::Base => return Err(RefusalReason::Range.into()),
            Level::Raised => &mut self.raised,
            Level::Lowered => &mut self.lowered,
        };
        if slot.is_some() {
            return Err(RefusalReason::TwoNumbers.into());
        }
        *slot = Some(number);
        self.next = next;
        if self.char(0) == Some('%') {
            self.next += 1;
        }
        Ok(())
    }

    /// A second number: lowered, it may be a spread; on the line the cell has two values.
    fn number(&mut self, glyph: Glyph) -> Result<(), TailFault> {
        match glyph.level {
            Level::Raised => {
                self.next += 1;
                Ok(())
            }
            Level::Lowered => {
                let (number, next) = self.numeral(self.next)?.ok_or(RefusalReason::Malformed)?;
                if self.value.aside.is_some() {
                    return Err(RefusalReason::TwoNumbers.into());
                }
                self.value.aside = Some(Box::new(Aside {
                    number,
                    is_adjacent: false,
                }));
                self.next = next;
                Ok(())
            }
            Level::Base => Err(RefusalReason::TwoNumbers.into()),
        }
    }

    /// Letters after the number: a unit, or text that only begins with a number.
    fn word(&mut self, spaces: usize) -> Result<(), TailFault> {
        let rest: String = self.glyphs[self.next..]
            .iter()
            .map(|glyph| glyph.char)
            .collect();
        let rest = rest.trim();
        let word: String = rest
            .chars()
            .take_while(|char| char.is_alphabetic() || matches!(char, '/' | '°' | '€' | '£' | '$'))
            .collect();
        let lower = word.to_lowercase();
        let is_whole = word.chars().count() == rest.chars().count();
        if matches!(word.as_str(), "K" | "M" | "B" | "G" | "T" | "k") && spaces == 0 {
            return Err(RefusalReason::Unit(word).into());
        }
        if is_whole && METRIC_UNITS.contains(&lower.as_str()) {
            self.value.unit = Some(word.into_boxed_str());
            self.next = self.glyphs.len();
            return Ok(());
        }
        if COST_UNITS.contains(&lower.as_str()) {
            return Err(RefusalReason::Unit(word).into());
        }
        if ["pm"].contains(&lower.as_str()) {
            return self.plus_minus(2);
        }
        if matches!(lower.as_str(), "to") {
            return Err(RefusalReason::Range.into());
        }
        Err(TailFault::Text)
    }

    /// A raised and a lowered distance are an interval; one alone is a gain.
    fn join_distances(&mut self) -> Result<(), TailFault> {
        if let (Some(upper), Some(lower)) = (self.raised.take(), self.lowered.take()) {
            if upper.plain.starts_with('-') == lower.plain.starts_with('-') {
                return Err(RefusalReason::TwoNumbers.into());
            }
            self.value.distances = Some(Box::new([upper, lower]));
        }
        Ok(())
    }
}
