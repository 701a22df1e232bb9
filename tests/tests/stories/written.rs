//! Objects that write themselves: what they say of their fields is what the library would have said.

use daybook_tests::{Api, Database, Report, TestApp, on_both_databases};
use serde_json::{Value, json};

/// Asks for all plain fields of a type, found by introspection; and again in a way that only the library knows to answer:
/// with a field that is there twice.
async fn says_the_same(api: &Api, of_type: &str, ask: impl Fn(&str) -> String) {
    let fields = plain_fields(api, of_type).await;
    assert!(fields.len() > 1, "{of_type} has {fields:?}");
    let selected = fields.join(" ");
    let twice = format!("{selected} {}", fields[0]);
    let variables = json!({});
    let written = api.query(&ask(&selected), variables.clone()).await;
    let resolved = api.query(&ask(&twice), variables).await;
    assert_eq!(
        written.data("").to_string(),
        resolved.data("").to_string(),
        "{of_type}"
    );
}

/// The fields of a type that take no argument and have nothing below them.
async fn plain_fields(api: &Api, of_type: &str) -> Vec<String> {
    const FIELDS: &str = "query($name: String!) { __type(name: $name) { fields {
        name args { name } type { kind ofType { kind } } } } }";
    let answer = api.query(FIELDS, json!({ "name": of_type })).await;
    let fields = answer.data("/__type")["fields"].clone();
    let is_plain = |field: &&Value| {
        let kind = |kind: &Value| matches!(kind.as_str(), Some("SCALAR" | "ENUM"));
        let of = &field["type"];
        let is_leaf = kind(&of["kind"]) || kind(&of["ofType"]["kind"]) && of["kind"] == "NON_NULL";
        is_leaf && field["args"] == json!([])
    };
    let fields = fields.as_array().expect("the type is there");
    fields
        .iter()
        .filter(is_plain)
        .map(|field| field["name"].as_str().expect("a name").to_owned())
        .collect()
}

