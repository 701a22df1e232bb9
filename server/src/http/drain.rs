//! Reads the rest of a body that was refused for its size, so that the refusal arrives.
//!
//! A connection that is closed while its client still sends is reset, and the client sees a broken pipe in place of
//! the answer that says what is wrong.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt};

use crate::rest::FORM_BYTES;

/// The most bytes that are read only to be thrown away.
const DRAINED_BYTES: usize = 128 * 1024 * 1024;

/// How long a client may go on sending what was refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers a refused body after its rest was read. Who sends more than [`DRAINED_BYTES`], or longer than
/// [`PATIENCE`], is answered at once and then cut off.
pub(super) async fn refused_bodies(request: Request, next: Next) -> Response {
    if is_small(request.headers()) {
        return next.run(request).await;
    }
    let request = request.map(|body| SharedStream(Arc::new(Mutex::new(body.into_data_stream()))));
    let rest = request.body().clone();
    let response = next.run(request.map(Body::from_stream)).await;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let drained = tokio::time::timeout(PATIENCE, rest.drain()).await;
        tracing::debug!(in_time = drained.is_ok(), "read the rest of a refused body");
    }
    response
}

/// Whether no route refuses a body of this length.
fn is_small(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .is_some_and(|length: usize| length <= FORM_BYTES)
}

/// A body that outlives its reader.
#[derive(Clone)]
struct SharedStream(Arc<Mutex<BodyDataStream>>);

impl SharedStream {
    async fn drain(mut self) {
        let mut left = DRAINED_BYTES;
        while let Some(Ok(data)) = self.next().await {
            match left.checked_sub(data.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    }
}

impl Stream for SharedStream {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.poll_next_unpin(context)
    }
}
