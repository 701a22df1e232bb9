//! What a server answered over HTTP, whole: status, headers and body, and the parts of a GraphQL response.
//!
//! The readers panic with the whole answer when it isn't what the story expected, so that a failure explains itself.

use std::fmt;
use std::net::SocketAddr;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wait::{PATIENCE, within};

/// An answer of the server.
#[derive(Clone)]
pub struct Answer {
    /// The status of the HTTP response.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as text.
    pub text: String,
}

impl Answer {
    /// Sends a request and reads the whole answer; an error means that none arrived.
    pub async fn of(request: reqwest::RequestBuilder) -> reqwest::Result<Self> {
        let response = request.send().await?;
        Ok(Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    /// The value of a header, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The value under a JSON pointer into `data`, of an answer without errors.
    pub fn data(&self, pointer: &str) -> Value {
        let body = self.json();
        assert!(body.get("errors").is_none(), "refused: {self:?}");
        body["data"]
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {pointer} in {self:?}"))
            .clone()
    }

    /// The same, read into a type.
    pub fn parse<T: DeserializeOwned>(&self, pointer: &str) -> T {
        serde_json::from_value(self.data(pointer))
            .unwrap_or_else(|error| panic!("{error} at {pointer} in {self:?}"))
    }

    /// The first error's `extensions.code`.
    pub fn code(&self) -> String {
        self.error_part("/extensions/code")
    }

    /// The first error's `extensions.field`: which input was refused.
    pub fn field(&self) -> String {
        self.error_part("/extensions/field")
    }

    /// The first error's message.
    pub fn message(&self) -> String {
        self.error_part("/message")
    }

    /// The first error's code, or `None` for an answer without errors.
    pub fn refusal(&self) -> Option<String> {
        self.json().get("errors").map(|_| self.code())
    }

    fn error_part(&self, pointer: &str) -> String {
        self.json()
            .pointer(&format!("/errors/0{pointer}"))
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no error with {pointer} in {self:?}"))
            .to_owned()
    }
}

/// Sends the text of a request over a connection of its own, and returns that of the answer: for what an HTTP library
/// would not send. The request must say `connection: close`.
pub async fn exchange(address: SocketAddr, request: &str) -> String {
    let answer = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    within("an answer", PATIENCE, answer)
        .await
        .expect("the server answers")
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excerpt: String = self.text.chars().take(2_000).collect();
        write!(
            formatter,
            "{} {} {excerpt}",
            self.status,
            self.header("content-type")
        )
    }
}
