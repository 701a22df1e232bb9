//! Bodies that are too much, or are not what they say.

use std::io::Write;

use daybook_tests::{Answer, Report};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::besieged::{Besieged, refusal, status};

/// The routes that take bodies; the first of them speaks GraphQL.
fn routes(besieged: &Besieged) -> [String; 6] {
    let junit = format!("/api/v1/schedules/{}/junit", besieged.schedule());
    [
        "/graphql",
        "/login",
        "/result/add",
        "/api/v1/schedule/",
        "/api/tasks/",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([junit])
    .collect::<Vec<_>>()
    .try_into()
    .expect("six of them")
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized() {
    let besieged = Besieged::start().await;
    let body = vec![b'x'; 40 * 1024 * 1024];
    // As its owner, who may do everything: nothing is refused for who asks.
    let admin = besieged.server().admin();
    for route in routes(&besieged) {
        let media_type = if route == "/result/add" {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        let answer = admin.post(&route, media_type, body.clone()).await;
        assert_eq!(answer.status, 413, "{route}: {answer:?}");
        let code = if route == "/graphql" {
            answer.code()
        } else {
            refusal(&answer).1
        };
        assert_eq!(code, "TOO_LARGE", "{route}: {answer:?}");
    }
    besieged.is_unharmed().await;
}

/// A body in chunks that says no length, and never ends.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_end() {
    let besieged = Besieged::start().await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let address = besieged.server().address();
    for route in routes(&besieged) {
        let mut stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        let head = format!(
            "POST {route} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n",
            besieged.server().admin().token()
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("it is taken");
        let mut sent = 0_usize;
        while stream.write_all(chunk.as_bytes()).await.is_ok() {
            sent += 1;
            assert!(sent < 16 * 1024, "{route}: a gigabyte was taken");
        }
        // What is on its way may be lost with the connection; that it ended is what counts.
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            ["413", "415", ""].contains(&status(&answer)),
            "{route}: {answer}"
        );
    }
    besieged.is_unharmed().await;
}

/// What is packed stays packed: a bomb of zeros is some bytes that are no JSON.
#[tokio::test(flavor = "multi_thread")]
async fn compressed() {
    let besieged = Besieged::start().await;
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer
        .write_all(&vec![b' '; 16 * 1024 * 1024])
        .expect("it is kept in memory");
    // What is packed in parts is unpacked as one: a quarter of a gigabyte.
    let bomb = packer.finish().expect("it is kept in memory").repeat(16);
    for route in routes(&besieged) {
        let request = besieged
            .reporter()
            .request(Method::POST, &route)
            .header("content-type", "application/json")
            .header("content-encoding", "gzip");
        let answer = Answer::of(request.body(bomb.clone()))
            .await
            .expect("an answer");
        assert!(answer.status.is_client_error(), "{route}: {answer:?}");
    }
    besieged.is_unharmed().await;
}

/// Texts that are none: bytes that are no UTF-8, halves of surrogates, NUL where a database ends a text.
#[tokio::test(flavor = "multi_thread")]
async fn no_text() {
    let besieged = Besieged::start().await;
    let reporter = besieged.reporter();
    for body in [
        &b"{\"query\": \"{ __typename } #\xff\"}"[..],
        b"{\"query\": \"{ __typename } #\xed\xa0\x80\"}",
        b"{\"query\": \"{ __typename } #\xc0\xaf\"}",
        br#"{"query": "{ __typename } #\ud800"}"#,
        br#"{"query": "{ __typename } #\udc00\ud800"}"#,
        br#"{"query": "{ __typename } #\u00"}"#,
        b"\xef\xbb\xbf{\"query\": \"{ __typename }\"}",
        b"\xff\xfe{\0}\0",
        b"\0",
    ] {
        let answer = reporter.post("/graphql", "application/json", body).await;
        let excerpt = String::from_utf8_lossy(body);
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "VALIDATION"),
            "{excerpt}"
        );
        for (route, status) in [("/login", 422), ("/api/v1/schedule/", 400)] {
            let answer = reporter.post(route, "application/json", body).await;
            assert_eq!(answer.status, status, "{route}: {excerpt}: {answer:?}");
        }
        let junit = format!("/api/v1/schedules/{}/junit", besieged.schedule());
        let answer = reporter.post(&junit, "application/xml", body).await;
        assert_eq!(
            refusal(&answer),
            (422, "VALIDATION".to_owned()),
            "{excerpt}"
        );
    }
    let report = "mutation ($s: UUID!, $n: String!) { reportResult(input: { schedule: $s, script: $n, status: PASS }) { result { id } } }";
    for name in ["a\0b", "\0", "a\u{1b}[31m", "a\u{7f}"] {
        let variables = json!({ "s": besieged.schedule(), "n": name });
        let answer = reporter.query(report, variables).await;
        assert_eq!(
            (answer.code(), answer.field()),
            ("VALIDATION".into(), "script".into()),
            "{name:?}"
        );
    }
    let form = format!("token={}&script=a%00b&result=a", reporter.token());
    let answer = reporter
        .post("/result/add", "application/x-www-form-urlencoded", form)
        .await;
    assert_eq!(answer.status, 422, "{answer:?}");
    besieged.is_unharmed().await;
}

