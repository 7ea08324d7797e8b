//! Values of YAML with one node changed; tests of several packages include this file.

use serde_yaml::Value;

/// Calls `with` with every variant of `root` in which one node is another: one of the YAML texts
/// `strangers`, a mapping with one key more, a mapping with one key fewer.
pub fn mutated(root: &Value, strangers: &[&str], with: &mut dyn FnMut(Value)) {
    let mut variants: Vec<Value> = strangers
        .iter()
        .map(|text| serde_yaml::from_str(text).expect("it is YAML"))
        .collect();
    match root {
        Value::Mapping(entries) => {
            let mut more = entries.clone();
            more.insert("unknown_key".into(), 1.into());
            variants.push(Value::Mapping(more));
            for (key, value) in entries {
                let mut fewer = entries.clone();
                fewer.remove(key);
                variants.push(Value::Mapping(fewer));
                mutated(value, strangers, &mut |variant| {
                    let mut entries = entries.clone();
                    entries.insert(key.clone(), variant);
                    with(Value::Mapping(entries));
                });
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                mutated(item, strangers, &mut |variant| {
                    let mut items = items.clone();
                    items[index] = variant;
                    with(Value::Sequence(items));
                });
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {}
    }
    variants.into_iter().for_each(with);
}
