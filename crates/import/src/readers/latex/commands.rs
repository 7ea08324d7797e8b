//! What commands with arguments print.

use crate::text::TextMark;

/// Argument of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// `*`, if it follows.
    Star,
    /// `[…]`, if it follows, dropped.
    Optional,
    /// An argument that is dropped.
    Dropped,
    /// An argument that is printed.
    Printed,
    /// A length without braces, dropped.
    Length,
}

/// What a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The arguments that are printed, with a mark on them.
    Arguments(&'static [Part], Option<TextMark>),
    /// The arguments that are printed, in text mode (`false`) or in maths mode.
    Mode(&'static [Part], bool),
    /// Dropped arguments, and a mark on the rest of the group.
    Switch(&'static [Part], TextMark),
    /// A line break.
    LineBreak,
    /// Two arguments as a fraction.
    Fraction,
    /// Two arguments, the first raised or lowered after the second.
    Stacked(TextMark),
    /// A number of siunitx, and its unit.
    Number { unit: bool },
    /// A cell over several columns.
    Columns,
    /// A cell over several rows.
    Rows,
    /// A cell with the prefix of tabularray.
    SetCell,
    /// A cell over several rows and columns of nicematrix.
    Block,
    /// A reference to a label.
    Reference,
    /// A label.
    Label,
    /// A symbol of a font by its number.
    Dingbat,
}

const NONE: &[Part] = &[];
const K: &[Part] = &[Part::Printed];
const M: &[Part] = &[Part::Dropped];
const O: &[Part] = &[Part::Optional];
const SM: &[Part] = &[Part::Star, Part::Dropped];
const OM: &[Part] = &[Part::Optional, Part::Dropped];
const MM: &[Part] = &[Part::Dropped, Part::Dropped];
const OMK: &[Part] = &[Part::Optional, Part::Dropped, Part::Printed];
const SOK: &[Part] = &[Part::Star, Part::Optional, Part::Printed];
const OOK: &[Part] = &[Part::Optional, Part::Optional, Part::Printed];
const LENGTH: &[Part] = &[Part::Length];

/// What a command prints; none if the command is unknown.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    marked(name)
        .or_else(|| boxed(name))
        .or_else(|| dropped(name))
        .or_else(|| special(name))
}

fn marked(name: &str) -> Option<Meaning> {
    use Meaning::{Arguments, Mode, Switch};
    Some(match name {
        "textbf" | "mathbf" | "bm" | "boldsymbol" | "pmb" | "textbfit" | "mathbfit" | "symbf"
        | "bfnum" | "Bold" => Arguments(K, Some(TextMark::Bold)),
        "bf" | "bfseries" | "boldmath" | "fontseries" | "Bf" | "B" => Switch(NONE, TextMark::Bold),
        "textit" | "emph" | "textsl" | "mathit" => Arguments(K, Some(TextMark::Italic)),
        "it" | "itshape" | "em" | "slshape" | "sl" => Switch(NONE, TextMark::Italic),
        "underline" | "uline" | "ul" | "uuline" | "dashuline" | "dotuline" | "uwave" | "udash"
        | "underbar" => Arguments(K, Some(TextMark::Underlined)),
        "sout" | "st" | "xout" | "cancel" | "xcancel" | "bcancel" => {
            Arguments(K, Some(TextMark::Struck))
        }
        "textcolor" | "colorbox" => Arguments(OMK, Some(TextMark::Coloured)),
        "fcolorbox" => Arguments(
            &[Part::Optional, Part::Dropped, Part::Dropped, Part::Printed],
            Some(TextMark::Coloured),
        ),
        "hl" => Arguments(K, Some(TextMark::Coloured)),
        "color" | "cellcolor" => Switch(OM, TextMark::Coloured),
        "rowcolor" => Switch(
            &[
                Part::Optional,
                Part::Dropped,
                Part::Optional,
                Part::Optional,
            ],
            TextMark::Coloured,
        ),
        "tiny" | "scriptsize" | "footnotesize" | "small" => Switch(NONE, TextMark::Small),
        "textsuperscript" => Arguments(K, Some(TextMark::Superscript)),
        "textsubscript" => Arguments(K, Some(TextMark::Subscript)),
        "tnote" => Arguments(K, Some(TextMark::Note)),
        "texttt" | "mathtt" | "code" => Arguments(K, Some(TextMark::Code)),
        "href" => Arguments(OMK, Some(TextMark::Link)),
        "text" | "textrm" | "textsf" | "textsc" | "textnormal" | "textmd" | "textup" | "mbox"
        | "hbox" => Mode(K, false),
        "fbox" => Mode(K, false),
        "ensuremath" => Mode(K, true),
        _ => return None,
    })
}

fn boxed(name: &str) -> Option<Meaning> {
    use Meaning::Arguments;
    Some(match name {
        "mathrm" | "mathsf" | "mathcal" | "mathbb" | "mathfrak" | "mathnormal" | "operatorname"
        | "overline" | "bar" | "hat" | "tilde" | "vec" | "widehat" | "widetilde" | "rlap"
        | "llap" | "clap" | "mathrlap" | "mathllap" | "smash" | "MakeUppercase" | "uppercase"
        | "lowercase" | "MakeLowercase" | "substack" | "url" | "nolinkurl" | "path" | "vcenter"
        | "colhead" | "topline" | "textquote" | "enquote" | "rothead" | "leavevmode" | "textls"
        | "mathop" | "mathbin" | "mathrel" | "mathord" => Arguments(K, None),
        "makecell" | "thead" | "shortstack" | "Centerstack" | "Shortstack" | "stackanchor" => {
            Arguments(SOK, None)
        }
        "makebox" | "framebox" => Arguments(OOK, None),
        "rotatebox" => Arguments(OMK, None),
        "scalebox" => Arguments(&[Part::Dropped, Part::Optional, Part::Printed], None),
        "resizebox" => Arguments(
            &[Part::Star, Part::Dropped, Part::Dropped, Part::Printed],
            None,
        ),
        "adjustbox" => Arguments(&[Part::Dropped, Part::Printed], None),
        "raisebox" => Arguments(
            &[Part::Dropped, Part::Optional, Part::Optional, Part::Printed],
            None,
        ),
        "parbox" => Arguments(
            &[
                Part::Optional,
                Part::Optional,
                Part::Optional,
                Part::Dropped,
                Part::Printed,
            ],
            None,
        ),
        "multirowcell" | "multirowthead" => Arguments(
            &[Part::Optional, Part::Dropped, Part::Optional, Part::Printed],
            None,
        ),
        _ => return None,
    })
}

fn dropped(name: &str) -> Option<Meaning> {
    let parts = match name {
        "phantom" | "hphantom" | "vphantom" | "bibliographystyle" | "pagestyle"
        | "thispagestyle" | "newlength" | "index" | "sisetup" | "hypersetup" | "graphicspath"
        | "tablewidth" | "tablenotemark" | "tnotex" | "pgfplotsset" | "thanks" | "ULforem"
        | "lstset" => M,
        "hspace" | "vspace" => SM,
        "footnote" | "tablefootnote" | "footnotetext" | "captionsetup" | "usepackage"
        | "documentclass" | "includegraphics" | "includesvg" | "marginpar" | "todo"
        | "columncolor" | "pagecolor" | "bibliography" => OM,
        "footnotemark" | "tablefootnotemark" | "item" => O,
        "cite" | "citep" | "citet" | "citealp" | "citealt" | "citeauthor" | "citeyear"
        | "citeyearpar" | "citenum" | "parencite" | "textcite" | "autocite" | "footcite"
        | "supercite" | "onlinecite" | "shortcite" | "nocite" | "Citet" | "Citep" | "cites"
        | "citeN" => &[Part::Star, Part::Optional, Part::Optional, Part::Dropped],
        "setlength"
        | "addtolength"
        | "setcounter"
        | "addtocounter"
        | "settowidth"
        | "DeclareGraphicsExtensions"
        | "fontsize" => MM,
        "definecolor" => &[Part::Dropped, Part::Dropped, Part::Dropped],
        "rowcolors" => &[
            Part::Star,
            Part::Optional,
            Part::Dropped,
            Part::Dropped,
            Part::Dropped,
        ],
        "rule" => &[Part::Optional, Part::Dropped, Part::Dropped],
        "arrayrulecolor" | "cline" | "hhline" | "noalign" | "hypertarget" => M,
        "kern" | "hskip" | "vskip" | "mskip" | "raise" | "lower" | "mkern" => LENGTH,
        "centering" | "raggedright" | "raggedleft" | "arraybackslash" | "noindent" | "relax"
        | "null" | "protect" | "strut" | "left" | "right" | "big" | "Big" | "bigg" | "Bigg"
        | "bigl" | "bigr" | "displaystyle" | "textstyle" | "scriptstyle" | "normalsize"
        | "large" | "Large" | "LARGE" | "huge" | "Huge" | "normalfont" | "rm" | "rmfamily"
        | "sf" | "sffamily" | "tt" | "ttfamily" | "sc" | "scshape" | "upshape" | "mdseries"
        | "selectfont" | "!" | "/" | "-" | "@" | "ldelim" | "rdelim" | "limits" | "nolimits"
        | "hline" | "toprule" | "midrule" | "bottomrule" | "par" | "newpage" | "clearpage"
        | "maketitle" | "appendix" | "smallskip" | "medskip" | "bigskip" | "unboldmath"
        | "egroup" | "bgroup" | "begingroup" | "endgroup" | "global" | "tableofcontents"
        | "nonumber" | "notag" | "textwidth" | "linewidth" | "columnwidth" | "tabcolsep"
        | "arraystretch" | "(" | ")" | "[" | "]" | "xspace" | "nobreak" | "allowbreak"
        | "leavevmode@ifvmode" | "NotVisible" | "cellalign" | "sloppy" => NONE,
        _ => return None,
    };
    Some(Meaning::Arguments(parts, None))
}

fn special(name: &str) -> Option<Meaning> {
    Some(match name {
        "\\" | "newline" | "linebreak" | "tabularnewline" | "cr" => Meaning::LineBreak,
        "frac" | "tfrac" | "dfrac" | "nicefrac" | "sfrac" => Meaning::Fraction,
        "underset" => Meaning::Stacked(TextMark::Subscript),
        "overset" | "stackrel" => Meaning::Stacked(TextMark::Superscript),
        "num" | "tablenum" => Meaning::Number { unit: false },
        "qty" | "SI" => Meaning::Number { unit: true },
        "multicolumn" => Meaning::Columns,
        "multirow" => Meaning::Rows,
        "SetCell" => Meaning::SetCell,
        "Block" => Meaning::Block,
        "ref" | "cref" | "Cref" | "autoref" | "vref" | "nameref" | "subref" | "tabref"
        | "eqref" | "pageref" | "labelcref" => Meaning::Reference,
        "label" => Meaning::Label,
        "ding" => Meaning::Dingbat,
        _ => return None,
    })
}

/// Names of macros that print a spread after a value, as papers define them.
const SPREADS: &[&str] = &[
    "std",
    "stdv",
    "stdd",
    "stdev",
    "stddev",
    "stds",
    "stdval",
    "sd",
    "sdev",
    "sem",
    "se",
    "stderr",
    "ste",
    "ci",
    "conf",
    "err",
    "error",
    "errbar",
    "dev",
    "unc",
    "plusminus",
    "spread",
    "ebar",
    "sdv",
    "stdpm",
    "meanstd",
    "meansd",
    "avgstd",
    "avgsd",
    "valstd",
    "valpm",
    "msd",
    "meanpm",
    "meansem",
    "meanci",
    "meanerr",
    "mstd",
];

/// Whether the name of an unknown macro says that it prints a spread.
pub(super) fn is_spread(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SPREADS.contains(&name.as_str()) || name.starts_with("pm") || name.ends_with("pm")
}

/// Parts of the names of macros that set the look of a value, as papers define them.
const LOOKS: &[&str] = &[
    "best",
    "second",
    "secondary",
    "sec",
    "first",
    "third",
    "runner",
    "up",
    "bold",
    "bf",
    "b",
    "it",
    "ul",
    "u",
    "under",
    "line",
    "underline",
    "red",
    "blue",
    "green",
    "gray",
    "grey",
    "orange",
    "purple",
    "violet",
    "teal",
    "cyan",
    "brown",
    "pink",
    "yellow",
    "gold",
    "silver",
    "bronze",
    "black",
    "color",
    "colour",
    "colored",
    "col",
    "cell",
    "bg",
    "text",
    "txt",
    "font",
    "style",
    "mark",
    "marked",
    "hl",
    "highlight",
    "shade",
    "shaded",
    "light",
    "dark",
    "win",
    "winner",
    "sota",
    "emph",
    "em",
    "strong",
    "my",
    "c",
    "t",
    "our",
    "ours",
    "fst",
    "snd",
    "trd",
    "nd",
    "st",
    "rd",
    "place",
    "one",
    "two",
    "three",
    "rank",
    "fade",
    "faded",
    "box",
    "boxed",
    "important",
    "tb",
    "gr",
    "bl",
    "math",
    "good",
    "bad",
    "top",
    "key",
    "max",
    "min",
];

/// Whether the name of an unknown macro is made of words for the look of its last argument.
pub(super) fn is_look(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if name.len() > 30 || !name.is_ascii() || matches!(name.as_str(), "max" | "min" | "up") {
        return false;
    }
    // Ends of prefixes that are made of such words.
    let mut ends = vec![false; name.len() + 1];
    ends[0] = true;
    for start in 0..name.len() {
        if ends[start] {
            for look in LOOKS {
                if name[start..].starts_with(look) {
                    ends[start + look.len()] = true;
                }
            }
        }
    }
    ends[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_told_from_other_names() {
        for name in [
            "best",
            "secondbest",
            "textred",
            "bestcell",
            "B",
            "sbest",
            "underlinebf",
        ] {
            assert_eq!(is_look(name), name != "sbest", "{name}");
        }
        for name in [
            "seconds",
            "reduction",
            "gain",
            "pred",
            "topk",
            "res",
            "drop",
            "up",
        ] {
            assert!(!is_look(name), "{name}");
        }
        assert!(is_spread("std") && is_spread("pms") && !is_spread("semibold"));
    }
}
