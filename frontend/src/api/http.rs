//! Requests and their answers over HTTP. The only file that calls `fetch`.

use cynic::GraphQlResponse;
use gloo_net::http::Request;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use web_sys::AbortController;

use super::error::{Error, Extensions, data_or_error};

/// What the server answered, read to its end.
pub(super) struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// Whether the status says success.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, which should be JSON of this shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let status = self.status;
        serde_json::from_str(&self.body).map_err(|_| Error::Unintelligible { status })
    }
}

/// Runs a query or a mutation in its JSON form, and returns the data of its answer.
pub(super) async fn execute(operation: String) -> Result<Box<RawValue>, Error> {
    // The GraphQL answer says more than the HTTP status does, so it is read whatever that is.
    let answer: GraphQlResponse<Box<RawValue>, Extensions> =
        post("/graphql", operation).await?.json()?;
    data_or_error(answer)
}

/// The JSON form of what is sent.
pub(super) fn to_json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("operations and forms are plain data with a JSON form")
}

/// The data of an answer that said success.
pub(super) fn from_json<T: DeserializeOwned>(data: &RawValue) -> Result<T, Error> {
    serde_json::from_str(data.get()).map_err(|_| Error::Unintelligible { status: 200 })
}

/// Posts JSON to a path of this server; the session's cookie goes along by itself. Dropping the
/// future aborts the request.
pub(super) async fn post(path: &str, body: String) -> Result<Answer, Error> {
    // Held until the body is read: aborting an answered request still cuts off its body.
    let abort = AbortOnDrop::new();
    let request = Request::post(path)
        .abort_signal(abort.signal().as_ref())
        .header("Content-Type", "application/json")
        .body(body)
        .expect("a POST may have a body, and a text can be one");
    let response = request.send().await.map_err(|_| Error::Unreachable)?;
    let body = response.text().await.map_err(|_| Error::Unreachable)?;
    Ok(Answer {
        status: response.status(),
        body,
    })
}

/// Whether a server answers at all, whatever it has to say of itself.
pub(super) async fn answers() -> bool {
    Request::get("/healthz").send().await.is_ok()
}

/// Takes a request back when nobody waits for its answer any more.
struct AbortOnDrop(Option<AbortController>);

impl AbortOnDrop {
    fn new() -> Self {
        Self(AbortController::new().ok())
    }

    fn signal(&self) -> Option<web_sys::AbortSignal> {
        self.0.as_ref().map(AbortController::signal)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}
