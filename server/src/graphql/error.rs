//! How errors look in GraphQL: a message for people, and `extensions.code` for programs.

use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError};

use crate::error::Error;

/// The result of a resolver.
pub(super) type Result<T> = std::result::Result<T, ApiError>;

/// An error of the domain on its way into a response.
#[derive(Clone, Debug)]
pub struct ApiError(pub Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(ApiError(error): ApiError) -> Self {
        if let Error::Internal(cause) = &error {
            // Here, and nowhere else: the request's span says which request it was.
            tracing::error!(%cause, "internal error");
        }
        let mut shown = Self::new(error.to_string());
        let mut extensions = ErrorExtensionValues::default();
        describe(&error, &mut extensions);
        shown.extensions = Some(extensions);
        shown
    }
}

/// Turns an error into one of a response that has nothing else.
pub fn response_of(error: Error) -> Response {
    let error = async_graphql::Error::from(ApiError(error));
    let mut error = error.into_server_error(Pos::default());
    error.locations.clear();
    Response::from_errors(vec![error])
}

/// Gives the library's own errors their code. They are all about what was sent: syntax, validation, coercion, limits.
pub fn with_codes(mut response: Response) -> Response {
    response.errors.iter_mut().for_each(add_code);
    response
}

fn add_code(error: &mut ServerError) {
    let has_code = error
        .extensions
        .as_ref()
        .is_some_and(|extensions| extensions.get("code").is_some());
    if has_code {
        return;
    }
    let field = quoted_field(&error.message).map(str::to_owned);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", "VALIDATION");
    if let Some(field) = field {
        extensions.set("field", field);
    }
}

fn describe(error: &Error, extensions: &mut ErrorExtensionValues) {
    extensions.set("code", error.code());
    if let Some(field) = error.field() {
        extensions.set("field", field);
    }
    match error {
        Error::Incomplete {
            expected, reported, ..
        } => {
            extensions.set("expected", *expected);
            extensions.set("reported", *reported);
        }
        Error::TooLarge { limit, .. } => {
            extensions.set("limit", u32::try_from(*limit).unwrap_or(u32::MAX));
        }
        _ => {}
    }
    if let Some(wait) = error.retry_after() {
        // Rounded up: whoever waits so long has waited long enough.
        let milliseconds = wait.as_micros().div_ceil(1_000);
        extensions.set(
            "retryAfterMs",
            u32::try_from(milliseconds).unwrap_or(u32::MAX),
        );
    }
}

/// The first thing that a message of the library names in quotes: the argument, variable or field it is about.
fn quoted_field(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once('"')?;
    let (field, _) = rest.split_once('"')?;
    (!field.is_empty()).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_errors_get_a_code_and_a_field() {
        let error = ServerError::new(
            r#"Invalid value for argument "input.script", expected"#,
            None,
        );
        let response = with_codes(Response::from_errors(vec![error]));
        let extensions = response.errors[0].extensions.as_ref().expect("added");
        assert_eq!(extensions.get("code"), Some(&"VALIDATION".into()));
        assert_eq!(extensions.get("field"), Some(&"input.script".into()));
    }
}
