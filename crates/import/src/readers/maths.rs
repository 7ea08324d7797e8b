//! TeX maths within Markdown and HTML: `$90.4 \pm 0.2$`.

use super::latex::symbol;
use crate::source::FileId;
use crate::text::{CellText, TextMark};

/// Groups nested deeper than this are read as text.
const DEEPEST: usize = 32;

/// Reads maths that stands in a file from `offset` on.
pub(crate) fn read(file: FileId, offset: usize, text: &str) -> CellText {
    let mut maths = Maths {
        file,
        offset,
        text,
        at: 0,
        depth: 0,
        out: CellText::new(),
    };
    while maths.at < text.len() {
        maths.item();
    }
    maths.out
}

struct Maths<'t> {
    file: FileId,
    offset: usize,
    text: &'t str,
    at: usize,
    depth: usize,
    out: CellText,
}

impl Maths<'_> {
    fn char(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn literal(&mut self, length: usize) {
        let text = &self.text[self.at..self.at + length];
        self.out
            .push_literal(self.file, self.offset + self.at, text);
        self.at += length;
    }

    fn replaced(&mut self, shown: &str, length: usize) {
        let start = self.offset + self.at;
        self.out
            .push_replaced(shown, self.file, start..start + length);
        self.at += length;
    }

    /// A group, a command, a script or a character.
    fn item(&mut self) {
        match self.char() {
            None => {}
            Some('\\') => self.command(),
            Some('{') => self.group(),
            Some('}') => self.at += 1,
            Some('^') => self.script(TextMark::Superscript),
            Some('_') => self.script(TextMark::Subscript),
            Some('~') => self.replaced("\u{a0}", 1),
            Some('-') if self.text[self.at..].starts_with("---") => self.replaced("—", 3),
            Some('-') if self.text[self.at..].starts_with("--") => self.replaced("–", 2),
            Some(char) => self.literal(char.len_utf8()),
        }
    }

    fn group(&mut self) {
        // `{,}` and `{.}` keep a separator from being set as punctuation.
        let separator = ["{,}", "{.}"]
            .into_iter()
            .find(|group| self.text[self.at..].starts_with(group));
        if let Some(separator) = separator {
            return self.replaced(&separator[1..2], 3);
        }
        self.at += 1;
        self.depth += 1;
        while self.depth <= DEEPEST && self.char().is_some_and(|char| char != '}') {
            self.item();
        }
        self.depth -= 1;
        if self.char() == Some('}') {
            self.at += 1;
        }
    }

    fn argument(&mut self) {
        while let Some(char) = self.char().filter(|char| char.is_whitespace()) {
            self.at += char.len_utf8();
        }
        if self.depth < DEEPEST {
            self.depth += 1;
            self.item();
            self.depth -= 1;
        }
    }

    fn script(&mut self, mark: TextMark) {
        self.at += 1;
        let start = self.out.len();
        self.argument();
        self.out.mark(start..self.out.len(), mark);
    }

    fn command(&mut self) {
        let rest = &self.text[self.at + 1..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if letters == 0 {
            return self.control_symbol(rest.chars().next());
        }
        let name = &rest[..letters];
        let spaces = rest[letters..]
            .bytes()
            .take_while(|byte| *byte == b' ')
            .count();
        let length = 1 + letters;
        match name {
            "mathbf" | "bm" | "boldsymbol" | "textbf" | "bf" => self.styled(length, TextMark::Bold),
            "underline" => self.styled(length, TextMark::Underlined),
            "mathit" | "textit" | "emph" => self.styled(length, TextMark::Italic),
            "color" | "textcolor" => {
                self.at += length;
                self.skip_group();
            }
            "phantom" | "hphantom" | "vphantom" | "cite" | "label" => {
                self.at += length;
                self.skip_group();
            }
            "quad" | "qquad" | "left" | "right" | "big" | "Big" | "displaystyle" | "scriptsize"
            | "tiny" | "small" => {
                self.at += length + spaces;
            }
            _ => match symbol(name) {
                Some(shown) => self.replaced(shown, length),
                // The name of an unknown command is not shown; its argument is.
                None => self.at += length + spaces,
            },
        }
    }

    fn control_symbol(&mut self, char: Option<char>) {
        match char {
            Some(',' | ';' | ':') => self.replaced("\u{2009}", 2),
            Some('!') => self.at += 2,
            Some(' ') => self.replaced(" ", 2),
            Some('\\') => self.replaced("\n", 2),
            Some(char) => self.replaced(char.encode_utf8(&mut [0; 4]), 1 + char.len_utf8()),
            None => self.at += 1,
        }
    }

    fn styled(&mut self, length: usize, mark: TextMark) {
        self.at += length;
        let start = self.out.len();
        self.argument();
        self.out.mark(start..self.out.len(), mark);
    }

    /// Passes over `{…}` without showing it.
    fn skip_group(&mut self) {
        if self.char() != Some('{') {
            return;
        }
        let end = self.text[self.at..].find('}');
        self.at = end.map_or(self.text.len(), |end| self.at + end + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maths_is_shown_with_scripts_marked() {
        let text = r"\mathbf{0.73}_{\pm .16}^{*} \times 10^{-3}";
        let shown = read(FileId(0), 5, text);
        assert_eq!(shown.as_str(), "0.73± .16* × 10-3");
        let spread = shown.as_str().find('±').unwrap();
        assert!(shown.has_mark(spread, TextMark::Subscript));
        assert!(shown.has_mark(0, TextMark::Bold));
        assert_eq!(shown.origin(0).map(|origin| origin.offset), Some(5 + 8));
        assert_eq!(read(FileId(0), 0, r"12{,}345").as_str(), "12,345");
    }

    #[test]
    fn open_groups_end_with_the_text() {
        for text in [
            "{{{{",
            "\\",
            "^",
            "_{",
            "\\mathbf",
            "\\mathbf{",
            "}}}",
            "{^_{\\pm",
        ] {
            read(FileId(0), 0, text);
        }
        read(FileId(0), 0, &"{".repeat(100_000));
        read(FileId(0), 0, &"^".repeat(100_000));
    }
}
