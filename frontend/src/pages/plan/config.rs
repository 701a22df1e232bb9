//! A configuration as a form: a field for each value of the defaults that a line of text can hold.
//!
//! What is kept is only what differs, as the JSON object that goes to the server. Fields read from it and write into it; all
//! that no field can show is written in the JSON itself.

use std::fmt::Write;

use serde_json::{Map, Value};

/// A place in a configuration: the keys that lead there.
pub(super) type Path = Vec<String>;

/// A value that a field can show.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// Where it is.
    pub(super) path: Path,
    /// What it is where nothing else is said.
    pub(super) default: Value,
}

/// Values that belong together: those of one object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// Where the object is.
    pub(super) path: Path,
    /// The values.
    pub(super) leaves: Vec<Leaf>,
}

impl Leaf {
    /// Its path with dots, which is how the server names it.
    pub(super) fn name(&self) -> String {
        self.path.join(".")
    }

    /// What it is called among those of its group.
    pub(super) fn key(&self) -> String {
        self.path.last().cloned().unwrap_or_default()
    }
}

/// The groups of a default configuration, the outermost first.
pub(super) fn groups(defaults: &Value) -> Vec<Group> {
    let mut groups = Vec::new();
    collect(defaults, &Path::new(), &mut groups);
    groups.retain(|group| !group.leaves.is_empty());
    groups
}

fn collect(value: &Value, path: &Path, groups: &mut Vec<Group>) {
    let Value::Object(object) = value else { return };
    let place = groups.len();
    groups.push(Group {
        path: path.clone(),
        leaves: Vec::new(),
    });
    for (key, value) in object {
        let mut path = path.clone();
        path.push(key.clone());
        if is_line(value) {
            groups[place].leaves.push(Leaf {
                path,
                default: value.clone(),
            });
        } else {
            collect(value, &path, groups);
        }
    }
}

/// Whether a line of text can hold a value: lists of single values are written with commas.
fn is_line(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => {
            !items.is_empty()
                && items
                    .iter()
                    .all(|item| !item.is_array() && !item.is_object())
        }
        _ => true,
    }
}

/// What stands in the field of a value.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let mut text = String::new();
            for item in items {
                let comma = if text.is_empty() { "" } else { ", " };
                write!(text, "{comma}{}", show(item)).expect("a String takes whatever is written");
            }
            text
        }
        other => other.to_string(),
    }
}

/// What was typed into the field of a value; nothing where it was emptied, or is what it is anyway. What it can't be is
/// left for the server to say.
pub(super) fn read(text: &str, default: &Value) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let value = match default {
        Value::Array(_) if !text.starts_with('[') => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            items.map(single).collect()
        }
        Value::String(_) if text != "null" => Value::String(text.to_owned()),
        _ => single(text),
    };
    (value != *default).then_some(value)
}

fn single(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// What differs at a place.
pub(super) fn at<'a>(config: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = config.get(first)?;
    match rest {
        [] => Some(value),
        rest => at(value.as_object()?, rest),
    }
}

/// Whether one of the objects around a place is something else: a rule that is switched off, for example.
pub(super) fn is_cut_off(config: &Map<String, Value>, path: &[String]) -> bool {
    let around = (1..=path.len()).filter_map(|length| at(config, &path[..length]));
    let mut around = around;
    around.any(|value| !value.is_object())
}

/// Puts a value at a place, or takes it away; objects that become empty go too.
pub(super) fn put(config: &mut Map<String, Value>, path: &[String], value: Option<Value>) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        match value {
            Some(value) => drop(config.insert(first.clone(), value)),
            None => drop(config.shift_remove(first)),
        }
        return;
    }
    let inner = config
        .entry(first.clone())
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
        if inner.is_empty() {
            config.shift_remove(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(dotted: &str) -> Path {
        dotted.split('.').map(str::to_owned).collect()
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn what_a_line_can_hold_has_a_field() {
        let defaults = json!({
            "site": { "latitude": -22.9 }, "master": null, "blocks": [],
            "rules": { "range": [20, 90], "specs": [{ "x": 1 }], "phase": {}, "sun": { "step": 10 } },
            "targets": ["uranus", "saturn"],
        });
        let groups: Vec<_> = groups(&defaults)
            .iter()
            .map(|group| {
                let keys: Vec<_> = group.leaves.iter().map(Leaf::key).collect();
                (group.path.join("."), keys.join(" "))
            })
            .collect();
        let expected = [
            ("", "master targets"),
            ("site", "latitude"),
            ("rules", "range"),
            ("rules.sun", "step"),
        ];
        assert_eq!(
            groups,
            expected.map(|(path, keys)| (path.to_owned(), keys.to_owned()))
        );
    }

    #[test]
    fn what_is_typed_is_what_it_looks_like() {
        assert_eq!(read(" 7 ", &json!(10)), Some(json!(7)));
        assert_eq!(read("7", &json!("text")), Some(json!("7")));
        assert_eq!(read("null", &json!("text")), Some(json!(null)));
        assert_eq!(
            read("moon, mars", &json!(["sun"])),
            Some(json!(["moon", "mars"]))
        );
        assert_eq!(read("20, 70", &json!([20, 90])), Some(json!([20, 70])));
        assert_eq!(read("[]", &json!([20, 90])), Some(json!([])));
        assert_eq!(read("a.txt", &json!(null)), Some(json!("a.txt")));
        assert_eq!(
            read(r#"{"mode": "rising"}"#, &json!(null)),
            Some(json!({ "mode": "rising" }))
        );
        assert_eq!(read("much", &json!(10)), Some(json!("much")));
        assert_eq!(read("  ", &json!(10)), None);
    }

    #[test]
    fn a_field_shows_what_it_would_read() {
        for (value, default) in [
            (json!(7), json!(8)),
            (json!([20, 70]), json!([20, 90])),
            (json!(["moon", "mars"]), json!(["sun"])),
            (json!(null), json!("text")),
        ] {
            assert_eq!(read(&show(&value), &default), Some(value));
            assert_eq!(read(&show(&default), &default), None);
        }
    }

    #[test]
    fn only_what_differs_is_kept() {
        let mut config = Map::new();
        put(&mut config, &path("rules.sun.step"), Some(json!(5)));
        put(&mut config, &path("targets"), Some(json!(["moon"])));
        assert_eq!(
            config,
            object(&json!({ "rules": { "sun": { "step": 5 } }, "targets": ["moon"] }))
        );
        assert_eq!(at(&config, &path("rules.sun.step")), Some(&json!(5)));
        put(&mut config, &path("rules.sun.step"), None);
        put(&mut config, &path("targets"), None);
        assert_eq!(config, Map::new());
    }

    #[test]
    fn what_is_switched_off_has_nothing_inside() {
        let mut config = object(&json!({ "rules": { "sun": null } }));
        assert!(is_cut_off(&config, &path("rules.sun")));
        assert!(!is_cut_off(&config, &path("rules.day")));
        put(&mut config, &path("rules.sun.step"), Some(json!(5)));
        assert_eq!(config, object(&json!({ "rules": { "sun": null } })));
    }
}
