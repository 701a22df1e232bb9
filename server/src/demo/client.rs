//! A client of the GraphQL API over HTTP, and what can go wrong with it.
//!
//! Whatever the demonstration asks for may be asked for again, since schedules have names and reports have keys. So a
//! request that gets no answer, or that the server can't take right now, is repeated until patience ends.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, HeaderValue},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use url::Url;

use super::say;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The pause before a request is repeated.
const PAUSE: Duration = Duration::from_millis(500);

/// What `/readyz` says.
#[derive(Deserialize)]
struct Health {
    status: String,
}

/// Why the demonstration ends early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is one that needs TLS.
    #[error(
        "{0} can't be used: this command speaks no TLS, so give it the http:// address of the server itself"
    )]
    NeedsTls(Url),
    /// The address is not one of a server at all.
    #[error("{0} is no address of a server: it should begin with http://")]
    NotHttp(Url),
    /// The token has characters that no request can carry.
    #[error("the token can't be used: it holds characters that no token has")]
    BadToken,
    /// Nobody answers.
    #[error("{url} can't be reached: {cause}")]
    Unreachable {
        /// The address that was tried.
        url: String,
        /// What the network says.
        cause: String,
    },
    /// Somebody answers, but not as Daybook does.
    #[error("{url} does not answer as a Daybook server does: {what}")]
    Stranger {
        /// The address that was tried.
        url: String,
        /// What it answers.
        what: String,
    },
    /// The server is there and can't work.
    #[error("{url} is not ready: {what}")]
    NotReady {
        /// The address that was tried.
        url: String,
        /// What it answers.
        what: String,
    },
    /// The token is known, but its role is too low.
    #[error(
        "the token is {name}'s, whose role is {role}: the demonstration needs one of an ADMIN, to fill in the past"
    )]
    NoAdmin {
        /// The client of the token.
        name: String,
        /// Its role.
        role: String,
    },
    /// The token that was made for the live runs has ended.
    #[error(
        "the token of {0} has ended: it was revoked, or another demonstration reports under this name now"
    )]
    Superseded(&'static str),
    /// The server refused something.
    #[error("{}: {}", meaning(.0), .0.message)]
    Refused(Refusal),
}

/// An error of the API.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    /// What the server says about it.
    pub message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Debug, Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    code: String,
}

impl Refusal {
    /// The word by which programs tell errors apart.
    pub fn code(&self) -> &str {
        &self.extensions.code
    }
}

/// What the codes mean that an operator can do something about.
fn meaning(refusal: &Refusal) -> &str {
    match refusal.code() {
        "UNAUTHENTICATED" => "the server does not take the token",
        "FORBIDDEN" => "the token's role is too low",
        _ => "the server refused",
    }
}

impl Error {
    /// Whether the same request may succeed later.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotReady { .. } => true,
            Self::Refused(refusal) => refusal.code() == "UNAVAILABLE",
            _ => false,
        }
    }

    /// Whether the server refused with this code.
    pub(super) fn is_refusal(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code() == code)
    }
}

/// The result of whatever the demonstration does.
pub type Result<T> = std::result::Result<T, Error>;

/// A client of one server, under one token.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    authorization: HeaderValue,
    patience: Duration,
}

impl Client {
    pub(super) fn new(url: &Url, token: &str, patience: Duration) -> Result<Self> {
        match url.scheme() {
            "http" => {}
            "https" => return Err(Error::NeedsTls(url.clone())),
            _ => return Err(Error::NotHttp(url.clone())),
        }
        Ok(Self {
            http: reqwest::Client::builder()
                .timeout(TIMEOUT)
                .build()
                .expect("a client without TLS needs nothing from its surroundings"),
            base: url.as_str().trim_end_matches('/').to_owned(),
            authorization: authorization(token)?,
            patience,
        })
    }

    /// The same, under another token.
    pub(super) fn with_token(&self, token: &str) -> Result<Self> {
        Ok(Self {
            authorization: authorization(token)?,
            ..self.clone()
        })
    }

