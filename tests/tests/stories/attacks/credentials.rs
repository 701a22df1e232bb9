//! Tokens and cookies of a wrong shape. Those that are only wrong are tried elsewhere.

use daybook_tests::Credential;

use super::besieged::{Besieged, refusal, status};

#[tokio::test(flavor = "multi_thread")]
async fn misshapen_tokens() {
    // Whoever shows so many of them is held up otherwise, which is another story.
    let often = [("DAYBOOK_LIMIT_FAILED_LOGINS_PER_MINUTE", "1000")];
    let besieged = Besieged::start_with(&often).await;
    let good = besieged.reporter().token();
    for token in [
        String::new(),
        "dbk_".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}x"),
        format!("{good} {good}"),
        format!("{good},"),
        format!("{good}\u{a0}"),
        good.to_uppercase(),
        "x".repeat(60_000),
        "' OR '1'='1".to_owned(),
        "%".to_owned(),
        "null".to_owned(),
    ] {
        let anonymous = besieged.server().anonymous();
        let body = serde_json::json!({ "token": token }).to_string();
        let answer = anonymous.post("/login", "application/json", body).await;
        let is_good = token.trim() == good;
        assert!(is_good || refusal(&answer).0 == 401, "{token}: {answer:?}");
        let form = anonymous
            .post_form("/schedule/add", &[("token", &token)])
            .await;
        assert!(is_good || form.status == 401, "{token}: {form:?}");
        let Ok(header) = reqwest::header::HeaderValue::try_from(format!("Bearer {token}")) else {
            continue;
        };
        let request = anonymous
            .request(
                reqwest::Method::GET,
                "/graphql?query=%7Bviewer%7Bname%7D%7D",
            )
            .header("authorization", header);
        let answer = daybook_tests::Answer::of(request).await.expect("an answer");
        assert!(is_good || answer.status == 401, "{token}: {answer:?}");
    }
    besieged.is_unharmed().await;
}

/// Two tokens in one request: whichever is read, a stranger's does not count for a friend's.
#[tokio::test(flavor = "multi_thread")]
async fn two_tokens() {
    let besieged = Besieged::start().await;
    let query = "/graphql?query=%7Bviewer%7Bname%7D%7D";
    let request = format!("GET {query} HTTP/1.1\r\nauthorization: Bearer nonsense\r\n\r\n");
    // The good one comes first, and is read.
    assert_eq!(status(&besieged.sends(&request).await), "200");
    let address = besieged.server().address();
    let request = format!(
        "GET {query} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer nonsense\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        besieged.reporter().token()
    );
    let answer = daybook_tests::http::exchange(address, &request).await;
    assert_eq!(status(&answer), "401", "{answer}");
    besieged.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn misshapen_cookies() {
    let besieged = Besieged::start().await;
    for cookie in [
        "daybook_session".to_owned(),
        "daybook_session=".to_owned(),
        "daybook_session==".to_owned(),
        "daybook_session=\"\"".to_owned(),
        format!("daybook_session={}", "x".repeat(60_000)),
        format!("daybook_session={}", besieged.reporter().token()),
        "daybook_session=' OR '1'='1".to_owned(),
        "daybook_session=a; ".repeat(1_000),
        ";=;=;".repeat(1_000),
    ] {
        let browser = besieged
            .server()
            .anonymous()
            .with(Credential::Cookie(cookie.clone()));
        let answer = browser
            .query("{ viewer { name } }", serde_json::Value::Null)
            .await;
        let excerpt: String = cookie.chars().take(60).collect();
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{excerpt}");
    }
    besieged.is_unharmed().await;
}
