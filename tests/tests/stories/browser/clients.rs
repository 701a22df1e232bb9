//! Managing clients: a token is shown once, and nothing ends without a question.

use daybook_tests::{Browser, Credential, LIVE, Role, TestApp};
use serde_json::{Value, json};

const VIEWER: &str = "query { viewer { name role } }";

/// A client is made, its token works and is shown this once; a new token ends the old one; revoking asks first.
#[tokio::test(flavor = "multi_thread")]
async fn create_rotate_revoke() {
    let app = TestApp::sqlite().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/clients", app.address()))
        .await;
    browser.click("[data-testid=new-client]").await;
    browser.click("[data-testid=create-client-submit]").await;
    browser
        .reads("[data-testid=client-name-problem]", "Must not be empty")
        .await;
    browser
        .type_into("[data-testid=client-name]", "admin\u{e007}")
        .await;
    browser.shows("There is a client admin already").await;
    browser.screenshot("client-is-taken").await;
    browser
        .type_into("[data-testid=client-name]", "-of-the-night")
        .await;
    browser.click("input[value=OPERATOR]").await;
    browser.click("[data-testid=create-client-submit]").await;

    let first = token(&browser).await;
    let seen = whom(&app, &first).await;
    assert_eq!(
        seen,
        json!({ "name": "admin-of-the-night", "role": "OPERATOR" })
    );
    browser.screenshot("client-token").await;
    browser.click("[data-testid=token-kept]").await;
    browser
        .has("body:not(:has([data-testid=fresh-token]))")
        .await;
    browser.lacks_text(&first).await;
    let row = "[data-testid=client-row][data-name=admin-of-the-night]";
    browser.has(row).await;

    browser.click(&format!("{row} [data-testid=rotate]")).await;
    browser.shows("The old token ends at once").await;
    browser.click("[data-testid=rotate-client-submit]").await;
    let second = token(&browser).await;
    assert_eq!(whom(&app, &first).await, json!("UNAUTHENTICATED"));
    assert_eq!(whom(&app, &second).await, seen);

    browser.click(&format!("{row} [data-testid=revoke]")).await;
    browser.shows("Revoke admin-of-the-night?").await;
    browser.press("\u{e00c}").await;
    browser.has("body:not(:has(dialog))").await;
    assert_eq!(whom(&app, &second).await, seen);
    let focus = "return document.activeElement.ariaLabel";
    assert_eq!(
        browser.script(focus, Vec::new()).await.as_deref(),
        Some("Revoke admin-of-the-night")
    );
    browser.press("\u{e007}").await;
    browser.click("[data-testid=revoke-client-submit]").await;
    browser.has(&format!("{row}[data-revoked]")).await;
    assert_eq!(whom(&app, &second).await, json!("UNAUTHENTICATED"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

/// Whoever gives the own client a new token goes on with that one.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_for_oneself() {
    let app = TestApp::sqlite().await;
    let boss = app.admin().create_client("boss", Role::Admin).await;
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login?next=%2Fclients#token={}",
            app.address(),
            boss.token()
        ))
        .await;
    browser
        .click("[data-testid=client-row][data-name=boss] [data-testid=rotate]")
        .await;
    browser.shows("You are signed in as this client").await;
    browser.click("[data-testid=rotate-client-submit]").await;

    let renewed = token(&browser).await;
    assert_eq!(whom(&app, boss.token()).await, json!("UNAUTHENTICATED"));
    assert_eq!(whom(&app, &renewed).await["name"], "boss");
    browser.has(LIVE).await;
    browser.reads(".header__viewer", "boss").await;
    assert_eq!(
        token(&browser).await,
        renewed,
        "it is still there to be copied"
    );
    browser.quit().await;
}

/// The client `admin` can't be locked out, and the dialog says why.
#[tokio::test(flavor = "multi_thread")]
async fn the_operators_own_client_stays() {
    let app = TestApp::sqlite().await;
    let browser = Browser::signed_in(app.address()).await;
    browser
        .open(&format!("http://{}/clients", app.address()))
        .await;
    browser
        .click("[data-testid=client-row][data-name=admin] [data-testid=revoke]")
        .await;
    browser.shows("and will be signed out").await;
    browser.click("[data-testid=revoke-client-submit]").await;
    browser
        .shows("the client admin stays while DAYBOOK_ADMIN_TOKEN is set")
        .await;
    browser.quit().await;
}

/// Others than administrators are told what it takes.
#[tokio::test(flavor = "multi_thread")]
async fn for_administrators_only() {
    let app = TestApp::sqlite().await;
    let operator = app.admin().create_client("operator", Role::Operator).await;
    let browser = Browser::start().await;
    browser
        .open(&format!(
            "http://{}/login?next=%2Fclients#token={}",
            app.address(),
            operator.token()
        ))
        .await;
    browser.has("[data-testid=needs-admin]").await;
    assert_eq!(browser.count("[data-testid=client-row]").await, 0);
    browser.quit().await;
}

/// The token that the page shows.
async fn token(browser: &Browser) -> String {
    let shown = "[data-testid=fresh-token] pre";
    browser.has(shown).await;
    browser.text(shown).await.expect("a token")
}

/// Whom the server takes the bearer of a token for, or the code of its refusal.
async fn whom(app: &TestApp, token: &str) -> Value {
    let bearer = app.anonymous().with(Credential::Token(token.to_owned()));
    let answer = bearer.query(VIEWER, json!({})).await;
    match answer.refusal() {
        Some(code) => json!(code),
        None => answer.data("/viewer"),
    }
}
