//! The schedule generator: a window and a policy come in as JSON, commands come out.

use daybook_tests::{
    Answer, Api, Credential, Database, PATIENCE, Role, TestApp, on_both_databases, within,
};
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{invalid, refusal, shown};

const PATH: &str = "/api/v1/schedule/";

/// The commands that the original's README shows, typed unchanged but for address and token.
async fn the_curl_of_the_original(database: Database) {
    let app = TestApp::start(database).await;
    let viewer = app.admin().create_client("viewer", Role::Viewer).await;
    let script = format!(
        r#"curl -sS -w ' %{{http_code}} %{{num_redirects}}' -H 'Authorization: Bearer {}' -L -X POST -H "Content-Type: application/json" -d '{{"t0": "2022-01-01 12:00", "t1": "2022-01-01 14:00", "policy": "{{\"policy\": \"dummy\", \"config\": {{}}}}"}}' http://{}/api/v1/schedule"#,
        viewer.token(),
        app.address(),
    );

    let output = Command::new("bash")
        .args(["-euc", &script])
        .output()
        .await
        .expect("there is a bash with curl");

    let answer = String::from_utf8(output.stdout).expect("text");
    let (body, told) = answer.split_once("} ").expect("an answer");
    assert_eq!(told, "200 0", "{answer}: not redirected");
    let body: Value = serde_json::from_str(&format!("{body}}}")).expect("JSON");
    assert_eq!(
        (&body["status"], &body["message"]),
        (&json!("ok"), &json!("Success"))
    );
    let commands = body["commands"].as_str().expect("a text");
    assert!(commands.starts_with("import time\n# 20"), "{commands}");
    assert!(commands.contains("\ntime.sleep("), "{commands}");
}

/// The policy as a text and as an object; the date in all its spellings; what is left out has its default.
async fn what_is_taken(database: Database) {
    let app = TestApp::start(database).await;
    let viewer = app.admin().create_client("viewer", Role::Viewer).await;
    let seeded = json!({ "policy": "dummy", "config": { "seed": 7 } });
    let expected = sleeps(&viewer, &seeded).await;
    assert!(!expected.is_empty());
    let unnamed = json!({ "config": { "seed": 7 } });
    for policy in [
        json!(seeded.to_string()),
        unnamed.clone(),
        json!(unnamed.to_string()),
    ] {
        assert_eq!(sleeps(&viewer, &policy).await, expected, "{policy}");
    }
    for policy in [
        json!({}),
        json!("{}"),
        json!({ "config": null }),
        json!({ "policy": "dummy" }),
    ] {
        let answer = post(
            &viewer,
            &json!({ "t0": "2022-01-01", "t1": "2022-01-02", "policy": policy }),
        )
        .await;
        let (status, body) = shown(&answer);
        assert_eq!((status, &body["status"]), (200, &json!("ok")), "{policy}");
        assert_eq!(body.as_object().expect("an object").len(), 3, "{body}");
    }
    for (t0, t1) in [
        ("2022-01-01T12:00:00Z", "2022-01-01T14:00:00+00:00"),
        ("2022-01-01 12:00:00.000", "2022-01-01T23:00+09:00"),
        ("20220101T1200", "2022-01-01T14"),
    ] {
        let input = json!({ "t0": t0, "t1": t1, "policy": seeded });
        let body = post(&viewer, &input).await.json();
        assert_eq!(sleeps_of(&body), expected, "{input}");
    }
    let basic = json!({ "policy": "basic", "config": { "calibration_targets": [] } });
    let body = post(
        &viewer,
        &json!({ "t0": "2023-01-01", "t1": "2023-01-01", "policy": basic }),
    )
    .await;
    let commands = body.json()["commands"].to_string();
    assert!(commands.contains("from sorunlib import *"), "{commands}");
}

/// Each refusal, word for word.
async fn refused(database: Database) {
    let app = TestApp::start(database).await;
    let viewer = app.admin().create_client("viewer", Role::Viewer).await;
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "\"text\"",
        "1",
        "null",
        "\u{feff}{}",
    ] {
        let answer = viewer.post(PATH, "application/json", body).await;
        assert_eq!(message(&answer), "Invalid input", "{body}");
    }
    let unspoken = viewer.request(Method::POST, PATH);
    let unspoken = Answer::of(unspoken).await.expect("an answer");
    assert_eq!(message(&unspoken), "Invalid input");
    for (input, expected) in [
        (json!({}), "Missing t0 field"),
        (json!({ "t1": "x", "policy": 1 }), "Missing t0 field"),
        (json!({ "t0": "x", "policy": 1 }), "Missing t1 field"),
        (json!({ "t0": "x", "t1": "x" }), "Missing policy field"),
    ] {
        assert_eq!(message(&post(&viewer, &input).await), expected);
    }
}

