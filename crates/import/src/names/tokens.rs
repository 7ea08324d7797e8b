//! Labels and sentences as words.

use std::ops::Range;

/// A word: lower case, without accents, and its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// The word, folded.
    pub word: String,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// The words of a text: runs of letters and digits; `@` belongs to a word, and `²` counts as 2.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut end = None;
    for (at, char) in text.char_indices() {
        if !(char.is_alphanumeric() || char == '@') {
            end = None;
            continue;
        }
        let next = at + char.len_utf8();
        match (end == Some(at), tokens.last_mut()) {
            (true, Some(token)) => {
                fold_into(&mut token.word, char);
                token.range.end = next;
            }
            (_, _) => {
                let mut word = String::new();
                fold_into(&mut word, char);
                tokens.push(Token {
                    word,
                    range: at..next,
                });
            }
        }
        end = Some(next);
    }
    tokens
}

/// Appends a character in lower case and without its accent.
pub(crate) fn fold_into(word: &mut String, char: char) {
    match fold(char) {
        Some(folded) => word.push_str(folded),
        None => word.extend(char.to_lowercase()),
    }
}

/// The letters for an accented Latin letter or a raised digit.
fn fold(char: char) -> Option<&'static str> {
    Some(match char {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' | 'À' | 'Á' | 'Â' | 'Ã' | 'Å' => {
            "a"
        }
        'ä' | 'æ' | 'Ä' | 'Æ' => "ae",
        'ç' | 'ć' | 'č' | 'Ç' | 'Ć' | 'Č' => "c",
        'ď' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' | 'È' | 'É' | 'Ê' | 'Ë' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' | 'Ì' | 'Í' | 'Î' | 'Ï' | 'İ' => "i",
        'ł' | 'Ł' => "l",
        'ñ' | 'ń' | 'ň' | 'Ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' | 'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' => "o",
        'ö' | 'œ' | 'Ö' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'Ś' | 'Š' | 'Ş' => "s",
        'ß' => "ss",
        'ť' => "t",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'Ù' | 'Ú' | 'Û' => "u",
        'ü' | 'Ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' | 'Ž' => "z",
        '¹' => "1",
        '²' => "2",
        '³' => "3",
        _ => return None,
    })
}
