//! The regular expressions that numbers are read by.
//!
//! A group such as `[0-9.]+` passes over `nan` and stops within `6.05e-06`. A compiled pattern sees
//! both: its groups match numbers that are not finite too, and a number that goes on beyond its
//! group is an error with the pattern that would take it whole.

use regex::{Match, Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast};

use crate::error::MetricError;
use crate::number::{self, SEPARATORS};

/// The largest program that a pattern may compile to, in bytes.
const LARGEST_PATTERN: usize = 1 << 21;

/// What a group matches beside what the pattern says: numbers that are not finite.
const NOT_FINITE: &str = r"[-+]?\b(?i:nan|inf|infinity)\b";

/// A group that takes a number whole.
const WHOLE: &str = r"[-+.\w]+";

/// A pattern with a group around a number.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    /// The pattern as it is written.
    pub regex: Regex,
    /// The same, its groups of numbers matching numbers that are not finite too.
    pub seeing: Regex,
    /// What stands before the number, followed by nothing or by a word for a lost run; for patterns such as
    /// `acc=([0-9.]+)`, whose one group comes after `=` or `:`.
    pub lost: Option<Regex>,
}

impl Pattern {
    /// Compiles a pattern; `groups` chooses its groups of numbers.
    ///
    /// # Errors
    /// A pattern that does not compile, is too large or has no group.
    pub(crate) fn compile(
        text: &str,
        groups: impl Fn(&Regex) -> Vec<usize>,
    ) -> Result<Self, MetricError> {
        let refused = |why: &str| MetricError::Source(format!("pattern `{text}`: {why}"));
        let regex = build(text).map_err(|error| {
            let words = error.to_string();
            let last = words.lines().last().unwrap_or_default();
            refused(last.trim_start_matches("error: "))
        })?;
        if regex.captures_len() < 2 {
            return Err(refused("expected a group around the number, found none"));
        }
        let wider = replaced(text, &groups(&regex), &|inner| {
            format!("(?:{inner})|{NOT_FINITE}")
        });
        let seeing = wider.and_then(|wider| build(&wider).ok());
        Ok(Self {
            text: text.to_owned(),
            seeing: seeing.unwrap_or_else(|| regex.clone()),
            lost: lost(text).and_then(|lost| build(&lost).ok()),
            regex,
        })
    }

    /// Refuses a number that begins before its group or goes on behind it.
    pub(crate) fn check_whole(
        &self,
        line: &str,
        number: Match<'_>,
        group: usize,
    ) -> Result<(), String> {
        if number.is_empty() {
            return Ok(());
        }
        let (before, behind) = (&line[..number.start()], &line[number.end()..]);
        let shown = number.as_str();
        if is_parted(before, shown, behind) {
            return Err(format!("`{shown}` is a part of a number: {SEPARATORS}"));
        }
        let is_cut = match (begins_before(before), goes_on(behind)) {
            (true, _) => "begins before the group",
            (_, true) => "goes on behind the group",
            (false, false) => return Ok(()),
        };
        let whole = replaced(&self.text, &[group], &|_| WHOLE.to_owned());
        let hint = whole.map_or_else(String::new, |whole| format!("; write `{whole}`"));
        Err(format!(
            "`{shown}` is a part of a number, which {is_cut}{hint}"
        ))
    }
}

/// The pattern of a lost number, where the one group of a pattern comes after `=` or `:`.
fn lost(text: &str) -> Option<String> {
    let (before, group) = text.split_once('(')?;
    let sign = before.trim_end_matches(['s', '\\', '*', '+', ' ', '?']);
    let is_alone = !group.contains('(') && !before.contains(['|', '[']);
    let words: Vec<String> = number::LOST
        .iter()
        .map(|word| regex::escape(word))
        .collect();
    (is_alone && sign.ends_with(['=', ':'])).then(|| {
        // The blank is one of the words: the line ends.
        format!(r"{before}(?i:{})\s*(?:[,;)\]]|$)", words.join("|"))
    })
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(LARGEST_PATTERN)
        .build()
}

