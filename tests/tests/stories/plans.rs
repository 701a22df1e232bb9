//! Plans: what a policy makes of a window, and schedules that follow one.

use std::path::Path;

use daybook::config::Config;
use daybook_tests::{Api, Database, PATIENCE, Report, TestApp, on_both_databases, within};
use serde_json::{Value, json};
use uuid::Uuid;

const PLAN: &str = "query ($input: PlanInput!) { plan(input: $input) {
    policy t0 t1 commands steps { name startTime endTime commands }
    considered { lane name startTime endTime } kept { lane name } dropped { name startTime endTime rule }
} }";
const CREATE: &str =
    "mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule {
    name missing progress { expected percent } plan { policy t0 t1 commands steps { name } }
} } }";
const KEPT: &str = "query ($name: UUID!) { schedule(name: $name) { missing plan { policy commands steps { name startTime } } } }";

/// A server whose operator keeps a master schedule.
async fn start(database: Database) -> (TestApp, Api) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let settings = Config {
        plan_dir: Some(fixtures),
        ..Config::default()
    };
    let app = TestApp::start_with(database, settings).await;
    app.with_reporter("planner").await
}

/// The first hours of 2023, on the operator's master schedule.
fn night(t0: &str, t1: &str, mut config: Value) -> Value {
    config["master_schedule"] = json!("master_schedule.txt");
    json!({
        "t0": format!("2023-01-01T{t0}:00Z"), "t1": format!("2023-01-01T{t1}:00Z"),
        "policy": "basic", "config": config,
    })
}

async fn plan(api: &Api, input: Value) -> Value {
    api.query(PLAN, json!({ "input": input }))
        .await
        .data("/plan")
}

/// Asserts that a plan is refused as `VALIDATION`, for this field.
async fn refused(api: &Api, input: Value, field: &str) {
    let answer = api.query(PLAN, json!({ "input": input })).await;
    assert_eq!(
        (answer.code(), answer.field()),
        ("VALIDATION".into(), field.into()),
        "{answer:?}"
    );
}

/// Policies are described, and their default configurations are what a plan gets that says nothing.
async fn policies(database: Database) {
    let (_app, api) = start(database).await;
    let document = "{ policies { name description defaultConfig } }";
    let policies = api.query(document, json!({})).await.data("/policies");
    assert_eq!(policies[0]["name"], "dummy");
    assert_eq!(policies[0]["defaultConfig"], json!({ "seed": null }));
    assert_eq!(policies[1]["name"], "basic");
    let config = &policies[1]["defaultConfig"];
    assert_eq!(config["calibration_targets"], json!(["uranus", "saturn"]));
    assert_eq!(
        config["rules"]["day-mod"]["day_ref"],
        "2014-01-01T00:00:00Z"
    );
    assert_eq!(config["rules"]["drift-mode"], Value::Null);

    let input = |config: &Value| json!({ "t0": "2023-01-01T00:00:00Z", "t1": "2023-01-01T06:00:00Z", "policy": "basic", "config": config });
    let said = plan(&api, input(config)).await;
    assert_eq!(said, plan(&api, input(&Value::Null)).await);
}

/// A night of the master schedule, interrupted for calibration.
async fn a_night(database: Database) {
    let (_app, api) = start(database).await;
    let phase = json!({ "saturn": 0.531_558_1, "uranus": 0.849_38 });
    let config = json!({ "rules": { "make-source-scan": { "phase": phase } } });
    let plan = plan(&api, night("00:00", "06:00", config)).await;

    assert_eq!(plan["policy"], "basic");
    assert_eq!(plan["t1"], "2023-01-01T06:00:00.000Z");
    let steps = plan["steps"].as_array().expect("a list");
    assert_eq!(
        (&steps[0]["name"], &steps[0]["startTime"]),
        (&json!("saturn"), &json!("2023-01-01T00:00:00.000Z"))
    );
    let lanes: Vec<_> = plan["considered"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|block| block["lane"].as_str().expect("a path"))
        .collect();
    for lane in [
        "master",
        "sources.calibration.saturn",
        "sources.calibration.uranus",
    ] {
        assert!(lanes.contains(&lane), "{lane} is not in {lanes:?}");
    }
    let dropped = plan["dropped"].as_array().expect("a list");
    assert!(dropped.iter().any(|dropped| dropped["rule"] == "merge"));

    let commands = plan["commands"].as_str().expect("a text");
    let parts: Vec<_> = steps
        .iter()
        .map(|step| step["commands"].as_str().expect("a text"))
        .collect();
    assert!(commands.ends_with(&parts.join("\n")));
    assert!(commands.starts_with("from sorunlib import *\n"));
}

