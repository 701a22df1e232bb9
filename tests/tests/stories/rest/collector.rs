//! The execution collector: its clients send forms, with the token among the fields.

use std::time::Duration;

use daybook_tests::http::exchange;
use daybook_tests::{
    Answer, Api, Credential, Database, ResultStatus, ScheduleStatus, TestApp, on_both_databases,
    within,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use super::{People, invalid, plain, refusal, shown};

/// What a nightly script of the original does: open, report with letters, close; and what everybody then sees.
async fn a_night_by_forms(database: Database) {
    let app = TestApp::start(database).await;
    let client = app.reporter("nightly").await;
    let token = client.token();
    let anonymous = app.anonymous();

    let opened = anonymous
        .post_form("/schedule/add", &[("token", token)])
        .await;
    assert_eq!(plain(&opened).0, 200);
    let schedule: Uuid = opened.text.parse().expect("a GUID and nothing else");
    let letters = [
        ("login", "a", ResultStatus::Running),
        ("login", "b", ResultStatus::Pass),
        ("search", "c", ResultStatus::Fail),
        ("basket", "d", ResultStatus::Block),
        ("pay", "e", ResultStatus::Error),
        ("later", "f", ResultStatus::Skip),
        ("by a word", "pass", ResultStatus::Pass),
        ("by another", "STARTED", ResultStatus::Running),
    ];
    for (script, letter, status) in letters {
        let fields = [
            ("token", token),
            ("schedule", &opened.text),
            ("script", script),
            ("result", letter),
            ("message", "größer & +1"),
        ];
        let answer = anonymous.post_form("/result/add", &fields).await;
        assert_eq!(plain(&answer), (200, "success"), "{script} {letter}");
        let rows = client.results(schedule, json!({})).await;
        let row = rows.iter().find(|row| row.script == script).expect("a row");
        assert_eq!(row.status, status, "{script} {letter}");
        assert_eq!(row.message.as_deref(), Some("größer & +1"));
    }

    let all = client.get("/allschedule").await;
    let facts = client.schedule(schedule).await;
    let (status, body) = shown(&all);
    assert_eq!(status, 200);
    let listed = &body["response"][0];
    let seconds = |time: chrono::DateTime<chrono::Utc>| {
        serde_json::Number::from_f64(
            f64::from(u32::try_from(time.timestamp()).expect("this century"))
                + f64::from(time.timestamp_subsec_millis()) / 1_000.0,
        )
    };
    assert_eq!(
        body,
        json!({ "response": [{
            "id": listed["id"],
            "name": schedule,
            "status": "a",
            "created_time": seconds(facts.created_time),
            "last_modified_time": seconds(facts.last_modify_time),
        }] })
    );
    assert!(listed["id"].is_i64(), "{listed}");

    let fields = [("token", token), ("schedule", &opened.text)];
    let closed = anonymous.post_form("/schedule/close", &fields).await;
    assert_eq!((closed.status.as_u16(), closed.text.as_str()), (200, ""));
    assert_eq!(
        client.get("/allschedule").await.json()["response"][0]["status"],
        "b"
    );
}

/// Without a schedule, a result goes to the newest open one of the client; where none is open it is refused, not dropped.
async fn to_the_newest_open_schedule(database: Database) {
    let (app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let other = app.reporter("other").await;
    let report = [("script", "login"), ("result", "b")];
    assert_eq!(
        refusal(&client.post_form("/result/add", &report).await),
        (409, "CONFLICT".into())
    );
    let (older, newer) = (
        client.open_schedule("a").await,
        client.open_schedule("b").await,
    );
    let newest = client.open_schedule("c").await;
    client.close(newest).await.data("");
    other.open_schedule("of somebody else").await;

    for expected in [newer, older] {
        let answer = client.post_form("/result/add", &report).await;
        assert_eq!(plain(&answer), (200, "success"));
        assert_eq!(client.schedule(expected).await.progress.pass, 1);
        client.close(expected).await.data("");
    }
    assert_eq!(
        refusal(&client.post_form("/result/add", &report).await),
        (409, "CONFLICT".into())
    );
}

/// Closing what is closed changes nothing, its time of change included.
async fn closing_again(database: Database) {
    let (_app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = client.open_schedule("nightly").await;
    let name = schedule.to_string();
    let fields = [("schedule", name.as_str())];
    let close = || client.post_form("/schedule/close", &fields);
    assert_eq!(close().await.status, 200);
    let (before, listed) = (
        client.schedule(schedule).await,
        client.get("/allschedule").await,
    );

    let again = close().await;

    assert_eq!((again.status.as_u16(), again.text.as_str()), (200, ""));
    assert_eq!(client.schedule(schedule).await, before);
    assert_eq!(client.get("/allschedule").await.text, listed.text);
    let late = [
        ("schedule", name.as_str()),
        ("script", "late"),
        ("result", "b"),
    ];
    assert_eq!(
        refusal(&client.post_form("/result/add", &late).await),
        (409, "SCHEDULE_CLOSED".into())
    );
}

/// Without a name, all open schedules of the client are closed, and nobody else's.
async fn closing_all_of_ones_own(database: Database) {
    let (app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let other = app.reporter("other").await;
    let mine = [
        client.open_schedule("a").await,
        client.open_schedule("b").await,
    ];
    let others = other.open_schedule("c").await;

    // Nothing is sent but who it is.
    let closed = client.request(Method::POST, "/schedule/close");
    let closed = Answer::of(closed).await.expect("an answer");

    assert_eq!((closed.status.as_u16(), closed.text.as_str()), (200, ""));
    for schedule in mine {
        assert_eq!(
            client.schedule(schedule).await.status,
            ScheduleStatus::Closed
        );
    }
    assert_eq!(other.schedule(others).await.status, ScheduleStatus::Created);
    let again = client.post_form("/schedule/close", &[]).await;
    assert_eq!(again.status, 200);
}

/// What can't be taken is named, and nothing is kept of it.
async fn refused(database: Database) {
    let (app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = client.open_schedule("nightly").await;
    let good = [("script", "login"), ("result", "b")];
    let post = |fields: Vec<(&'static str, &'static str)>| {
        let client = client.clone();
        async move { client.post_form("/result/add", &fields).await }
    };
    for (fields, field) in [
        (vec![("script", "login"), ("result", "z")], "result"),
        (vec![("script", "login"), ("result", "A")], "result"),
        (vec![("script", "login"), ("result", "")], "result"),
        (vec![("script", "login")], "result"),
        (vec![("script", ""), ("result", "b")], "script"),
        (vec![("script", "  "), ("result", "b")], "script"),
        (vec![("result", "b")], "script"),
        (
            vec![
                ("script", "login"),
                ("result", "b"),
                ("schedule", "nightly"),
            ],
            "schedule",
        ),
        (
            vec![("script", "login"), ("result", "b"), ("schedule", "")],
            "schedule",
        ),
    ] {
        assert_eq!(invalid(&post(fields).await, field), 422);
    }
    let unset = client
        .post_form("/schedule/close", &[("schedule", "")])
        .await;
    assert_eq!(
        invalid(&unset, "schedule"),
        422,
        "a variable that is not set closes nothing"
    );
    let unknown = Uuid::new_v4().to_string();
    let mut fields = good.to_vec();
    fields.push(("schedule", &unknown));
    for path in ["/result/add", "/schedule/close"] {
        let answer = client.post_form(path, &fields).await;
        assert_eq!(refusal(&answer), (404, "NOT_FOUND".into()), "{path}");
    }
    let name = schedule.to_string();
    let other = app.reporter("other").await;
    let mut fields = good.to_vec();
    fields.push(("schedule", &name));
    for path in ["/result/add", "/schedule/close"] {
        let answer = other.post_form(path, &fields).await;
        assert_eq!(refusal(&answer), (403, "FORBIDDEN".into()), "{path}");
    }
    let long = "x".repeat(64 * 1024 + 1);
    let mut fields = good.to_vec();
    fields.push(("message", &long));
    let answer = client.post_form("/result/add", &fields).await;
    assert_eq!(
        (invalid(&answer, "message"), refusal(&answer).1),
        (413, "TOO_LARGE".into())
    );

    assert!(client.all_results(schedule).await.is_empty());
    assert_eq!(
        client.schedule(schedule).await.status,
        ScheduleStatus::Created
    );
}

/// Bodies that are no forms, and methods that are none.
async fn no_forms(database: Database) {
    let (app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let unknown = client.with(Credential::Token("dbk_of_nobody_at_all".into()));
    let form = "application/x-www-form-urlencoded";
    let large = "x".repeat(256 * 1024 + 1);
    for path in ["/schedule/add", "/result/add", "/schedule/close"] {
        let json = client.post(path, "application/json", "{}").await;
        assert_eq!(invalid(&json, "Content-Type"), 415, "{path}");
        let refused = client.post(path, form, large.clone()).await;
        assert_eq!(refusal(&refused), (413, "TOO_LARGE".into()), "{path}");
        for nobody in [&app.anonymous(), &unknown] {
            for answer in [
                nobody.post(path, "application/json", "{}").await,
                nobody.post(path, form, large.clone()).await,
            ] {
                assert_eq!(refusal(&answer), (401, "UNAUTHENTICATED".into()), "{path}");
            }
        }
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let sent = client.request(method.clone(), path);
            let answer = Answer::of(sent).await.expect("an answer");
            assert_eq!(invalid(&answer, "method"), 405, "{method} {path}");
            assert_eq!(answer.header("allow"), "POST", "{method} {path}");
        }
    }
    let answer = client.post_form("/allschedule", &[]).await;
    assert_eq!(invalid(&answer, "method"), 405);
    assert_eq!(answer.header("allow"), "GET,HEAD");
    assert_eq!(
        client.get("/allschedule").await.json(),
        json!({ "response": [] })
    );
}

/// A form may come in parts, as `curl -F` sends it: a real one.
async fn in_parts(database: Database) {
    let app = TestApp::start(database).await;
    let client = app.reporter("nightly").await;
    let (token, url) = (client.token(), app.address());
    let script = format!(
        "curl -sS -F token={token} http://{url}/schedule/add && echo && \
         curl -sS -F token={token} -F 'script=a & b' -F result=b -F message=good http://{url}/result/add"
    );

    let output = Command::new("bash").args(["-euc", &script]).output().await;

    let answer = String::from_utf8(output.expect("there is a bash").stdout).expect("text");
    let (name, told) = answer.split_once('\n').expect("two answers");
    assert_eq!(told, "success");
    let results = client.all_results(name.parse().expect("a GUID")).await;
    assert_eq!(results[0].script, "a & b");
    let broken = client.post("/result/add", "multipart/form-data", "x").await;
    assert_eq!(invalid(&broken, "body"), 422);
}

/// Who may do what, and who is not known. A cookie is nobody here.
async fn roles(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let people = People::of(&admin).await;
    let cookie = admin
        .with(Credential::Anonymous)
        .send_json(Method::POST, "/login", &json!({ "token": admin.token() }))
        .await;
    let cookie = cookie
        .header("set-cookie")
        .split(';')
        .next()
        .expect("one")
        .to_owned();
    let cookie = admin.with(Credential::Cookie(cookie));
    let unknown = admin.with(Credential::Token("dbk_of_nobody_at_all".into()));
    for nobody in [&people.nobody, &unknown, &cookie] {
        assert_eq!(
            refusal(&nobody.get("/allschedule").await),
            (401, "UNAUTHENTICATED".into())
        );
        let nothing = nobody.post_form("/result/add", &[]).await;
        assert_eq!(refusal(&nothing), (401, "UNAUTHENTICATED".into()));
        for path in ["/schedule/add", "/result/add", "/schedule/close"] {
            let answer = nobody
                .post_form(path, &[("script", "s"), ("result", "b")])
                .await;
            assert_eq!(refusal(&answer), (401, "UNAUTHENTICATED".into()), "{path}");
        }
    }
    let in_form = people
        .nobody
        .post_form("/schedule/add", &[("token", "dbk_of_nobody_at_all")])
        .await;
    assert_eq!(refusal(&in_form), (401, "UNAUTHENTICATED".into()));
    for path in ["/schedule/add", "/result/add", "/schedule/close"] {
        let fields = [("script", "s"), ("result", "b")];
        let answer = people.viewer.post_form(path, &fields).await;
        assert_eq!(refusal(&answer), (403, "FORBIDDEN".into()), "{path}");
    }
    assert_eq!(people.viewer.get("/allschedule").await.status, 200);
    for who in [&people.reporter, &people.operator, &admin] {
        assert_eq!(who.post_form("/schedule/add", &[]).await.status, 200);
        let fields = [("script", "s"), ("result", "b")];
        assert_eq!(who.post_form("/result/add", &fields).await.status, 200);
        assert_eq!(who.post_form("/schedule/close", &[]).await.status, 200);
    }
}

/// A result that was answered is on disk and seen by who follows the schedule, as any other is; two reports are two.
async fn reports_are_reports(database: Database) {
    let (_app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = client.open_schedule("nightly").await;
    for _ in 0..2 {
        let fields = [("script", "login"), ("result", "c")];
        assert_eq!(client.post_form("/result/add", &fields).await.status, 200);
    }
    let rows = client.all_results(schedule).await;
    let attempts: Vec<_> = rows.iter().map(|row| row.attempt).collect();
    assert_eq!(attempts, [1, 2], "each report stands for itself");
    let facts = client.schedule(schedule).await;
    assert_eq!((facts.revision, facts.progress.fail), (2, 1));
}

/// More schedules than are read at once come as one list, in the order in which they were opened.
async fn many_schedules(database: Database) {
    let (_app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let mut opened = Vec::new();
    for _ in 0..21 {
        let some = (0..50).map(|_| client.post_form("/schedule/add", &[]));
        let some = futures_util::future::join_all(some).await;
        opened.extend(some.into_iter().map(|answer| json!(answer.text)));
    }
    let listed = within(
        "a list",
        Duration::from_secs(30),
        client.get("/allschedule/"),
    )
    .await;
    let (_, body) = shown(&listed);
    let listed = body["response"].as_array().expect("a list");
    let ids: Vec<_> = listed.iter().map(|one| one["id"].as_i64()).collect();
    assert_eq!(ids.len(), 1_050);
    assert!(ids.is_sorted());
    let mut names: Vec<&Value> = listed.iter().map(|one| &one["name"]).collect();
    let mut opened: Vec<&Value> = opened.iter().collect();
    names.sort_by_key(ToString::to_string);
    opened.sort_by_key(ToString::to_string);
    assert_eq!(names, opened);
}

/// `requests.post(url + '/schedule/add', data={'token': t})`, byte for byte as Python's requests sends it.
async fn as_pythons_requests_sends_it(database: Database) {
    let (app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let token = client.token();
    let post = |path: &str, body: String| {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: python-requests/2.28.1\r\n\
             Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            app.address(),
            body.len()
        );
        let address = app.address();
        async move { exchange(address, &request).await }
    };
    let body_of = |answer: String| {
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        body.to_owned()
    };

    let name = body_of(post("/schedule/add", format!("token={token}")).await);
    let schedule: Uuid = name.parse().expect("a GUID and nothing else");
    let form =
        format!("token={token}&schedule={name}&script=tests%2Flogin.py&result=b&message=took+3+s");
    assert_eq!(body_of(post("/result/add", form).await), "success");
    assert_eq!(
        body_of(post("/schedule/close", format!("token={token}")).await),
        ""
    );

    let rows = client.all_results(schedule).await;
    assert_eq!(rows[0].script, "tests/login.py");
    assert_eq!(rows[0].message.as_deref(), Some("took 3 s"));
    assert_eq!(
        client.schedule(schedule).await.status,
        ScheduleStatus::Closed
    );
}

/// A path is served as it is typed, with and without a slash at its end, and is not redirected.
async fn slashes(database: Database) {
    let (_app, client) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    for path in ["/schedule/add", "/schedule/add/"] {
        assert_eq!(client.post_form(path, &[]).await.status, 200, "{path}");
    }
    let fields = [("script", "s"), ("result", "b")];
    for path in ["/result/add", "/result/add/"] {
        assert_eq!(
            client.post_form(path, &fields).await.text,
            "success",
            "{path}"
        );
    }
    for path in ["/schedule/close", "/schedule/close/"] {
        assert_eq!(client.post_form(path, &[]).await.status, 200, "{path}");
    }
    for path in ["/allschedule", "/allschedule/"] {
        assert_eq!(listed(&client, path).await, 2, "{path}");
    }
}

async fn listed(client: &Api, path: &str) -> usize {
    let answer = client.get(path).await;
    let body = answer.json();
    body["response"].as_array().expect("a list").len()
}

on_both_databases!(
    a_night_by_forms,
    to_the_newest_open_schedule,
    closing_again,
    closing_all_of_ones_own,
    refused,
    no_forms,
    in_parts,
    roles,
    reports_are_reports,
    many_schedules,
    as_pythons_requests_sends_it,
    slashes,
);
