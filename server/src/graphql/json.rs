//! JSON, written straight into bytes.
//!
//! An object that writes itself (see `plain`) hands its JSON to the library as the one kind of value that the schema has no
//! other use for: [`Value::Binary`]. Here such a value becomes a part of the answer as it is.

use std::io::Write;

use async_graphql::{Response, Value, resolver_utils::EnumType};
use entity::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// JSON that grows.
#[derive(Debug, Default)]
pub struct Json(Vec<u8>);

impl Json {
    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes back what came after so many bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// Bytes that are JSON, or a part of it.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The name of an object's next field. GraphQL's names need no escapes.
    pub(super) fn key(&mut self, name: &str) {
        let opens = matches!(self.0.last(), Some(b'{'));
        self.raw(if opens { b"\"" } else { b",\"" });
        self.raw(name.as_bytes());
        self.raw(b"\":");
    }

    /// Text, a number, a truth value, or null.
    pub fn value(&mut self, value: impl Serialize) {
        serde_json::to_writer(&mut self.0, &value).expect("plain values can be written to memory");
    }

    /// A GUID.
    pub(super) fn uuid(&mut self, uuid: Uuid) {
        self.quoted(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }

    /// An instant.
    pub(super) fn time(&mut self, time: Option<Timestamp>) {
        match time {
            Some(time) => write!(self.0, "\"{time}\"").expect("memory takes everything"),
            None => self.raw(b"null"),
        }
    }

    /// Text in which nothing needs an escape.
    pub(super) fn quoted(&mut self, text: &str) {
        self.raw(b"\"");
        self.raw(text.as_bytes());
        self.raw(b"\"");
    }

    /// A value of an enum of the schema.
    pub(super) fn name_of<E: EnumType>(&mut self, value: E) {
        let item = E::items().iter().find(|item| item.value == value);
        self.quoted(item.expect("all values are listed").name);
    }

    /// A value of the library's.
    pub(super) fn resolved(&mut self, value: &Value) {
        match value {
            Value::Null => self.raw(b"null"),
            Value::Number(number) => self.value(number),
            Value::String(text) => self.value(text),
            Value::Boolean(truth) => self.value(truth),
            Value::Binary(json) => self.raw(json),
            Value::Enum(name) => self.quoted(name),
            Value::List(items) => {
                self.raw(b"[");
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        self.raw(b",");
                    }
                    self.resolved(item);
                }
                self.raw(b"]");
            }
            Value::Object(fields) => {
                self.raw(b"{");
                for (name, value) in fields {
                    self.key(name);
                    self.resolved(value);
                }
                self.raw(b"}");
            }
        }
    }

    /// A whole answer. One to a request that was not executed has no `data`.
    pub fn answer(&mut self, answer: &Response, was_executed: bool) {
        self.raw(b"{");
        if was_executed {
            self.key("data");
            self.resolved(&answer.data);
        }
        if !answer.extensions.is_empty() {
            self.key("extensions");
            self.value(&answer.extensions);
        }
        if !answer.errors.is_empty() {
            self.key("errors");
            self.value(&answer.errors);
        }
        self.raw(b"}");
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Name, ServerError, value};

    use super::*;

    fn written(answer: &Response, was_executed: bool) -> String {
        let mut json = Json::default();
        json.answer(answer, was_executed);
        String::from_utf8(json.into_bytes()).expect("JSON is text")
    }

    #[test]
    fn an_answer_reads_as_the_library_writes_it() {
        let data = value!({
            "a": [1, 2.5, null, true, "\u{1}\"é\\"],
            "b": {"c": {}, "d": []},
        });
        let mut answer = Response::new(data);
        answer.errors.push(ServerError::new("no", None));
        let ours: serde_json::Value = serde_json::from_str(&written(&answer, true)).expect("JSON");
        assert_eq!(ours, serde_json::to_value(&answer).expect("JSON"));
    }

    #[test]
    fn what_wrote_itself_becomes_a_part_of_the_answer() {
        let fields = [(
            Name::new("a"),
            Value::Binary(b"{\"b\":1}".as_slice().into()),
        )];
        let answer = Response::new(Value::Object(fields.into_iter().collect()));
        assert_eq!(written(&answer, true), r#"{"data":{"a":{"b":1}}}"#);
        assert_eq!(written(&answer, false), "{}");
    }
}
