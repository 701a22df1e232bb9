//! The dashboard, GraphiQL and the page of the REST facade, which are inside of the program.
//!
//! Everything under `/assets/` has a hash of its content in its name and may be kept for ever; the pages that name them
//! may not.

use std::borrow::Cow;

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../frontend/dist"]
struct Bundle;

/// What the dashboard's page may load and do.
const DASHBOARD_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

/// What GraphiQL's page may load and do. Its editor writes style elements.
const GRAPHIQL_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// What the page of the REST facade's description may load and do.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Encodings that files are kept in besides their own, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The dashboard.
pub(super) async fn index(headers: HeaderMap) -> Response {
    page("index.html", DASHBOARD_POLICY, &headers)
}

/// GraphiQL.
pub(super) async fn graphiql(headers: HeaderMap) -> Response {
    page("graphiql.html", GRAPHIQL_POLICY, &headers)
}

/// The page of the REST facade's description.
pub(super) async fn docs(headers: HeaderMap) -> Response {
    page("docs.html", DOCS_POLICY, &headers)
}

/// A file that a page names.
pub(super) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    match encoded(&format!("assets/{file}"), &headers) {
        Some(response) => with(
            response,
            header::CACHE_CONTROL,
            "public, max-age=31536000, immutable",
        ),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Every other path: the dashboard, which knows its own addresses. What is no page request is not found.
pub(super) async fn index_or_nothing(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if is_page(&method, &uri) {
        index(headers).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Whether a request may be for a page of the dashboard.
pub(super) fn is_page(method: &Method, uri: &Uri) -> bool {
    let is_api = uri.path() == "/api" || uri.path().starts_with("/api/");
    !is_api && matches!(*method, Method::GET | Method::HEAD)
}

fn page(name: &str, policy: &'static str, headers: &HeaderMap) -> Response {
    let Some(response) = encoded(name, headers) else {
        let reason =
            "This server was built without its pages. Build it with `cargo xtask build`.\n";
        return (StatusCode::NOT_FOUND, reason).into_response();
    };
    let response = with(response, header::CACHE_CONTROL, "no-cache");
    with(response, header::CONTENT_SECURITY_POLICY, policy)
}

/// A file, in the smallest encoding that the client takes.
fn encoded(name: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let content_type = content_type(name);
    for (encoding, ending) in ENCODINGS {
        if takes(accepted, encoding)
            && let Some(file) = Bundle::get(&format!("{name}{ending}"))
        {
            let response = answer(file.data, content_type);
            return Some(with(response, header::CONTENT_ENCODING, encoding));
        }
    }
    Some(answer(Bundle::get(name)?.data, content_type))
}

/// Whether a client takes an encoding: it names it, and not with a weight of 0.
fn takes(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut parameters = part.split(';').map(str::trim);
        let is_named = parameters
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        is_named
            && !parameters
                .any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn answer(data: Cow<'static, [u8]>, content_type: &'static str) -> Response {
    let body = match data {
        Cow::Borrowed(bytes) => axum::body::Body::from(bytes),
        Cow::Owned(bytes) => axum::body::Body::from(bytes),
    };
    let response = with(body.into_response(), header::CONTENT_TYPE, content_type);
    with(response, header::VARY, "accept-encoding")
}

fn with(mut response: Response, name: header::HeaderName, value: &'static str) -> Response {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "json" | "map" => "application/json",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_must_be_named_and_not_refused() {
        assert!(takes("gzip, deflate, br", "br"));
        assert!(takes("br;q=0.5", "br"));
        assert!(!takes("br;q=0, gzip", "br"));
        assert!(!takes("gzip", "br"));
    }
}
