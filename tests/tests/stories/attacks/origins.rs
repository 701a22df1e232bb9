//! Pages of other sites, in the browser of somebody who is logged in.

use daybook_tests::{Answer, Api, Credential, TestApp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stories::login::{ask, log_in};

const OPEN: &str = "mutation { createSchedule(input: {}) { schedule { name } } }";

/// What a form on another page can send without asking first: no JSON, so nothing that is taken for a request.
#[tokio::test(flavor = "multi_thread")]
async fn forms() {
    let (app, browser) = logged_in().await;
    let own = format!("http://{}", app.address());
    let as_json = json!({ "query": OPEN }).to_string();
    for (content_type, body) in [
        ("text/plain", as_json.clone()),
        ("text/plain;application/json", as_json.clone()),
        ("application/x-www-form-urlencoded", format!("query={OPEN}")),
        ("multipart/form-data; boundary=x", as_json),
    ] {
        for origin in ["http://evil.example", "null", own.as_str()] {
            let request = browser
                .request(Method::POST, "/graphql")
                .header("origin", origin)
                .header("content-type", content_type);
            let answer = Answer::of(request.body(body.clone()))
                .await
                .expect("an answer");
            assert_eq!(answer.status, 415, "{content_type} from {origin}");
        }
    }
    nothing_was_opened(&app).await;
}

/// A link or a picture on another page asks by GET, and by GET nothing is changed.
#[tokio::test(flavor = "multi_thread")]
async fn links() {
    let (app, browser) = logged_in().await;
    let mut url = url::Url::parse("http://daybook/graphql").expect("a URL");
    url.query_pairs_mut().append_pair("query", OPEN);
    let path = format!("/graphql?{}", url.query().expect("parameters"));
    for method in [Method::GET, Method::HEAD] {
        let answer = Answer::of(browser.request(method, &path))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 405);
    }
    for path in ["/logout", "/schedule/add", "/schedule/close"] {
        let answer = browser.get(path).await;
        let changed =
            answer.status.is_success() && !answer.header("content-type").starts_with("text/html");
        assert!(!changed, "{path}: {answer:?}");
    }
    assert_eq!(
        ask(&browser, &format!("http://{}", app.address()))
            .await
            .data("/viewer/name"),
        "nightly"
    );
    nothing_was_opened(&app).await;
}

/// Origins that look like this server's own to whoever compares beginnings or ends.
#[tokio::test(flavor = "multi_thread")]
async fn lookalikes() {
    let (app, browser) = logged_in().await;
    let own = app.address();
    for origin in [
        format!("http://{own}.evil.example"),
        format!("http://evil.example:{}", own.port()),
        format!("http://{own}@evil.example"),
        format!("http://evil.example/{own}"),
        format!("http://evil.example#{own}"),
        format!("http://127.0.0.1:{}0", own.port() / 10),
        format!("http://evil.example?http://{own}"),
        format!("{own}"),
        format!("//{own}"),
        "http://".to_owned(),
        "\u{e9}".to_owned(),
    ] {
        let answer = ask(&browser, &origin).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "FORBIDDEN"),
            "{origin}"
        );
    }
    let answer = ask(&browser, &format!("http://{own}")).await;
    assert_eq!(answer.data("/viewer/name"), "nightly");
}

async fn logged_in() -> (TestApp, Api) {
    let (app, reporter) = TestApp::sqlite().await.with_reporter("nightly").await;
    let cookie = log_in(&app.anonymous(), reporter.token()).await;
    let browser = app.anonymous().with(Credential::Cookie(cookie));
    (app, browser)
}

async fn nothing_was_opened(app: &TestApp) {
    let schedules = app
        .admin()
        .query("{ schedules { nodes { name } } }", Value::Null)
        .await;
    assert_eq!(schedules.data("/schedules/nodes"), json!([]));
}