/// Dates, policies and configurations that are none, each in its words.
async fn refused_fields(database: Database) {
    let app = TestApp::start(database).await;
    let viewer = app.admin().create_client("viewer", Role::Viewer).await;
    let good = json!({ "t0": "2022-01-01", "t1": "2022-01-02", "policy": {} });
    let with = |changes: Value| {
        let mut input = good.clone();
        for (field, value) in changes.as_object().expect("an object") {
            input[field] = value.clone();
        }
        input
    };
    for date in [
        json!("tomorrow"),
        json!("2022-13-01"),
        json!("01/01/2022"),
        json!(""),
        json!(1_640_995_200),
        json!(null),
    ] {
        for field in ["t0", "t1"] {
            let answer = post(&viewer, &with(json!({ field: date }))).await;
            assert_eq!(
                message(&answer),
                "Invalid date format, needs to be ISO format",
                "{field} {date}"
            );
        }
    }
    for policy in [
        json!("dummy"),
        json!("[]"),
        json!([]),
        json!(1),
        json!(null),
        json!(""),
    ] {
        let answer = post(&viewer, &with(json!({ "policy": policy }))).await;
        assert_eq!(
            message(&answer),
            "Invalid policy, needs to be a json string",
            "{policy}"
        );
    }
    for name in [
        json!("clever"),
        json!("DUMMY"),
        json!(""),
        json!(1),
        json!(null),
    ] {
        for policy in [
            json!({ "policy": name }),
            json!(json!({ "policy": name }).to_string()),
        ] {
            let answer = post(&viewer, &with(json!({ "policy": policy }))).await;
            assert_eq!(
                message(&answer),
                "Invalid policy. Supported policies are: ['dummy', 'basic']"
            );
        }
    }
    for (changes, named) in [
        (json!({ "t1": "2021-12-31" }), "t1"),
        (json!({ "t1": "2023-02-06" }), "t1"),
        (json!({ "policy": { "config": { "sed": 1 } } }), "sed"),
        (json!({ "policy": { "config": { "seed": "x" } } }), "seed"),
        (json!({ "policy": { "config": [] } }), "config"),
        (
            json!({ "policy": { "policy": "basic", "config": { "rules": { "day-mod": { "day": "x" } } } } }),
            "rules.day-mod.day",
        ),
        (
            json!({ "policy": { "policy": "basic", "config": { "policy": 1 } } }),
            "policy",
        ),
        (
            json!({ "policy": { "policy": "basic", "config": { "calibration_targets": ["pluto"] } } }),
            "calibration_targets",
        ),
    ] {
        let answer = post(&viewer, &with(changes)).await;
        assert!(message(&answer).contains(named), "{named}: {answer:?}");
    }
    let longest = with(json!({ "t1": "2023-02-05" }));
    assert_eq!(post(&viewer, &longest).await.status, 200, "400 days");
}

/// Who is not known, other types and methods, and too much of anything.
async fn no_requests(database: Database) {
    let app = TestApp::start(database).await;
    let viewer = app.admin().create_client("viewer", Role::Viewer).await;
    let good = json!({ "t0": "2022-01-01", "t1": "2022-01-02", "policy": {} });
    let unknown = viewer.with(Credential::Token("dbk_of_nobody_at_all".into()));
    for nobody in [&app.anonymous(), &unknown] {
        let answer = post(nobody, &good).await;
        assert_eq!(refusal(&answer), (401, "UNAUTHENTICATED".into()));
    }
    let text = viewer.post(PATH, "text/plain", good.to_string()).await;
    assert_eq!(invalid(&text, "Content-Type"), 415);
    let large = "x".repeat(8 * 1024 * 1024 + 1);
    let large = viewer.post(PATH, "application/json", large).await;
    assert_eq!(refusal(&large), (413, "TOO_LARGE".into()));
    for path in ["/api/v1/schedule", PATH] {
        assert_eq!(
            viewer.send_json(Method::POST, path, &good).await.status,
            200
        );
        let got = viewer.get(path).await;
        assert_eq!(invalid(&got, "method"), 405);
        assert_eq!(got.header("allow"), "POST");
    }
}

