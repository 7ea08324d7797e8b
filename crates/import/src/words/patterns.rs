//! Regular expressions of the words that are looked for.

use std::sync::LazyLock;

use regex::Regex;

/// A number in digits or letters.
const NUMBER: &str = r"\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty|hundred|single";

/// Words between a number and what it counts.
const BETWEEN: &str = r"(?:(?:independent|independently|random|randomly|different|training|separate|repeated|distinct|individual|full|train|successive|generated|selected|chosen|seeded|initial|data|train[/-]test|model|stochastic|complete|monte[- ]carlo|test|evaluation|eval|experimental|identical|fixed|held[- ]out|unseen|weight|parameter|outer)[\s-]+){0,4}";

/// What repeats a run.
const REPEATS: &str = r"seeds?|runs?|trials?|repetitions?|repeats?|restarts?|initiali[sz]ations?|inits?|splits?|replicates?|replications?|experiments?|graines?|l(?:ä|ae)ufen?|durchl(?:ä|ae)ufen?|ejecuciones|essais|ex(?:é|e)cutions";

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid: a test compiles all")
}

/// The patterns, compiled once.
pub(crate) struct Patterns {
    /// A number of runs: groups `n` and `what`.
    pub runs: Regex,
    /// `5-seed`, `10-fold`: groups `n` and `what`.
    pub hyphenated: Regex,
    /// `repeated 5 times`: group `n`.
    pub times: Regex,
    /// Folds: group `n`.
    pub folds: Regex,
    /// Episodes: group `n`.
    pub episodes: Regex,
    /// `seeds 0-4`: groups `a` and `b`.
    pub seed_range: Regex,
    /// `seeds 1, 2 and 3`: group `list`.
    pub seed_list: Regex,
    /// `best of 5 runs`: group `n`.
    pub best: Regex,
    /// A standard deviation.
    pub deviation: Regex,
    /// A standard error.
    pub error: Regex,
    /// A 95 % interval.
    pub ci95: Regex,
    /// An interval of another or of no level.
    pub other_interval: Regex,
    /// Quartiles.
    pub quartiles: Regex,
    /// Two standard deviations and the like; ranges; variances.
    pub other_spread: Regex,
    /// A spread over something else than runs.
    pub sampling: Regex,
    /// Percent as the unit of the values.
    pub percent: Regex,
    /// Higher is better.
    pub higher: Regex,
    /// Lower is better.
    pub lower: Regex,
    /// What stands in parentheses or as a subscript.
    pub aside: Regex,
    /// `mean (std)`.
    pub mean_and_spread: Regex,
    /// A gain.
    pub gain: Regex,
    /// A rank.
    pub rank: Regex,
    /// Last digits.
    pub last_digits: Regex,
    /// The median.
    pub median: Regex,
}

