//! Checks a bundle: hashes, chain, signature, and the verdict derived again. No run, no network.
//!
//! What was edited, removed, added, exchanged or put in another order after the bundle was written is
//! found by its hashes. Whoever edits can make the hashes anew; then these are found by derivation:
//!
//! - a log or metric file that does not give its run's metrics, or that is not what was kept;
//! - runs that are missing, repeated, out of order or not of the plan;
//! - every statistic, flag, verdict and corrected refutation that does not follow from the runs, the
//!   manifest and what the command line chose;
//! - pins, defaults, deviations, sums of the cost and what was not checked, where the manifest or the
//!   runs say them; pages and statements that do not say what the report says.
//!
//! What is made up from its beginning only a signature can find, by somebody whose word counts: a log
//! together with all that follows from it, the metrics of a run that was trained within this program,
//! the machine, the time and energy that runs took, the declared time, and deviations that only the
//! repository shows. Output that is stated as missing is not found either, and is said.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::derive::{Derived, derive};
use super::{Files, folder, list, sign, signers};
use reprove_model::digest::Sha256Digest;
use reprove_model::escape;
use reprove_report::number::count;

/// Which part of an audit found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The files and their list.
    Hashes,
    /// The hash chain.
    Chain,
    /// The signature.
    Signature,
    /// The derivation of metrics, statistics and verdict.
    Derivation,
}

/// What does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    /// Which part found it.
    pub part: Part,
    /// The file, link or value.
    pub subject: String,
    /// How it does not agree.
    pub text: String,
}

/// Signer of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Signed {
    /// There is no signature.
    Unsigned,
    /// The signature holds; whose key it is, is not known.
    SomeKey {
        /// The key's fingerprint.
        fingerprint: String,
    },
    /// The signature holds, and the key is an allowed signer's.
    Allowed {
        /// The signer, as the file of allowed signers names them.
        signer: String,
        /// The key's fingerprint.
        fingerprint: String,
    },
    /// The signature does not hold, or the key is not an allowed signer's.
    Refused,
}

/// What an audit established.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Whether everything agrees.
    pub agrees: bool,
    /// Files that the list covers.
    pub files: usize,
    /// Links of the chain.
    pub links: usize,
    /// Signer of the bundle.
    pub signature: Signed,
    /// What was derived again.
    pub derived: Derived,
    /// What does not agree.
    pub findings: Vec<AuditFinding>,
    /// What is established, a sentence each; none when something does not agree.
    pub established: Vec<String>,
    /// What is not, a sentence each.
    pub not_established: Vec<String>,
}

/// Error of a folder that cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It cannot be listed.
    #[error("{}: {error}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It has neither a hash list nor a `bundle.json`.
    #[error("{}: expected an evidence bundle, found neither `SHA256SUMS` nor `bundle.json`", .0.display())]
    NoBundle(PathBuf),
    /// The file of allowed signers cannot be read.
    #[error("{}: {error}", file.display())]
    Signers {
        /// The file.
        file: PathBuf,
        /// Cause.
        error: String,
    },
}

/// Audits the bundle in a folder; `allowed` is a file of allowed signers, which the bundle must then
/// be signed by.
///
/// ```
/// use std::path::Path;
///
/// use reprove_evidence::audit;
/// use reprove_evidence::audit::Signed;
///
/// let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/evidence/v1");
/// let audit = audit(&bundle, None)?;
/// assert!(audit.agrees);
/// assert_eq!(audit.signature, Signed::Unsigned);
/// # Ok::<(), reprove_evidence::AuditError>(())
/// ```
///
/// # Errors
/// A folder that is no bundle, a file of allowed signers that cannot be read. What does not agree is
/// a finding.
pub fn audit(bundle: &Path, allowed: Option<&Path>) -> Result<Audit, AuditError> {
    let allowed = allowed.map(read_signers).transpose()?;
    let contents = folder::read(bundle).map_err(|error| AuditError::Unreadable {
        folder: bundle.to_owned(),
        error,
    })?;
    let files = contents.files;
    let is_refused = |path: &str| contents.refused.iter().any(|(refused, _)| refused == path);
    let is_there = |path: &str| files.contains_key(path) || is_refused(path);
    if !is_there(list::LIST) && !is_there("bundle.json") {
        return Err(AuditError::NoBundle(bundle.to_owned()));
    }
    let mut findings = Vec::new();
    let mut add = |part, subject: &str, text: &str| {
        findings.push(AuditFinding {
            part,
            subject: subject.to_owned(),
            text: text.to_owned(),
        });
    };
    for (path, why) in &contents.refused {
        add(Part::Hashes, &escape::text(path), why);
    }
    check_list(&files, &mut |subject, text| {
        add(Part::Hashes, subject, text)
    });
    let links = check_chain(&files, &mut |subject, text| add(Part::Chain, subject, text));
    let signature = check_signature(&files, allowed.as_deref(), &mut |subject, text| {
        add(Part::Signature, subject, text);
    });
    let mut wrong = Vec::new();
    let derived = derive(&files, &mut wrong);
    for (subject, text) in &wrong {
        add(Part::Derivation, subject, text);
    }
    let agrees = findings.is_empty();
    let mut audit = Audit {
        agrees,
        files: files.len(),
        links,
        signature,
        derived,
        findings,
        established: Vec::new(),
        not_established: Vec::new(),
    };
    audit.say();
    Ok(audit)
}

