//! The file of allowed signers, as ssh-keygen(1) describes it under ALLOWED SIGNERS.

use ssh_key::PublicKey;

use super::NAMESPACE;
use reprove_model::escape;

/// One allowed signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Name of the signer in the file.
    pub principals: String,
    /// Their key.
    key: PublicKey,
}

/// The signers of a file whose lines this program understands; of every other line its number and
/// why it is passed over. A line with an option that is not checked is never trusted.
pub fn parse(text: &str) -> (Vec<Allowed>, Vec<(usize, String)>) {
    let (mut allowed, mut passed_over) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match signer(line) {
            Ok(Some(signer)) => allowed.push(signer),
            Ok(None) => passed_over.push((index + 1, "it is for another namespace".to_owned())),
            Err(why) => passed_over.push((index + 1, why)),
        }
    }
    (allowed, passed_over)
}

/// The signer who holds a key.
pub fn holder<'a>(allowed: &'a [Allowed], key: &PublicKey) -> Option<&'a str> {
    let found = allowed
        .iter()
        .find(|signer| signer.key.key_data() == key.key_data());
    found.map(|signer| signer.principals.as_str())
}

fn signer(line: &str) -> Result<Option<Allowed>, String> {
    let words = words(line);
    let is_kind = |word: &String| word.starts_with("ssh-") || word.starts_with("ecdsa-");
    let (principals, options, key) = match &words[..] {
        [principals, kind, key, ..] if is_kind(kind) => (principals, None, format!("{kind} {key}")),
        [principals, options, kind, key, ..] if is_kind(kind) => {
            (principals, Some(options), format!("{kind} {key}"))
        }
        _ => return Err("expected principals, options if any, and a public key".to_owned()),
    };
    if let Some(options) = options {
        let Some(namespaces) = options.strip_prefix("namespaces=") else {
            return Err(format!(
                "the option `{}` is not checked",
                escape::text(options)
            ));
        };
        let namespaces = namespaces.trim_matches('"');
        if namespaces.contains(['*', '?', '!', '"', '=']) {
            return Err("of its options, only a plain list of namespaces is checked".to_owned());
        }
        if !namespaces.split(',').any(|name| name == NAMESPACE) {
            return Ok(None);
        }
    }
    let key = PublicKey::from_openssh(&key).map_err(|error| error.to_string())?;
    Ok(Some(Allowed {
        principals: principals.trim_matches('"').to_owned(),
        key,
    }))
}

/// The words of a line; a blank within quotes does not part them.
fn words(line: &str) -> Vec<String> {
    let mut is_quoted = false;
    let parts = line.split(|c: char| {
        is_quoted ^= c == '"';
        !is_quoted && c.is_whitespace()
    });
    parts
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    #[test]
    fn lines_that_cannot_be_checked_are_not_trusted() {
        let text = format!(
            "# a comment\n\nalice@example.org {KEY} laptop\n\
             \"bob b\" namespaces=\"git,reprove\" {KEY}\n\
             carol namespaces=\"git\" {KEY}\n\
             dave cert-authority {KEY}\n\
             erin namespaces=\"reprove\",valid-before=\"20200101\" {KEY}\n\
             frank ssh-ed25519 AAAA\n\
             nobody\n"
        );
        let (allowed, passed_over) = parse(&text);
        let names: Vec<&str> = allowed.iter().map(|a| a.principals.as_str()).collect();
        assert_eq!(names, ["alice@example.org", "bob b"]);
        let lines: Vec<usize> = passed_over.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [5, 6, 7, 8, 9]);
        let key = PublicKey::from_openssh(KEY).unwrap();
        assert_eq!(holder(&allowed, &key), Some("alice@example.org"));
    }
}
