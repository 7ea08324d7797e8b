//! What elements do to the text in them.

use html5gum::StartTag;

use crate::text::TextMark;

/// The mark of an element's text.
pub(super) fn mark(name: &str) -> Option<TextMark> {
    Some(match name {
        "b" | "strong" => TextMark::Bold,
        "i" | "em" => TextMark::Italic,
        "u" | "ins" => TextMark::Underlined,
        "s" | "del" | "strike" => TextMark::Struck,
        "sup" => TextMark::Superscript,
        "sub" => TextMark::Subscript,
        "small" => TextMark::Small,
        "a" => TextMark::Link,
        "code" | "tt" | "kbd" | "samp" => TextMark::Code,
        _ => return None,
    })
}

/// The mark of a child of a MathML element, by the child's index counted from 0.
pub(super) fn script(parent: &str, child: usize) -> Option<TextMark> {
    match (parent, child) {
        ("msup" | "mover", 1) | ("msubsup" | "munderover", 2) => Some(TextMark::Superscript),
        ("msub" | "munder", 1) | ("msubsup" | "munderover", 1) => Some(TextMark::Subscript),
        _ => None,
    }
}

/// Whether an element has no content.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "img"
            | "hr"
            | "input"
            | "meta"
            | "link"
            | "wbr"
            | "col"
            | "source"
            | "area"
            | "base"
            | "embed"
            | "track"
            | "param"
    )
}

/// Whether an element begins a line of its own.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "li"
            | "ul"
            | "ol"
            | "dd"
            | "dt"
            | "section"
            | "article"
            | "blockquote"
            | "pre"
            | "figure"
    )
}

/// Whether the page does not show an element.
pub(super) fn is_hidden(tag: &StartTag<usize>, name: &str) -> bool {
    if matches!(
        name,
        "script"
            | "style"
            | "template"
            | "annotation"
            | "annotation-xml"
            | "head"
            | "title"
            | "noscript"
            | "svg"
            | "object"
            | "select"
            | "textarea"
            | "dialog"
            | "iframe"
            | "button"
            | "audio"
            | "video"
            | "canvas"
    ) {
        return true;
    }
    let style = attribute(tag, "style").map(|style| style.to_lowercase().replace(' ', ""));
    let class = attribute(tag, "class").unwrap_or_default();
    // KaTeX shows a formula twice: for readers of screens, and for eyes.
    let is_double =
        attribute(tag, "aria-hidden").as_deref() == Some("true") && class.contains("katex");
    let by_class = class
        .split_whitespace()
        .any(|class| matches!(class, "hidden" | "d-none" | "sr-only" | "visually-hidden"));
    is_double
        || by_class
        || attribute(tag, "hidden").is_some()
        || style.is_some_and(|style| {
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

/// The value of an attribute.
pub(super) fn attribute(tag: &StartTag<usize>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// A span as the attribute says it; 1 where it is no number.
pub(super) fn span(tag: &StartTag<usize>, name: &str) -> usize {
    let value = attribute(tag, name);
    value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(1)
}
