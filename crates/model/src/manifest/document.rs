//! The manifest as it is written, version 1: the shape that serde reads, before its rules.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};

use super::claim_source_rules::SourceDoc;
use super::environment::EnvironmentDoc;
use super::scalar::Scalar;
use super::slurm::SlurmDoc;
use crate::name::{ConfigurationId, MetricName};
use crate::seeds::RunSeed;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub reprove: Option<u64>,
    pub title: Option<String>,
    pub paper: Option<PaperDoc>,
    pub code: Option<CodeDoc>,
    #[serde(default)]
    pub data: IndexMap<String, DataDoc>,
    pub hardware: Option<HardwareDoc>,
    pub seeds: Option<SeedsDoc>,
    pub reported_seeds: Option<Vec<RunSeed>>,
    pub experiment: Option<ExperimentDoc>,
    pub configurations: Option<IndexMap<ConfigurationId, BTreeMap<String, Scalar>>>,
    pub metrics: Option<IndexMap<MetricName, MetricDoc>>,
    pub claims: Option<Vec<ClaimDoc>>,
    pub decision: Option<DecisionDoc>,
    pub slurm: Option<SlurmDoc>,
}

/// What the manifest says of the paper; every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperDoc {
    /// Names of the authors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Title of the paper, where it differs from the manifest's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Year of publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i64>,
    /// Digital object identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doi: Option<String>,
    /// Address of the paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where in the paper the numbers stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeDoc {
    pub repository: Option<String>,
    pub commit: Option<String>,
    pub directory: Option<String>,
    pub submodules: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataDoc {
    pub path: Option<String>,
    pub url: Option<String>,
    pub sha256: Option<String>,
    pub bytes: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HardwareDoc {
    pub device: Option<String>,
    pub threads: Option<u32>,
    pub require: Option<RequireDoc>,
    pub reported: Option<BTreeMap<String, Scalar>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequireDoc {
    pub gpu_memory: Option<String>,
    pub compute_capability: Option<String>,
    pub memory: Option<String>,
    pub cpu_features: Option<Vec<String>>,
}

#[derive(Debug)]
pub(super) enum SeedsDoc {
    Range(SeedRange),
    List(Vec<RunSeed>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedRange {
    pub first: Option<u64>,
    pub count: Option<u64>,
    #[serde(alias = "fresh")]
    pub derived: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExperimentDoc {
    pub recipe: Option<String>,
    pub environment: Option<EnvironmentDoc>,
    pub build: Option<Vec<Vec<String>>>,
    pub run: Option<Vec<String>>,
    pub metrics: Option<serde_yaml::Value>,
    pub limits: Option<LimitsDoc>,
    pub network: Option<String>,
    pub sandbox: Option<String>,
    pub env: Option<IndexMap<String, Scalar>>,
    pub seeding: Option<String>,
    pub deterministic: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricDoc {
    pub chance: Option<f64>,
    pub range: Option<(f64, f64)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsDoc {
    pub time: Option<String>,
    pub memory: Option<String>,
    pub processes: Option<u64>,
    pub output: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimDoc {
    pub id: Option<String>,
    pub configuration: Option<ConfigurationId>,
    pub metric: Option<MetricName>,
    pub difference: Option<DifferenceDoc>,
    pub reported: Option<ReportedDoc>,
    pub decimals: Option<u32>,
    pub tolerance: Option<ToleranceDoc>,
    pub at_least: Option<f64>,
    pub greater: Option<bool>,
    pub better: Option<String>,
    pub unit: Option<String>,
    pub failed: Option<FailedDoc>,
    pub test_size: Option<u64>,
    pub scale: Option<f64>,
    pub chance: Option<f64>,
    pub test_train_ratio: Option<f64>,
    pub source: Option<SourceDoc>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailedDoc {
    pub below: Option<f64>,
    pub above: Option<f64>,
    pub rate: Option<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DifferenceDoc {
    pub of: Option<ConfigurationId>,
    pub minus: Option<ConfigurationId>,
    pub metric: Option<MetricName>,
    pub paired: Option<bool>,
}

#[derive(Debug)]
pub(super) enum ReportedDoc {
    Bare(f64),
    Form(Box<ReportedFields>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportedFields {
    pub mean: Option<f64>,
    pub value: Option<f64>,
    pub std: Option<f64>,
    pub ddof: Option<u8>,
    pub sem: Option<f64>,
    pub ci95: Option<(f64, f64)>,
    pub plus_minus: Option<f64>,
    pub runs: Option<u32>,
    pub values: Option<Vec<f64>>,
    pub values_csv: Option<ValuesCsv>,
    pub best: Option<f64>,
    pub of: Option<u32>,
    pub median: Option<f64>,
    pub iqr: Option<(f64, f64)>,
    pub correct: Option<u64>,
    pub total: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValuesCsv {
    pub file: Option<String>,
    pub column: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToleranceDoc {
    pub absolute: Option<f64>,
    pub relative: Option<Share>,
    pub sd: Option<f64>,
    pub below: Option<f64>,
    pub above: Option<f64>,
    pub exact: Option<bool>,
    pub digits: Option<bool>,
}

/// A fraction, written as `0.02` or `2%`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share(pub f64);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionDoc {
    pub alpha: Option<f64>,
    pub sequential: Option<bool>,
    pub open_ended: Option<bool>,
    pub min_runs: Option<u32>,
    pub max_runs: Option<u32>,
    pub max_failed: Option<u32>,
    pub basis: Option<String>,
    pub method: Option<String>,
}

impl<'de> Deserialize<'de> for SeedsDoc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seeds;
        impl<'de> Visitor<'de> for Seeds {
            type Value = SeedsDoc;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of seeds, `{first, count}` or `{derived}`")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SeedsDoc, A::Error> {
                let mut seeds = Vec::new();
                while let Some(seed) = seq.next_element()? {
                    seeds.push(seed);
                }
                Ok(SeedsDoc::List(seeds))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SeedsDoc, A::Error> {
                SeedRange::deserialize(MapAccessDeserializer::new(map)).map(SeedsDoc::Range)
            }
        }
        deserializer.deserialize_any(Seeds)
    }
}

impl<'de> Deserialize<'de> for ReportedDoc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = ReportedDoc;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a number or one of the forms `{mean, std, runs}`, `{values}`, `{best, of}`, …",
                )
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<ReportedDoc, E> {
                Ok(ReportedDoc::Bare(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<ReportedDoc, E> {
                Ok(ReportedDoc::Bare(value as f64))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<ReportedDoc, E> {
                Ok(ReportedDoc::Bare(value as f64))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ReportedDoc, A::Error> {
                let fields = ReportedFields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ReportedDoc::Form(Box::new(fields)))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fraction;
        impl Visitor<'_> for Fraction {
            type Value = Share;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a fraction as `0.02` or a percentage as `2%`")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Share, E> {
                Ok(Share(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Share, E> {
                Ok(Share(value as f64))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Share, E> {
                Ok(Share(value as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Share, E> {
                let number = text.strip_suffix('%').map(|t| t.trim().parse::<f64>());
                match number {
                    Some(Ok(percent)) => Ok(Share(percent / 100.0)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Fraction)
    }
}
