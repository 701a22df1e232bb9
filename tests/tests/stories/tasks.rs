//! Tasks as their operators deal with them: made, changed, found, run by hand, deleted; and what is refused.

use chrono::{DateTime, TimeDelta, Utc};
use daybook_tests::socket::Message;
use daybook_tests::{Api, Database, Role, Socket, TestApp, eventually, on_both_databases, within};
use serde_json::{Value, json};

/// A task with nothing but a name and a time is a reminder that falls due once.
async fn made_of_a_name_and_a_time(database: Database) {
    let app = TestApp::start(database).await;
    let operator = app.admin().create_client("operator", Role::Operator).await;
    let time = in_a_year();

    let input = json!({ "name": "  dentist ", "scheduledTime": time });
    let task = operator.create_task(input).await.data("/createTask/task");

    assert_eq!(
        (&task["name"], &task["recurrence"], &task["timeZone"]),
        (&json!("dentist"), &Value::Null, &json!("UTC"))
    );
    assert_eq!(
        (&task["nextTime"], &task["enabled"]),
        (&task["scheduledTime"], &json!(true))
    );
    assert_eq!(
        task["action"],
        json!({ "__typename": "Reminder", "note": null })
    );
    let rest = ["overlapPolicy", "catchUpPolicy", "monthEndPolicy"].map(|field| &task[field]);
    assert_eq!(rest, [&json!("SKIP"), &json!("LATEST"), &json!("CLAMP")]);
    assert_eq!(
        (&task["timeoutSeconds"], &task["maxAttempts"]),
        (&json!(3600), &json!(1))
    );
}

/// The next times follow the zone's wall clock, and a disabled task has none.
async fn next_times(database: Database) {
    let app = TestApp::start(database).await;
    app.clock().set(at("2027-03-26T12:00:00Z").into());
    let input = json!({
        "name": "report", "scheduledTime": "2027-03-27T01:30:00Z", "recurrence": "DAILY", "timeZone": "Europe/Berlin",
    });
    app.admin().create_task(input).await.data("");
    let document = "{ task(name: \"report\") { nextTimes(first: 3) nextTime } }";

    let task = app.admin().query(document, json!({})).await.data("/task");

    assert_eq!(
        task["nextTimes"],
        json!([
            "2027-03-27T01:30:00.000Z",
            "2027-03-28T01:00:00.000Z",
            "2027-03-29T00:30:00.000Z"
        ])
    );
    app.admin()
        .update_task(json!({ "name": "report", "enabled": false }))
        .await
        .data("");
    let task = app.admin().query(document, json!({})).await.data("/task");
    assert_eq!(
        (&task["nextTimes"], &task["nextTime"]),
        (&json!([]), &Value::Null)
    );
    let none = "{ task(name: \"report\") { nextTimes(first: 0) } }";
    let none = app.admin().query(none, json!({})).await;
    assert_eq!(none.field(), "first");
}

/// A form shows when a task would fall due, in the words of its zone, before anybody makes it.
async fn previewed(database: Database) {
    let app = TestApp::start(database).await;
    app.clock().set(at("2027-03-26T12:00:00Z").into());
    let document = "query($input: PreviewTaskInput!) { previewTask(input: $input, first: 2) {
        scheduledTime slots { time localTime remarks } } }";
    let preview = async |input: Value| app.admin().query(document, json!({ "input": input })).await;
    let input = json!({ "localTime": "2027-03-27T02:30", "timeZone": "Europe/Berlin", "recurrence": "DAILY" });

    let shown = preview(input).await.data("/previewTask");

    let at_home = json!({ "time": "2027-03-27T01:30:00.000Z", "localTime": "2027-03-27T02:30:00", "remarks": [] });
    let moved = json!({ "time": "2027-03-28T01:00:00.000Z", "localTime": "2027-03-28T03:00:00", "remarks": ["GAP"] });
    assert_eq!(
        shown,
        json!({ "scheduledTime": "2027-03-27T01:30:00.000Z", "slots": [at_home, moved] })
    );
    // An anchor in the gap is moved itself, and says so once.
    let input = json!({ "localTime": "2027-03-28T02:30", "timeZone": "Europe/Berlin", "recurrence": "DAILY" });
    let shown = preview(input).await.data("/previewTask");
    assert_eq!(shown["slots"][0], moved);
    assert_eq!(shown["slots"][1]["localTime"], "2027-03-29T03:00:00");
    assert_eq!(shown["slots"][1]["remarks"], json!([]));
    // What has passed is no slot, but still what the others are counted from.
    let input = json!({ "localTime": "2027-01-31T08:00:30", "recurrence": "MONTHLY" });
    let shown = preview(input).await.data("/previewTask");
    assert_eq!(shown["scheduledTime"], "2027-01-31T08:00:30.000Z");
    assert_eq!(shown["slots"][0]["localTime"], "2027-03-31T08:00:30");
    assert_eq!(shown["slots"][1]["remarks"], json!(["MONTH_END"]));
    for (input, field) in [
        (json!({ "localTime": "tomorrow" }), "localTime"),
        // Samoa went over the date line, and had no such day.
        (
            json!({ "localTime": "2011-12-30T12:00", "timeZone": "Pacific/Apia" }),
            "localTime",
        ),
        (
            json!({ "localTime": "2027-03-27T02:30", "timeZone": "Mars/Olympus" }),
            "timeZone",
        ),
    ] {
        assert_eq!(preview(input).await.field(), field);
    }
}

