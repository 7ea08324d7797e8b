//! Numbers of one JSON document.

use std::path::Path;

use reprove_model::manifest::Take;
use reprove_model::manifest::metric_source::JsonSource;

use crate::document::Document;
use crate::error::MetricError;
use crate::json;
use crate::open::{self, Outputs};
use crate::readers::MetricReader;
use crate::text;
use crate::value::Readings;

impl MetricReader for JsonSource {
    fn path(&self) -> Option<&Path> {
        Some(&self.file)
    }

    fn read(
        &self,
        take: &Take,
        metric: Option<&str>,
        outputs: &Outputs<'_>,
    ) -> Result<Readings, MetricError> {
        let file = self.name();
        let bytes = open::whole(&file, outputs)?;
        let malformed = |(line, reason)| MetricError::Malformed {
            file: file.clone(),
            line,
            reason,
        };
        let text = text::decode(&bytes).map_err(|reason| malformed((1, reason)))?;
        let root = json::parse(&text).map_err(malformed)?;
        let document = Document {
            file: &file,
            text: &text,
            root: &root,
        };
        document.read(self.path.as_deref(), take, metric)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::reading;

    fn accuracy(text: &str) -> Result<Vec<(String, Vec<f64>)>, String> {
        reading(text, "{acc: {json: f.csv}}")
    }

    #[test]
    fn what_is_there_instead_is_said() {
        for (text, words) in [
            ("{}", "f.csv: no `acc`, found no numbers"),
            ("{\"loss\": 1}", "f.csv: no `acc`, found `loss`"),
            (
                "{\n\"acc\": \"0,5\"}",
                "f.csv:2: `acc`: expected a number, found `0,5`: write the decimal point as `.` and \
                 no thousands separators",
            ),
            (
                "{\"acc\": true}",
                "f.csv:1: `acc`: expected a number, found `true`",
            ),
            (
                "{\"acc\": null}",
                "f.csv:1: `acc`: expected a number, found `null`",
            ),
            (
                "{\"acc\": {\"top1\": 1}}",
                "f.csv:1: `acc`: expected a number, found `an object`",
            ),
            (
                "{\"acc\": 1, \"acc\": 2}",
                "f.csv:1: the key `acc` stands twice in one object",
            ),
        ] {
            assert_eq!(accuracy(text).unwrap_err(), words);
        }
        assert_eq!(accuracy("\u{feff}{\"acc\": 0.5}").unwrap()[0].1, [0.5]);
        assert!(accuracy("{\"acc\": NaN}").unwrap()[0].1[0].is_nan());
        let beside = "{\"acc\": 0.5, \"acc.10\": 0.25, \"acc.100\": 0.125}";
        assert_eq!(accuracy(beside).unwrap()[0].1, [0.5]);
    }

    #[test]
    fn a_list_of_objects_is_a_series() {
        let text = "{\"log_history\": [{\"step\": 1, \"eval_acc\": 0.5}, {\"step\": 1, \"loss\": 2},\n\
                    {\"step\": 2, \"eval_acc\": 0.75}, {\"step\": 3, \"loss\": 1}]}";
        let of = |take: &str| {
            let path = "{file: f.csv, path: log_history.eval_acc";
            reading(text, &format!("{{acc: {{json: {path}, take: {take}}}}}}}"))
        };
        for (take, value) in [
            ("last", 0.75),
            ("first", 0.5),
            ("{step: 1}", 0.5),
            ("max", 0.75),
        ] {
            assert_eq!(of(take).unwrap()[0].1, [value], "{take}");
        }
        assert_eq!(
            of("{step: 7}").unwrap_err(),
            "f.csv: no record with `7` under `step`, found `1`, `2`"
        );
        let lost = text.replace("0.75", "\"diverged\"");
        let last = "{acc: {json: {file: f.csv, path: log_history.eval_acc, take: last}}}";
        assert_eq!(
            reading(&lost, last).unwrap_err(),
            "f.csv:2: `log_history.eval_acc`: expected a number, found `diverged`"
        );
    }
}
