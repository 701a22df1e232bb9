//! Lists of any length, sent page by page as they are read, so that none is ever held whole.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::Serialize;

use crate::{error::Result, http::NO_STORE};

/// What of a JSON text stands before a list, and what after it.
pub(super) type Frame = (&'static str, &'static str);

/// Answers with a list inside of a frame. What goes wrong before the first page is read is an answer of its own; after
/// that the connection breaks off, which no client takes for the end.
pub(super) async fn answer<T, I>(
    (before, after): Frame,
    pages: impl Stream<Item = Result<Vec<T>>> + Send + 'static,
) -> Result<Response>
where
    T: Send + 'static,
    I: From<T> + Serialize,
{
    let mut pages = Box::pin(pages);
    let first = stream::iter(pages.try_next().await?.map(Ok));
    let mut separator = "";
    let items = first.chain(pages).map_ok(move |page| {
        let mut text = String::new();
        for item in page {
            text.push_str(separator);
            text.push_str(&written(&I::from(item)));
            separator = ",";
        }
        Bytes::from(text)
    });
    let framed = stream::iter([Ok(Bytes::from(before))])
        .chain(items)
        .chain(stream::iter([Ok(Bytes::from(after))]));
    let body = Body::from_stream(
        framed.inspect_err(|error| tracing::warn!(%error, "a list broke off while it was sent")),
    );
    let content_type = HeaderValue::from_static("application/json");
    let headers = [NO_STORE, (header::CONTENT_TYPE, content_type)];
    Ok((headers, body).into_response())
}

fn written(item: &impl Serialize) -> String {
    serde_json::to_string(item).expect("an item is made of texts and numbers")
}