/// Numbers that no type holds, and keys that are there twice.
#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_json() {
    let besieged = Besieged::start().await;
    let reporter = besieged.reporter();
    for number in [
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "007",
        "+1",
        "0x7",
        ".5",
        "1.",
        &"9".repeat(100_000),
    ] {
        let body = format!(
            r#"{{"query": "query ($n: Int) {{ schedules(first: $n) {{ nodes {{ name }} }} }}", "variables": {{"n": {number}}}}}"#
        );
        let answer = reporter.post("/graphql", "application/json", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "VALIDATION")
        );
    }
    for number in [
        "2147483648",
        "-2147483649",
        "1.5",
        "99999999999999999999",
        "\"1\"",
    ] {
        let document = format!("{{ schedules(first: {number}) {{ nodes {{ name }} }} }}");
        besieged.refuses(&document, "").await;
        let value: Value = serde_json::from_str(number).expect("JSON");
        let document = "query ($n: Int) { schedules(first: $n) { nodes { name } } }";
        besieged
            .refuses_with(document, json!({ "n": value }), "n")
            .await;
    }
    for body in [
        r#"{"query": "{ __typename }", "query": "mutation { closeMySchedules { schedules { name } } }"}"#,
        r#"{"query": "{ __typename }", "variables": {}, "variables": {}}"#,
        r#"{"query": "{ __typename }"} {"query": "{ __typename }"}"#,
    ] {
        let answer = reporter.post("/graphql", "application/json", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "VALIDATION"),
            "{body}"
        );
    }
    // In a map of values the last counts, for what checks them as for what uses them.
    let twice = r#"{"query": "query ($n: Int) { schedules(first: $n) { nodes { name } } }", "variables": {"n": 1, "n": "x"}}"#;
    let answer = reporter.post("/graphql", "application/json", twice).await;
    assert_eq!(
        (answer.code(), answer.field()),
        ("VALIDATION".into(), "n".into())
    );
    besieged.is_unharmed().await;
}

/// What would be SQL if anybody made a statement of it is a name like any other.
#[tokio::test(flavor = "multi_thread")]
async fn statements_for_names() {
    let besieged = Besieged::start().await;
    let reporter = besieged.reporter();
    for name in [
        "'; DROP TABLE result; --",
        "\" OR 1=1 --",
        "a' UNION SELECT token FROM client --",
        "%' OR '1'='1",
        "\\'; SELECT 1",
    ] {
        let opened = reporter
            .open_schedule_with(
                json!({ "title": name, "labels": [{ "key": name, "value": name }] }),
            )
            .await;
        let schedule: uuid::Uuid = opened.parse("/createSchedule/schedule/name");
        reporter.reported(schedule, Report::pass(name)).await;
        let document =
            "query ($t: String!) { schedules(filter: { title: $t }) { nodes { name title } } }";
        let found = reporter.query(document, json!({ "t": name })).await;
        assert_eq!(
            found.data("/schedules/nodes"),
            json!([{ "name": schedule, "title": name }]),
            "{name}"
        );
        assert_eq!(reporter.all_results(schedule).await[0].script, name);
    }
    besieged.is_unharmed().await;
}
