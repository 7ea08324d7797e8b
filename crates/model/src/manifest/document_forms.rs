//! The values of a manifest that have several forms: how serde reads them.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use super::document::{ReportedDoc, SeedRange, SeedsDoc};
use super::value_document::{ReportedFields, Share};

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