fn read_signers(file: &Path) -> Result<Vec<signers::Allowed>, AuditError> {
    let failed = |error: String| AuditError::Signers {
        file: file.to_owned(),
        error,
    };
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let (allowed, passed_over) = signers::parse(&text);
    match passed_over.first() {
        Some((line, why)) if allowed.is_empty() => Err(failed(format!("line {line}: {why}"))),
        None if allowed.is_empty() => Err(failed("it names no signer".to_owned())),
        _ => Ok(allowed),
    }
}

type Add<'a> = &'a mut dyn FnMut(&str, &str);

fn check_list(files: &Files, add: Add<'_>) {
    let Some(text) = files.get(list::LIST) else {
        return add(list::LIST, "it is missing");
    };
    let mut listed = std::collections::BTreeSet::new();
    for line in list::parse(text) {
        let entry = match line {
            Ok(entry) => entry,
            Err(number) => {
                add(
                    &format!("{}:{number}", list::LIST),
                    "no line of a hash list",
                );
                continue;
            }
        };
        match files.get(&entry.name) {
            None => add(&entry.name, "it is in the hash list and not in the bundle"),
            Some(bytes) if Sha256Digest::of(bytes) != entry.digest => {
                let found = Sha256Digest::of(bytes);
                let text = format!("expected sha256 {}, found {found}", entry.digest);
                add(&entry.name, &text);
            }
            Some(_) => {}
        }
        if !listed.insert(entry.name.clone()) {
            add(&entry.name, "it is in the hash list twice");
        }
    }
    for path in files.keys().map(String::as_str) {
        if path != list::LIST && path != list::SIGNATURE && !listed.contains(path) {
            add(path, "it is in the bundle and not in the hash list");
        }
    }
    let is_ordered = list::parse(text).windows(2).all(|pair| match pair {
        [Ok(a), Ok(b)] => a.name <= b.name,
        _ => true,
    });
    if !is_ordered {
        add(list::LIST, "its lines are not sorted by path");
    }
}

fn check_chain(files: &Files, add: Add<'_>) -> usize {
    let Some(text) = files.get(list::CHAIN) else {
        add(list::CHAIN, "it is missing");
        return 0;
    };
    let stated = list::parse(text);
    let derived = list::parse(list::chain(files).as_bytes());
    let first = stated.iter().zip(&derived).position(|(a, b)| a != b);
    match first.map(|index| (&stated[index], &derived[index])) {
        Some((Ok(stated), Ok(derived))) if stated.name == derived.name => {
            add(&derived.name, "the chain breaks here");
        }
        Some((Ok(stated), Ok(derived))) => {
            let text = format!("the chain breaks here: it has `{}`", stated.name);
            add(&derived.name, &text);
        }
        Some((Err(line), _)) => add(&format!("{}:{line}", list::CHAIN), "no link of a chain"),
        // Lines that this program writes are lines that it reads.
        Some((_, Err(_))) => add(list::CHAIN, "it cannot be written again"),
        None if stated.len() != derived.len() => {
            let text = format!("expected {} links, found {}", derived.len(), stated.len());
            add(list::CHAIN, &text);
        }
        None => {}
    }
    derived.len()
}

