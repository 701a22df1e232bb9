//! The description of the facade: that it is of this facade, and can be read offline.

use std::collections::BTreeSet;

use daybook_tests::{Answer, TestApp};
use reqwest::Method;
use serde_json::{Value, json};

use super::shown;

/// All there is of the facade, by method and path.
const OPERATIONS: [&str; 14] = [
    "delete /api/tasks/{task_id}",
    "get /allschedule",
    "get /api/tasks/",
    "get /api/tasks/{task_id}",
    "get /log",
    "get /stat",
    "post /api/tasks/",
    "post /api/v1/schedule/",
    "post /api/v1/schedules/{name}/junit",
    "post /backup",
    "post /result/add",
    "post /schedule/add",
    "post /schedule/close",
    "put /api/tasks/{task_id}",
];

/// Every operation is described with its answers, its parameters and who may do it; anybody may read that.
#[tokio::test(flavor = "multi_thread")]
async fn of_every_operation() {
    let app = TestApp::sqlite().await;

    let (status, document) = shown(&app.anonymous().get("/api/openapi.json").await);

    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    let operations = operations(&document);
    let names: Vec<_> = operations.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, OPERATIONS);
    let ids: BTreeSet<_> = operations
        .iter()
        .map(|(_, each)| each["operationId"].to_string())
        .collect();
    assert_eq!(ids.len(), OPERATIONS.len());
    for (name, operation) in &operations {
        let text = |field: &str| {
            operation[field]
                .as_str()
                .unwrap_or_else(|| panic!("{name} has no {field}"))
        };
        assert!(!text("summary").contains('\n'), "{name}");
        assert!(
            text("description").contains("Needs "),
            "{name}: {}",
            text("description")
        );
        assert_eq!(operation["security"][0], json!({ "token": [] }), "{name}");
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{name}"
        );
        let takes_body = operation.get("requestBody").is_some();
        assert_eq!(
            takes_body,
            name.starts_with("post") || name.starts_with("put"),
            "{name}"
        );
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
        let responses = operation["responses"].as_object().expect("answers");
        for status in ["401", "500", "503"] {
            assert!(responses.contains_key(status), "{name} may be {status}");
        }
        if takes_body {
            assert!(responses.contains_key("413"), "{name}");
        }
        for (status, response) in responses {
            assert!(
                response["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{name} {status}"
            );
        }
    }
}

/// What is answered in two forms, and what may be left out, is described so.
#[tokio::test(flavor = "multi_thread")]
async fn of_what_differs() {
    let app = TestApp::sqlite().await;
    let document = app.anonymous().get("/api/openapi.json").await.json();
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    for status in ["400", "500"] {
        let pointer = format!(
            "/paths/~1backup/post/responses/{status}/content/application~1json/schema/$ref"
        );
        assert_eq!(at(&pointer), "#/components/schemas/NotMade");
    }
    for (path, required) in [
        ("~1schedule~1add", false),
        ("~1schedule~1close", false),
        ("~1result~1add", true),
        ("~1backup", true),
    ] {
        let pointer = format!("/paths/{path}/post/requestBody/required");
        assert_eq!(at(&pointer), required, "{path}");
    }
}

/// What the description refers to is there, and nobody but it is referred to under one name.
#[tokio::test(flavor = "multi_thread")]
async fn whole() {
    let app = TestApp::sqlite().await;
    let document = app.anonymous().get("/api/openapi.json").await.json();
    let text = document.to_string();
    let referred: BTreeSet<&str> = text
        .split("\"#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let known: BTreeSet<&str> = schemas.keys().map(String::as_str).collect();
    assert_eq!(referred, known);
    let scheme = &document["components"]["securitySchemes"]["token"];
    assert_eq!(
        (&scheme["type"], &scheme["scheme"]),
        (&json!("http"), &json!("bearer"))
    );
}

/// Nobody who is not known gets further than to a 401, whatever the operation; no operation is 404 or 405.
#[tokio::test(flavor = "multi_thread")]
async fn true_of_every_path() {
    let app = TestApp::sqlite().await;
    let document = app.anonymous().get("/api/openapi.json").await.json();
    for (name, operation) in operations(&document) {
        let (method, path) = name.split_once(' ').expect("a method and a path");
        let path = path
            .replace("{task_id}", "1")
            .replace("{name}", "8b5f1d9e-7f4a-4b58-9b2c-6d2f3f0f7c11");
        let other = path
            .strip_suffix('/')
            .map_or(format!("{path}/"), str::to_owned);
        for path in [path, other] {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let answer = Answer::of(app.anonymous().request(method, &path))
                .await
                .expect("an answer");
            assert_eq!(answer.status, 401, "{name} {path}");
            assert!(operation["responses"]["401"].is_object());
        }
    }
}

fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        let methods = item.as_object().expect("operations").clone();
        let named = |(method, operation)| (format!("{method} {path}"), operation);
        methods.into_iter().map(named).collect::<Vec<_>>()
    };
    let mut operations: Vec<_> = paths.iter().flat_map(of_path).collect();
    operations.sort_by(|one, other| one.0.cmp(&other.0));
    operations
}
