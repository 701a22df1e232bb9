//! The subprotocol `graphql-transport-ws`, the wrong ways of speaking it, and how sockets end.

use std::time::{Duration, Instant};

use daybook_tests::socket::Message;
use daybook_tests::subscriber::SCHEDULE_CHANGES;
use daybook_tests::{
    ADMIN_TOKEN, Database, Report, Role, Socket, TestApp, eventually, on_both_databases,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Revoking must be felt within 5 s; the rest is for a busy machine.
const REVOKED: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_query_over_a_socket() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::connect(&app.admin()).await;
    socket
        .subscribe(
            "q",
            "query ($x: Boolean!) { viewer { name @include(if: $x) role } }",
            json!({ "x": true }),
        )
        .await;
    assert_eq!(
        socket.next().await,
        json!({ "data": { "viewer": { "name": "admin", "role": "ADMIN" } } })
    );
    assert_eq!(
        socket.receive_answer().await,
        Message::Complete { id: "q".into() }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_is_answered() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::open(app.address()).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(
        socket.receive().await,
        Message::Pong,
        "even before the client is known"
    );
    socket.init(ADMIN_TOKEN).await;
    assert_eq!(socket.receive_answer().await, Message::Ack);
    socket
        .send(json!({ "type": "ping", "payload": { "any": "thing" } }))
        .await;
    assert_eq!(socket.receive().await, Message::Pong);
    socket.send(json!({ "type": "pong" })).await;
    socket.subscribe("q", "{ __typename }", Value::Null).await;
    assert_eq!(
        socket.next().await,
        json!({ "data": { "__typename": "Query" } }),
        "an unasked pong does no harm"
    );
}

/// The server pings by itself, so that proxies keep the connection, and both sides notice when it is dead.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_pings() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::connect(&app.admin()).await;
    assert_eq!(socket.receive().await, Message::Ping);
}

/// Every way of breaking the protocol has its close code.
#[tokio::test(flavor = "multi_thread")]
async fn close_codes() {
    let app = TestApp::sqlite().await;
    let subscribe =
        json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ __typename }" } });
    let forever = json!({ "id": "1", "type": "subscribe", "payload": { "query": "subscription { scheduleUpdated { name } }" } });
    let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {ADMIN_TOKEN}") } });
    let wrong =
        json!({ "type": "connection_init", "payload": { "Authorization": "Bearer nonsense" } });
    let malformed = json!({ "type": "connection_init", "payload": { "Authorization": 7 } });
    let nobody = json!({ "type": "connection_init" });
    for (what, messages, code) in [
        ("not JSON", vec!["nonsense".to_owned()], 4400),
        ("JSON that is no message", vec!["[]".into()], 4400),
        ("a message without a type", vec!["{}".into()], 4400),
        (
            "a message of an unknown type",
            vec![r#"{"type": "start"}"#.into()],
            4400,
        ),
        (
            "a subscription without an id",
            vec![
                init.to_string(),
                r#"{"type": "subscribe", "payload": {"query": "{ __typename }"}}"#.into(),
            ],
            4400,
        ),
        (
            "a subscription without a payload",
            vec![
                init.to_string(),
                r#"{"id": "1", "type": "subscribe"}"#.into(),
            ],
            4400,
        ),
        (
            "a subscription before the initialisation",
            vec![subscribe.to_string()],
            4401,
        ),
        ("an unknown token", vec![wrong.to_string()], 4403),
        ("a token that is no text", vec![malformed.to_string()], 4403),
        (
            "neither a token nor a cookie",
            vec![nobody.to_string()],
            4403,
        ),
        (
            "one id for two operations",
            vec![init.to_string(), forever.to_string(), forever.to_string()],
            4409,
        ),
        (
            "two initialisations",
            vec![init.to_string(), init.to_string()],
            4429,
        ),
    ] {
        let mut socket = Socket::open(app.address()).await;
        for message in &messages {
            socket.send_text(message).await;
        }
        assert_eq!(socket.closed().await, Some(code), "{what}");
    }
}

/// Who says nothing is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn no_initialisation_in_time() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::open(app.address()).await;
    assert_eq!(socket.closed().await, Some(4408));
}

/// An operation that can't be executed is refused by `error`, and the socket lives on; its id may be used again.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_operation_ends_only_itself() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::connect(&app.admin()).await;
    for document in [
        "{ nonsense }",
        "{",
        "query A { __typename } query B { __typename }",
    ] {
        socket.subscribe("1", document, Value::Null).await;
        match socket.receive_answer().await {
            Message::Error { id, payload } => {
                assert_eq!(
                    (id.as_str(), &payload[0]["extensions"]["code"]),
                    ("1", &json!("VALIDATION")),
                    "{document}"
                );
            }
            other => panic!("{document}: {other:?}"),
        }
    }
    socket.subscribe("1", "{ __typename }", Value::Null).await;
    assert_eq!(
        socket.next().await,
        json!({ "data": { "__typename": "Query" } })
    );
}

