//! Headers that are made to say something in the server's name, or to have two readers see two requests in one.

use std::fmt::Write;

use daybook_tests::http::exchange;

use super::besieged::{Besieged, status};

/// A line break in what is echoed would let a client write headers of the answer. The id of a request is all that is.
#[tokio::test(flavor = "multi_thread")]
async fn line_breaks_in_what_is_echoed() {
    let besieged = Besieged::start().await;
    for id in [
        "a\r\nset-cookie: daybook_session=evil",
        "a\nset-cookie: daybook_session=evil",
        "a\rset-cookie: daybook_session=evil",
        "a\r\n set-cookie: daybook_session=evil",
        "a%0d%0aset-cookie: daybook_session=evil",
        "a\0set-cookie: daybook_session=evil",
    ] {
        let answer = besieged
            .sends(&format!(
                "GET /healthz HTTP/1.1\r\nx-request-id: {id}\r\n\r\n"
            ))
            .await;
        let cookies = answer
            .lines()
            .filter(|line| line.to_ascii_lowercase().starts_with("set-cookie"));
        assert_eq!(cookies.count(), 0, "{id:?}: {answer}");
        assert!(
            ["200", "400"].contains(&status(&answer)),
            "{id:?}: {answer}"
        );
    }
    for path in [
        "/%0d%0aset-cookie:a=b",
        "/login%0d%0aset-cookie:a=b",
        "/x?a=%0d%0aset-cookie:a=b",
    ] {
        let answer = besieged
            .sends(&format!("GET {path} HTTP/1.1\r\n\r\n"))
            .await;
        assert!(!answer.contains("a=b"), "{path}: {answer}");
    }
    besieged.is_unharmed().await;
}

/// What is on the log of a request's id and path is in one line.
#[tokio::test(flavor = "multi_thread")]
async fn lines_of_the_log() {
    let besieged = Besieged::start_with(&[("RUST_LOG", "debug")]).await;
    let request =
        "GET /healthz%0aFORGED HTTP/1.1\r\nx-request-id: a\u{85}FORGED\u{2028}FORGED\r\n\r\n";
    besieged.sends(request).await;
    let title =
        "mutation { createSchedule(input: { title: \"a\\nFORGED\" }) { schedule { name } } }";
    besieged
        .reporter()
        .query(title, serde_json::Value::Null)
        .await;
    let log = besieged.server().log();
    assert!(log.contains("/healthz%0aFORGED"), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("FORGED")), "{log}");
    besieged.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_of_them() {
    let besieged = Besieged::start().await;
    let mut many = String::new();
    for number in 0..10_000 {
        write!(many, "x-{number}: {number}\r\n").expect("a string grows");
    }
    let long = format!("x: {}\r\n", "x".repeat(4 * 1024 * 1024));
    let path = "x".repeat(4 * 1024 * 1024);
    for request in [
        format!("GET /healthz HTTP/1.1\r\n{many}\r\n"),
        format!("GET /healthz HTTP/1.1\r\n{long}\r\n"),
        format!("GET /{path} HTTP/1.1\r\n\r\n"),
    ] {
        let answer = besieged.tries(&request).await;
        assert!(["414", "431", ""].contains(&status(&answer)), "{answer}");
    }
    besieged.is_unharmed().await;
}

/// Requests of which two readers could see different ends: what is answered is one request, and nothing that was hidden in
/// its body is taken for another.
#[tokio::test(flavor = "multi_thread")]
async fn two_lengths() {
    let besieged = Besieged::start().await;
    let hidden = "GET /schema.graphql HTTP/1.1\r\nhost: x\r\n\r\n";
    let length = hidden.len();
    for head in [
        format!("content-length: 0\r\ncontent-length: {length}"),
        format!("content-length: 0, {length}"),
        format!("content-length: +{length}"),
        format!("content-length: -{length}"),
        "content-length: 99999999999999999999".to_owned(),
        "transfer-encoding: identity".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
        "transfer-encoding : chunked".to_owned(),
        "transfer-encoding: xchunked".to_owned(),
    ] {
        let request = format!(
            "POST /login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n{head}\r\n\r\n{hidden}",
            besieged.server().address()
        );
        let answer = exchange(besieged.server().address(), &request).await;
        assert_eq!(status(&answer), "400", "{head}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head}: {answer}");
    }
    // A proxy that goes by the length would hand the rest of this on as the next client's request.
    let both = format!(
        "POST /login HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
    );
    let answer = besieged.sends(&both).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(!answer.contains("type Query"), "{answer}");
    besieged.is_unharmed().await;
}
