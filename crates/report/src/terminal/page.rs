//! A page of text of a given width: headings, paragraphs, named facts, columns.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::{ClaimVerdict, Colour};

/// How many columns a line takes at least and at most.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=120;

/// What a piece of text is, which says how it is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// As the terminal writes.
    Plain,
    /// A heading.
    Heading,
    /// Less important than what stands beside.
    Faint,
    /// A verdict, or a mark of the same meaning.
    Verdict(ClaimVerdict),
}

/// Text that grows line by line.
pub struct Page {
    width: usize,
    colour: Colour,
    text: String,
}

impl Page {
    /// An empty page; the width is held between 60 and 120 columns.
    pub fn new(width: usize, colour: Colour) -> Self {
        let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
        Self {
            width,
            colour,
            text: String::new(),
        }
    }

    /// Columns of a line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The page.
    pub fn into_text(self) -> String {
        self.text
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A heading after an empty line.
    pub fn heading(&mut self, heading: &str) {
        self.gap();
        self.line(&self.emphasise(heading, Emphasis::Heading));
    }

    /// A line as it is.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// `text` in colour, where colours are asked for.
    pub fn emphasise(&self, text: &str, emphasis: Emphasis) -> String {
        let style = match (self.colour, emphasis) {
            (Colour::Plain, _) | (_, Emphasis::Plain) => return text.to_owned(),
            (_, Emphasis::Heading) => Style::new().bold(),
            (_, Emphasis::Faint) => Style::new().dimmed(),
            (_, Emphasis::Verdict(verdict)) => verdict_colour(verdict).on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }

    /// A paragraph whose first line begins with `lead` and whose others are set in as far.
    pub fn paragraph(&mut self, lead: &str, text: &str, emphasis: Emphasis) {
        let indent = lead.width();
        for (number, line) in wrapped(text, self.width.saturating_sub(indent))
            .iter()
            .enumerate()
        {
            let lead = if number == 0 {
                lead.to_owned()
            } else {
                " ".repeat(indent)
            };
            let line = lead + &self.emphasise(line, emphasis);
            self.line(&line);
        }
    }

    /// A fact: its name in a column of `column` columns, its value wrapped beside it.
    pub fn fact(&mut self, indent: usize, name: &str, column: usize, value: &str) {
        let lead = format!("{}{}  ", " ".repeat(indent), padded(name, column));
        self.paragraph(&lead, value, Emphasis::Plain);
    }

    /// Facts under each other, the values aligned.
    pub fn facts<'a>(&mut self, facts: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
        let widest = facts
            .clone()
            .map(|(name, _)| name.width())
            .max()
            .unwrap_or(0);
        for (name, value) in facts {
            self.fact(2, name, widest.min(28), value);
        }
    }
}

fn verdict_colour(verdict: ClaimVerdict) -> AnsiColor {
    match verdict {
        ClaimVerdict::Reproduced => AnsiColor::Green,
        ClaimVerdict::NotReproduced => AnsiColor::Red,
        ClaimVerdict::Inconclusive => AnsiColor::Yellow,
        ClaimVerdict::CouldNotVerify => AnsiColor::Magenta,
    }
}

/// `text` filled with spaces to `width` columns; a longer one is left as it is.
pub fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// `text` cut to `width` columns, with `~` where something is left off.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        shown.push(character);
    }
    shown + "~"
}

/// `text` in lines of at most `width` columns, broken at spaces and only where it must be within a
/// word.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(10);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if line.width() + character.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_spaces_and_long_words_are_broken() {
        assert_eq!(wrapped("one two three four", 10), ["one two", "three four"]);
        assert_eq!(wrapped("abcdefghijklmno", 10), ["abcdefghij", "klmno"]);
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("例例例例例 例", 10), ["例例例例例", "例"]);
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde~");
        assert_eq!(cut("例例例", 4), "例~");
        assert_eq!(padded("例", 4), "例  ");
    }

    #[test]
    fn colours_stand_only_where_they_are_asked_for() {
        let red = Emphasis::Verdict(ClaimVerdict::NotReproduced);
        assert_eq!(Page::new(80, Colour::Plain).emphasise("x", red), "x");
        let coloured = Page::new(80, Colour::Coloured).emphasise("x", red);
        assert_eq!(coloured, "\u{1b}[1m\u{1b}[31mx\u{1b}[0m");
    }
}
