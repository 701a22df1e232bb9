//! JUnit files as real tools write them, through the mutation and through one plain curl.

use std::collections::BTreeMap;
use std::fmt::Write;

use daybook_tests::{Api, Database, Report, ResultRow, ResultStatus, TestApp, on_both_databases};
use serde_json::json;
use uuid::Uuid;

use ResultStatus::{Error, Fail, Pass, Skip};

const NEXTEST: &str = include_str!("../../fixtures/junit/nextest.xml");
const PYTEST: &str = include_str!("../../fixtures/junit/pytest.xml");
const SUREFIRE: &str = include_str!("../../fixtures/junit/surefire.xml");
const JEST: &str = include_str!("../../fixtures/junit/jest.xml");
const GO: &str = include_str!("../../fixtures/junit/go.xml");
const NESTED: &str = include_str!("../../fixtures/junit/nested.xml");

/// A script, and how it ended.
type Outcome = (&'static str, ResultStatus);

/// Every tool's file, by both ways, gives the same results.
async fn what_tools_write(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let files: [(&str, usize, &[Outcome]); 6] = [
        // One more than there are scripts: a test that passed on its second try has made two attempts.
        (
            NEXTEST,
            5,
            &[
                ("shop::basket::tests::adds_up", Pass),
                ("shop::basket::tests::rounds", Fail),
                ("shop::basket::tests::waits", Pass),
                ("shop::checkout::pays", Pass),
            ],
        ),
        (
            PYTEST,
            6,
            &[
                ("tests.test_basket.TestBasket::test_adds_up", Pass),
                ("tests.test_basket::test_price[1-\"one\"]", Fail),
                ("tests.test_basket::test_price[2-größe]", Pass),
                ("tests.test_basket::test_later", Skip),
                ("tests.test_basket::test_known", Skip),
                ("tests.test_basket::test_fixture", Error),
            ],
        ),
        (
            SUREFIRE,
            4,
            &[
                ("com.example.BasketTest::addsUp", Pass),
                ("com.example.BasketTest::rounds(int)[1]", Fail),
                ("com.example.BasketTest::connects", Error),
                ("com.example.BasketTest::ignored", Skip),
            ],
        ),
        (
            JEST,
            2,
            &[
                ("Basket adds up::Basket adds up", Pass),
                ("Basket rounds › to cents::Basket rounds › to cents", Fail),
            ],
        ),
        (
            GO,
            3,
            &[
                ("example.com/shop/basket::TestAddsUp", Pass),
                ("example.com/shop/basket::TestRounds/to_cents", Fail),
                ("example.com/shop/basket::TestSlow", Skip),
            ],
        ),
        (
            NESTED,
            4,
            &[
                ("top level", Pass),
                ("deep::down", Fail),
                ("no class", Pass),
                ("deep::up", Skip),
            ],
        ),
    ];

    for (xml, attempts, expected) in files {
        let (by_mutation, by_route) = (
            reporter.open_schedule("junit").await,
            reporter.open_schedule("junit").await,
        );
        let answer = reporter.import_junit(by_mutation, xml).await;
        assert_eq!(answer.data("/importJunit/accepted"), attempts, "{answer:?}");
        let posted = post(&reporter, by_route, xml.as_bytes()).await;
        assert_eq!(
            posted,
            (200, json!({ "accepted": attempts, "duplicates": 0 }))
        );

        for schedule in [by_mutation, by_route] {
            let latest = reporter.results(schedule, json!({})).await;
            let shown: Vec<(&str, ResultStatus)> = latest
                .iter()
                .map(|row| (row.script.as_str(), row.status))
                .collect();
            assert_eq!(shown, expected);
        }
    }
}

/// What a file says beside the status.
async fn messages_outputs_and_times(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("junit").await;
    for xml in [NEXTEST, PYTEST, SUREFIRE] {
        reporter.import_junit(schedule, xml).await.data("");
    }
    let rows: BTreeMap<String, ResultRow> = reporter
        .all_results(schedule)
        .await
        .into_iter()
        .map(|row| (row.script.clone(), row))
        .collect();

    let rounds = &rows["shop::basket::tests::rounds"];
    assert_eq!(rounds.duration_ms, Some(250));
    assert!(
        text(rounds.message.as_ref()).contains("assertion `left == right` failed"),
        "{rounds:?}"
    );
    let output = reporter.output(&rounds.id).await;
    assert!(
        text(output.as_ref()).contains("test basket::tests::rounds ... FAILED"),
        "{rounds:?}"
    );
    assert!(
        text(output.as_ref()).contains("panicked at src/basket.rs:41:9"),
        "stderr too: {output:?}"
    );
    assert!(
        text(rows["tests.test_basket::test_fixture"].message.as_ref())
            .contains("RuntimeError: no database")
    );
    assert!(
        text(rows["tests.test_basket::test_later"].message.as_ref())
            .contains("not on this machine")
    );
    let surefire = &rows["com.example.BasketTest::rounds(int)[1]"];
    assert_eq!(
        surefire.duration_ms,
        Some(1_200_250),
        "a thousands separator"
    );
    assert!(
        text(surefire.message.as_ref()).contains("expected: <1> but was: <2>"),
        "{surefire:?}"
    );
    let output = reporter.output(&surefire.id).await;
    assert!(
        text(output.as_ref()).contains("a line with <tags> & ampersands"),
        "{surefire:?}"
    );
    assert_eq!(
        rows["com.example.BasketTest::connects"].duration_ms,
        Some(0)
    );
}

/// Importing the same file twice is harmless, by whichever way, and even after closing.
async fn the_same_file_twice(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("junit").await;
    reporter.import_junit(schedule, PYTEST).await.data("");
    let before = reporter.all_results(schedule).await;

    let again = reporter.import_junit(schedule, PYTEST).await;
    assert_eq!(
        (
            again.data("/importJunit/accepted"),
            again.data("/importJunit/duplicates")
        ),
        (0.into(), 6.into())
    );
    assert_eq!(
        post(&reporter, schedule, PYTEST.as_bytes()).await,
        (200, json!({ "accepted": 0, "duplicates": 6 }))
    );
    reporter.close(schedule).await.data("");
    assert_eq!(
        post(&reporter, schedule, PYTEST.as_bytes()).await,
        (200, json!({ "accepted": 0, "duplicates": 6 }))
    );
    let (status, body) = post(&reporter, schedule, JEST.as_bytes()).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (409, &json!("SCHEDULE_CLOSED"))
    );

    assert_eq!(reporter.all_results(schedule).await, before);
}

