//! What is wrong with a request, each thing with the place where it stands, as the task scheduler's clients know it from
//! FastAPI.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Flaw {
    /// Where it stands: `body`, `query` or `path`, and the name of the field.
    loc: Vec<&'static str>,
    /// What it should be.
    msg: String,
    /// A word by which programs tell flaws apart.
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Flaw {
    /// A flaw of the kind that programs know by a word.
    pub(super) fn new(loc: &[&'static str], kind: &'static str, msg: impl Into<String>) -> Self {
        Self {
            loc: loc.to_vec(),
            msg: msg.into(),
            kind,
        }
    }

    /// A value that can be read, and not be taken.
    pub(super) fn of_value(field: &'static str, msg: impl Into<String>) -> Self {
        Self::new(&["body", field], "value_error", msg)
    }
}

/// What keeps a value from being read: the kind of flaw, and what the value should be.
pub(super) type Unread = (&'static str, String);

/// The fields of a JSON object while they are read, and what is wrong with them.
pub(super) struct Reading<'a> {
    fields: &'a Map<String, Value>,
    flaws: Vec<Flaw>,
}

impl<'a> Reading<'a> {
    /// Begins to read a body, which has to be an object.
    pub(super) fn of(body: &'a Value) -> Result<Self, Vec<Flaw>> {
        let flaws = Vec::new();
        match body {
            Value::Object(fields) => Ok(Self { fields, flaws }),
            _ => Err(vec![Flaw::new(
                &["body"],
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from",
            )]),
        }
    }

    /// A field that may be left out.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Unread>,
    ) -> Option<T> {
        let flaw = |(kind, msg)| self.flaws.push(Flaw::new(&["body", name], kind, msg));
        read(self.fields.get(name)?).map_err(flaw).ok()
    }

    /// A field that has to be there.
    pub(super) fn needed<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, Unread>,
    ) -> Option<T> {
        if !self.fields.contains_key(name) {
            let flaw = Flaw::new(&["body", name], "missing", "Field required");
            self.flaws.push(flaw);
        }
        self.optional(name, read)
    }

    /// What was read, unless something is wrong.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<Flaw>> {
        match read {
            Some(read) if self.flaws.is_empty() => Ok(read),
            _ => Err(self.flaws),
        }
    }
}

/// A whole number within bounds, out of an address.
pub(super) fn integer(
    loc: &[&'static str],
    text: &str,
    (least, most): (u32, u32),
) -> Result<u32, Flaw> {
    let number = whole_number(loc, text)?;
    if number < i128::from(least) {
        let msg = format!("Input should be greater than or equal to {least}");
        return Err(Flaw::new(loc, "greater_than_equal", msg));
    }
    u32::try_from(number)
        .ok()
        .filter(|number| *number <= most)
        .ok_or_else(|| {
            let msg = format!("Input should be less than or equal to {most}");
            Flaw::new(loc, "less_than_equal", msg)
        })
}

/// A whole number, out of an address.
pub(super) fn whole_number(loc: &[&'static str], text: &str) -> Result<i128, Flaw> {
    text.parse().map_err(|_| {
        let msg = "Input should be a valid integer, unable to parse string as an integer";
        Flaw::new(loc, "int_parsing", msg)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> Result<String, Unread> {
        let text = value.as_str().map(str::to_owned);
        text.ok_or_else(|| ("string_type", "Input should be a valid string".to_owned()))
    }

    #[test]
    fn all_flaws_are_told_at_once() {
        let body = json!({ "b": 1 });
        let mut reading = Reading::of(&body).expect("an object");
        let read = (
            reading.needed("a", text),
            reading.needed("b", text),
            reading.optional("c", text),
        );
        assert_eq!(read, (None, None, None));
        let flaws = reading.finish(Some(())).expect_err("two are wrong");
        assert_eq!(
            json!(flaws),
            json!([
                { "loc": ["body", "a"], "msg": "Field required", "type": "missing" },
                { "loc": ["body", "b"], "msg": "Input should be a valid string", "type": "string_type" },
            ])
        );
    }

    #[test]
    fn numbers_have_bounds() {
        let kind = |text| integer(&["query", "limit"], text, (1, 1_000)).map_err(|flaw| flaw.kind);
        assert_eq!(kind("1"), Ok(1));
        assert_eq!(kind("1000"), Ok(1_000));
        assert_eq!(kind("0"), Err("greater_than_equal"));
        assert_eq!(kind("1001"), Err("less_than_equal"));
        assert_eq!(kind("99999999999999999999"), Err("less_than_equal"));
        for text in ["", "x", "1.5", " 1"] {
            assert_eq!(kind(text), Err("int_parsing"));
        }
    }
}