/// A schedule follows the plan that it was opened from: it expects the steps, and keeps the plan as it was.
async fn schedules_follow_plans(database: Database) {
    let (_app, api) = start(database).await;
    let sleeps =
        json!({ "t0": "2022-01-01T12:00:00Z", "t1": "2022-01-01T14:00:00Z", "policy": "dummy" });
    let input = json!({ "title": "night", "plan": sleeps, "expected": ["report", "sleep-1"] });
    let opened = api.query(CREATE, json!({ "input": input })).await;
    let schedule = opened.data("/createSchedule/schedule");
    let name: Uuid = opened.parse("/createSchedule/schedule/name");

    let steps = schedule["plan"]["steps"].as_array().expect("a list");
    let mut expected: Vec<Value> = steps.iter().map(|step| step["name"].clone()).collect();
    expected.push(json!("report"));
    assert_eq!(schedule["missing"], json!(expected));
    assert_eq!(
        schedule["progress"],
        json!({ "expected": expected.len(), "percent": 0.0 })
    );

    api.reported(name, Report::pass("sleep-1")).await;
    let kept = api
        .query(KEPT, json!({ "name": name }))
        .await
        .data("/schedule");
    assert_eq!(kept["plan"]["commands"], schedule["plan"]["commands"]);
    assert_eq!(kept["missing"], json!(expected[1..]));

    let without = api.open_schedule("without").await;
    let kept = api.query(KEPT, json!({ "name": without })).await;
    assert_eq!(kept.data("/schedule/plan"), Value::Null);
}

/// Steps of one name are one script: an executor reports it once for each.
async fn steps_of_one_name_are_one_script(database: Database) {
    let (_app, api) = start(database).await;
    let plan = night("00:22", "01:35", json!({ "calibration_targets": [] }));
    let opened = api
        .query(CREATE, json!({ "input": { "plan": plan } }))
        .await;
    let schedule = opened.data("/createSchedule/schedule");
    let field = "DEC-050..-030_RA+000.000..+011.613";
    assert_eq!(
        schedule["plan"]["steps"],
        json!([{ "name": field }, { "name": field }])
    );
    assert_eq!(schedule["missing"], json!([field]));

    let name: Uuid = opened.parse("/createSchedule/schedule/name");
    for attempt in [1, 2] {
        assert_eq!(
            api.reported(name, Report::pass(field)).await.attempt,
            attempt
        );
    }
    assert_eq!(api.schedule(name).await.missing, Vec::<String>::new());
}

/// The same schedule twice is one schedule with one plan, and its plan goes when it goes.
async fn a_plan_is_kept_once(database: Database) {
    let (app, api) = start(database).await;
    let sleeps =
        json!({ "t0": "2022-01-01T12:00:00Z", "t1": "2022-01-01T14:00:00Z", "policy": "dummy" });
    let input = json!({ "input": { "name": Uuid::new_v4(), "plan": sleeps } });
    let first = api
        .query(CREATE, input.clone())
        .await
        .data("/createSchedule");
    let second = api.query(CREATE, input).await.data("/createSchedule");
    assert_eq!(first, second);

    let name = serde_json::from_value(first["schedule"]["name"].clone()).expect("a name");
    app.admin().delete(name).await.data("");
    let kept = api.query(KEPT, json!({ "name": name })).await;
    assert_eq!(kept.data("/schedule"), Value::Null);
}

/// What can't be taken is named, and opens no schedule.
async fn bad_plans(database: Database) {
    let (_app, api) = start(database).await;
    let input = |t0: &str, t1: &str, policy: &str, config: Value| json!({ "t0": t0, "t1": t1, "policy": policy, "config": config });
    let (t0, t1) = ("2023-01-01T00:00:00Z", "2023-01-02T00:00:00Z");
    for (input, field) in [
        (input(t1, t0, "dummy", Value::Null), "t1"),
        (
            input(t0, "2024-02-06T00:00:00Z", "dummy", Value::Null),
            "t1",
        ),
        (input(t0, t1, "clever", Value::Null), "policy"),
        (input(t0, t1, "dummy", json!([])), "config"),
        (input(t0, t1, "dummy", json!({ "seed": "one" })), "seed"),
        (input(t0, t1, "dummy", json!({ "sleeps": 3 })), "sleeps"),
        (
            input(
                t0,
                t1,
                "basic",
                json!({ "rules": { "day-mod": { "day": "one" } } }),
            ),
            "rules.day-mod.day",
        ),
        (
            input(t0, t1, "basic", json!({ "rules": { "tide": {} } })),
            "rules.tide",
        ),
        (
            input(t0, t1, "basic", json!({ "calibration_targets": ["pluto"] })),
            "calibration_targets.0",
        ),
        (
            input(t0, t1, "basic", json!({ "master_schedule": "../app.rs" })),
            "master_schedule",
        ),
        (
            input(t0, t1, "basic", json!({ "master_schedule": "nothing.txt" })),
            "master_schedule",
        ),
    ] {
        refused(&api, input.clone(), field).await;
        let opened = api
            .query(CREATE, json!({ "input": { "plan": input } }))
            .await;
        assert_eq!(opened.field(), field);
    }
    let schedules = "{ schedules { nodes { name } } }";
    let schedules = api.query(schedules, json!({})).await;
    assert_eq!(schedules.data("/schedules/nodes"), json!([]));
}

