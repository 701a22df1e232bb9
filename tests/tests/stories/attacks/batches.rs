//! Many deeds in one request: to guess faster than requests are counted, or to have more done than anybody pays for.

use std::fmt::Write;

use serde_json::{Value, json};

use super::besieged::{Besieged, refusal};

/// A list of operations is no request, on any of the two ways to send one.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_operations() {
    let besieged = Besieged::start().await;
    let list = vec![json!({ "query": "{ __typename }" }); 1_000];
    let reporter = besieged.reporter();
    let answer = reporter
        .post("/graphql", "application/json", json!(list).to_string())
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (400, "VALIDATION")
    );
    besieged.is_unharmed().await;
}

/// One mutation under many names: with one name too many, none of them is executed.
#[tokio::test(flavor = "multi_thread")]
async fn one_mutation_under_many_names() {
    let besieged = Besieged::start().await;
    let mut mutations = String::new();
    for number in 0..=100 {
        write!(
            mutations,
            "a{number}: createSchedule(input: {{}}) {{ schedule {{ name }} }} "
        )
        .expect("a string grows");
    }
    besieged
        .refuses(&format!("mutation {{ {mutations} }}"), "100 aliases")
        .await;
    let schedules = "{ schedules { nodes { title } } }";
    let schedules = besieged.reporter().query(schedules, Value::Null).await;
    assert_eq!(
        schedules.data("/schedules/nodes"),
        json!([{ "title": "besieged" }])
    );
    besieged.is_unharmed().await;
}

/// A login takes one token: no list of them, and none beside it.
#[tokio::test(flavor = "multi_thread")]
async fn many_tokens_at_one_login() {
    let besieged = Besieged::start().await;
    let good = besieged.reporter().token();
    let guesses: Vec<_> = (0..1_000)
        .map(|number| json!({ "token": number.to_string() }))
        .collect();
    for body in [
        json!(guesses).to_string(),
        json!({ "token": ["guess", good] }).to_string(),
        format!(r#"{{"token": "guess", "token": "{good}"}}"#),
    ] {
        let anonymous = besieged.server().anonymous();
        let answer = anonymous.post("/login", "application/json", body).await;
        assert_eq!(refusal(&answer), (422, "VALIDATION".to_owned()));
        assert_eq!(answer.header("set-cookie"), "");
    }
    besieged.is_unharmed().await;
}