/// What is left out stays, null clears the recurrence, and a new name moves the task but not its id.
async fn changed_in_part(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let input = json!({
        "name": "report", "scheduledTime": in_a_year(), "recurrence": "WEEKLY", "timeZone": "Asia/Tokyo",
        "action": { "reminder": { "note": "look at it" } }, "overlapPolicy": "QUEUE", "maxAttempts": 3,
    });
    let before = admin.create_task(input).await.data("/createTask/task");

    let after = admin.update_task(json!({ "name": "report", "newName": "weekly report" }));
    let after = after.await.data("/updateTask/task");
    let mut expected = before.clone();
    expected["name"] = json!("weekly report");
    assert_eq!(after, expected);

    let cleared = admin.update_task(json!({ "name": "weekly report", "recurrence": null }));
    let cleared = cleared.await.data("/updateTask/task");
    assert_eq!(cleared["recurrence"], Value::Null);
    assert_eq!(cleared["id"], before["id"]);

    let gone = admin
        .update_task(json!({ "name": "report", "enabled": false }))
        .await;
    assert_eq!(gone.code(), "NOT_FOUND");
    let node = "query ($id: ID!) { node(id: $id) { ... on Task { name number } } }";
    let node = admin
        .query(node, json!({ "id": before["id"] }))
        .await
        .data("/node");
    assert_eq!(
        node,
        json!({ "name": "weekly report", "number": before["number"] })
    );
}

/// A name is there once, compared to the letter.
async fn names_are_unique(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    for name in ["report", "Report", "réport"] {
        admin
            .create_task(json!({ "name": name, "scheduledTime": in_a_year() }))
            .await
            .data("");
    }
    let taken = admin.create_task(json!({ "name": " report ", "scheduledTime": in_a_year() }));
    assert_eq!(taken.await.code(), "CONFLICT");
    let taken = admin.update_task(json!({ "name": "Report", "newName": "report" }));
    assert_eq!(taken.await.code(), "CONFLICT");
}

/// Pages in the order in which they were made, and those alone that fall due.
async fn listed_in_pages(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    for number in 0..5 {
        let input = json!({ "name": number.to_string(), "scheduledTime": in_a_year(), "enabled": number % 2 == 0 });
        admin.create_task(input).await.data("");
    }
    let names = async |variables: Value| {
        let document = "query ($first: Int, $after: String, $enabled: Boolean) {
            tasks(first: $first, after: $after, enabled: $enabled) { nodes { name } pageInfo { hasNextPage endCursor } }
        }";
        let page = admin.query(document, variables).await.data("/tasks");
        let names: Vec<String> = page["nodes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|node| node["name"].as_str().expect("a name").to_owned())
            .collect();
        (names.join(" "), page["pageInfo"].clone())
    };

    let (first, info) = names(json!({ "first": 2 })).await;
    assert_eq!(
        (first.as_str(), &info["hasNextPage"]),
        ("0 1", &json!(true))
    );
    let (rest, info) = names(json!({ "first": 3, "after": info["endCursor"] })).await;
    assert_eq!(
        (rest.as_str(), &info["hasNextPage"]),
        ("2 3 4", &json!(false))
    );
    assert_eq!(names(json!({ "enabled": true })).await.0, "0 2 4");
    assert_eq!(names(json!({ "enabled": false })).await.0, "1 3");
}