/// The patterns.
pub(crate) static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| Patterns {
    runs: pattern(&format!(
        r"(?i)\b(?P<n>{NUMBER})\s+(?:\([^)]{{0,12}}\)\s*)?{BETWEEN}(?P<what>{REPEATS})\b"
    )),
    hyphenated: pattern(&format!(
        r"(?i)\b(?P<n>{NUMBER})-(?P<what>seed|run|trial|split)\b"
    )),
    times: pattern(&format!(
        r"(?i)\b(?:repeat(?:ed|ing)?|run|ran|trained|executed|averaged|evaluated|replicated|rerun)\s+(?:\w+\s+){{0,4}}?(?P<n>{NUMBER})\s+times\b"
    )),
    folds: pattern(&format!(
        r"(?i)\b(?:(?P<n>{NUMBER})[\s-]*fold\s+(?:\w+\s+)?(?:cross|cv\b)|(?P<m>{NUMBER})\s+(?:cross[- ]validation\s+|cv\s+|outer\s+|test\s+)?folds\b|(?P<k>{NUMBER})-?fache[nr]?\s+kreuzvalidierung)"
    )),
    episodes: pattern(&format!(
        r"(?i)\b(?P<n>\d{{1,3}}(?:[, ]\d{{3}})+|{NUMBER})\s+{BETWEEN}(?:episodes?|rollouts?)\b"
    )),
    seed_range: pattern(
        r"(?i)\bseeds?\s*[:=]?\s*[\{\[(]?\s*(?P<a>\d{1,6})\s*(?:-|–|—|to\b|through\b|\.\.+|…|,\s*(?:\.\.\.|…)\s*,)\s*(?P<b>\d{1,6})",
    ),
    seed_list: pattern(
        r"(?i)\bseeds?\s*[:=]?\s*[\{\[(]?\s*(?P<list>\d{1,9}(?:\s*(?:,\s*and|,|and|&)\s*\d{1,9})+)",
    ),
    best: pattern(&format!(
        r"(?i)\b(?:best|max(?:imum)?|top|highest|lowest|min(?:imum)?|bestes?)[\s-]+(?:\w+\s+){{0,3}}?(?:of|over|among|from|out of|across|in|von|aus)[\s-]+(?:the\s+)?(?P<n>{NUMBER})(?:\s+{BETWEEN}(?:{REPEATS}|models?|checkpoints?)\b|\b(?:\s*[,.;)\]]|\s*$))"
    )),
    deviation: pattern(
        r"(?i)\b(?:standard|st\.?|std\.?)\s*-?\s*dev(?:iations?|s|\b)\.?|\bstd(?:ev)?s?\b|\bs\.\s?d\.|\bsds?\b|σ|\bstandardabweichung(?:en)?\b|(?:é|e)carts?[- ]types?\b|desviaci(?:ó|o)n est(?:á|a)ndar|\bone[- ]sigma\b|\b1[- ]sigma\b",
    ),
    error: pattern(
        r"(?i)\bstandard(?:\s+mean)?[- ]errors?\b|\bstd\.?\s*err(?:ors?|\b)\.?|\bstderrs?\b|\bs\.?e\.?m\.?s?\b|\bs\.e\.|\(se\)|±\s*se\b|\bmean\s+(?:and|±)\s+se\b|\bstandardfehler\b|erreur standard|standard deviations? of the mean\b|\bSEs?\b\s*(?:in|of|over)",
    ),
    ci95: pattern(
        r"(?i)\b95\s*(?:%|percent|per cent)?\s*-?\s*(?:level\s+)?(?:bootstrap(?:ped)?\s+|normal\s+|gaussian\s+|student(?:'s)?[ -]t\s+|t-?based\s+)?(?:confidence|conf\b|ci\b|cis\b|c\.i\.|interval|konfidenz)|(?:confidence\s+intervals?|\bcis?)\s*(?:\(|at\s+|of\s+|with\s+)(?:the\s+)?(?:level\s+)?(?:α\s*=\s*0?\.05|95)|\bci[_-]?95\b",
    ),
    other_interval: pattern(
        r"(?i)\bconfidence (?:intervals?|bounds?|levels?)\b|\bcredible intervals?\b|\bcis?\b|\bkonfidenzintervalle?\b",
    ),
    quartiles: pattern(
        r"(?i)\binter-?quartile|\biqrs?\b|\bquartiles?\b|25th\s*(?:and|to|–|-|/)\s*75th",
    ),
    other_spread: pattern(
        r"(?i)\b(?:two|twice|three|2|3|1\.96)\s*(?:×|x|times|\*)?\s*(?:the\s+)?(?:standard|std|s\.?d\.?\b|s\.?e\.?m?\b|sigma|σ)|\bhalf[- ](?:the\s+)?range\b|\bvariances?\b|\bmin(?:imum)?\s*(?:and|to|/|–|-)\s*max(?:imum)?\b",
    ),
    sampling: pattern(
        r"(?i)\bbootstrap|\b(?:over|across|on|of|from|between)\s+(?:the\s+|all\s+)?(?:\d[\d,.]*\s*k?\s+)?(?:held[- ]out\s+|test\s+|evaluation\s+|individual\s+)?(?:documents|prompts|questions|test\s+(?:cases|images|examples|samples|items|instances|points|queries)|images|patients|subjects|users|queries|sentences|examples|utterances|test\s+set|cases|items|problems)\b",
    ),
    percent: pattern(
        r"(?i)[(\[]\s*(?:in\s+|as\s+)?%\s*[)\],;]|\bin\s*%|(?:^|[^\d\s.])\s*%\s*(?:[)\],;.]|$)|\b(?:in|as|are)\s+(?:a\s+)?percent(?:age)?s?\b|\bpercentages?\b|\bprozent\b|\bin\s+pour\s*cent|[(\[]percent[)\]]",
    ),
    higher: pattern(
        r"(?i)\b(?:higher|larger|bigger|greater|more)(?:\s+(?:values?|scores?|numbers?))?\s+(?:is|are|=|means?)\s+better|\bthe (?:higher|larger),? the better|\bhigher[- ]better|h(?:ö|oe)her ist besser",
    ),
    lower: pattern(
        r"(?i)\b(?:lower|smaller|less)(?:\s+(?:values?|scores?|numbers?))?\s+(?:is|are|=|means?)\s+better|\bthe (?:lower|smaller),? the better|\blower[- ]better|(?:niedriger|kleiner) ist besser",
    ),
    aside: pattern(
        r"(?i)parenthes[ie]s|\bbrackets?\b|\bbracketed|\bparenthesi[sz]ed|\bsubscripts?\b|\bin klammern\b|entre parenth(?:è|e)ses",
    ),
    mean_and_spread: pattern(
        r"(?i)\b(?:means?|averages?|accuracy|avg|mittelwert|score|value)`?\s*\(\s*(?:the\s+|±\s*|one\s+)?(?:std|standard|s\.?\s?d\b|sem\b|se\b|stderr|stdev|σ|±|ci\b|95)|^\s*\(?(?:std|sd|standard (?:deviation|error)s?|s\.d\.|sem)\)?\s+in\s+(?:parenth|brack)",
    ),
    gain: pattern(
        r"(?i)\bgains?\b|\bimprov|\brelative to\b|\bdifferences?\b|\bdeltas?\b|Δ|\bchanges?\b|\bincreases?\b|\bdrops?\b|\bcompared (?:to|with)\b|\breductions?\b",
    ),
    rank: pattern(r"(?i)\branks?\b|\branking\b|\bplaces?\b|\bpositions?\b"),
    last_digits: pattern(
        r"(?i)\b(?:last|final|least significant)\s+(?:printed\s+|shown\s+)?(?:digits?|decimals?|figures?|places?)\b",
    ),
    median: pattern(r"(?i)\bmedians?\b"),
});

