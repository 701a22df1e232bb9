//! The limits that an operator sets: each is felt where it should be, and says what it is.

use std::net::Ipv4Addr;
use std::time::Instant;

use daybook::config::{Config, Limits, Networks};
use daybook_tests::socket::Message;
use daybook_tests::subscriber::SCHEDULE_CHANGES;
use daybook_tests::{
    Answer, Api, Credential, Database, PATIENCE, Report, Role, Socket, TestApp, eventually,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const FOREVER: &str = "subscription { scheduleUpdated { name } }";

/// A server with other limits than the default ones.
async fn limited(change: impl FnOnce(&mut Limits)) -> TestApp {
    let mut settings = Config::default();
    change(&mut settings.limits);
    TestApp::start_with(Database::sqlite(), settings).await
}

/// What an error says that is about a limit: its code, and where it waits, for how many milliseconds.
fn refused(answer: &Answer) -> (String, i64) {
    let wait = answer.json()["errors"][0]["extensions"]["retryAfterMs"].as_i64();
    (answer.code(), wait.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_as_large_as_the_settings_let_them() {
    let app = limited(|limits| {
        limits.depth = 3;
        limits.complexity = 200;
        limits.aliases = 2;
        limits.tokens = 60;
        limits.fields = 12;
        limits.directives = 1;
        limits.body_bytes = 2_000;
    })
    .await;
    let admin = app.admin();
    let good = "{ a: viewer { name } schedules(first: 10) { nodes { name } } }";
    admin.query(good, Value::Null).await.data("/a");
    for (document, part) in [
        ("{ schedules { nodes { client { name } } } }", "deep"),
        (
            "{ schedules(first: 100) { nodes { name title revision } } }",
            "complex",
        ),
        (
            "{ a: viewer { name } b: viewer { name } c: viewer { name } }",
            "2 aliases",
        ),
        (
            &format!("{{ viewer {{ name }} {} }}", "__typename ".repeat(60)),
            "60 tokens",
        ),
        (
            &format!("{{ viewer {{ name }} {} }}", "__typename ".repeat(12)),
            "12 fields",
        ),
        (
            "{ viewer { name @skip(if: false) @include(if: true) } }",
            "directives",
        ),
    ] {
        let answer = admin.query(document, Value::Null).await;
        assert_eq!(answer.code(), "VALIDATION", "{document}: {}", answer.text);
        assert!(
            answer.message().contains(part),
            "{document}: {}",
            answer.text
        );
    }
    let long = json!({ "query": good, "variables": { "x": "x".repeat(2_000) } });
    let answer = admin.send_json(Method::POST, "/graphql", &long).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE")
    );
    let long = json!({ "name": "x".repeat(2_000) });
    let answer = admin.send_json(Method::POST, "/api/tasks/", &long).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_as_long_as_the_settings_let_it() {
    let (app, reporter) = limited(|limits| limits.batch = 2)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("short batches").await;
    let reports = ["a", "b", "c", "d", "e"].map(Report::pass);
    let (short, long) = reports.split_at(2);
    reporter.report_batch(schedule, short).await.data("");
    let answer = reporter.report_batch(schedule, long).await;
    assert_eq!(
        (answer.code().as_str(), answer.field().as_str()),
        ("VALIDATION", "results")
    );
    assert!(answer.message().contains("1 to 2"), "{}", answer.message());
    let kept = app.admin().all_results(schedule).await;
    assert_eq!(kept.len(), 2, "all or none");
}

/// A client that asks too often is told to wait, on each way in, and others are not.
#[tokio::test(flavor = "multi_thread")]
async fn requests_a_second() {
    let app = limited(|limits| limits.requests_per_second = 5).await;
    let busy = app.reporter("busy").await;
    let quiet = app.reporter("quiet").await;
    let asked = async |api: &Api| api.query("{ viewer { name } }", Value::Null).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(asked(&busy).await);
    }
    let last = answers
        .iter()
        .find(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS);
    let last = last.expect("twenty at once are too many");
    let (code, wait) = refused(last);
    assert_eq!(code, "RATE_LIMITED");
    assert!((1..=200).contains(&wait), "{wait} ms");
    assert_eq!(last.header("retry-after"), "1");
    asked(&quiet).await.data("/viewer/name");
    let rest = eventually("the facade refuses too", PATIENCE, async || {
        let answer = busy.get("/api/tasks/").await;
        (answer.status == StatusCode::TOO_MANY_REQUESTS).then_some(answer)
    });
    let rest = rest.await;
    assert_eq!(rest.header("retry-after"), "1");
    assert_eq!(rest.json()["error"]["code"], "RATE_LIMITED");
}

/// Whoever guesses at tokens is held up. Those who are known are not, though they come from the same address.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_at_tokens() {
    let app = limited(|_| {}).await;
    let known = app.admin().create_client("known", Role::Viewer).await;
    known
        .query("{ viewer { name } }", Value::Null)
        .await
        .data("/viewer/name");
    let new = app.admin().create_client("new", Role::Viewer).await;
    let guess = |n: i32| {
        app.anonymous()
            .with(Credential::Token(format!("guess number {n} of many")))
    };
    for n in 0..10 {
        let answer = guess(n).query("{ viewer { name } }", Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{n}");
    }
    let answer = guess(10).query("{ viewer { name } }", Value::Null).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let (code, wait) = refused(&answer);
    assert_eq!(code, "RATE_LIMITED");
    assert!((1..=6_000).contains(&wait), "{wait} ms");
    let login = json!({ "token": "another guess of somebody" });
    let answer = app
        .anonymous()
        .send_json(Method::POST, "/login", &login)
        .await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let answer = new.query("{ viewer { name } }", Value::Null).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "a guess might be right"
    );
    known
        .query("{ viewer { name } }", Value::Null)
        .await
        .data("/viewer/name");
    app.admin()
        .query("{ viewer { name } }", Value::Null)
        .await
        .data("/viewer/name");

    let mut socket = Socket::open(app.address()).await;
    socket.init("a guess over a socket").await;
    assert_eq!(socket.closed().await, Some(1013), "try again later");
}

/// Behind a proxy that is trusted, each has the address that the proxy names.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_behind_a_proxy() {
    let settings = Config {
        trusted_proxies: Networks::try_from(Ipv4Addr::LOCALHOST.to_string()).expect("an address"),
        ..Config::default()
    };
    let app = TestApp::start_with(Database::sqlite(), settings).await;
    let status = async |token: &str, from: &str| {
        let request = app.anonymous().request(Method::POST, "/graphql");
        let request = request
            .bearer_auth(token)
            .header("x-forwarded-for", from)
            .json(&json!({ "query": "{ viewer { name } }" }));
        Answer::of(request).await.expect("an answer").status
    };
    for n in 0..10 {
        let found = status(&format!("guess number {n} of many"), "192.0.2.1").await;
        assert_eq!(found, StatusCode::UNAUTHORIZED);
    }
    let guess = "guess number 10 of many";
    // Whatever the guesser claims to have come through, the proxy adds where it really is.
    let found = status(guess, "198.51.100.9, 192.0.2.1").await;
    assert_eq!(found, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(guess, "192.0.2.2").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_and_subscriptions_of_a_client() {
    let app = limited(|limits| {
        limits.sockets = 2;
        limits.subscriptions = 2;
    })
    .await;
    let (one, other) = (
        app.admin(),
        app.admin().create_client("other", Role::Viewer).await,
    );
    let mut first = Socket::connect(&one).await;
    let mut second = Socket::connect(&one).await;
    let mut third = Socket::open(app.address()).await;
    third.init(one.token()).await;
    assert_eq!(third.closed().await, Some(4429));
    Socket::connect(&other).await.close().await;

    first.subscribe("a", FOREVER, Value::Null).await;
    second.subscribe("b", FOREVER, Value::Null).await;
    first.subscribe("q", "{ __typename }", Value::Null).await;
    first.next().await;
    assert_eq!(
        first.receive_answer().await,
        Message::Complete { id: "q".into() }
    );
    second.subscribe("c", FOREVER, Value::Null).await;
    assert_eq!(second.refused().await, "RATE_LIMITED");
    first.complete("a").await;
    let name = Uuid::new_v4();
    // The place is free when the subscription has ended, and that takes a moment.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let id = Uuid::new_v4().to_string();
        second
            .subscribe(&id, SCHEDULE_CHANGES, json!({ "name": name, "after": 0 }))
            .await;
        match second.refused().await.as_str() {
            "NOT_FOUND" => break,
            "RATE_LIMITED" => assert!(Instant::now() < deadline, "there is no place again"),
            other => panic!("{other}"),
        }
    }
}
