//! The configurations that claims refer to.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::claim::{Pairing, Quantity};
use super::common::required;
use super::document::DifferenceDoc;
use super::error::Problem;
use super::scalar::Scalar;
use crate::diagnostics::nearest_hint;
use crate::name::ConfigurationId;

type Configurations = IndexMap<ConfigurationId, BTreeMap<String, Scalar>>;

/// The configuration that a claim names; none where the manifest has none.
pub(super) fn configuration(
    found: Option<ConfigurationId>,
    path: &str,
    configurations: &Configurations,
) -> Result<Option<ConfigurationId>, Problem> {
    match found {
        None if configurations.is_empty() => Ok(None),
        None => Err(Problem::missing(path, "configuration")
            .hint(format!("name one of {}", list(configurations)))),
        Some(found) => known(found, &format!("{path}.configuration"), configurations).map(Some),
    }
}

/// The names of the configurations, for messages.
fn list(configurations: &Configurations) -> String {
    let names: Vec<String> = configurations
        .keys()
        .take(12)
        .map(|n| format!("`{n}`"))
        .collect();
    let more = if configurations.len() > 12 {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", names.join(", "))
}

/// A configuration that the manifest has.
fn known(
    found: ConfigurationId,
    path: &str,
    configurations: &Configurations,
) -> Result<ConfigurationId, Problem> {
    if configurations.contains_key(&found) {
        return Ok(found);
    }
    let problem = Problem::at(
        path,
        format!("no configuration is named `{}`", found.escape_default()),
    )
    .refers_to("configurations");
    let hint = nearest_hint(&found, configurations.keys().map(ConfigurationId::as_str));
    Err(problem.hint(hint.unwrap_or_else(|| {
        if configurations.is_empty() {
            "the manifest has no `configurations`".to_owned()
        } else {
            format!("there are {}", list(configurations))
        }
    })))
}

/// The difference of two configurations.
pub(super) fn difference(
    doc: &DifferenceDoc,
    path: &str,
    configurations: &Configurations,
) -> Result<Quantity, Problem> {
    let of = required(
        doc.of.clone(),
        path,
        "of",
        "the configuration that counts positively",
    )?;
    let minus = required(
        doc.minus.clone(),
        path,
        "minus",
        "the configuration that is subtracted",
    )?;
    let of = known(of, &format!("{path}.of"), configurations)?;
    let minus = known(minus, &format!("{path}.minus"), configurations)?;
    if of == minus {
        return Err(Problem::at(
            path,
            format!("expected two configurations, found `{of}` as `of` and as `minus`"),
        )
        .hint("name another configuration under `minus`"));
    }
    let pairing = if doc.paired == Some(true) {
        Pairing::BySeed
    } else {
        Pairing::Independent
    };
    Ok(Quantity::Difference {
        of,
        minus,
        metric: required(doc.metric.clone(), path, "metric", "the name of the metric")?,
        pairing,
    })
}
