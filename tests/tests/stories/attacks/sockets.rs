//! Sockets that break the protocol below the one that Daybook speaks. A library would not, so frames are made by hand.

use std::net::SocketAddr;

use daybook_tests::{PATIENCE, within};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::besieged::Besieged;

const TEXT: u8 = 0x1;
const CONTINUATION: u8 = 0x0;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const LAST: u8 = 0x80;
const COMPRESSED: u8 = 0x40;

/// A message of more bytes than a body may have, in one frame and in many.
#[tokio::test(flavor = "multi_thread")]
async fn oversized_messages() {
    let besieged = Besieged::start().await;
    let part = vec![b' '; 1024 * 1024];

    let mut socket = RawSocket::open(&besieged).await;
    socket.announces(LAST | TEXT, 9 * 1024 * 1024).await;
    socket.ends().await;

    let mut socket = RawSocket::open(&besieged).await;
    socket.announces(LAST | TEXT, u64::MAX / 2).await;
    socket.ends().await;

    let mut socket = RawSocket::open(&besieged).await;
    socket.frame(TEXT, &part).await;
    for _ in 0..20 {
        socket.frame(CONTINUATION, &part).await;
    }
    socket.ends().await;
    besieged.is_unharmed().await;
}

/// A good message in as many frames as it has bytes, and empty ones in between, is a good message.
#[tokio::test(flavor = "multi_thread")]
async fn crumbs() {
    let besieged = Besieged::start().await;
    let mut socket = RawSocket::open(&besieged).await;
    let token = format!("Bearer {}", besieged.reporter().token());
    let init =
        json!({ "type": "connection_init", "payload": { "Authorization": token } }).to_string();
    socket.frame(TEXT, b"").await;
    for byte in init.bytes() {
        socket.frame(CONTINUATION, &[byte]).await;
        socket.frame(CONTINUATION, b"").await;
        socket.frame(LAST | PING, b"?").await;
    }
    for _ in 0..10_000 {
        socket.frame(CONTINUATION, b"").await;
    }
    socket.frame(LAST | CONTINUATION, b"").await;
    socket.hears("connection_ack").await;
    besieged.is_unharmed().await;
}

/// Frames that the standard does not know.
#[tokio::test(flavor = "multi_thread")]
async fn broken_frames() {
    let besieged = Besieged::start().await;
    let init = br#"{"type": "ping"}"#;
    for (what, first, payload) in [
        ("no UTF-8", LAST | TEXT, &b"\xff\xfe"[..]),
        ("half of a character at the end", LAST | TEXT, b"\xc3"),
        (
            "compressed, which was never agreed on",
            LAST | COMPRESSED | TEXT,
            init,
        ),
        ("a reserved bit", LAST | 0x10 | TEXT, init),
        ("a reserved kind", LAST | 0x3, init),
        ("a reserved kind of control", LAST | 0xb, init),
        ("a continuation of nothing", LAST | CONTINUATION, init),
        ("a ping in parts", PING, b"?"),
        ("a ping of more than 125 bytes", LAST | PING, &[b'?'; 126]),
        ("a close of one byte", LAST | CLOSE, b"\x03"),
        (
            "a close with a code that nobody has",
            LAST | CLOSE,
            b"\x00\x01",
        ),
        ("a close with broken words", LAST | CLOSE, b"\x03\xe8\xff"),
    ] {
        let mut socket = RawSocket::open(&besieged).await;
        socket.frame(first, payload).await;
        socket.ends_after(what).await;
    }
    let mut socket = RawSocket::open(&besieged).await;
    socket.send(&[LAST | TEXT, 2, b'{', b'}']).await;
    socket.ends_after("a frame without a mask").await;
    besieged.is_unharmed().await;
}

/// JSON that is deep, and a flood of pings: neither costs more than it did to send.
#[tokio::test(flavor = "multi_thread")]
async fn heavy_messages() {
    let besieged = Besieged::start().await;
    let mut socket = RawSocket::open(&besieged).await;
    socket
        .frame(LAST | TEXT, "[".repeat(1_000_000).as_bytes())
        .await;
    assert_eq!(socket.ends().await, Some(4400));
    let mut socket = RawSocket::open(&besieged).await;
    for _ in 0..1_000 {
        socket.frame(LAST | TEXT, br#"{"type": "ping"}"#).await;
        socket.frame(LAST | PING, &[b'?'; 125]).await;
    }
    socket.frame(LAST | TEXT, b"!").await;
    assert_eq!(socket.ends().await, Some(4400));
    besieged.is_unharmed().await;
}

/// A WebSocket, byte by byte.
struct RawSocket {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl RawSocket {
    async fn open(besieged: &Besieged) -> Self {
        let address = besieged.server().address();
        let stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        let mut socket = Self {
            stream,
            heard: Vec::new(),
        };
        socket.send(handshake(address).as_bytes()).await;
        socket.hears("\r\n\r\n").await;
        assert!(
            socket.heard.starts_with(b"HTTP/1.1 101"),
            "{}",
            socket.text()
        );
        socket.heard.clear();
        socket
    }

    /// Sends bytes. Where the server has had enough already, they are lost.
    async fn send(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes).await);
    }

    /// Sends a frame, with a mask that changes nothing.
    async fn frame(&mut self, first: u8, payload: &[u8]) {
        let mut frame = head(first, payload.len() as u64);
        frame.extend(payload);
        self.send(&frame).await;
    }

    /// Begins a frame of so many bytes, and sends some of them.
    async fn announces(&mut self, first: u8, length: u64) {
        let mut frame = head(first, length);
        frame.extend([b' '; 1024]);
        self.send(&frame).await;
    }

    /// Waits until the server has said this.
    async fn hears(&mut self, words: &str) {
        let hear = async {
            while !self.text().contains(words) {
                let read = self
                    .stream
                    .read_buf(&mut self.heard)
                    .await
                    .expect("the socket is open");
                assert!(read > 0, "no {words:?} in {}", self.text());
            }
        };
        within("the server says it", PATIENCE, hear).await;
    }

    /// Waits until the server has ended the connection. Tells the code that it closed with, where it said one.
    async fn ends(&mut self) -> Option<u16> {
        self.ends_after("this").await
    }

    async fn ends_after(&mut self, what: &str) -> Option<u16> {
        let what = format!("the server ends the connection after {what}");
        let end = async {
            // A reset is an end as well.
            drop(self.stream.read_to_end(&mut self.heard).await);
        };
        within(&what, PATIENCE, end).await;
        close_code(&self.heard)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.heard).into_owned()
    }
}

fn handshake(address: SocketAddr) -> String {
    format!(
        "GET /graphql HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n"
    )
}

/// The head of a frame that a client sends.
fn head(first: u8, length: u64) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    const IN_TWO_BYTES: u8 = 0x7e;
    const IN_EIGHT_BYTES: u8 = 0x7f;
    let mut head = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length), _) if length < IN_TWO_BYTES => head.push(MASKED | length),
        (_, Ok(length)) => {
            head.push(MASKED | IN_TWO_BYTES);
            head.extend(length.to_be_bytes());
        }
        _ => {
            head.push(MASKED | IN_EIGHT_BYTES);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend([0; 4]);
    head
}

/// The code of the frame that closes, among the short frames that a server sent.
fn close_code(mut frames: &[u8]) -> Option<u16> {
    while let [first, length @ ..=125, rest @ ..] = frames {
        let (payload, next) = rest.split_at_checked(usize::from(*length))?;
        if *first == LAST | CLOSE {
            return payload.first_chunk().copied().map(u16::from_be_bytes);
        }
        frames = next;
    }
    None
}