/// The limits of documents hold on a socket as well.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_documents_are_refused_here_too() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::connect(&app.admin()).await;
    let deep = format!(
        "{}id{}",
        "{ node(id: \"x\") { ... on Schedule { previous ".repeat(100),
        " } } }".repeat(100)
    );
    for document in [deep, format!("{{ {} }}", "viewer { name } ".repeat(20_000))] {
        socket.subscribe("1", &document, Value::Null).await;
        assert_eq!(socket.refused().await, "VALIDATION");
    }
}

/// A socket without the subprotocol is told so, and closed.
#[tokio::test(flavor = "multi_thread")]
async fn no_subprotocol() {
    let app = TestApp::sqlite().await;
    let mut socket = Socket::open_without_subprotocol(app.address()).await;
    assert_eq!(socket.closed().await, Some(4406));
}

/// A browser's socket is known by its session's cookie, if the page that opened it is one of this server.
#[tokio::test(flavor = "multi_thread")]
async fn known_by_cookie_and_origin() {
    let app = TestApp::sqlite().await;
    let cookie = super::login::log_in(&app.anonymous(), ADMIN_TOKEN).await;
    let own = format!("http://{}", app.address());

    let mut socket = Socket::open_with(app.address(), &[("cookie", &cookie), ("origin", &own)])
        .await
        .expect("a socket");
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.receive_answer().await, Message::Ack);
    socket
        .subscribe("q", "{ viewer { name } }", Value::Null)
        .await;
    assert_eq!(
        socket.next().await,
        json!({ "data": { "viewer": { "name": "admin" } } })
    );

    for foreign in [
        "http://evil.example",
        "null",
        &own.replace("127.0.0.1", "localhost"),
    ] {
        match Socket::open_with(app.address(), &[("cookie", &cookie), ("origin", foreign)]).await {
            Err(status) => assert_eq!(status, StatusCode::FORBIDDEN, "{foreign}"),
            Ok(mut socket) => {
                socket.send(json!({ "type": "connection_init" })).await;
                assert_eq!(socket.closed().await, Some(4403), "{foreign}");
            }
        }
    }
}

/// A revoked token, a rotated one and a session that is logged out end their sockets, and no others.
async fn credentials_end_their_sockets(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let rotated = app.admin().create_client("rotated", Role::Viewer).await;
    let bystander = app.admin().create_client("bystander", Role::Viewer).await;
    let schedule = reporter.open_schedule("revoked").await;
    let cookie = super::login::log_in(&app.anonymous(), bystander.token()).await;
    let own = format!("http://{}", app.address());
    let mut by_cookie = Socket::open_with(app.address(), &[("cookie", &cookie), ("origin", &own)])
        .await
        .expect("a socket");
    by_cookie.send(json!({ "type": "connection_init" })).await;
    assert_eq!(by_cookie.receive_answer().await, Message::Ack);
    let mut unharmed = Socket::connect(&bystander).await;
    let mut ending = vec![
        Socket::connect(&reporter).await,
        Socket::connect(&rotated).await,
        by_cookie,
    ];
    for socket in ending.iter_mut().chain([&mut unharmed]) {
        socket
            .subscribe("feed", SCHEDULE_CHANGES, json!({ "name": schedule }))
            .await;
        socket.next().await;
    }

    app.admin().revoke_client("nightly").await.data("");
    app.admin().rotate_client_token("rotated").await.data("");
    let logout = app
        .anonymous()
        .with(daybook_tests::Credential::Cookie(cookie))
        .request(Method::POST, "/logout")
        .header("origin", &own);
    assert_eq!(logout.send().await.expect("an answer").status(), 204);
    let ended = Instant::now();

    for socket in &mut ending {
        assert_eq!(socket.closed().await, Some(4403));
        assert!(
            ended.elapsed() < REVOKED,
            "felt only after {:?}",
            ended.elapsed()
        );
    }
    unharmed
        .subscribe("q", "{ viewer { name } }", Value::Null)
        .await;
    assert_eq!(
        unharmed.next().await,
        json!({ "data": { "viewer": { "name": "bystander" } } })
    );
}

on_both_databases!(credentials_end_their_sockets);

/// Clients that vanish leave nothing behind that would hold the server up.
#[tokio::test(flavor = "multi_thread")]
async fn hundreds_come_and_go() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("come and go").await;
    for _ in 0..5 {
        let mut sockets = Vec::new();
        for _ in 0..50 {
            let mut socket = Socket::connect(&reporter).await;
            socket
                .subscribe("feed", SCHEDULE_CHANGES, json!({ "name": schedule }))
                .await;
            socket.next().await;
            sockets.push(socket);
        }
        // Dropped without a word, all at once.
    }
    reporter.reported(schedule, Report::pass("login")).await;
    let mut socket = Socket::connect(&reporter).await;
    socket
        .subscribe("feed", SCHEDULE_CHANGES, json!({ "name": schedule }))
        .await;
    assert_eq!(
        socket.next().await["data"]["scheduleChanges"]["revision"],
        1
    );
    eventually("the server is well", Duration::from_secs(30), || async {
        (app.anonymous().get("/readyz").await.status == 200).then_some(())
    })
    .await;
}
