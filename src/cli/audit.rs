//! `reprove audit`: checks a bundle of evidence without a rerun.

use super::args::AuditArgs;
use super::screen::{escape, print, print_error};
use super::status::Status;
use reprove_evidence::Audit;
use reprove_evidence::audit::{Part, Signed};
use reprove_report::{Overall, number};

/// Audits a bundle. 0: everything agrees; 4: something does not; 3: it is no bundle.
pub fn run(args: &AuditArgs) -> Status {
    let audit = match reprove_evidence::audit(&args.evidence, args.allowed_signers.as_deref()) {
        Ok(audit) => audit,
        Err(error) => {
            print_error(&error, None);
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
    if audit.agrees {
        Status::Reproduced
    } else {
        Status::CouldNotVerify
    }
}

fn text(audit: &Audit, name: &str) -> String {
    let derived = &audit.derived;
    let result = if !audit.agrees {
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
    };
    let mut text = format!("{}: {result}\n", escape(name));
    if let Some(verdict) = derived.verdict {
        let words = verdict_words(verdict);
        text += &format!("verdict, derived again from the runs: {words}\n");
    }
    text.push('\n');
    let count = |part| audit.findings.iter().filter(|f| f.part == part).count();
    let state = |part, good: String| match count(part) {
        0 => good,
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    };
    let (runs, claims) = (audit.derived.runs, audit.derived.claims);
    let read = match audit.derived.metrics {
        Some(metrics) => format!(", {} read again", number::count(metrics, "metric")),
        None => String::new(),
    };
    let rows = [
        (
            "hashes",
            state(Part::Hashes, format!("{} files, as listed", audit.files)),
        ),
        (
            "chain",
            state(Part::Chain, format!("{} links, unbroken", audit.links)),
        ),
        (
            "signature",
            state(Part::Signature, signature(&audit.signature)),
        ),
        (
            "derivation",
            state(
                Part::Derivation,
                format!(
                    "{}{read}, {}: every statistic and verdict as reported",
                    number::count(runs, "run"),
                    number::count(claims, "claim"),
                ),
            ),
        ),
    ];
    for (part, state) in rows {
        text += &format!("  {part:<11} {}\n", escape(&state));
    }
    for finding in &audit.findings {
        text += &format!(
            "\n  {}\n    {}\n",
            escape(&finding.subject),
            escape(&finding.text)
        );
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