/// Each refusal names the field, and nothing is kept.
async fn bad_input(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let long = "x".repeat(256);
    let refused = [
        (json!({ "name": "" }), "name"),
        (json!({ "name": long }), "name"),
        (json!({ "name": "a\nb" }), "name"),
        (
            json!({ "scheduledTime": Utc::now() - TimeDelta::seconds(1) }),
            "scheduledTime",
        ),
        (json!({ "scheduledTime": "tomorrow" }), "scheduledTime"),
        (json!({ "recurrence": "daily" }), "recurrence"),
        (json!({ "recurrence": "HOURLY" }), "recurrence"),
        (json!({ "timeZone": "Mars/Olympus" }), "timeZone"),
        (json!({ "timeZone": "CEST" }), "timeZone"),
        (json!({ "timeoutSeconds": 0 }), "timeoutSeconds"),
        (json!({ "timeoutSeconds": 2_592_001 }), "timeoutSeconds"),
        (json!({ "maxAttempts": 0 }), "maxAttempts"),
        (json!({ "maxAttempts": 101 }), "maxAttempts"),
        (json!({ "overlapPolicy": "WAIT" }), "overlapPolicy"),
        (
            json!({ "action": { "command": { "command": "rm -rf /" } } }),
            "action.command.command",
        ),
        (
            json!({ "action": { "command": { "command": "sh", "arguments": ["a\u{0}b"] } } }),
            "action.command.arguments",
        ),
        (
            json!({ "action": { "command": { "command": "sh", "arguments": vec!["a"; 101] } } }),
            "action.command.arguments",
        ),
    ];
    for (part, field) in refused {
        let mut input = json!({ "name": "task", "scheduledTime": in_a_year() });
        for (name, value) in part.as_object().expect("an object") {
            input[name] = value.clone();
        }
        let answer = admin.create_task(input).await;
        assert_eq!(answer.code(), "VALIDATION", "{part}: {answer:?}");
        assert!(answer.field().ends_with(field), "{part}: {answer:?}");
    }
    for action in [
        json!({}),
        json!({ "reminder": {}, "command": { "command": "sh" } }),
        json!({ "reminder": null }),
    ] {
        let input = json!({ "name": "task", "scheduledTime": in_a_year(), "action": action });
        assert_eq!(
            admin.create_task(input).await.code(),
            "VALIDATION",
            "{action}"
        );
    }
    let note = "x".repeat(64 * 1024 + 1);
    let input = json!({ "name": "task", "scheduledTime": in_a_year(), "action": { "reminder": { "note": note } } });
    assert_eq!(admin.create_task(input).await.code(), "TOO_LARGE");
    let tasks = admin.query("{ tasks { nodes { name } } }", json!({})).await;
    assert_eq!(tasks.data("/tasks/nodes"), json!([]));

    for answer in [
        admin.run_task("nothing").await,
        admin.delete_task("nothing").await,
        admin.cancel_run("nothing").await,
    ] {
        assert_eq!(answer.code(), "NOT_FOUND", "{answer:?}");
    }
    let nothing = "{ task(name: \"nothing\") { name } run(id: \"nothing\") { id } }";
    assert_eq!(
        admin.query(nothing, json!({})).await.data(""),
        json!({ "task": null, "run": null })
    );
    let page = admin
        .query("{ runs(first: 101) { nodes { id } } }", json!({}))
        .await;
    assert_eq!(
        (page.code(), page.field()),
        ("VALIDATION".into(), "first".into())
    );
}

/// Run by hand, though it is disabled: a run that stands outside of the slots, with an entry in the log.
async fn run_by_hand(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let input = json!({ "name": "report", "scheduledTime": in_a_year(), "enabled": false });
    admin.create_task(input).await.data("");

    for _ in 0..2 {
        let run = admin.run_task("report").await.data("/runTask/run");
        assert_eq!(
            (&run["trigger"], &run["status"]),
            (&json!("MANUAL"), &json!("SUCCEEDED"))
        );
    }
    let runs = admin.runs_of("report").await;
    assert_eq!(runs.len(), 2);
    assert!(
        runs.iter()
            .all(|run| run.attempt == 1 && run.finished_time.is_some())
    );
    assert_eq!(admin.cancel_run(&runs[0].id).await.code(), "CONFLICT");
    let document = "{ task(name: \"report\") { lastRun { id task { name } action { __typename } output { seq } } } }";
    let last = admin.query(document, json!({})).await.data("/task/lastRun");
    assert_eq!(
        last,
        json!({ "id": runs[1].id, "task": { "name": "report" }, "action": { "__typename": "Reminder" }, "output": [] })
    );
    let entries: Vec<String> = app
        .database()
        .column("SELECT action FROM log WHERE parameter = 'report' ORDER BY id")
        .await;
    assert_eq!(
        entries,
        [
            "TASK_CREATE",
            "TASK_RUN",
            "REMINDER",
            "TASK_RUN",
            "REMINDER"
        ]
    );
}