/// Whether a number goes on at the start of a text: a digit, an exponent, or a digit behind a point.
fn goes_on(text: &str) -> bool {
    let mut characters = text.chars();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    match characters.next() {
        Some('0'..='9') => true,
        Some('.') => is_digit(characters.next()),
        Some('e' | 'E') => match characters.next() {
            Some('+' | '-') => is_digit(characters.next()),
            next => is_digit(next),
        },
        Some(_) | None => false,
    }
}

/// Whether a number stands at the end of a text: a digit, a digit and a point, or a sign that is no
/// hyphen between words.
fn begins_before(text: &str) -> bool {
    let mut characters = text.chars().rev();
    let last = characters.next();
    let next = characters.next();
    match last {
        Some('0'..='9') => true,
        Some('.') => next.is_some_and(|c| c.is_ascii_digit()),
        Some('-') => next.is_none_or(|c| c == '=' || c == ':' || c.is_whitespace()),
        Some(_) | None => false,
    }
}

/// Whether a comma parts a number: a digit stands behind the comma that follows whole digits, as in
/// `90,4`, or whole digits before the comma in front of three, as in `1,234.5`. The comma in
/// `0.9,0.8` parts two numbers.
fn is_parted(before: &str, number: &str, behind: &str) -> bool {
    let is_whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = number.trim_start_matches(['-', '+']);
    let follows = behind.strip_prefix(',').unwrap_or_default();
    if is_whole(digits) && follows.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    if has_point_groups(digits) && is_digits_alone(follows) {
        return true;
    }
    let front = before.strip_suffix(',').unwrap_or_default();
    let token = front
        .rsplit(|c: char| !c.is_ascii_digit() && c != '.')
        .next();
    let thousands = digits.split('.').next().unwrap_or_default();
    token.is_some_and(is_whole) && thousands.len() == 3 && is_whole(thousands)
}

