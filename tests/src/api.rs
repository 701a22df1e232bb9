//! A client of the GraphQL API, over HTTP, under one credential.
//!
//! This file sends and receives; what people do with it (open a schedule, report, close) is in `deeds`, and what they
//! send and see in `model`.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::http::Answer;

mod deeds;
mod model;

pub use model::{
    Progress, Report, ResultRow, ResultStatus, Role, RunFacts, ScheduleFacts, ScheduleStatus,
};

/// How a client says who it is.
#[derive(Clone, Debug)]
pub enum Credential {
    /// It doesn't.
    Anonymous,
    /// By `Authorization: Bearer`, with this token.
    Token(String),
    /// By a session's cookie, as `name=value`.
    Cookie(String),
}

/// How long a connection is kept for the next request: less than the server keeps it, or a request may be on its way just when
/// the server has had enough.
const IDLE: Duration = Duration::from_secs(15);

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Api {
    http: reqwest::Client,
    address: SocketAddr,
    credential: Credential,
}

impl Api {
    /// A client of the server at `address`.
    pub fn new(address: SocketAddr, credential: Credential) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .pool_idle_timeout(IDLE)
            .build()
            .expect("an HTTP client without TLS needs nothing");
        Self {
            http,
            address,
            credential,
        }
    }

    /// The same server, under another credential.
    #[must_use]
    pub fn with(&self, credential: Credential) -> Self {
        Self {
            credential,
            ..self.clone()
        }
    }

    /// The same client, but speaking to `address`: a proxy, or another server on the same database.
    #[must_use]
    pub fn through(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token, of a client that has one.
    pub fn token(&self) -> &str {
        match &self.credential {
            Credential::Token(token) => token,
            other => panic!("{other:?} has no token"),
        }
    }

    /// A request under this client's credential, to be completed and given to [`Answer::of`].
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .http
            .request(method, format!("http://{}{path}", self.address));
        match &self.credential {
            Credential::Anonymous => request,
            Credential::Token(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            Credential::Cookie(cookie) => request.header(COOKIE, cookie),
        }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path))
            .await
            .expect("an answer")
    }

    /// `POST path` with a body of the given media type.
    pub async fn post(
        &self,
        path: &str,
        media_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("content-type", media_type);
        Answer::of(request.body(body)).await.expect("an answer")
    }

    /// `POST path` with a form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.post(path, "application/x-www-form-urlencoded", form)
            .await
    }

    /// Sends JSON.
    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).json(body))
            .await
            .expect("an answer")
    }

    /// Executes a GraphQL document; an error means that no answer arrived.
    pub async fn try_query(&self, document: &str, variables: Value) -> reqwest::Result<Answer> {
        let mut body = json!({ "query": document });
        body["variables"] = variables;
        Answer::of(self.request(Method::POST, "/graphql").json(&body)).await
    }

    /// Executes a GraphQL document.
    pub async fn query(&self, document: &str, variables: Value) -> Answer {
        self.try_query(document, variables)
            .await
            .expect("an answer")
    }
}
