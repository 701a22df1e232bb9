//! The configuration of a policy: its defaults, and what a plan changes of them.
//!
//! Defaults are never touched, so that no plan changes what another one gets. What can't be taken is named by its path.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::error::{Error, Result};

/// Reads a configuration: the defaults, merged key by key with what is given. A list replaces a list.
pub(super) fn read<C: DeserializeOwned>(defaults: &Value, given: &Value) -> Result<C> {
    if !given.is_object() && !given.is_null() {
        return Err(Error::validation("config", "must be an object"));
    }
    let mut merged = defaults.clone();
    if given.is_object() {
        merge(&mut merged, given);
    }
    serde_path_to_error::deserialize(merged).map_err(|error| {
        let field = dotted(error.path());
        Error::validation(field, error.into_inner().to_string())
    })
}

/// A path as `rules.day-mod.day` or `blocks.0.name`; that of the whole is `config`.
fn dotted(path: &Path) -> String {
    let steps: Vec<_> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    // A key may be empty, and an error names something.
    Some(steps.join("."))
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| "config".to_owned())
}

pub(super) fn merge(base: &mut Value, given: &Value) {
    match (base, given) {
        (Value::Object(base), Value::Object(given)) => {
            for (key, value) in given {
                match base.get_mut(key) {
                    Some(base) => merge(base, value),
                    None => drop(base.insert(key.clone(), value.clone())),
                }
            }
        }
        (base, given) => base.clone_from(given),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        rules: Rules,
        targets: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Rules {
        day_mod: Option<DayMod>,
        drift_mode: Option<DriftMode>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct DayMod {
        day: u32,
        day_mod: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct DriftMode {
        mode: String,
    }

    fn defaults() -> Value {
        json!({
            "rules": { "day-mod": { "day": 0, "day_mod": 1 }, "drift-mode": null },
            "targets": ["uranus", "saturn"],
        })
    }

    fn refused(given: &Value) -> String {
        let error = read::<Config>(&defaults(), given).expect_err("it can't be taken");
        error.field().expect("it names the key").to_owned()
    }

    #[test]
    fn what_is_not_given_stays() {
        let config: Config =
            read(&defaults(), &json!({"rules": {"day-mod": {"day_mod": 7}}})).unwrap();
        let day_mod = config.rules.day_mod.expect("it is on");
        assert_eq!((day_mod.day, day_mod.day_mod), (0, 7));
        assert_eq!(config.targets, ["uranus", "saturn"]);
        let config: Config = read(&defaults(), &Value::Null).unwrap();
        assert_eq!(config.targets.len(), 2);
    }

    #[test]
    fn a_list_replaces_a_list() {
        let config: Config = read(&defaults(), &json!({"targets": ["mars"]})).unwrap();
        assert_eq!(config.targets, ["mars"]);
    }

    #[test]
    fn a_rule_is_switched_on_and_off() {
        let given = json!({"rules": {"day-mod": null, "drift-mode": {"mode": "rising"}}});
        let config: Config = read(&defaults(), &given).unwrap();
        assert!(config.rules.day_mod.is_none());
        assert_eq!(config.rules.drift_mode.expect("it is on").mode, "rising");
    }

    #[test]
    fn what_cannot_be_taken_is_named_by_its_path() {
        assert_eq!(
            refused(&json!({"rules": {"day-mod": {"day": "one"}}})),
            "rules.day-mod.day"
        );
        assert_eq!(
            refused(&json!({"rules": {"day-mod": {"dya": 1}}})),
            "rules.day-mod.dya"
        );
        assert_eq!(refused(&json!({"rules": {"moon": null}})), "rules.moon");
        assert_eq!(refused(&json!({"colour": 1})), "colour");
        assert_eq!(refused(&json!({"rules": []})), "rules");
        assert_eq!(
            refused(&json!({"rules": {"drift-mode": {}}})),
            "rules.drift-mode"
        );
        assert_eq!(refused(&json!({"targets": ["mars", 4]})), "targets.1");
        assert_eq!(refused(&json!([1])), "config");
        assert_eq!(refused(&json!({"": 1})), "config");
    }
}
