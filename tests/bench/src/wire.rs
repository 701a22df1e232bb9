//! One connection that stays open, over which one request is sent at a time.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    client::conn::http1::{self, SendRequest},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::speech::{Call, beginning};

/// A connection to a contender.
pub(crate) struct Wire {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    authorization: HeaderValue,
}

impl Wire {
    /// Connects, and will show this token.
    pub(crate) async fn connect(address: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped; what goes wrong, the sender is told.
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: address.to_string().parse()?,
            authorization: format!("Bearer {token}").parse()?,
        })
    }

    /// Sends a request, and returns the body of the answer, which must be a success.
    pub(crate) async fn send(&mut self, call: &Call) -> Result<Bytes> {
        let request = Request::builder()
            .method(&call.method)
            .uri(&call.path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(Full::new(call.body.clone()))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await;
        let body = body.context("the answer broke off")?.to_bytes();
        ensure!(status.is_success(), "{status}: {}", beginning(&body));
        Ok(body)
    }
}
