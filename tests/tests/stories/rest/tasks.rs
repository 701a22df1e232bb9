//! The task scheduler: tasks as JSON, refused as FastAPI refuses.

use daybook_tests::{
    Answer, Api, Credential, Database, PATIENCE, TestApp, eventually, on_both_databases,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{People, invalid, refusal, shown};

const PATH: &str = "/api/tasks/";

/// Made, listed, shown, changed, deleted.
async fn from_making_to_deleting(database: Database) {
    let app = TestApp::start(database).await;
    let people = People::of(&app.admin()).await;
    let (operator, viewer) = (&people.operator, &people.viewer);
    assert_eq!(shown(&viewer.get(PATH).await), (200, json!([])));

    let input = json!({ "name": "dentist", "scheduled_time": "2999-01-31T12:00:00" });
    let made = create(operator, &input).await;

    let id = made.json()["id"].clone();
    assert!(id.is_i64(), "{made:?}");
    let task = |name: &str, time: &str, recurrence: Value| json!({ "name": name, "scheduled_time": time, "recurrence": recurrence, "id": id });
    let first = task("dentist", "2999-01-31T12:00:00", Value::Null);
    assert_eq!(shown(&made), (200, first.clone()));
    assert_eq!(shown(&viewer.get(PATH).await), (200, json!([first])));
    let one = format!("{PATH}{id}");
    assert_eq!(shown(&viewer.get(&one).await), (200, first.clone()));

    let changed = put(operator, &one, &json!({ "recurrence": "monthly" })).await;
    let monthly = task("dentist", "2999-01-31T12:00:00", json!("monthly"));
    assert_eq!(shown(&changed), (200, monthly.clone()));
    let changed = put(operator, &one, &json!({})).await;
    assert_eq!(shown(&changed), (200, monthly));
    let both = json!({ "name": "doctor", "scheduled_time": "2999-02-28T12:00:00.5+01:00" });
    let changed = put(operator, &one, &both).await;
    let moved = task("doctor", "2999-02-28T11:00:00.500000", json!("monthly"));
    assert_eq!(shown(&changed), (200, moved));
    let cleared = put(operator, &one, &json!({ "recurrence": null, "name": null })).await;
    let cleared_task = task("doctor", "2999-02-28T11:00:00.500000", Value::Null);
    assert_eq!(shown(&cleared), (200, cleared_task.clone()));
    assert_eq!(shown(&viewer.get(&one).await), (200, cleared_task));

    let deleted = send(operator, Method::DELETE, &one).await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    let gone = (404, json!({ "detail": "Task not found" }));
    assert_eq!(shown(&viewer.get(&one).await), gone);
    assert_eq!(shown(&send(operator, Method::DELETE, &one).await), gone);
    let changed = put(operator, &one, &json!({})).await;
    let missing = json!({ "detail": format!("Task with id {id} not found") });
    assert_eq!(shown(&changed), (404, missing));
}

/// Every recurrence comes back as it was sent; a time with an offset is turned into UTC.
async fn recurrences_and_offsets(database: Database) {
    let app = TestApp::start(database).await;
    for word in [
        "once",
        "daily",
        "weekly",
        "biweekly",
        "monthly",
        "quarterly",
        "yearly",
    ] {
        let input =
            json!({ "name": word, "scheduled_time": "2999-01-01T00:00", "recurrence": word });
        assert_eq!(
            create(&app.admin(), &input).await.json()["recurrence"],
            word
        );
    }
    for (name, sent, kept) in [
        ("z", "2999-01-01T00:00:00Z", "2999-01-01T00:00:00"),
        ("offset", "2999-01-01T00:00:00+09:00", "2998-12-31T15:00:00"),
        (
            "space",
            "2999-01-01 00:00:00.123456",
            "2999-01-01T00:00:00.123000",
        ),
        ("day", "2999-01-01", "2999-01-01T00:00:00"),
    ] {
        let input = json!({ "name": name, "scheduled_time": sent });
        assert_eq!(
            create(&app.admin(), &input).await.json()["scheduled_time"],
            kept
        );
    }
}

/// Part of a list, by its place in it.
async fn skip_and_limit(database: Database) {
    let app = TestApp::start(database).await;
    for index in 0..105 {
        let input = json!({ "name": format!("task {index}"), "scheduled_time": "2999-01-01" });
        assert_eq!(create(&app.admin(), &input).await.status, 200);
    }
    let names = |query: &str| {
        let (admin, path) = (app.admin(), format!("{PATH}{query}"));
        async move {
            let (status, body) = shown(&admin.get(&path).await);
            assert_eq!(status, 200, "{path}");
            let name = |task: &Value| task["name"].as_str().expect("a name").to_owned();
            let tasks = body.as_array().expect("a list");
            tasks.iter().map(name).collect::<Vec<_>>()
        }
    };
    let hundred = names("").await;
    assert_eq!(
        (hundred.len(), hundred[0].as_str(), hundred[99].as_str()),
        (100, "task 0", "task 99")
    );
    assert_eq!(names("?skip=0&limit=100").await, hundred);
    assert_eq!(names("?skip=2&limit=2").await, ["task 2", "task 3"]);
    assert_eq!(names("?skip=103").await, ["task 103", "task 104"]);
    assert_eq!(names("?skip=2147483647").await, Vec::<String>::new());
    assert_eq!(names("?limit=1000").await.len(), 105);
    for (query, flaws) in [
        ("?skip=-1", json!([["query", "skip"]])),
        (
            "?skip=x&limit=1001",
            json!([["query", "skip"], ["query", "limit"]]),
        ),
        ("?skip=99999999999999999999", json!([["query", "skip"]])),
        ("?limit=0", json!([["query", "limit"]])),
        ("?limit=", json!([["query", "limit"]])),
    ] {
        let answer = app.admin().get(&format!("{PATH}{query}")).await;
        assert_eq!(json!(places(&answer)), flaws, "{query}");
    }
}

/// What can't be taken is told with the place where it stands.
async fn invalid_input(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let good = json!({ "name": "good", "scheduled_time": "2999-01-01T00:00:00" });
    let id = create(&admin, &good).await.json()["id"].clone();
    let one = format!("{PATH}{id}");
    let (long, body) = ("x".repeat(256), |field: &str| json!(["body", field]));
    let permitted = "'once', 'daily', 'weekly', 'biweekly', 'monthly', 'quarterly', 'yearly'";
    for (field, value, msg, kind) in [
        (
            "scheduled_time",
            json!("2001-01-01T00:00:00"),
            "scheduled_time must be in the future",
            "value_error",
        ),
        (
            "scheduled_time",
            json!("tomorrow"),
            "valid datetime",
            "datetime_parsing",
        ),
        (
            "scheduled_time",
            json!(4_102_444_800_u32),
            "valid datetime",
            "datetime_parsing",
        ),
        (
            "scheduled_time",
            json!("9999-12-31T23:59:59-01:00"),
            "valid datetime",
            "datetime_parsing",
        ),
        ("recurrence", json!("Daily"), permitted, "enum"),
        ("recurrence", json!("DAILY"), permitted, "enum"),
        ("recurrence", json!("hourly"), permitted, "enum"),
        ("recurrence", json!(1), permitted, "enum"),
        ("name", json!(""), "name must not be empty", "value_error"),
        ("name", json!("  "), "name must not be empty", "value_error"),
        ("name", json!(long), "at most 255", "value_error"),
        ("name", json!("a\nb"), "control characters", "value_error"),
        ("name", json!(1), "valid string", "string_type"),
    ] {
        let mut new = json!({ "name": "new", "scheduled_time": "2999-01-01T00:00:00" });
        new[field] = value.clone();
        for answer in [
            create(&admin, &new).await,
            put(&admin, &one, &json!({ field: value })).await,
        ] {
            let flaws = flaws(&answer);
            assert_eq!(flaws.len(), 1, "{answer:?}");
            assert_eq!(flaws[0]["loc"], body(field), "{answer:?}");
            assert_eq!(flaws[0]["type"], kind, "{answer:?}");
            let said = flaws[0]["msg"].as_str().expect("a text");
            assert!(said.contains(msg), "{said}");
        }
    }
    let exact = create(
        &admin,
        &json!({ "name": "past", "scheduled_time": "2001-01-01T00:00:00" }),
    )
    .await;
    assert_eq!(
        shown(&exact),
        (
            422,
            json!({ "detail": [{
            "loc": ["body", "scheduled_time"], "msg": "scheduled_time must be in the future", "type": "value_error",
        }] })
        )
    );
    let missing = create(&admin, &json!({})).await;
    assert_eq!(
        shown(&missing).1,
        json!({ "detail": [
            { "loc": ["body", "name"], "msg": "Field required", "type": "missing" },
            { "loc": ["body", "scheduled_time"], "msg": "Field required", "type": "missing" },
        ] })
    );
    for text in ["", "{", "[]", "null", "\"text\""] {
        for (method, path) in [(Method::POST, PATH), (Method::PUT, &one)] {
            let sent = admin
                .request(method, path)
                .header("content-type", "application/json");
            let answer = Answer::of(sent.body(text)).await.expect("an answer");
            assert_eq!(places(&answer), [["body"]], "{text}");
        }
    }
    assert_eq!(
        shown(&admin.get(PATH).await).1.as_array().map(Vec::len),
        Some(1)
    );
}

/// Numbers that are none, and numbers of no task.
async fn other_ids(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    for id in ["x", "1.5", "%20", "%FF"] {
        let path = format!("{PATH}{id}");
        for answer in [
            admin.get(&path).await,
            put(&admin, &path, &json!({})).await,
            send(&admin, Method::DELETE, &path).await,
        ] {
            assert_eq!(places(&answer), [["path", "task_id"]], "{id}");
        }
    }
    for id in ["0", "-1", "99999999999"] {
        let answer = admin.get(&format!("{PATH}{id}")).await;
        assert_eq!(
            shown(&answer),
            (404, json!({ "detail": "Task not found" })),
            "{id}"
        );
    }
    let far = put(&admin, "/api/tasks/99999999999", &json!({})).await;
    let detail = "Task with id 99999999999 not found";
    assert_eq!(shown(&far), (404, json!({ "detail": detail })));
}

/// A name that is taken, by a new task and by a change.
async fn a_name_that_is_taken(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let task = |name: &str| json!({ "name": name, "scheduled_time": "2999-01-01T00:00:00" });
    create(&admin, &task("one")).await;
    let other = create(&admin, &task("other")).await.json();
    let path = format!("{PATH}{}", other["id"]);
    for answer in [
        create(&admin, &task("one")).await,
        put(&admin, &path, &json!({ "name": "one" })).await,
    ] {
        let (status, body) = shown(&answer);
        assert_eq!(status, 409, "{answer:?}");
        assert!(
            body["detail"].as_str().expect("a text").contains("one"),
            "{body}"
        );
    }
    assert_eq!(shown(&admin.get(&path).await), (200, other));
    assert_eq!(
        create(&admin, &task("One")).await.status,
        200,
        "compared to the letter"
    );
}

/// Falling due, it gets a run and an entry of the log; its name stays, and its next slot follows the calendar.
async fn falling_due(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let set = |time: &str| {
        let time: chrono::DateTime<chrono::Utc> = time.parse().expect("a time");
        app.clock().set(time.into());
    };
    set("2027-01-31T09:59:59Z");
    let input =
        json!({ "name": "rent", "scheduled_time": "2027-01-31T10:00:00", "recurrence": "monthly" });
    let made = create(&admin, &input).await.json();
    set("2027-01-31T10:00:01Z");

    let runs = eventually("it has run", PATIENCE, || async {
        Some(admin.runs_of("rent").await).filter(|runs| !runs.is_empty())
    })
    .await;

    assert_eq!(runs[0].status, "SUCCEEDED", "{runs:?}");
    let document = "{
        logs(filter: { action: [\"REMINDER\"] }) { nodes { action parameter status } }
        task(name: \"rent\") { nextTimes(first: 2) action { __typename } }
    }";
    let found = admin.query(document, json!({})).await;
    assert_eq!(
        found.data("/logs/nodes"),
        json!([{ "action": "REMINDER", "parameter": "rent", "status": "SUCCESS" }])
    );
    assert_eq!(found.data("/task/action/__typename"), "Reminder");
    assert_eq!(
        found.data("/task/nextTimes"),
        json!(["2027-02-28T10:00:00.000Z", "2027-03-31T10:00:00.000Z"])
    );
    let path = format!("{PATH}{}", made["id"]);
    assert_eq!(shown(&admin.get(&path).await), (200, made));

    // What it has already is no new time, though it has passed; another one is counted from anew.
    let same = json!({ "scheduled_time": "2027-01-31T10:00:00" });
    assert_eq!(put(&admin, &path, &same).await.status, 200);
    let other = json!({ "scheduled_time": "2027-02-10T10:00:00" });
    assert_eq!(put(&admin, &path, &other).await.status, 200);
    let next = admin
        .query(document, json!({}))
        .await
        .data("/task/nextTimes");
    assert_eq!(
        next,
        json!(["2027-02-10T10:00:00.000Z", "2027-03-10T10:00:00.000Z"])
    );
}

/// Who may do what, and who is not known. What is wrong with a change is told to those only who may make it.
async fn roles(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let people = People::of(&admin).await;
    let good = json!({ "name": "good", "scheduled_time": "2999-01-01T00:00:00" });
    let id = create(&people.operator, &good).await.json()["id"].clone();
    let one = format!("{PATH}{id}");
    let unknown = admin.with(Credential::Token("dbk_of_nobody_at_all".into()));
    let attempts = |who: Api| {
        let (one, good) = (one.clone(), good.clone());
        async move {
            [
                create(&who, &good).await,
                create(&who, &json!({})).await,
                put(&who, &one, &json!({ "recurrence": "daily" })).await,
                put(&who, &one, &json!({ "recurrence": "hourly" })).await,
                put(&who, "/api/tasks/x", &json!({})).await,
                send(&who, Method::DELETE, &one).await,
                send(&who, Method::DELETE, "/api/tasks/x").await,
            ]
        }
    };
    for nobody in [&people.nobody, &unknown] {
        let reads = [nobody.get(PATH).await, nobody.get(&one).await];
        for answer in attempts(nobody.clone()).await.iter().chain(&reads) {
            assert_eq!(refusal(answer), (401, "UNAUTHENTICATED".into()));
        }
    }
    for low in [&people.viewer, &people.reporter] {
        for answer in attempts(low.clone()).await {
            assert_eq!(refusal(&answer), (403, "FORBIDDEN".into()));
        }
        assert_eq!(low.get(PATH).await.status, 200);
        assert_eq!(low.get(&one).await.status, 200);
    }
    assert_eq!(send(&admin, Method::DELETE, &one).await.status, 204);
}

/// Other types, other methods, too much of anything; and every path as it is typed.
async fn no_requests(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let good = json!({ "name": "good", "scheduled_time": "2999-01-01T00:00:00" });
    let text = admin.post(PATH, "text/plain", good.to_string()).await;
    assert_eq!(invalid(&text, "Content-Type"), 415);
    let large = "x".repeat(8 * 1024 * 1024 + 1);
    let large = admin.post(PATH, "application/json", large).await;
    assert_eq!(refusal(&large), (413, "TOO_LARGE".into()));
    let made = create(&admin, &good).await.json();
    for path in ["/api/tasks", PATH] {
        assert_eq!(
            shown(&admin.get(path).await),
            (200, json!([made])),
            "{path}"
        );
        assert_eq!(
            admin.send_json(Method::POST, path, &good).await.status,
            409,
            "{path}"
        );
        let deleted = send(&admin, Method::DELETE, path).await;
        assert_eq!(invalid(&deleted, "method"), 405);
        assert_eq!(deleted.header("allow"), "GET,HEAD,POST");
    }
    for path in [
        format!("{PATH}{}", made["id"]),
        format!("{PATH}{}/", made["id"]),
    ] {
        assert_eq!(
            shown(&admin.get(&path).await),
            (200, made.clone()),
            "{path}"
        );
        assert_eq!(put(&admin, &path, &json!({})).await.status, 200, "{path}");
        let posted = admin.send_json(Method::POST, &path, &good).await;
        assert_eq!(invalid(&posted, "method"), 405);
        assert_eq!(posted.header("allow"), "GET,HEAD,PUT,DELETE");
    }
}

on_both_databases!(
    from_making_to_deleting,
    recurrences_and_offsets,
    skip_and_limit,
    invalid_input,
    other_ids,
    a_name_that_is_taken,
    falling_due,
    roles,
    no_requests,
);

async fn create(api: &Api, input: &Value) -> Answer {
    api.send_json(Method::POST, PATH, input).await
}

async fn put(api: &Api, path: &str, changes: &Value) -> Answer {
    api.send_json(Method::PUT, path, changes).await
}

async fn send(api: &Api, method: Method, path: &str) -> Answer {
    Answer::of(api.request(method, path))
        .await
        .expect("an answer")
}

/// What is wrong with a request. Each thing has a place, a message and a type, and nothing else.
fn flaws(answer: &Answer) -> Vec<Value> {
    let (status, body) = shown(answer);
    assert_eq!(status, 422, "{answer:?}");
    let flaws = body["detail"].as_array().expect("a list").clone();
    for flaw in &flaws {
        let keys: Vec<_> = flaw.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["loc", "msg", "type"], "{answer:?}");
    }
    flaws
}

/// Where the things stand that are wrong.
fn places(answer: &Answer) -> Vec<Vec<String>> {
    let text = |part: &Value| part.as_str().expect("a text").to_owned();
    let place = |flaw: &Value| {
        flaw["loc"]
            .as_array()
            .expect("a list")
            .iter()
            .map(text)
            .collect()
    };
    flaws(answer).iter().map(place).collect()
}
