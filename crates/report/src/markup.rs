//! Text made safe for the syntax of each format; [`super::visible`] has been there before.

use reprove_model::escape::is_unseen;

/// For the text and the attributes of XML, so of SVG.
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            '\n' | '\t' => safe.push(character),
            // XML 1.0 has no way to write some of these, not even as a reference.
            _ if is_unseen(character) => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

/// For the text of GitHub-flavoured Markdown, also within a table.
///
/// Punctuation that Markdown reads is escaped by a backslash; what would be HTML, or a mention or a
/// reference to GitHub, becomes a character reference, which Markdown shows as the character.
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '&' => safe += "&amp;",
            '@' => safe += "&#64;",
            '#' => safe += "&#35;",
            // In a table GitHub splits cells before it reads backslashes.
            '|' => safe += "&#124;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' => {
                safe.push('\\');
                safe.push(character);
            }
            _ => safe.push(character),
        }
    }
    // GitHub would make links of bare addresses.
    safe.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// For the text of LaTeX with T1 fonts; what pdflatex cannot draw becomes its code point.
pub fn latex(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\\' => safe += "\\textbackslash{}",
            '{' | '}' | '$' | '&' | '#' | '%' | '_' => {
                safe.push('\\');
                safe.push(character);
            }
            '~' => safe += "\\textasciitilde{}",
            '^' => safe += "\\textasciicircum{}",
            '<' => safe += "\\textless{}",
            '>' => safe += "\\textgreater{}",
            '|' => safe += "\\textbar{}",
            '"' => safe += "\\textquotedbl{}",
            '`' => safe += "\\textasciigrave{}",
            '\'' => safe += "\\textquotesingle{}",
            // A double hyphen would become a dash.
            '-' => safe += "{-}",
            // After the end of a row TeX would take these for an option of it.
            '[' | ']' | '*' => safe += &format!("{{{character}}}"),
            '±' => safe += "\\ensuremath{\\pm}",
            '−' => safe += "\\ensuremath{-}",
            '≥' => safe += "\\ensuremath{\\geq}",
            '≤' => safe += "\\ensuremath{\\leq}",
            '×' => safe += "\\ensuremath{\\times}",
            'à'..='ö' | 'ø'..='ý' | 'À'..='Ö' | 'Ø'..='Ý' | 'ß' | '§' | '–' | '—' | '…' =>
            {
                safe.push(character);
            }
            _ if character.is_ascii() => safe.push(character),
            _ => safe += &format!("{{[}}U+{:04X}{{]}}", u32::from(character)),
        }
    }
    safe
}

/// For a cell of CSV that a spreadsheet may open: one that it would take for a formula gets a `'`.
pub fn spreadsheet(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// For the message of a GitHub workflow command.
pub fn workflow_message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// For a property of a GitHub workflow command.
pub fn workflow_property(text: &str) -> String {
    workflow_message(text)
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<a href='x'>&|`b`]]> @me #1 \\ {$^~_%\"}";

    #[test]
    fn each_syntax_has_its_escapes() {
        assert_eq!(
            xml(HOSTILE),
            "&lt;a href=&#39;x&#39;&gt;&amp;|`b`]]&gt; @me #1 \\ {$^~_%&quot;}"
        );
        assert_eq!(
            xml("a\0\u{1b}\r\n\t\u{fffe}\u{ffff}\u{10ffff}"),
            "a\\u{0}\\u{1b}\\u{d}\n\t\\u{fffe}\\u{ffff}\\u{10ffff}"
        );
        assert_eq!(
            markdown(HOSTILE),
            "&lt;a href='x'&gt;&amp;&#124;\\`b\\`\\]\\]&gt; &#64;me &#35;1 \\\\ {\\$^\\~\\_%\"}"
        );
        assert_eq!(
            latex("\\{$^~_%&#}<>| ü ± 例--["),
            "\\textbackslash{}\\{\\$\\textasciicircum{}\\textasciitilde{}\\_\\%\\&\\#\\}\
             \\textless{}\\textgreater{}\\textbar{} ü \\ensuremath{\\pm} {[}U+4F8B{]}{-}{-}{[}"
        );
        assert_eq!(spreadsheet("=1+1"), "'=1+1");
        assert_eq!(spreadsheet("h12"), "h12");
        assert_eq!(workflow_property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
        assert_eq!(workflow_message("a,b:c%\n"), "a,b:c%25%0A");
    }

    proptest::proptest! {
        #[test]
        fn no_text_leaves_its_place(text in "\\PC*") {
            let in_xml = xml(&text);
            proptest::prop_assert!(!in_xml.contains(['<', '>', '"', '\'']));
            let in_markdown = markdown(&text).replace("&#", "&");
            proptest::prop_assert!(!in_markdown.contains(['<', '|', '@', '#']));
            proptest::prop_assert!(!workflow_message(&text).contains('\n'));
        }
    }
}
