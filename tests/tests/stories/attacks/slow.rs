//! Clients that hold a place and do nothing with it. Each story takes the half minute that such a client is given.

use std::time::Duration;

use daybook_tests::{eventually, within};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::besieged::{Besieged, status};

/// How long a slow client is borne: half a minute, and the rest is for a busy machine.
const BORNE: Duration = Duration::from_secs(50);

/// How many of them come at once.
const CLIENTS: usize = 200;

/// Connections on which nothing is sent, or the beginning of a request, and then nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_never_come() {
    let besieged = Besieged::start().await;
    let beginnings = [
        "",
        "G",
        "GET / HTTP/1.1\r\n",
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-le",
    ];
    let clients = (0..CLIENTS)
        .zip(beginnings.iter().cycle())
        .map(async |(_, beginning)| {
            let mut stream = connect(&besieged, beginning).await;
            let mut answer = String::new();
            // A reset is an end as well.
            drop(stream.read_to_string(&mut answer).await);
        });
    let all = join_all(clients);
    let meanwhile = besieged.is_unharmed();
    within("all of them are cut off", BORNE, async {
        tokio::join!(all, meanwhile)
    })
    .await;
    besieged.is_unharmed().await;
}

/// A header that grows by a letter every moment, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_header_drop_by_drop() {
    let besieged = Besieged::start().await;
    let stream = connect(&besieged, "GET / HTTP/1.1\r\nhost: ").await;
    let stream = tokio::sync::Mutex::new(stream);
    eventually("it is cut off", BORNE, || async {
        let sent = stream.lock().await.write_all(b"x").await;
        sent.is_err().then_some(())
    })
    .await;
    besieged.is_unharmed().await;
}

/// Bodies that stop in the middle, sent by strangers and by somebody who may send them.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_never_end() {
    let besieged = Besieged::start().await;
    let token = besieged.reporter().token();
    let junit = format!("/api/v1/schedules/{}/junit", besieged.schedule());
    let kinds = [
        ("/graphql", String::new()),
        ("/login", String::new()),
        ("/schedule/add", String::new()),
        ("/graphql", format!("authorization: Bearer {token}\r\n")),
        (junit.as_str(), format!("authorization: Bearer {token}\r\n")),
        (
            "/api/v1/schedule/",
            format!("authorization: Bearer {token}\r\n"),
        ),
    ];
    let clients = (0..CLIENTS).zip(kinds.iter().cycle()).map(async |(_, (route, authorization))| {
        let kind = if *route == "/schedule/add" { "application/x-www-form-urlencoded" } else { "application/json" };
        let request = format!(
            "POST {route} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\n{authorization}content-length: 1000\r\n\
             connection: close\r\n\r\n{{\"query\": "
        );
        let mut stream = connect(&besieged, &request).await;
        let mut answer = String::new();
        drop(stream.read_to_string(&mut answer).await);
        assert!(["400", "401", "408", "422"].contains(&status(&answer)), "{route}: {answer}");
    });
    let all = join_all(clients);
    let meanwhile = besieged.is_unharmed();
    within("all of them are answered", BORNE, async {
        tokio::join!(all, meanwhile)
    })
    .await;
    besieged.is_unharmed().await;
}

async fn connect(besieged: &Besieged, beginning: &str) -> TcpStream {
    let mut stream = TcpStream::connect(besieged.server().address())
        .await
        .expect("the server listens");
    stream
        .write_all(beginning.as_bytes())
        .await
        .expect("it is taken");
    stream
}
