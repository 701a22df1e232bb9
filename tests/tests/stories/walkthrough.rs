//! The README's walk-through with plain HTTP, as curl would send it: every body is written out.

use daybook_tests::{Answer, Api, Credential, Database, TestApp, on_both_databases};
use serde_json::{Value, json};

/// Create a client, open a schedule, report, close, and see the next report refused.
async fn from_a_client_to_a_refusal(database: Database) {
    let app = TestApp::start(database).await;

    let created = post(
        &app.admin(),
        r#"{"query": "mutation { createClient(input: {name: \"nightly\", role: REPORTER}) { token client { name role } } }"}"#,
    )
    .await;
    assert_eq!(
        created.data("/createClient/client"),
        json!({ "name": "nightly", "role": "REPORTER" })
    );
    let nightly = app
        .anonymous()
        .with(Credential::Token(created.parse("/createClient/token")));

    let opened = post(
        &nightly,
        r#"{"query": "mutation { createSchedule(input: {title: \"nightly build\", expected: [\"login\", \"checkout\"]}) { schedule { name status progress { expected reported percent } missing } } }"}"#,
    )
    .await;
    assert_eq!(opened.data("/createSchedule/schedule/status"), "CREATED");
    assert_eq!(
        opened.data("/createSchedule/schedule/missing"),
        json!(["login", "checkout"])
    );
    let name = opened.data("/createSchedule/schedule/name");

    let reported = report(&nightly, &name, "login", "PASS").await;
    assert_eq!(
        reported.data("/reportResult"),
        json!({
            "result": { "script": "login", "status": "PASS", "attempt": 1, "revision": 1 },
            "schedule": { "status": "RUNNING", "revision": 1, "progress": { "reported": 1, "percent": 50.0 } },
        })
    );
    report(&nightly, &name, "checkout", "FAIL").await;

    let closed = post(
        &nightly,
        &format!(
            r#"{{"query": "mutation {{ closeSchedule(input: {{name: \"{name}\", expectedResults: 2}}) {{ schedule {{ status revision progress {{ pass fail percent }} missing }} }} }}"}}"#,
            name = text(&name)
        ),
    )
    .await;
    assert_eq!(
        closed.data("/closeSchedule/schedule"),
        json!({ "status": "CLOSED", "revision": 3, "progress": { "pass": 1, "fail": 1, "percent": 100.0 }, "missing": [] })
    );

    let refused = report(&nightly, &name, "late", "PASS").await;
    assert_eq!(refused.code(), "SCHEDULE_CLOSED");
    assert_eq!(refused.json()["data"], Value::Null);
}

on_both_databases!(from_a_client_to_a_refusal);

async fn report(api: &Api, schedule: &Value, script: &str, status: &str) -> Answer {
    let body = format!(
        r#"{{"query": "mutation {{ reportResult(input: {{schedule: \"{schedule}\", script: \"{script}\", status: {status}}}) {{ result {{ script status attempt revision }} schedule {{ status revision progress {{ reported percent }} }} }} }}"}}"#,
        schedule = text(schedule)
    );
    post(api, &body).await
}

async fn post(api: &Api, body: &str) -> Answer {
    api.post("/graphql", "application/json", body.to_owned())
        .await
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}
