//! The dashboard's session: a token is exchanged for a cookie that scripts can't read, bound to the token, and of no use to
//! other sites.

use daybook_tests::{
    ADMIN_TOKEN, Answer, Api, Credential, Database, Role, TestApp, on_both_databases,
};
use reqwest::Method;
use serde_json::{Value, json};

const VIEWER: &str = "{ viewer { name role } }";

/// Logs in and returns the cookie, as `name=value`.
pub(super) async fn log_in(anonymous: &Api, token: &str) -> String {
    let answer = post_login(anonymous, token, None).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    answer
        .header("set-cookie")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned()
}

/// In and out again.
async fn in_and_out(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let own = format!("http://{}", app.address());
    let answer = post_login(&app.anonymous(), reporter.token(), Some(&own)).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let attributes = answer.header("set-cookie").to_ascii_lowercase();
    for attribute in [
        "; httponly",
        "; samesite=strict",
        "; path=/",
        "; max-age=2592000",
    ] {
        assert!(
            attributes.contains(attribute),
            "{attribute} in {attributes}"
        );
    }
    assert!(
        !attributes.contains("; secure"),
        "this is plain http: {attributes}"
    );
    assert!(
        !attributes.contains(&reporter.token().to_ascii_lowercase()),
        "the cookie is not the token"
    );
    let cookie = answer
        .header("set-cookie")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned();

    let browser = app.anonymous().with(Credential::Cookie(cookie));
    assert_eq!(
        ask(&browser, &own).await.data("/viewer"),
        json!({ "name": "nightly", "role": "REPORTER" })
    );
    assert_eq!(post(&browser, "/logout", &own).await.status, 204);
    let after = ask(&browser, &own).await;
    assert_eq!(
        after.code(),
        "UNAUTHENTICATED",
        "the session has ended, not only the cookie"
    );
}

/// A session is worth as much as the token that it was opened with.
async fn ends_with_its_token(database: Database) {
    let app = TestApp::start(database).await;
    let own = format!("http://{}", app.address());
    for (name, end) in [("revoked", true), ("rotated", false)] {
        let viewer = app.admin().create_client(name, Role::Viewer).await;
        let cookie = log_in(&app.anonymous(), viewer.token()).await;
        let browser = app.anonymous().with(Credential::Cookie(cookie));
        assert_eq!(ask(&browser, &own).await.data("/viewer/name"), name);

        let admin = app.admin();
        let ended = if end {
            admin.revoke_client(name).await
        } else {
            admin.rotate_client_token(name).await
        };
        ended.data("");

        assert_eq!(
            ask(&browser, &own).await.code(),
            "UNAUTHENTICATED",
            "{name}"
        );
    }
}

on_both_databases!(in_and_out, ends_with_its_token);

#[tokio::test(flavor = "multi_thread")]
async fn with_a_wrong_token() {
    let app = TestApp::sqlite().await;
    for body in [json!({ "token": "nonsense" }), json!({ "token": "" })] {
        let answer = app
            .anonymous()
            .post("/login", "application/json", body.to_string())
            .await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["code"]),
            (401, &json!("UNAUTHENTICATED"))
        );
        assert_eq!(answer.header("set-cookie"), "");
    }
    for body in ["", "nonsense", "[]", r#"{"token": 7}"#] {
        let answer = app
            .anonymous()
            .post("/login", "application/json", body)
            .await;
        assert!(answer.status.is_client_error(), "{body}: {answer:?}");
        assert!(answer.json()["error"]["code"].is_string(), "{answer:?}");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

/// A page of another site can neither log a browser in nor use its session.
#[tokio::test(flavor = "multi_thread")]
async fn from_another_site() {
    let app = TestApp::sqlite().await;
    for foreign in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let answer = post_login(&app.anonymous(), ADMIN_TOKEN, Some(foreign)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["code"]),
            (403, &json!("FORBIDDEN")),
            "{foreign}"
        );
        assert_eq!(answer.header("set-cookie"), "");

        let browser = app.anonymous().with(Credential::Cookie(
            log_in(&app.anonymous(), ADMIN_TOKEN).await,
        ));
        let answer = ask(&browser, foreign).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "FORBIDDEN"),
            "{foreign}"
        );
    }
}

/// A cookie that was never given, or is no cookie of ours, is nobody.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_made_up_cookie() {
    let app = TestApp::sqlite().await;
    let own = format!("http://{}", app.address());
    let cookie = log_in(&app.anonymous(), ADMIN_TOKEN).await;
    let (name, _) = cookie.split_once('=').expect("name=value");
    for made_up in [
        format!("{name}=nonsense"),
        format!("{name}="),
        "other=1".into(),
    ] {
        let browser = app.anonymous().with(Credential::Cookie(made_up.clone()));
        assert_eq!(
            ask(&browser, &own).await.code(),
            "UNAUTHENTICATED",
            "{made_up}"
        );
    }
}

/// The REST routes take no cookie, so that no form on another page can use one.
#[tokio::test(flavor = "multi_thread")]
async fn not_for_the_rest_routes() {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let schedule = reporter.open_schedule("rest").await;
    let cookie = log_in(&app.anonymous(), reporter.token()).await;
    let browser = app.anonymous().with(Credential::Cookie(cookie));
    let route = format!("/api/v1/schedules/{schedule}/junit");
    let answer = browser
        .post(
            &route,
            "application/xml",
            "<testsuite><testcase name=\"one\"/></testsuite>",
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]["code"]),
        (401, &json!("UNAUTHENTICATED"))
    );
}

async fn post_login(anonymous: &Api, token: &str, origin: Option<&str>) -> Answer {
    let mut request = anonymous
        .request(Method::POST, "/login")
        .json(&json!({ "token": token }));
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    Answer::of(request).await.expect("an answer")
}

/// Posts nothing, as a page of `origin` would.
pub(super) async fn post(browser: &Api, path: &str, origin: &str) -> Answer {
    Answer::of(browser.request(Method::POST, path).header("origin", origin))
        .await
        .expect("an answer")
}

/// Asks who the viewer is, as a page of `origin` would.
pub(super) async fn ask(browser: &Api, origin: &str) -> Answer {
    let request = browser
        .request(Method::POST, "/graphql")
        .header("origin", origin);
    let body = json!({ "query": VIEWER, "variables": Value::Null });
    Answer::of(request.json(&body)).await.expect("an answer")
}
