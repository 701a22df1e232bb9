//! What values from outside may look like, said once.

use crate::error::{Error, Result};

/// The most characters of a name, a title, or a label's key or value.
pub const NAME_CHARACTERS: usize = 255;

/// The most characters of a reason.
pub const REASON_CHARACTERS: usize = 1_000;

/// The most bytes of a result's message.
pub const MESSAGE_BYTES: usize = 64 * 1024;

/// The most bytes of a result's output.
pub const OUTPUT_BYTES: usize = 1024 * 1024;

/// A name: trimmed, 1 to 255 characters, none of them a control character.
pub fn name(field: &str, text: &str) -> Result<String> {
    line(field, text, NAME_CHARACTERS)
}

/// A reason: trimmed, 1 to 1,000 characters, none of them a control character.
pub fn reason(field: &str, text: &str) -> Result<String> {
    line(field, text, REASON_CHARACTERS)
}

/// A long text that is kept as it is, or refused as a whole.
pub fn text(field: &str, text: Option<String>, limit: usize) -> Result<Option<String>> {
    match text {
        Some(text) if text.len() > limit => Err(Error::TooLarge {
            field: field.into(),
            limit,
        }),
        text => Ok(text),
    }
}

/// A number that can't be negative.
pub fn not_negative(field: &str, number: i32) -> Result<i32> {
    if number < 0 {
        return Err(Error::validation(field, "must not be negative"));
    }
    Ok(number)
}

fn line(field: &str, text: &str, limit: usize) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::validation(field, "must not be empty"));
    }
    let length = text.chars().count();
    if length > limit {
        let message = format!("has {length} characters, at most {limit} are allowed");
        return Err(Error::validation(field, message));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::validation(
            field,
            "must not contain control characters",
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(name("title", "  nightly ").expect("good"), "nightly");
        assert!(name("title", " ").is_err());
        assert!(name("title", "a\u{7}b").is_err());
        assert!(name("title", &"é".repeat(255)).is_ok());
        assert!(name("title", &"é".repeat(256)).is_err());
    }
}
