//! Characters that commands print.

/// Text of a command without arguments that prints a character or a word.
pub(crate) fn symbol(name: &str) -> Option<&'static str> {
    mark(name)
        .or_else(|| relation(name))
        .or_else(|| arrow(name))
        .or_else(|| greek(name))
        .or_else(|| space(name))
}

/// Signs, marks of footnotes and escaped characters.
fn mark(name: &str) -> Option<&'static str> {
    Some(match name {
        "pm" | "textpm" => "±",
        "mp" => "∓",
        "times" | "texttimes" => "×",
        "cdot" | "textperiodcentered" => "·",
        "div" => "÷",
        "%" | "percent" | "textpercent" => "%",
        "&" => "&",
        "#" => "#",
        "_" | "textunderscore" => "_",
        "$" | "textdollar" => "$",
        "{" | "lbrace" => "{",
        "}" | "rbrace" => "}",
        "textbackslash" => "\\",
        "textbar" | "vert" | "mid" | "|" => "|",
        "slash" => "/",
        "lbrack" => "[",
        "rbrack" => "]",
        "colon" => ":",
        "textminus" | "minus" => "−",
        "textendash" => "–",
        "textemdash" => "—",
        "dagger" | "dag" | "textdagger" => "†",
        "ddagger" | "ddag" | "textdaggerdbl" => "‡",
        "ast" | "textasteriskcentered" => "*",
        "star" | "bigstar" => "⋆",
        "S" | "textsection" => "§",
        "P" | "textparagraph" => "¶",
        "bullet" | "textbullet" => "•",
        "circ" | "degree" | "textdegree" => "°",
        "prime" => "′",
        "checkmark" | "cmark" | "Checkmark" => "✓",
        "xmark" | "XSolidBrush" => "✗",
        "ldots" | "dots" | "cdots" | "textellipsis" => "…",
        "infty" => "∞",
        "sum" => "∑",
        "prod" => "∏",
        "partial" => "∂",
        "nabla" => "∇",
        "ell" => "ℓ",
        "emptyset" | "varnothing" => "∅",
        "ss" => "ß",
        "ae" => "æ",
        "AE" => "Æ",
        "oe" => "œ",
        "OE" => "Œ",
        "o" => "ø",
        "O" => "Ø",
        "aa" => "å",
        "AA" => "Å",
        "l" => "ł",
        "L" => "Ł",
        "i" | "imath" => "i",
        "j" | "jmath" => "j",
        "LaTeX" => "LaTeX",
        "TeX" => "TeX",
        "log" | "exp" | "min" | "max" | "ln" | "sin" | "cos" | "tan" | "arg" | "sup" | "inf"
        | "det" | "dim" | "lim" | "Pr" | "tanh" => return function(name),
        _ => return None,
    })
}

fn function(name: &str) -> Option<&'static str> {
    const FUNCTIONS: &[&str] = &[
        "log", "exp", "min", "max", "ln", "sin", "cos", "tan", "arg", "sup", "inf", "det", "dim",
        "lim", "Pr", "tanh",
    ];
    FUNCTIONS
        .iter()
        .find(|&&function| function == name)
        .copied()
}

fn relation(name: &str) -> Option<&'static str> {
    Some(match name {
        "le" | "leq" | "leqslant" => "≤",
        "ge" | "geq" | "geqslant" => "≥",
        "lt" | "textless" => "<",
        "gt" | "textgreater" => ">",
        "ll" => "≪",
        "gg" => "≫",
        "lesssim" => "≲",
        "gtrsim" => "≳",
        "sim" | "textasciitilde" => "~",
        "approx" | "simeq" | "cong" => "≈",
        "ne" | "neq" => "≠",
        "equiv" => "≡",
        "propto" => "∝",
        "in" => "∈",
        "cup" => "∪",
        "cap" => "∩",
        "oplus" => "⊕",
        "otimes" => "⊗",
        "wedge" => "∧",
        "vee" => "∨",
        _ => return None,
    })
}

