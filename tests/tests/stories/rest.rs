//! The REST facade, as the clients of the four systems speak to it: each row of its contract is a story.

mod backup;
mod collector;
mod document;
mod generator;
mod tasks;

use daybook_tests::{Answer, Api, Credential, Role};
use serde_json::{Value, json};

/// A client of each role, and nobody.
struct People {
    nobody: Api,
    viewer: Api,
    reporter: Api,
    operator: Api,
}

impl People {
    async fn of(admin: &Api) -> Self {
        Self {
            nobody: admin.with(Credential::Anonymous),
            viewer: admin.create_client("viewer", Role::Viewer).await,
            reporter: admin.create_client("reporter", Role::Reporter).await,
            operator: admin.create_client("operator", Role::Operator).await,
        }
    }
}

/// The status of an answer that is a refusal in the facade's own form, and its code. Whoever is not known is told how to
/// be admitted.
fn refusal(answer: &Answer) -> (u16, String) {
    let error = &answer.json()["error"];
    assert!(error["message"].is_string(), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    let admits = answer.header("www-authenticate");
    assert_eq!(
        admits.starts_with("Bearer"),
        answer.status == 401,
        "{answer:?}"
    );
    let code = error["code"].as_str().expect("a code");
    (answer.status.as_u16(), code.to_owned())
}

/// The same, of one that names the input that can't be taken.
fn invalid(answer: &Answer, field: &str) -> u16 {
    assert_eq!(answer.json()["error"]["field"], json!(field), "{answer:?}");
    refusal(answer).0
}

/// An answer that is nothing but a text.
fn plain(answer: &Answer) -> (u16, &str) {
    let content_type = answer.header("content-type");
    assert!(content_type.starts_with("text/plain"), "{answer:?}");
    (answer.status.as_u16(), &answer.text)
}

/// An answer that is JSON.
fn shown(answer: &Answer) -> (u16, Value) {
    assert_eq!(answer.header("content-type"), "application/json");
    (answer.status.as_u16(), answer.json())
}
