//! What can go wrong between the dashboard and the server, in the words that a page shows.

use serde::Deserialize;

/// A request or a subscription that brought no data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// No answer came: the server is down, or the network is.
    #[error("The server could not be reached.")]
    Unreachable,
    /// The server answered, and its answer is an error.
    #[error("{message}")]
    Refused {
        /// What kind of error, for a page to decide by.
        code: Code,
        /// The server's own words, for a person to read.
        message: String,
        /// What was sent that the error is about, where it is about one thing.
        field: Option<String>,
    },
    /// Something answered that is not the server this page was made for.
    #[error("The answer could not be understood (HTTP {status}).")]
    Unintelligible {
        /// The status of the HTTP answer; 200 for a message over the socket.
        status: u16,
    },
}

impl Error {
    /// Whether the server refused with this code.
    pub fn is(&self, expected: Code) -> bool {
        matches!(self, Self::Refused { code, .. } if *code == expected)
    }

    /// What was sent that the error is about, where it is about one thing.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Refused { field, .. } => field.as_deref(),
            _ => None,
        }
    }

    /// What is wrong with a field, in the words to be shown beside it; `None` where the error is about
    /// something else.
    pub fn about(&self, name: &str) -> Option<&str> {
        match self {
            Self::Refused {
                message,
                field: Some(field),
                ..
            } if field == name => {
                let words = message.strip_prefix(name);
                Some(
                    words
                        .and_then(|words| words.strip_prefix(": "))
                        .unwrap_or(message),
                )
            }
            _ => None,
        }
    }

    /// What is wrong with a field or a part of it, which is named in the words then.
    pub fn about_inside(&self, name: &str) -> Option<String> {
        let rest = self.field()?.strip_prefix(name)?;
        if rest.is_empty() {
            return self.about(name).map(str::to_owned);
        }
        let part = rest.strip_prefix('.')?;
        let words = self.about(self.field()?)?;
        Some(format!("{part}: {words}"))
    }

    /// Whether the same request may well succeed a little later, unchanged.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable => true,
            Self::Refused { code, .. } => matches!(code, Code::Unavailable | Code::RateLimited),
            Self::Unintelligible { .. } => false,
        }
    }
}

/// `extensions.code` of an error, as the server documents them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Nobody is signed in, or no longer.
    Unauthenticated,
    /// The role is too low.
    Forbidden,
    /// There is no such thing, or it is not for these eyes.
    NotFound,
    /// The request itself is wrong.
    Validation,
    /// It contradicts what is stored; for a change feed, the revision asked for is in the future.
    Conflict,
    /// Too many requests or sockets just now.
    RateLimited,
    /// The database is not to be had just now.
    Unavailable,
    /// A fault of the server, which has logged it.
    Internal,
    /// Any other code: a page treats it as a plain refusal.
    #[default]
    #[serde(other)]
    Other,
}

/// The `extensions` of a GraphQL error.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Extensions {
    /// See [`Code`].
    #[serde(default)]
    pub code: Code,
    /// The input field or argument that the error is about.
    #[serde(default)]
    pub field: Option<String>,
}

/// A GraphQL error as it comes over the wire, over HTTP and over the socket alike.
pub type GraphQlError = cynic::GraphQlError<Extensions>;

impl From<GraphQlError> for Error {
    fn from(error: GraphQlError) -> Self {
        let Extensions { code, field } = error.extensions.unwrap_or_default();
        Self::Refused {
            code,
            message: error.message,
            field,
        }
    }
}

/// The data of a GraphQL answer, or its first error. Partial data is no use to a page that would
/// have to explain the gaps.
pub fn data_or_error<T>(response: cynic::GraphQlResponse<T, Extensions>) -> Result<T, Error> {
    if let Some(error) = response.errors.into_iter().flatten().next() {
        return Err(error.into());
    }
    response.data.ok_or(Error::Unintelligible { status: 200 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> Result<u32, Error> {
        data_or_error(serde_json::from_str(json).expect("a GraphQL answer"))
    }

    #[test]
    fn data_comes_through() {
        assert_eq!(decode(r#"{"data": 7}"#), Ok(7));
        assert_eq!(decode(r#"{"data": 7, "errors": []}"#), Ok(7));
    }

    #[test]
    fn the_first_error_wins_over_data() {
        let error = decode(
            r#"{"data": 7,
                "errors": [{"message": "No such schedule.", "extensions": {"code": "NOT_FOUND"}},
                                      {"message": "Another."}]}"#,
        )
        .expect_err("it has errors");
        assert!(error.is(Code::NotFound));
        assert_eq!(error.to_string(), "No such schedule.");
    }

    #[test]
    fn a_code_of_a_newer_server_is_a_plain_refusal() {
        let error =
            decode(r#"{"errors": [{"message": "Teapot.", "extensions": {"code": "TEAPOT"}}]}"#)
                .expect_err("it has errors");
        assert!(error.is(Code::Other));
        assert!(!error.is_passing());
    }

    #[test]
    fn an_error_is_shown_beside_the_field_that_it_is_about() {
        let error = decode(
            r#"{"errors": [{"message": "name: must not be empty",
                            "extensions": {"code": "VALIDATION", "field": "name"}}]}"#,
        )
        .expect_err("it has errors");
        assert_eq!(error.about("name"), Some("must not be empty"));
        assert_eq!(error.about("role"), None);
        assert_eq!(Error::Unreachable.about("name"), None);
    }

    #[test]
    fn an_error_of_a_part_names_it() {
        let error = decode(
            r#"{"errors": [{"message": "targets.1: must be one of sun, moon",
                            "extensions": {"code": "VALIDATION", "field": "targets.1"}}]}"#,
        )
        .expect_err("it has errors");
        let words = Some("1: must be one of sun, moon".to_owned());
        assert_eq!(error.about_inside("targets"), words);
        assert_eq!(error.about_inside("target"), None);
        let words = Some("must be one of sun, moon".to_owned());
        assert_eq!(error.about_inside("targets.1"), words);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let refused = |code| Error::Refused {
            code,
            message: String::new(),
            field: None,
        };
        assert!(Error::Unreachable.is_passing());
        assert!(refused(Code::Unavailable).is_passing());
        assert!(!refused(Code::NotFound).is_passing());
        assert!(!refused(Code::Conflict).is_passing());
        assert!(!refused(Code::Internal).is_passing());
    }
}