async fn every_plain_field(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter
        .open_schedule("a \"title\" \\ with \u{1f980}")
        .await;
    let update = "mutation($name: UUID!) { updateSchedule(input: {
        name: $name, labels: [{key: \"k\\\"\", value: \"\\\\v\"}], addExpected: [\"one\", \"two\"] }) { schedule { name } } }";
    reporter
        .query(update, json!({ "name": schedule }))
        .await
        .data("");
    reporter
        .reported(
            schedule,
            Report::running("one").message("line\n\u{7}\"end\""),
        )
        .await;
    reporter.reported(schedule, Report::pass("two")).await;
    reporter.reported(schedule, Report::fail("two")).await;
    reporter.close(schedule).await.data("");
    let api = app.admin();

    let of_schedule = |inner: String| format!("{{ schedule(name: \"{schedule}\") {{ {inner} }} }}");
    says_the_same(&api, "Schedule", |fields| of_schedule(fields.to_owned())).await;
    says_the_same(&api, "Progress", |fields| {
        of_schedule(format!("progress {{ {fields} }}"))
    })
    .await;
    says_the_same(&api, "Label", |fields| {
        of_schedule(format!("labels {{ {fields} }}"))
    })
    .await;
    let results = |inner: &str| {
        of_schedule(format!(
            "results(filter: {{latestOnly: false}}) {{ {inner} }}"
        ))
    };
    says_the_same(&api, "Result", |fields| {
        results(&format!(
            "nodes {{ {fields} }} edges {{ cursor node {{ {fields} }} }}"
        ))
    })
    .await;
    says_the_same(&api, "PageInfo", |fields| {
        results(&format!("pageInfo {{ {fields} }}"))
    })
    .await;
}

/// Aliases, fragments, directives and what has to be loaded, in the order in which it is asked for.
async fn in_the_order_of_the_question(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("nightly").await;
    reporter.reported(schedule, Report::pass("smoke")).await;
    let document = "query($name: UUID!, $no: Boolean!) {
        schedule(name: $name) {
            __typename z: title labels { key } ...Own progress { pass kind: __typename } status @skip(if: $no)
            results(first: 1) { kind: __typename nodes { ... on Result { script schedule { title } } status ... { attempt } } }
            client { name } a: revision
        }
    } fragment Own on Schedule { revision title @include(if: $no) }";
    for (no, status) in [(true, None), (false, Some("RUNNING"))] {
        let variables = json!({ "name": schedule, "no": no });
        let answer = reporter.query(document, variables).await;
        let mut expected = json!({
            "__typename": "Schedule", "z": "nightly", "labels": [], "revision": 1, "title": "nightly",
            "progress": { "pass": 1, "kind": "Progress" }, "status": status,
            "results": { "kind": "ResultConnection", "nodes": [{
                "script": "smoke", "schedule": { "title": "nightly" }, "status": "PASS", "attempt": 1 }] },
            "client": { "name": "nightly" }, "a": 1
        });
        let fields = expected.as_object_mut().expect("an object");
        fields.shift_remove(if no { "status" } else { "title" });
        assert_eq!(answer.data("/schedule").to_string(), expected.to_string());
    }
}

/// What is asked for twice under one name is one thing, with all that was asked of it.
async fn joined(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("nightly").await;
    reporter.reported(schedule, Report::pass("smoke")).await;
    let document = "query($name: UUID!) {
        schedule(name: $name) { title progress { pass } results { nodes { script } } }
        schedule(name: $name) { status ...More }
        schedules { nodes { title } nodes { revision progress { pass } progress { fail } } }
    } fragment More on Schedule { progress { fail } results { nodes { status } nodes { attempt } } }";
    let answer = reporter.query(document, json!({ "name": schedule })).await;
    let result = json!({ "script": "smoke", "status": "PASS", "attempt": 1 });
    let progress = json!({ "pass": 1, "fail": 0 });
    assert_eq!(
        answer.data(""),
        json!({
            "schedule": { "title": "nightly", "progress": progress, "results": { "nodes": [result] }, "status": "RUNNING" },
            "schedules": { "nodes": [{ "title": "nightly", "revision": 1, "progress": progress }] }
        })
    );
}

/// Where a part of the answer is given up, whoever else waited for the same kind of row is served all the same.
async fn others_are_served(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let (one, other) = (
        reporter.open_schedule("one").await,
        reporter.open_schedule("other").await,
    );
    let document = "query($one: UUID!, $other: UUID!) {
        a: schedule(name: $one) { client { name } results(first: 0) { nodes { script } } }
        b: schedule(name: $other) { client { name } }
    }";
    let variables = json!({ "one": one, "other": other });
    let answer = reporter.query(document, variables).await.json();
    assert_eq!(answer["data"]["a"], Value::Null);
    assert_eq!(
        answer["data"]["b"],
        json!({ "client": { "name": "nightly" } })
    );
    assert_eq!(answer["errors"][0]["extensions"]["field"], "first");
}

/// What fails below an object that writes itself is told as it is of any other.
async fn errors_are_told_alike(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    reporter.open_schedule("one").await;
    let ask = async |titles: &str| {
        let document = format!(
            "{{ schedules {{ nodes {{ {titles} results(first: 500) {{ nodes {{ script }} }} }} }} }}"
        );
        reporter.query(&document, json!({})).await.json()
    };
    let written = ask("title").await;
    let error = &written["errors"][0];
    assert_eq!(error["extensions"]["field"], "first");
    assert_eq!(error["path"], json!(["schedules", "nodes", 0]));
    let without_place = |mut answer: Value| {
        answer["errors"][0]["locations"].take();
        answer
    };
    let resolved = ask("title title").await;
    assert_eq!(without_place(written), without_place(resolved));
}

on_both_databases!(
    every_plain_field,
    in_the_order_of_the_question,
    joined,
    others_are_served,
    errors_are_told_alike,
);