fn check_signature(files: &Files, allowed: Option<&[signers::Allowed]>, add: Add<'_>) -> Signed {
    let Some(armoured) = files.get(list::SIGNATURE) else {
        if allowed.is_none() {
            return Signed::Unsigned;
        }
        add(list::SIGNATURE, "it is missing: nobody signed the bundle");
        return Signed::Refused;
    };
    let message = files.get(list::LIST).map(Vec::as_slice).unwrap_or_default();
    let key = match sign::signed_by(armoured, message) {
        Ok(key) => key,
        Err(why) => {
            add(list::SIGNATURE, &why);
            return Signed::Refused;
        }
    };
    let fingerprint = sign::fingerprint(&key);
    match allowed {
        None => Signed::SomeKey { fingerprint },
        Some(allowed) => match signers::holder(allowed, &key) {
            Some(signer) => Signed::Allowed {
                signer: signer.to_owned(),
                fingerprint,
            },
            None => {
                let text = format!("the key {fingerprint} is no allowed signer's");
                add(list::SIGNATURE, &text);
                Signed::Refused
            }
        },
    }
}

impl Audit {
    /// Says what is established and what is not.
    fn say(&mut self) {
        let mut not = vec![
            "that the runs really happened, on the machine and with the code, data and seeds that are stated: only \
             a rerun shows that"
                .to_owned(),
            "the machine, its software, the limitations of the sandbox, times, energy, and those deviations that \
             only the repository shows: they are as whoever wrote the bundle states them"
                .to_owned(),
        ];
        not.extend(self.derived.not_established());
        match &self.signature {
            Signed::Unsigned => not.push(
                "who wrote the bundle: it is not signed, and whoever makes up what a run wrote and derives all \
                 the rest from that is not found"
                    .to_owned(),
            ),
            Signed::SomeKey { fingerprint } => not.push(format!(
                "who wrote the bundle: it is signed with the key {fingerprint}; whose that is, only a file of \
                 allowed signers says"
            )),
            Signed::Allowed { .. } | Signed::Refused => {}
        }
        self.not_established = not;
        if !self.agrees {
            return;
        }
        let Derived { runs, claims, .. } = self.derived;
        self.established = vec![
            "every file is as the hash list and the hash chain say, and none is missing or added"
                .to_owned(),
        ];
        if let Some(metrics) = self.derived.metrics.filter(|metrics| *metrics > 0) {
            self.established.push(format!(
                "read again as the manifest says, the logs and metric files of the runs give the {metrics} numbers \
                 that are stated of them"
            ));
        }
        self.established.extend([
            format!(
                "from the {} and the manifest, the statistics and the verdicts on {} come out as the report states \
                 them",
                count(runs, "run"),
                count(claims, "claim"),
            ),
            "pins, defaults, what was not checked, the number of runs and those deviations that the manifest calls \
             for are stated as the manifest has them"
                .to_owned(),
        ]);
        if let Signed::Allowed { signer, .. } = &self.signature {
            let text = format!("`{}` signed exactly this", escape::text(signer));
            self.established.push(text);
        }
    }
}

/// Runs without output that are named.
const SHOWN: usize = 5;

impl Derived {
    /// What the derivation could not be made of, a sentence each.
    fn not_established(&self) -> Vec<String> {
        let mut not = Vec::new();
        if self.runs > 0 && self.metrics.is_none() {
            not.push(
                "the metrics of the runs: they were trained within the program, which leaves no log to read again; \
                 a rerun with the same seeds on the same kind of machine gives the same digests of the trained weights"
                    .to_owned(),
            );
        }
        if self.metrics.is_some_and(|metrics| metrics > 0) {
            not.push("that the logs and metric files are what the program wrote".to_owned());
        }
        if !self.unread.is_empty() {
            let named: Vec<&str> = self.unread.iter().take(SHOWN).map(String::as_str).collect();
            let more = match self.unread.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            not.push(format!(
                "the metrics of {}, of which the bundle does not hold all that was written: {}{more}",
                count(self.unread.len(), "run"),
                named.join(", "),
            ));
        }
        if self.failed > 0 {
            not.push(format!(
                "that what is stated as failed did fail, and how: {}",
                count(self.failed, "run")
            ));
        }
        if self.unready {
            not.push(
                "that the experiment could not be made ready, and how: it is as whoever wrote the bundle states it"
                    .to_owned(),
            );
        }
        if self.other_words && !self.writer.is_empty() {
            not.push(format!(
                "`report.html`, `README.txt` and the wording of sentences: another version ({}) wrote them",
                self.writer
            ));
        }
        not
    }
}