/// Another run of the same tests is no duplicate: each script has a second attempt.
async fn another_run(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("junit").await;
    let run = |status: &str, time: &str| {
        format!(
            r#"<testsuite timestamp="{time}"><testcase classname="c" name="n" time="0.1">{status}</testcase></testsuite>"#
        )
    };
    reporter
        .import_junit(schedule, &run("<failure/>", "2026-11-20T10:00:00Z"))
        .await
        .data("");

    let second = reporter
        .import_junit(schedule, &run("", "2026-11-20T11:00:00Z"))
        .await;

    assert_eq!(second.data("/importJunit/accepted"), 1);
    let attempts: Vec<_> = reporter
        .all_results(schedule)
        .await
        .iter()
        .map(|row| (row.attempt, row.status))
        .collect();
    assert_eq!(attempts, [(1, Fail), (2, Pass)]);
}

/// Whatever encoding a file declares and is written in; in a GraphQL string, the declaration means nothing any more.
async fn encodings(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let document = |encoding: &str| {
        format!(
            r#"<?xml version="1.0" encoding="{encoding}"?><testsuite><testcase name="größe"/></testsuite>"#
        )
    };
    let latin1: Vec<u8> = document("ISO-8859-1")
        .chars()
        .map(|character| u8::try_from(u32::from(character)).expect("Latin-1"))
        .collect();
    let little_endian: Vec<u8> = format!("\u{feff}{}", document("UTF-16"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let big_endian: Vec<u8> = format!("\u{feff}{}", document("UTF-16"))
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let utf8_with_mark = format!("\u{feff}{}", document("utf-8")).into_bytes();
    let windows: Vec<u8> = [
        br#"<?xml version='1.0' encoding='windows-1252'?><testsuite><testcase name="gr"#.as_slice(),
        b"\xf6\xdfe",
        br#""/></testsuite>"#,
    ]
    .concat();

    for bytes in [latin1, little_endian, big_endian, utf8_with_mark, windows] {
        let schedule = reporter.open_schedule("junit").await;
        assert_eq!(
            post(&reporter, schedule, &bytes).await,
            (200, json!({ "accepted": 1, "duplicates": 0 }))
        );
        assert_eq!(reporter.all_results(schedule).await[0].script, "größe");
    }
    for declared in ["UTF-16", "ISO-8859-1", "utf-8"] {
        let schedule = reporter.open_schedule("junit").await;
        reporter
            .import_junit(schedule, &document(declared))
            .await
            .data("");
        assert_eq!(
            reporter.all_results(schedule).await[0].script,
            "größe",
            "{declared}"
        );
    }
}

/// Files that are none, or made to hurt: refused, and nothing is kept.
async fn no_junit_files(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("junit").await;
    let bomb = r#"<!DOCTYPE lol [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
        <testsuite><testcase name="one"><failure>&b;</failure></testcase></testsuite>"#;
    let outside = r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
        <testsuite><testcase name="one"><system-out>&e;</system-out></testcase></testsuite>"#;
    let unnamed = r#"<testsuite><testcase classname="c"/></testsuite>"#;
    let deep = "<testsuite>".repeat(100_000);
    let long = format!(
        r#"<testsuite><testcase name="{}"/></testsuite>"#,
        "x".repeat(300)
    );
    for xml in [
        "",
        "nonsense",
        "{}",
        "<html><body/></html>",
        "<testsuite><testcase name=\"one\"></testsuite>",
        "<testsuite",
        bomb,
        outside,
        unnamed,
        &deep,
        &long,
    ] {
        let what: String = xml.chars().take(60).collect();
        assert_eq!(
            reporter.import_junit(schedule, xml).await.code(),
            "VALIDATION",
            "{what}"
        );
        let (status, body) = post(&reporter, schedule, xml.as_bytes()).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (422, &json!("VALIDATION")),
            "{what}"
        );
    }
    assert_eq!(reporter.schedule(schedule).await.revision, 0);
    assert_eq!(
        reporter
            .reported(schedule, Report::pass("still here"))
            .await
            .revision,
        1
    );
}

/// The plain route answers in the way of the REST routes.
async fn the_route_refuses(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let other = app
        .admin()
        .create_client("weekly", daybook_tests::Role::Reporter)
        .await;
    let viewer = app
        .admin()
        .create_client("viewer", daybook_tests::Role::Viewer)
        .await;
    let schedule = reporter.open_schedule("junit").await;

    for (client, target, status, code) in [
        (&app.anonymous(), schedule, 401, "UNAUTHENTICATED"),
        (&viewer, schedule, 403, "FORBIDDEN"),
        (&other, schedule, 403, "FORBIDDEN"),
        (&reporter, Uuid::new_v4(), 404, "NOT_FOUND"),
    ] {
        let (answered, body) = post(client, target, JEST.as_bytes()).await;
        assert_eq!((answered, &body["error"]["code"]), (status, &json!(code)));
        assert!(
            body["error"]["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty())
        );
    }
    let path = format!("/api/v1/schedules/{schedule}/junit");
    assert_eq!(reporter.get(&path).await.status, 405);
    assert_eq!(
        reporter
            .post("/api/v1/schedules/nonsense/junit", "application/xml", JEST)
            .await
            .status,
        404
    );
}

/// A run of a big project: 20,000 tests in one file.
async fn a_big_file(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("junit").await;
    let mut xml = "<testsuites><testsuite>\n".to_owned();
    for number in 0..20_000 {
        writeln!(
            xml,
            r#"<testcase classname="c" name="{number}" time="0.001"/>"#
        )
        .expect("a string grows");
    }
    xml.push_str("</testsuite></testsuites>");

    let posted = post(&reporter, schedule, xml.as_bytes()).await;

    assert_eq!(
        posted,
        (200, json!({ "accepted": 20_000, "duplicates": 0 }))
    );
    let facts = reporter.schedule(schedule).await;
    assert_eq!((facts.revision, facts.progress.pass), (20_000, 20_000));
}

/// A file may have 32 MiB, however the path is written.
async fn as_large_as_it_may_be(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("junit").await;
    let file = |length: usize| {
        let (begin, end) = ("<testsuite><testcase name=\"a\"/><!--", "--></testsuite>");
        let padding = " ".repeat(length - begin.len() - end.len());
        [begin, &padding, end].concat()
    };
    let most = 32 * 1024 * 1024;
    let path = format!("/api/v1/schedules/{schedule}/junit");
    for path in [path.clone(), format!("{path}/")] {
        let taken = reporter.post(&path, "application/xml", file(most)).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        let refused = reporter
            .post(&path, "application/xml", file(most + 1))
            .await;
        assert_eq!(refused.status, 413, "{refused:?}");
    }
}

on_both_databases!(
    what_tools_write,
    messages_outputs_and_times,
    the_same_file_twice,
    another_run,
    encodings,
    no_junit_files,
    the_route_refuses,
    a_big_file,
    as_large_as_it_may_be,
);

/// One plain curl: `--data-binary @junit.xml`, whose media type says nothing.
async fn post(client: &Api, schedule: Uuid, xml: &[u8]) -> (u16, serde_json::Value) {
    let path = format!("/api/v1/schedules/{schedule}/junit");
    let answer = client
        .post(&path, "application/x-www-form-urlencoded", xml.to_vec())
        .await;
    (answer.status.as_u16(), answer.json())
}

fn text(part: Option<&String>) -> &str {
    part.map(String::as_str).unwrap_or_default()
}