/// A deleted task's runs stay: they are the record of what was done.
async fn runs_outlive_their_task(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let input = json!({
        "name": "report", "scheduledTime": in_a_year(), "overlapPolicy": "QUEUE",
        "action": { "command": { "command": "sh", "arguments": ["read forever < /dev/zero"] } },
    });
    admin.create_task(input).await.data("");
    let busy = admin.run_task("report").await.data("/runTask/run/id");
    let busy = busy.as_str().expect("an id");
    becomes(&admin, busy, "RUNNING").await;
    let waiting = admin.run_task("report").await.data("/runTask/run/id");

    assert_eq!(
        admin.delete_task("report").await.data("/deleteTask/name"),
        "report"
    );

    let waiting = admin.run(waiting.as_str().expect("an id")).await;
    assert_eq!(
        (waiting.status.as_str(), waiting.reason.as_deref()),
        ("CANCELLED", Some("its task was deleted"))
    );
    assert_eq!(admin.run(busy).await.status, "RUNNING");
    admin.cancel_run(busy).await.data("");
    let run = admin.ended(busy).await;
    assert_eq!(
        (run.status.as_str(), run.task_name.as_deref()),
        ("CANCELLED", Some("report"))
    );
    let runs = admin.query(
        "{ runs(status: [CANCELLED]) { nodes { task { name } } } }",
        json!({}),
    );
    assert_eq!(
        runs.await.data("/runs/nodes"),
        json!([{ "task": null }, { "task": null }])
    );
}

/// Followers of a task see each of its runs, and those of nothing else.
async fn followed_live(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    for name in ["report", "other"] {
        admin
            .create_task(json!({ "name": name, "scheduledTime": in_a_year() }))
            .await
            .data("");
    }
    let before = admin.run_task("report").await.data("/runTask/run/id");
    let mut socket = Socket::connect(&admin).await;
    let document = "subscription { runChanged(task: \"report\") { id status } }";
    socket.subscribe("runs", document, Value::Null).await;
    assert_eq!(
        socket.next().await["data"]["runChanged"]["id"],
        before,
        "what happened just now"
    );

    admin.run_task("other").await.data("");
    let after = admin.run_task("report").await.data("/runTask/run/id");
    assert_eq!(
        socket.next().await["data"]["runChanged"],
        json!({ "id": after, "status": "SUCCEEDED" })
    );

    let nothing = "subscription { runChanged(task: \"nothing\") { id } }";
    socket.subscribe("nothing", nothing, Value::Null).await;
    assert_eq!(socket.refused().await, "NOT_FOUND");
}

/// The output of a run comes as it is written, and ends with the run; resuming after a line loses nothing.
async fn output_followed_live(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let go_on = tempfile::NamedTempFile::new().expect("a temporary file");
    let script = format!(
        "echo one; while [ -e {} ]; do sleep 0.05; done; echo two >&2; echo three",
        go_on.path().display()
    );
    let input = json!({
        "name": "talk", "scheduledTime": in_a_year(),
        "action": { "command": { "command": "sh", "arguments": [script] } },
    });
    admin.create_task(input).await.data("");
    let run = admin.run_task("talk").await.data("/runTask/run/id");
    let mut socket = Socket::connect(&admin).await;
    let document = "subscription ($id: ID!, $after: Int) { runOutput(id: $id, after: $after) { seq stream text } }";
    socket
        .subscribe("output", document, json!({ "id": run }))
        .await;
    assert_eq!(
        socket.next().await["data"]["runOutput"],
        json!([{ "seq": 1, "stream": "STDOUT", "text": "one" }])
    );
    drop(go_on);

    let mut lines = Vec::new();
    loop {
        match within(
            "the output ends",
            daybook_tests::PATIENCE,
            socket.receive_answer(),
        )
        .await
        {
            Message::Next { payload, .. } => {
                let message = payload["data"]["runOutput"]
                    .as_array()
                    .expect("lines")
                    .clone();
                lines.extend(message.into_iter().map(|line| line["text"].clone()));
            }
            Message::Complete { .. } => break,
            other => panic!("neither lines nor the end: {other:?}"),
        }
    }
    lines.sort_by_key(ToString::to_string);
    assert_eq!(lines, [json!("three"), json!("two")]);
    socket
        .subscribe("again", document, json!({ "id": run, "after": 2 }))
        .await;
    let rest = socket.next().await["data"]["runOutput"].clone();
    assert_eq!(
        (rest[0]["seq"].clone(), rest.as_array().map(Vec::len)),
        (json!(3), Some(1))
    );
    assert!(matches!(
        socket.receive_answer().await,
        Message::Complete { .. }
    ));
}

on_both_databases!(
    made_of_a_name_and_a_time,
    next_times,
    previewed,
    changed_in_part,
    names_are_unique,
    listed_in_pages,
    bad_input,
    run_by_hand,
    runs_outlive_their_task,
    followed_live,
    output_followed_live,
);

fn in_a_year() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(365)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 time")
}

async fn becomes(api: &Api, run: &str, status: &str) {
    eventually(
        &format!("the run is {status}"),
        daybook_tests::PATIENCE,
        || async { (api.run(run).await.status == status).then_some(()) },
    )
    .await;
}
