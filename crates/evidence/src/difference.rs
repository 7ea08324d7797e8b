//! Where two JSON values differ.

use reprove_model::escape;
use serde_json::Value;

/// Numbers that differ by less than this share are the same: the last digits of logarithms and
/// exponentials depend on the system's mathematical library.
const SHARE: f64 = 1e-9;

/// Differences shown at most.
const SHOWN: usize = 40;

/// Where a stated value differs from the derived one: the path and both, at most 40 of them.
pub(super) fn differences(path: &str, stated: &Value, derived: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    compare(path, stated, derived, &mut found);
    found
}

fn compare(path: &str, stated: &Value, derived: &Value, found: &mut Vec<(String, String)>) {
    if found.len() >= SHOWN || stated == derived {
        return;
    }
    match (stated, derived) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| {
                    map.get(key).cloned().unwrap_or(Value::Null)
                };
                compare(&join(path, &escape::text(key)), &of(a), &of(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                let name = ["id", "claim"].iter().find_map(|key| b.get(key)?.as_str());
                let at = name.map_or_else(|| index.to_string(), |n| escape::text(n).into_owned());
                compare(&format!("{path}[{at}]"), a, b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            let text = format!("stated {} entries, derived {}", a.len(), b.len());
            found.push((path.to_owned(), text));
        }
        (Value::Number(a), Value::Number(b)) if is_same(a.as_f64(), b.as_f64()) => {}
        _ => found.push((
            path.to_owned(),
            format!("stated {}, derived {}", short(stated), short(derived)),
        )),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn is_same(a: Option<f64>, b: Option<f64>) -> bool {
    a.zip(b)
        .is_some_and(|(a, b)| (a - b).abs() <= SHARE * a.abs().max(b.abs()))
}

/// The value in at most 80 characters, control characters escaped.
fn short(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() {
        format!("`{cut}…`")
    } else {
        format!("`{cut}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_named_by_their_path() {
        let stated = json!({"claims": [{"id": "h0", "n": 3, "mean": 1.0}], "runs": [1]});
        let mut derived = stated.clone();
        derived["claims"][0]["mean"] = json!(1.000_000_000_000_1);
        assert_eq!(differences("report", &stated, &derived), []);
        derived["claims"][0]["n"] = json!(4);
        derived["runs"] = json!([]);
        assert_eq!(
            differences("report", &stated, &derived),
            [
                (
                    "report.claims[h0].n".into(),
                    "stated `3`, derived `4`".into()
                ),
                ("report.runs".into(), "stated 1 entries, derived 0".into()),
            ]
        );
    }
}
