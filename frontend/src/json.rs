//! JSON that people type: read as an object, and printed so that they can read it.

use serde_json::{Map, Value};

/// The object that was typed; nothing typed is the empty one. Or what is wrong with it.
pub fn parse(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("It has to be a JSON object.".to_owned()),
        Err(error) => Err(format!("It is no JSON: {error}.")),
    }
}

/// The same on several lines; nothing for the empty object.
pub fn print(object: &Map<String, Value>) -> String {
    if object.is_empty() {
        return String::new();
    }
    serde_json::to_string_pretty(object).expect("a JSON object has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_said_to_be_none() {
        assert_eq!(parse(" "), Ok(Map::new()));
        assert!(parse("[1]").is_err());
        assert!(parse("{").is_err());
        let object = parse("{\"a\": 1}").expect("an object");
        assert_eq!(print(&object), "{\n  \"a\": 1\n}");
        assert_eq!(print(&Map::new()), "");
    }
}
