//! `reprove audit`: checks a bundle of evidence without a rerun.

use super::args::AuditArgs;
use super::screen::{escape, print, print_error};
use super::status::Status;
use reprove_evidence::audit::{Part, Signed};
use reprove_evidence::{Audit, AuditError};
use reprove_report::{Overall, number};

/// Audits a bundle. 0: everything agrees; 2: what could be checked agrees; 4: something does not agree;
/// 3: it is no bundle.
pub fn run(args: &AuditArgs) -> Status {
    let audit = match reprove_evidence::audit(&args.evidence, args.allowed_signers.as_deref()) {
        Ok(audit) => audit,
        Err(error) => {
            let option = match error {
                AuditError::Signers { .. } => "--allowed-signers: ",
                AuditError::Unreadable { .. } | AuditError::NoBundle(_) => "",
            };
            print_error(&format!("{option}{error}"), None);
            return Status::BadInput;
        }
    };
    if args.json {
        match serde_json::to_string_pretty(&audit) {
            Ok(text) => print(&(text + "\n")),
            Err(error) => {
                print_error(&error, None);
                return Status::BadInput;
            }
        }
    } else {
        print(&text(&audit, &args.evidence.display().to_string()));
    }
    let is_whole = audit.derived.unread.is_empty() && !audit.derived.other_words;
    match (audit.agrees, is_whole) {
        (true, true) => Status::Reproduced,
        (true, false) => Status::Inconclusive,
        (false, _) => Status::CouldNotVerify,
    }
}

fn text(audit: &Audit, name: &str) -> String {
    let mut text = format!("{}: {}\n", escape(name), headline(audit));
    for (name, fact) in subject(audit) {
        text += &format!("  {name:<11} {}\n", escape(&fact));
    }
    text.push('\n');
    for (part, state) in parts(audit) {
        text += &format!("  {part:<11} {}\n", escape(&state));
    }
    for finding in &audit.findings {
        let (subject, found) = (escape(&finding.subject), escape(&finding.text));
        text += &format!("\n  {subject}\n    {found}\n");
    }
    for (title, sentences) in [
        ("Established", &audit.established),
        ("Not established", &audit.not_established),
    ] {
        if !sentences.is_empty() {
            text += &format!("\n{title}\n");
        }
        for sentence in sentences {
            text += &format!("  - {}\n", escape(sentence));
        }
    }
    text
}

/// What was audited: the verdict that was derived again, commit, manifest, claims and signer.
fn subject(audit: &Audit) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(verdict) = audit.derived.verdict {
        let words = verdict_words(verdict);
        facts.push(("verdict", format!("{words}, derived again from the runs")));
    }
    if let Some(subject) = &audit.derived.subject {
        let claims = match subject.left_out.as_slice() {
            [] => format!("{}, none left out", subject.claims),
            left_out => format!(
                "{} of {}, left out: {}",
                subject.claims - left_out.len(),
                subject.claims,
                left_out.join(", ")
            ),
        };
        facts.push(("commit", subject.commit.clone()));
        facts.push(("manifest", format!("sha256 {}", subject.manifest_sha256)));
        facts.push(("claims", claims));
    }
    let signer = match &audit.signature {
        Signed::Unsigned => "unsigned".to_owned(),
        Signed::SomeKey { fingerprint } => format!("somebody with the key {fingerprint}"),
        Signed::Allowed { signer, .. } => format!("`{signer}`"),
        Signed::Refused => "refused".to_owned(),
    };
    facts.push(("signer", signer));
    facts
}

/// What the audit comes to, in one line.
fn headline(audit: &Audit) -> String {
    let derived = &audit.derived;
    if !audit.agrees {
        "SOMETHING DOES NOT AGREE".to_owned()
    } else if !derived.unread.is_empty() {
        format!(
            "what is there agrees, but what was written is not all there of {}",
            number::count(derived.unread.len(), "run")
        )
    } else if derived.other_words {
        "what can be checked agrees; `report.html`, `README.txt` and sentences are of another version \
         and were not checked"
            .to_owned()
    } else {
        "everything agrees".to_owned()
    }
}

/// The parts of the audit with what each found.
fn parts(audit: &Audit) -> [(&'static str, String); 4] {
    let state = |part, good: String| {
        let found = audit.findings.iter().filter(|f| f.part == part).count();
        match found {
            0 => good,
            found => number::count(found, "finding"),
        }
    };
    let runs = number::count(audit.derived.runs, "run");
    let claims = number::count(audit.derived.claims, "claim");
    let read = match audit.derived.metrics {
        Some(metrics) => format!(", {} read again", number::count(metrics, "metric")),
        None => String::new(),
    };
    let derived = format!("{runs}{read}, {claims}: every statistic and verdict as reported");
    let hashes = format!("{} files, as listed", audit.files);
    let chain = format!("{} links, unbroken", audit.links);
    let signed = signature(&audit.signature);
    [
        ("hashes", state(Part::Hashes, hashes)),
        ("chain", state(Part::Chain, chain)),
        ("signature", state(Part::Signature, signed)),
        ("derivation", state(Part::Derivation, derived)),
    ]
}

fn verdict_words(verdict: Overall) -> &'static str {
    match verdict {
        Overall::Reproduced => "REPRODUCED",
        Overall::NotReproduced => "NOT REPRODUCED",
        Overall::Inconclusive => "INCONCLUSIVE",
        Overall::CouldNotVerify => "COULD NOT VERIFY",
    }
}

fn signature(signed: &Signed) -> String {
    match signed {
        Signed::Unsigned => "none".to_owned(),
        Signed::SomeKey { fingerprint } => format!("holds, of the key {fingerprint}"),
        Signed::Allowed {
            signer,
            fingerprint,
        } => format!("of `{signer}`, {fingerprint}"),
        Signed::Refused => "refused".to_owned(),
    }
}
