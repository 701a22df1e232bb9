//! The REST facade: plain requests for the clients of the four systems that Daybook replaces, and for those that speak no
//! GraphQL.
//!
//! Rules of the house: a route translates, it never decides. Authentication is by token only; no cookie is taken here.
//! Every path is served with and without a slash at its end, for a client that is sent elsewhere may lose its body on
//! the way.

mod backup;
mod body;
mod collector;
mod document;
mod flaw;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod generator;
mod junit;
mod list;
mod tasks;
mod time;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{Method, StatusCode},
};
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

use crate::{
    error::Error,
    http::{App, error::HttpError},
};

pub(crate) use body::FORM_BYTES;

/// The most bytes of a JUnit file.
pub const JUNIT_BYTES: usize = 32 * 1024 * 1024;

/// All routes of the facade, and its description.
pub(crate) fn routes() -> Router<App> {
    let routes = [
        routes!(collector::all),
        routes!(collector::open),
        routes!(collector::report),
        routes!(collector::close),
        routes!(junit::import),
        routes!(generator::plan),
        routes!(backup::make),
        routes!(backup::log),
        routes!(backup::figures),
        routes!(tasks::list, tasks::create),
        routes!(tasks::one, tasks::update, tasks::delete),
    ];
    let described = OpenApiRouter::with_openapi(document::Document::openapi());
    let described = routes.into_iter().fold(described, with_both_spellings);
    let (served, description) = described.split_for_parts();
    served
        .merge(document::route(&document::with_empty_forms(description)))
        .method_not_allowed_fallback(other_method)
}

/// Serves a path with and without a slash at its end. Only the one of them is described.
fn with_both_spellings(
    router: OpenApiRouter<App>,
    (schemas, paths, methods): UtoipaMethodRouter<App>,
) -> OpenApiRouter<App> {
    let others: Vec<_> = paths
        .paths
        .keys()
        .map(|path| other_spelling(path))
        .collect();
    let router = router.routes((schemas, paths, methods.clone()));
    others
        .iter()
        .fold(router, |router, path| router.route(path, methods.clone()))
}

fn other_spelling(path: &str) -> String {
    match path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{path}/"),
    }
}

/// Every method that a path does not have. The header `Allow` says which ones it has.
async fn other_method(method: Method) -> HttpError {
    let error = Error::validation("method", format!("{method} is not allowed here"));
    HttpError::with_status(StatusCode::METHOD_NOT_ALLOWED, error)
}

/// What is wrong with a request is told to those only who may make it.
fn told<T, E: From<Error>, P>(permission: Result<P, Error>, read: Result<T, E>) -> Result<T, E> {
    if read.is_err() {
        permission?;
    }
    read
}

/// What stands in a path where its name does; nothing where it is no text.
fn named(path: Result<Path<String>, PathRejection>) -> String {
    path.map(|Path(name)| name).unwrap_or_default()
}
