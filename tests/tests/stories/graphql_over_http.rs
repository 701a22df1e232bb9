//! GraphQL over HTTP as its specification has it, MUST and SHOULD: media types, status codes, methods.
//!
//! These stories need no particular database: what they look at happens before one is asked.

use daybook_tests::http::exchange;
use daybook_tests::{ADMIN_TOKEN, Answer, Credential, Report, TestApp};
use reqwest::Method;
use serde_json::{Value, json};

const RESPONSE_JSON: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// Sends a body with an `Accept` header, as the client `admin`.
async fn post(app: &TestApp, accept: Option<&str>, body: impl Into<reqwest::Body>) -> Answer {
    let mut request = app
        .admin()
        .request(Method::POST, "/graphql")
        .header("content-type", JSON);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    Answer::of(request.body(body)).await.expect("an answer")
}

/// `GET /graphql` with these parameters, as the client `admin`.
async fn get(app: &TestApp, parameters: &[(&str, &str)]) -> Answer {
    let mut url = url::Url::parse("http://daybook/graphql").expect("a URL");
    url.query_pairs_mut().extend_pairs(parameters);
    let path = format!("/graphql?{}", url.query().expect("parameters"));
    let request = app
        .admin()
        .request(Method::GET, &path)
        .header("accept", RESPONSE_JSON);
    Answer::of(request).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_media_type_is_negotiated() {
    let app = TestApp::sqlite().await;
    for (accept, expected) in [
        (Some(RESPONSE_JSON), RESPONSE_JSON),
        (Some(JSON), JSON),
        (
            Some(
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
            ),
            RESPONSE_JSON,
        ),
        (
            Some("application/json;q=0.9, application/graphql-response+json;q=0.1"),
            JSON,
        ),
        (Some("text/html, application/json;q=0.5"), JSON),
        (Some("APPLICATION/JSON"), JSON),
    ] {
        let answer = post(&app, accept, r#"{"query": "{ __typename }"}"#).await;
        assert_eq!(answer.status, 200, "{accept:?}: {answer:?}");
        let media_type = answer
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default();
        assert_eq!(media_type, expected, "{accept:?}");
        assert_eq!(answer.data("/__typename"), "Query");
    }
    for anything in ["*/*", "application/*"] {
        let answer = post(&app, Some(anything), r#"{"query": "{ __typename }"}"#).await;
        assert_eq!(answer.data("/__typename"), "Query", "{anything}");
    }
    let impossible = post(&app, Some("text/html"), r#"{"query": "{ __typename }"}"#).await;
    assert_eq!(
        (impossible.status.as_u16(), impossible.code().as_str()),
        (406, "VALIDATION")
    );
}

/// Who doesn't say what it accepts gets the media type that is the rule since 2025.
#[tokio::test(flavor = "multi_thread")]
async fn no_accept_header_at_all() {
    let app = TestApp::sqlite().await;
    let body = r#"{"query": "{ __typename }"}"#;
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {ADMIN_TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        app.address(),
        body.len()
    );
    let answer = exchange(app.address(), &request).await.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(
        answer.contains("\r\ncontent-type: application/graphql-response+json"),
        "{answer}"
    );
}

/// Requests that can't be executed: 400 in the new media type, 200 in the old one where they are well-formed.
#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_what_happened() {
    let app = TestApp::sqlite().await;
    let requests = [
        (
            "a document that can't be parsed",
            r#"{"query": "{"}"#,
            400,
            200,
        ),
        ("an unknown field", r#"{"query": "{ nonsense }"}"#, 400, 200),
        (
            "no such operation",
            r#"{"query": "query A { __typename }", "operationName": "B"}"#,
            400,
            200,
        ),
        (
            "two operations and no name",
            r#"{"query": "query A { __typename } query B { __typename }"}"#,
            400,
            200,
        ),
        (
            "a variable of a wrong type",
            r#"{"query": "query ($n: UUID!) { schedule(name: $n) { name } }", "variables": {"n": 7}}"#,
            400,
            200,
        ),
        (
            "a variable left out",
            r#"{"query": "query ($n: UUID!) { schedule(name: $n) { name } }"}"#,
            400,
            200,
        ),
        ("not JSON", "NONSENSE", 400, 400),
        ("JSON that ends too early", r#"{"query":"#, 400, 400),
        ("no query", r#"{"qeury": "{ __typename }"}"#, 400, 400),
        (
            "a query that is no string",
            r#"{"query": {"a": 1}}"#,
            400,
            400,
        ),
        ("a query that is a number", r#"{"query": 7}"#, 400, 400),
        (
            "a query that is a list",
            r#"{"query": ["{ __typename }"]}"#,
            400,
            400,
        ),
        (
            "an operation name that is no string",
            r#"{"query": "{ __typename }", "operationName": 7}"#,
            400,
            400,
        ),
        (
            "variables that are a list",
            r#"{"query": "{ __typename }", "variables": [7]}"#,
            400,
            400,
        ),
        (
            "variables that are a string",
            r#"{"query": "{ __typename }", "variables": "{}"}"#,
            400,
            400,
        ),
        (
            "extensions that are a list",
            r#"{"query": "{ __typename }", "extensions": []}"#,
            400,
            400,
        ),
        (
            "a list of requests",
            r#"[{"query": "{ __typename }"}]"#,
            400,
            400,
        ),
    ];
    for (what, body, strict, legacy) in requests {
        for (accept, status) in [(RESPONSE_JSON, strict), (JSON, legacy)] {
            let answer = post(&app, Some(accept), body).await;
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{what}, {accept}: {answer:?}"
            );
            assert_eq!(answer.code(), "VALIDATION", "{what}");
            assert!(
                answer.header("content-type").starts_with(accept),
                "{what}: {answer:?}"
            );
            assert!(
                answer.json().get("data").is_none(),
                "{what}: no data entry, since nothing was executed"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_means_left_out() {
    let app = TestApp::sqlite().await;
    for parameter in ["variables", "operationName", "extensions"] {
        let body = json!({ "query": "{ __typename }", parameter: null }).to_string();
        let answer = post(&app, Some(RESPONSE_JSON), body).await;
        assert_eq!(answer.data("/__typename"), "Query", "{parameter}");
    }
}

/// Once something was executed the status is 200, whatever the fields said.
#[tokio::test(flavor = "multi_thread")]
async fn field_errors_are_no_http_errors() {
    let app = TestApp::sqlite().await;
    for accept in [RESPONSE_JSON, JSON] {
        let refused = r#"{"query": "mutation { deleteSchedule(name: \"00000000-0000-0000-0000-000000000000\") { name } }"}"#;
        let answer = post(&app, Some(accept), refused).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (200, "NOT_FOUND")
        );

        let partly = r#"{"query": "{ __typename schedules(first: 0) { nodes { name } } }"}"#;
        let answer = post(&app, Some(accept), partly).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (200, "VALIDATION")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_must_be_json_in_utf_8() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let body = r#"{"query": "{ __typename }"}"#;
    for accepted in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
    ] {
        assert_eq!(
            admin
                .post("/graphql", accepted, body)
                .await
                .data("/__typename"),
            "Query",
            "{accepted}"
        );
    }
    for refused in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ] {
        let answer = admin.post("/graphql", refused, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (415, "VALIDATION"),
            "{refused}"
        );
    }
    let unnamed = Answer::of(admin.request(Method::POST, "/graphql").body(body))
        .await
        .expect("an answer");
    assert_eq!(
        (unnamed.status.as_u16(), unnamed.code().as_str()),
        (415, "VALIDATION")
    );
}

/// GET is for queries, and for nothing that changes anything.
#[tokio::test(flavor = "multi_thread")]
async fn queries_by_get() {
    let app = TestApp::sqlite().await;
    let document =
        "query A($n: Int) { schedules(first: $n) { nodes { name } } } query B { __typename }";
    let answer = get(
        &app,
        &[
            ("query", document),
            ("operationName", "A"),
            ("variables", r#"{"n": 1}"#),
        ],
    )
    .await;
    assert_eq!(answer.data("/schedules/nodes"), json!([]));
    assert_eq!(
        get(&app, &[("query", document), ("operationName", "B")])
            .await
            .data("/__typename"),
        "Query"
    );
    assert_eq!(
        get(&app, &[("query", "{ __typename }"), ("operationName", "")])
            .await
            .data("/__typename"),
        "Query"
    );

    let mutation = "mutation { createSchedule(input: {}) { schedule { name } } }";
    let both = format!("{mutation} query Q {{ __typename }}").replacen("mutation", "mutation M", 1);
    for parameters in [
        vec![("query", mutation)],
        vec![("query", both.as_str()), ("operationName", "M")],
    ] {
        let answer = get(&app, &parameters).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (405, "VALIDATION"),
            "{answer:?}"
        );
        assert!(answer.header("allow").contains("POST"), "{answer:?}");
    }
    assert_eq!(
        get(&app, &[("query", both.as_str()), ("operationName", "Q")])
            .await
            .data("/__typename"),
        "Query"
    );
    let schedules = app
        .admin()
        .query("{ schedules { nodes { name } } }", json!({}))
        .await;
    assert_eq!(
        schedules.data("/schedules/nodes"),
        json!([]),
        "nothing was created"
    );

    for parameters in [
        vec![("quarry", "{ __typename }")],
        vec![("query", "{ __typename }"), ("variables", "not JSON")],
        vec![("query", "{ __typename }"), ("variables", "[7]")],
    ] {
        let answer = get(&app, &parameters).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (400, "VALIDATION"),
            "{answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_methods() {
    let app = TestApp::sqlite().await;
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let request = app.admin().request(method.clone(), "/graphql");
        let answer = Answer::of(request).await.expect("an answer");
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (405, "VALIDATION"),
            "{method}"
        );
        let allow = answer.header("allow");
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    }
}

/// A subscription needs a socket, and is told so.
#[tokio::test(flavor = "multi_thread")]
async fn no_subscription_by_post() {
    let app = TestApp::sqlite().await;
    let body = r#"{"query": "subscription { scheduleUpdated { name } }"}"#;
    let answer = post(&app, Some(RESPONSE_JSON), body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (400, "VALIDATION"),
        "{answer:?}"
    );
}

/// A credential that is wrong is refused before anything is executed; none at all is an anonymous caller.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    for accept in [RESPONSE_JSON, JSON] {
        for authorization in [
            "Bearer nonsense",
            "Bearer",
            "Bearer  ",
            "Basic YWRtaW46YWRtaW4=",
            "nonsense",
            "Bearer \u{e9}",
        ] {
            let request = app
                .anonymous()
                .request(Method::POST, "/graphql")
                .header("accept", accept)
                .header("authorization", authorization)
                .json(&json!({ "query": "{ __typename }" }));
            let answer = Answer::of(request).await.expect("an answer");
            assert_eq!(
                (answer.status.as_u16(), answer.code().as_str()),
                (401, "UNAUTHENTICATED"),
                "{authorization}"
            );
            assert!(
                answer.header("www-authenticate").starts_with("Bearer"),
                "{answer:?}"
            );
        }
    }
    let lower_case = app
        .anonymous()
        .request(Method::POST, "/graphql")
        .header("authorization", format!("bearer {}", reporter.token()))
        .json(&json!({ "query": "{ viewer { name } }" }));
    let answer = Answer::of(lower_case).await.expect("an answer");
    assert_eq!(
        answer.data("/viewer/name"),
        "nightly",
        "the scheme's name is case-insensitive"
    );

    let in_the_url = app
        .anonymous()
        .get(&format!(
            "/graphql?query=%7Bviewer%7Bname%7D%7D&token={}",
            reporter.token()
        ))
        .await;
    assert_eq!(
        in_the_url.code(),
        "UNAUTHENTICATED",
        "a token has no place in a URL"
    );
    app.admin().revoke_client("nightly").await.data("");
    let revoked = reporter.query("{ viewer { name } }", Value::Null).await;
    assert_eq!(
        (revoked.status.as_u16(), revoked.code().as_str()),
        (401, "UNAUTHENTICATED")
    );
}

/// A new token is another one, and the old one is worth nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("before").await;

    let rotated = app.admin().rotate_client_token("nightly").await;

    let renewed = reporter.with(Credential::Token(rotated.parse("/rotateClientToken/token")));
    assert!(
        renewed
            .token()
            .starts_with(&rotated.parse::<String>("/rotateClientToken/client/tokenPrefix"))
    );
    renewed.reported(schedule, Report::pass("login")).await;
    assert_eq!(
        reporter
            .report(schedule, Report::pass("login"))
            .await
            .status,
        401
    );
}

/// The standard introspection query, the deepest document that any tool sends, is within the limits.
#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_admitted() {
    let app = TestApp::sqlite().await;
    let answer = app
        .admin()
        .query(
            include_str!("../../fixtures/introspection.graphql"),
            json!({}),
        )
        .await;
    let types = answer.data("/__schema/types");
    let undescribed: Vec<&Value> = types
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| {
            !one["name"]
                .as_str()
                .is_some_and(|name| name.starts_with("__"))
        })
        .filter(|one| one["name"] != "ID") // the specification's own, as Int and String are
        .filter(|one| one["description"].as_str().is_none_or(str::is_empty))
        .map(|one| &one["name"])
        .collect();
    assert_eq!(undescribed, Vec::<&Value>::new(), "every type is described");
}

/// The printed schema is served, and is the one that is committed.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_served() {
    let app = TestApp::sqlite().await;
    let answer = app.anonymous().get("/schema.graphql").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text, include_str!("../../../server/schema.graphql"));
}