    /// The address of a page of the dashboard.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Waits until the server can work.
    pub(super) async fn wait_until_ready(&self) -> Result<()> {
        self.patiently(async || self.is_ready().await).await
    }

    /// Executes an operation, and reads `data` of the answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        document: &str,
        variables: Value,
    ) -> Result<T> {
        let body = json!({ "query": document, "variables": variables });
        self.patiently(async || self.ask_once(&body).await).await
    }

    /// Repeats what may pass, until patience ends.
    async fn patiently<T>(&self, request: impl AsyncFn() -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + self.patience;
        let mut is_told = false;
        loop {
            match request().await {
                Err(error) if error.may_pass() && Instant::now() < deadline => {
                    if !is_told {
                        say(format_args!(
                            "{error}; trying for {} s",
                            self.patience.as_secs()
                        ));
                        is_told = true;
                    }
                    sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn is_ready(&self) -> Result<()> {
        let url = self.page("/readyz");
        let response = self.send(self.http.get(&url)).await?;
        match response.status() {
            StatusCode::OK => Ok(()),
            code @ StatusCode::SERVICE_UNAVAILABLE => {
                let health = response.json::<Health>().await;
                // A proxy, whose server is away, says no such thing.
                let what = health.map_or_else(|_| code.to_string(), |health| health.status);
                Err(Error::NotReady { url, what })
            }
            other => Err(Error::Stranger {
                url,
                what: other.to_string(),
            }),
        }
    }

    async fn ask_once<T: DeserializeOwned>(&self, body: &Value) -> Result<T> {
        let url = self.page("/graphql");
        let request = self
            .http
            .post(&url)
            .header(AUTHORIZATION, self.authorization.clone());
        let response = self.send(request.json(body)).await?;
        let status = response.status();
        let answer: Answer<T> = match response.json().await {
            Ok(answer) => answer,
            // A proxy, whose server is away.
            Err(_) if status.is_server_error() => {
                return Err(Error::NotReady {
                    url,
                    what: status.to_string(),
                });
            }
            Err(error) if error.is_decode() => {
                return Err(Error::Stranger {
                    url,
                    what: format!("{status}, {}", cause(&error)),
                });
            }
            Err(error) => {
                return Err(Error::Unreachable {
                    url,
                    cause: cause(&error),
                });
            }
        };
        match (answer.errors.into_iter().next(), answer.data) {
            (Some(refusal), _) => Err(Error::Refused(refusal)),
            (None, Some(data)) => Ok(data),
            (None, None) => Err(Error::Stranger {
                url,
                what: "neither data nor errors".into(),
            }),
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response> {
        request.send().await.map_err(|error| Error::Unreachable {
            url: self.base.clone(),
            cause: cause(&error),
        })
    }
}

/// A GraphQL response.
#[derive(Deserialize)]
struct Answer<T> {
    #[serde(default = "Option::default")]
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Refusal>,
}

fn authorization(token: &str) -> Result<HeaderValue> {
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    let mut value = value.map_err(|_| Error::BadToken)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The innermost cause, which is what a reader can do something with.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        let url = Url::parse(url).expect("a URL");
        let client = Client::new(&url, "a token", Duration::ZERO);
        client.err().expect("an error").to_string()
    }

    #[test]
    fn an_address_that_can_not_work_is_refused_at_once() {
        assert!(refused("https://daybook.example/").contains("speaks no TLS"));
        assert!(refused("ftp://daybook.example/").contains("http://"));
    }

    #[test]
    fn a_token_never_breaks_a_header() {
        assert!(authorization("one\ntwo").is_err());
        assert!(authorization("dbk_good").is_ok());
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let refusal = |code: &str| {
            let json = json!({ "message": "no", "extensions": { "code": code } });
            Error::Refused(serde_json::from_value(json).expect("a refusal"))
        };
        assert!(refusal("UNAVAILABLE").may_pass());
        assert!(!refusal("FORBIDDEN").may_pass());
    }
}