#[cfg(test)]
mod tests {
    use super::PATTERNS;

    #[test]
    fn percent_is_the_unit_only_where_no_number_stands_before_it() {
        for text in [
            "Accuracy (%)",
            "error [%].",
            "accuracy in %, mean",
            "in percent",
            "(accuracy, %)",
        ] {
            assert!(PATTERNS.percent.is_match(text), "{text}");
        }
        for text in [
            "with 95% CI",
            "10% of the labels",
            "the top 5 %.",
            "90% (hard)",
        ] {
            assert!(!PATTERNS.percent.is_match(text), "{text}");
        }
    }

    #[test]
    fn spreads_have_their_words() {
        for text in [
            "standard deviation",
            "std. dev.",
            "s.d. of",
            "mean ± std",
            "std over",
        ] {
            assert!(PATTERNS.deviation.is_match(text), "{text}");
        }
        for text in ["standard errors", "s.e.m.", "SEM", "stderr"] {
            assert!(PATTERNS.error.is_match(text), "{text}");
        }
        for text in [
            "95% confidence intervals",
            "95\u{a0}% CI",
            "confidence intervals (95%)",
            "bootstrap 95% CI",
        ] {
            assert!(PATTERNS.ci95.is_match(text), "{text}");
        }
        assert!(!PATTERNS.ci95.is_match("90% CI"));
    }
}