fn arrow(name: &str) -> Option<&'static str> {
    Some(match name {
        "uparrow" | "Uparrow" | "textuparrow" | "upuparrows" => "↑",
        "downarrow" | "Downarrow" | "textdownarrow" | "downdownarrows" => "↓",
        "rightarrow" | "to" | "longrightarrow" | "textrightarrow" => "→",
        "Rightarrow" | "implies" => "⇒",
        "leftarrow" | "gets" | "textleftarrow" => "←",
        "leftrightarrow" => "↔",
        "nearrow" => "↗",
        "searrow" => "↘",
        "triangle" | "vartriangle" => "△",
        "blacktriangle" => "▲",
        "triangledown" => "▽",
        "blacktriangledown" => "▼",
        _ => return None,
    })
}

fn greek(name: &str) -> Option<&'static str> {
    Some(match name {
        "alpha" => "α",
        "beta" => "β",
        "gamma" => "γ",
        "delta" => "δ",
        "epsilon" | "varepsilon" => "ε",
        "zeta" => "ζ",
        "eta" => "η",
        "theta" | "vartheta" => "θ",
        "iota" => "ι",
        "kappa" => "κ",
        "lambda" => "λ",
        "mu" | "textmu" => "μ",
        "nu" => "ν",
        "xi" => "ξ",
        "pi" => "π",
        "rho" | "varrho" => "ρ",
        "sigma" | "varsigma" => "σ",
        "tau" => "τ",
        "upsilon" => "υ",
        "phi" | "varphi" => "φ",
        "chi" => "χ",
        "psi" => "ψ",
        "omega" => "ω",
        "Gamma" => "Γ",
        "Delta" => "Δ",
        "Theta" => "Θ",
        "Lambda" => "Λ",
        "Xi" => "Ξ",
        "Pi" => "Π",
        "Sigma" => "Σ",
        "Phi" => "Φ",
        "Psi" => "Ψ",
        "Omega" => "Ω",
        _ => return None,
    })
}

fn space(name: &str) -> Option<&'static str> {
    Some(match name {
        "," | ";" | ":" | ">" | "thinspace" | "medspace" | "thickspace" => "\u{2009}",
        " " | "\n" | "\t" | "quad" | "qquad" | "enspace" | "enskip" | "space" | "hfill"
        | "hfil" | "textvisiblespace" => " ",
        "nobreakspace" => "\u{a0}",
        _ => return None,
    })
}

/// Letters with the accents of LaTeX: accent, plain letters, letters with the accent.
const ACCENTS: &[(&str, &str, &str)] = &[
    ("'", "aeiouycnsrzlAEIOUYCNSZ", "áéíóúýćńśŕźĺÁÉÍÓÚÝĆŃŚŹ"),
    ("`", "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
    ("^", "aeiouwyAEIOU", "âêîôûŵŷÂÊÎÔÛ"),
    ("\"", "aeiouyAEIOU", "äëïöüÿÄËÏÖÜ"),
    ("~", "anoANO", "ãñõÃÑÕ"),
    ("=", "aeiouAEIOU", "āēīōūĀĒĪŌŪ"),
    (".", "cegzCEGIZ", "ċėġżĊĖĠİŻ"),
    ("u", "aegouAEGOU", "ăĕğŏŭĂĔĞŎŬ"),
    ("v", "cdenrstzCDENRSTZ", "čďěňřšťžČĎĚŇŘŠŤŽ"),
    ("H", "ouOU", "őűŐŰ"),
    ("c", "cestCEST", "çȩşţÇȨŞŢ"),
    ("k", "aeiuAEIU", "ąęįųĄĘĮŲ"),
    ("r", "auAU", "åůÅŮ"),
    ("d", "", ""),
    ("b", "", ""),
];

/// Whether a command puts an accent on a letter.
pub(super) fn is_accent(name: &str) -> bool {
    ACCENTS.iter().any(|&(accent, ..)| accent == name)
}

/// A letter with an accent; the letter itself where there is none.
pub(super) fn accented(name: &str, letter: char) -> char {
    ACCENTS
        .iter()
        .find(|&&(accent, ..)| accent == name)
        .and_then(|&(_, plain, with)| {
            let index = plain.chars().position(|plain| plain == letter)?;
            with.chars().nth(index)
        })
        .unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plain_letter_has_its_accented_one() {
        for (accent, plain, with) in ACCENTS {
            assert_eq!(plain.chars().count(), with.chars().count(), "{accent}");
        }
        assert_eq!(accented("\"", 'u'), 'ü');
        assert_eq!(accented("d", 'h'), 'h');
    }
}