/// Whether points part the digits in groups of three, as in `1.234`.
fn has_point_groups(digits: &str) -> bool {
    let mut groups = digits.split('.');
    let first = groups.next().unwrap_or_default();
    let is_of = |text: &str, sizes: std::ops::RangeInclusive<usize>| {
        sizes.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut rest = groups.peekable();
    is_of(first, 1..=3)
        && !first.starts_with('0')
        && rest.peek().is_some()
        && rest.all(|group| is_of(group, 3..=3))
}

/// Whether a text begins with digits and no number with a point.
fn is_digits_alone(text: &str) -> bool {
    let end = text.trim_start_matches(|c: char| c.is_ascii_digit());
    end.len() < text.len() && !end.starts_with(['.', ','])
}

/// The pattern with the insides of some groups replaced; `None` where it cannot be parsed.
fn replaced(pattern: &str, groups: &[usize], inner: &dyn Fn(&str) -> String) -> Option<String> {
    let tree = ast::parse::Parser::new().parse(pattern).ok()?;
    let mut spans = Vec::new();
    spans_of(&tree, groups, &mut spans);
    // From the last to the first, so that the places of those before stay what they are.
    spans.sort_by_key(|span: &std::ops::Range<usize>| std::cmp::Reverse(span.start));
    let mut text = pattern.to_owned();
    let mut end = text.len() + 1;
    for span in spans {
        // A group within a group that is replaced goes with it.
        if span.end < end {
            text.replace_range(span.clone(), &inner(&pattern[span.clone()]));
            end = span.start;
        }
    }
    Some(text)
}

/// The places of what stands in the groups.
fn spans_of(tree: &Ast, groups: &[usize], spans: &mut Vec<std::ops::Range<usize>>) {
    match tree {
        Ast::Group(group) => {
            let is_meant = match &group.kind {
                ast::GroupKind::CaptureIndex(index) => groups.contains(&(*index as usize)),
                ast::GroupKind::CaptureName { name, .. } => groups.contains(&(name.index as usize)),
                ast::GroupKind::NonCapturing(_) => false,
            };
            if is_meant {
                let span = group.ast.span();
                spans.push(span.start.offset..span.end.offset);
            } else {
                spans_of(&group.ast, groups, spans);
            }
        }
        Ast::Repetition(repetition) => spans_of(&repetition.ast, groups, spans),
        Ast::Alternation(list) => list
            .asts
            .iter()
            .for_each(|one| spans_of(one, groups, spans)),
        Ast::Concat(list) => list
            .asts
            .iter()
            .for_each(|one| spans_of(one, groups, spans)),
        Ast::Empty(_)
        | Ast::Flags(_)
        | Ast::Literal(_)
        | Ast::Dot(_)
        | Ast::Assertion(_)
        | Ast::ClassUnicode(_)
        | Ast::ClassPerl(_)
        | Ast::ClassBracketed(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pattern: &str, line: &str) -> Result<String, String> {
        let pattern = Pattern::compile(pattern, |_| vec![1]).unwrap();
        let captures = pattern.seeing.captures(line).unwrap();
        let number = captures.get(1).unwrap();
        pattern.check_whole(line, number, 1)?;
        Ok(number.as_str().to_owned())
    }

    #[test]
    fn a_number_is_whole() {
        let simple = "loss=([0-9.]+)";
        let hint = r"; write `loss=([-+.\w]+)`";
        for (pattern, line, words) in [
            (
                simple,
                "loss=6.05e-06",
                "`6.05` is a part of a number, which goes on behind the group",
            ),
            (
                "loss=([0-9]+)",
                "loss=90.4",
                "`90` is a part of a number, which goes on behind the group",
            ),
        ] {
            assert_eq!(whole(pattern, line).unwrap_err(), format!("{words}{hint}"));
        }
        for (pattern, line) in [
            ("loss=-?([0-9.]+)", "loss=-0.5"),
            ("loss.*(\\d\\.\\d)", "loss=10.5"),
        ] {
            let words = whole(pattern, line).unwrap_err();
            assert!(words.contains("begins before the group"), "{words}");
        }
        for (pattern, line) in [
            (simple, "loss=90,4"),
            (simple, "loss=1.234,5"),
            ("([0-9.]+)$", "loss=1,234.5"),
        ] {
            let words = whole(pattern, line).unwrap_err();
            assert!(words.ends_with(SEPARATORS), "{words}");
        }
        for (pattern, line, number) in [
            (r"^([0-9.]+),[0-9.]+$", "0.9,0.8", "0.9"),
            (r"^[0-9.]+,([0-9.]+)$", "0.9,0.8", "0.8"),
            (simple, "loss=0.912,5", "0.912"),
            (simple, "loss=1.234,0.5", "1.234"),
            (r"^\d+,([0-9.]+)$", "5,0.8", "0.8"),
            (simple, "loss=0.5, acc=1", "0.5"),
            (simple, "loss=0.5 epoch", "0.5"),
            (simple, "loss=5eggs", "5"),
            ("top-([0-9]+)", "top-5: 1", "5"),
            (r"loss=([-+.\w]+)", "loss=6.05e-06, x", "6.05e-06"),
            (r"loss=([-+.\w]+)", "loss=-inf", "-inf"),
        ] {
            assert_eq!(whole(pattern, line).unwrap(), number);
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_seen() {
        let simple = "loss=([0-9.]+)";
        for (line, number) in [
            ("loss=nan", "nan"),
            ("loss=-inf x", "-inf"),
            ("loss=NaN", "NaN"),
        ] {
            assert_eq!(whole(simple, line).unwrap(), number);
        }
        let bare = Pattern::compile("([0-9.]+)", |_| vec![1]).unwrap();
        assert_eq!(&bare.seeing.captures("info: 5").unwrap()[1], "5");
        let nested = Pattern::compile("(?x) a = (?<acc> ( \\d ) \\d )", |_| vec![1, 2]).unwrap();
        assert_eq!(&nested.seeing.captures("a=12").unwrap()["acc"], "12");
    }

    #[test]
    fn a_pattern_that_gives_no_number_is_refused() {
        for (pattern, words) in [
            (
                "acc=",
                "pattern `acc=`: expected a group around the number, found none",
            ),
            ("(", "pattern `(`: unclosed group"),
        ] {
            let error = Pattern::compile(pattern, |_| Vec::new()).unwrap_err();
            assert_eq!(error.to_string(), format!("metric source: {words}"));
        }
    }
}