/// Two requests with different configurations, side by side, a thousand times: each gets what it gets alone.
async fn one_never_changes_what_another_gets(database: Database) {
    const ROUNDS: usize = 1_000;
    let app = TestApp::start(database).await;
    let viewer = app.admin().create_client("viewer", Role::Viewer).await;
    let one = json!({ "policy": "dummy", "config": { "seed": 1 } });
    let other = json!({ "policy": "dummy", "config": { "seed": 2 } });
    let block = |name: &str| json!({ "name": name, "t0": "2022-01-01T12:10:00Z", "t1": "2022-01-01T12:20:00Z", "az": 180, "alt": 50, "throw": 1 });
    let sky = json!({ "policy": "basic", "config": {
        "calibration_targets": [],
        "blocks": [block("mine")],
        "rules": { "sun-avoidance": { "min_angle_az": 5 } },
    } });
    let default = json!({ "policy": "basic", "config": { "calibration_targets": [] } });
    for (one, other) in [(&one, &other), (&sky, &default)] {
        let alone = (sleeps(&viewer, one).await, sleeps(&viewer, other).await);
        assert_ne!(alone.0, alone.1);
        let rounds = stream::iter(0..ROUNDS)
            .map(|_| async { tokio::join!(sleeps(&viewer, one), sleeps(&viewer, other)) })
            .buffer_unordered(8);
        let different: Vec<_> = rounds
            .filter(|found| std::future::ready(*found != alone))
            .collect()
            .await;
        assert!(different.is_empty(), "{different:?}");
    }
}

/// A plan that nobody waits for any more is given up: long ones take turns, and it keeps no other waiting.
async fn a_client_that_leaves(database: Database) {
    let app = TestApp::start(database).await;
    let viewer = app.admin().create_client("viewer", Role::Viewer).await;
    let targets = json!(["moon", "mercury", "venus", "mars", "jupiter", "saturn"]);
    let basic = json!({ "policy": "basic", "config": { "calibration_targets": targets } });
    let long = json!({ "t0": "2023-01-01", "t1": "2024-02-05", "policy": basic });
    let short = json!({ "t0": "2023-01-01", "t1": "2024-02-05", "policy": {} });
    let asking = tokio::spawn({
        let viewer = viewer.clone();
        async move { post(&viewer, &long).await }
    });
    for _ in 0..20 {
        let others = within("others are answered", PATIENCE, viewer.get("/stat")).await;
        assert_eq!(others.status, 200);
    }
    assert!(
        !asking.is_finished(),
        "it should have taken longer than that"
    );

    asking.abort();

    let answer = within("the next one is made", PATIENCE, post(&viewer, &short)).await;
    assert_eq!(answer.status, 200);
}

on_both_databases!(
    a_client_that_leaves,
    the_curl_of_the_original,
    what_is_taken,
    refused,
    refused_fields,
    no_requests,
    one_never_changes_what_another_gets,
);

async fn post(api: &Api, input: &Value) -> Answer {
    api.send_json(Method::POST, PATH, input).await
}

/// What a policy makes of two hours, but for the line that says when.
async fn sleeps(api: &Api, policy: &Value) -> Vec<String> {
    let input = json!({ "t0": "2022-01-01 12:00", "t1": "2022-01-01 14:00", "policy": policy });
    let answer = post(api, &input).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    sleeps_of(&answer.json())
}

fn sleeps_of(body: &Value) -> Vec<String> {
    let commands = body["commands"].as_str().expect("a text");
    let lines = commands.lines().filter(|line| !line.starts_with("# 20"));
    lines.map(str::to_owned).collect()
}

/// The message of a refusal in the original's form.
fn message(answer: &Answer) -> String {
    let (status, body) = shown(answer);
    assert_eq!(
        (status, &body["status"]),
        (400, &json!("error")),
        "{answer:?}"
    );
    assert_eq!(body.as_object().expect("an object").len(), 2, "{answer:?}");
    body["message"].as_str().expect("a text").to_owned()
}
