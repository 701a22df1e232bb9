//! From bytes to text: finds a report's encoding.
//!
//! Rule of the house: no character is ever replaced or guessed; bytes that are not text are an error.

use std::borrow::Cow;

use quick_xml::{
    encoding::{DetectedEncoding, decode as decode_strictly, detect_encoding},
    events::{BytesDecl, Event},
    reader::Reader,
};

use super::{JunitError, Result, value};

/// The text of `bytes` without its byte order mark; borrowed where it is UTF-8 already.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    match detect_encoding(bytes) {
        None | Some(DetectedEncoding::AsciiCompatible) => as_declared(bytes),
        Some(DetectedEncoding::Utf8Bom) => utf8(&bytes[DetectedEncoding::Utf8Bom.bom_len()..]),
        Some(utf16) => {
            let encoding = utf16.encoding();
            decode_strictly(&bytes[utf16.bom_len()..], encoding)
                .map_err(|_| undecodable(encoding.name()))
        }
    }
}

/// The text of bytes without a byte order mark, whose XML declaration, where there is one, can be read as ASCII.
fn as_declared(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let Some(declaration) = declaration(bytes) else {
        return utf8(bytes);
    };
    let Some(label) = declaration.encoding() else {
        return utf8(bytes);
    };
    let label = label.map_err(|problem| JunitError::Encoding(problem.to_string()))?;
    match declaration.encoder() {
        None => {
            let label = value::excerpt(&label);
            Err(JunitError::Encoding(format!("{label:?} is not known")))
        }
        // Two bytes a character would not have read as ASCII. Programs that write the declaration into a string of
        // UTF-16 and the string into a file of UTF-8 are common.
        Some(encoding) if encoding.name().starts_with("UTF-") => utf8(bytes),
        Some(encoding) => {
            decode_strictly(bytes, encoding).map_err(|_| undecodable(encoding.name()))
        }
    }
}

/// The XML declaration, which tools sometimes put after a line break that shouldn't be there.
fn declaration(bytes: &[u8]) -> Option<BytesDecl<'_>> {
    match Reader::from_reader(bytes.trim_ascii_start()).read_event() {
        Ok(Event::Decl(declaration)) => Some(declaration),
        _ => None,
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(problem) => {
            let valid = String::from_utf8_lossy(&bytes[..problem.valid_up_to()]);
            Err(JunitError::malformed(
                &valid,
                valid.len(),
                "this is not valid UTF-8",
            ))
        }
    }
}

fn undecodable(encoding: &str) -> JunitError {
    JunitError::Encoding(format!("this is not valid {encoding}"))
}