/// A plan that takes long holds up nobody: meanwhile, others are answered. Nor does it go on when the one who asked has gone.
async fn a_long_plan_holds_up_nobody(database: Database) {
    let (_app, api) = start(database).await;
    let targets = [
        "moon", "mercury", "venus", "mars", "jupiter", "saturn", "uranus", "neptune",
    ];
    let long = json!({
        "t0": "2023-01-01T00:00:00Z", "t1": "2024-02-05T00:00:00Z", "policy": "basic",
        "config": { "calibration_targets": targets },
    });
    let asking = {
        let (api, long) = (api.clone(), long.clone());
        tokio::spawn(async move { plan(&api, long).await })
    };
    for _ in 0..50 {
        let name = within(
            "a schedule is opened",
            PATIENCE,
            api.open_schedule("meanwhile"),
        )
        .await;
        within(
            "a result is kept",
            PATIENCE,
            api.reported(name, Report::pass("login")),
        )
        .await;
    }
    let short = night("01:30", "03:00", json!({ "calibration_targets": [] }));
    let short = within("a short plan is made", PATIENCE, plan(&api, short)).await;
    assert_eq!(short["steps"].as_array().map(Vec::len), Some(2));
    assert!(
        !asking.is_finished(),
        "the plan should have taken longer than that"
    );

    asking.abort();
    // Long plans take turns: one that went on would keep this one waiting.
    let sleeps =
        json!({ "t0": "2023-01-01T00:00:00Z", "t1": "2024-02-05T00:00:00Z", "policy": "dummy" });
    within("the next long plan is made", PATIENCE, plan(&api, sleeps)).await;
}

on_both_databases!(
    policies,
    a_night,
    schedules_follow_plans,
    steps_of_one_name_are_one_script,
    a_plan_is_kept_once,
    bad_plans,
    a_long_plan_holds_up_nobody,
);

/// Two configurations at once, again and again: each plan is the one that its configuration makes alone.
#[tokio::test(flavor = "multi_thread")]
async fn requests_do_not_change_one_another() {
    let (_app, api) = start(Database::sqlite()).await;
    let loose = night("01:30", "03:00", json!({ "calibration_targets": [] }));
    let strict =
        json!({ "calibration_targets": [], "rules": { "min-duration": { "min_duration": 600 } } });
    let strict = night("01:30", "03:00", strict);
    let alone = (
        plan(&api, loose.clone()).await,
        plan(&api, strict.clone()).await,
    );
    assert_ne!(alone.0, alone.1);
    let often = async |input: &Value, expected: &Value| {
        for _ in 0..100 {
            assert_eq!(&plan(&api, input.clone()).await, expected);
        }
    };
    tokio::join!(often(&loose, &alone.0), often(&strict, &alone.1));
}

/// Plans have their price: nobody has a dozen of them made, or shown, with one request.
#[tokio::test(flavor = "multi_thread")]
async fn priced() {
    let (_app, api) = start(Database::sqlite()).await;
    let plans = |number: usize| {
        let plan = r#"plan(input: { t0: "2022-01-01T12:00:00Z", t1: "2022-01-01T14:00:00Z", policy: "dummy" }) { commands }"#;
        let fields: Vec<_> = (0..number).map(|n| format!("p{n}: {plan}")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    api.query(&plans(4), json!({})).await.data("");
    let refused = api.query(&plans(6), json!({})).await;
    assert_eq!(refused.code(), "VALIDATION");
    let all = "{ schedules(first: 100) { nodes { plan { commands } } } }";
    assert_eq!(api.query(all, json!({})).await.code(), "VALIDATION");
}
