//! The schema's custom scalars, and what all enums share.

use super::schema;

/// An instant: RFC 3339 in UTC with a trailing `Z` and milliseconds, so that the text sorts as the
/// time does.
#[derive(cynic::Scalar, Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct DateTime(pub String);

impl DateTime {
    /// Milliseconds since 1970, by the browser's own calendar. NaN for a text that is no time.
    pub fn millis(&self) -> f64 {
        js_sys::Date::parse(&self.0)
    }

    /// The instant that lies so many milliseconds after 1970.
    pub fn from_millis(millis: f64) -> Self {
        let date = js_sys::Date::new(&millis.into());
        Self(date.to_iso_string().into())
    }
}

/// A GUID in lower case with hyphens.
#[derive(cynic::Scalar, Clone, Debug, Eq, Hash, PartialEq)]
#[cynic(graphql_type = "UUID")]
pub struct Uuid(pub String);

/// JSON of any shape, where the schema says no more.
#[derive(cynic::Scalar, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "JSON")]
pub struct Json(pub serde_json::Value);

/// A word that is no value of the enum: an address that was mistyped, or is of another version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownKeyword;
