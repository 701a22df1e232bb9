//! Statistics: what was done over a period, counted.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use daybook_tests::{
    Api, Database, PATIENCE, Report, ResultStatus, ScheduleStatus, TestApp, days_ago, eventually,
    on_both_databases,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

/// Each attempt at a backup is an entry of the log. A period holds the moment at which it begins, and not its last.
async fn backups(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    for (days, action, status) in [
        (9, "BACKUP", "SUCCESS"),
        (8, "BACKUP", "ERROR"),
        (7, "BACKUP", "SUCCESS"),
        (7, "TASK_UPDATE", "ERROR"),
        (6, "BACKUP", "SUCCESS"),
    ] {
        note(app.database(), days_ago(days), action, status).await;
    }
    let backups = "numberOfBackups successfulBackups failedBackups";

    for (from, to, [all, successful, failed]) in [
        (None, None, [4, 3, 1]),
        (Some(8), Some(6), [2, 1, 1]),
        (Some(7), None, [2, 2, 0]),
        (None, Some(8), [1, 1, 0]),
        (Some(7), Some(7), [0, 0, 0]),
    ] {
        assert_eq!(
            statistics(&admin, backups, from, to).await,
            json!({ "numberOfBackups": all, "successfulBackups": successful, "failedBackups": failed }),
            "{from:?} to {to:?}"
        );
    }
}

/// What is on the log of the period, by name; what was refused as well.
async fn actions(database: Database) {
    let (app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    note(app.database(), days_ago(9), "BACKUP", "ERROR").await;
    let schedule = reporter.open_schedule("counted").await;
    reporter.reported(schedule, Report::pass("login")).await;
    assert_eq!(reporter.delete(schedule).await.code(), "FORBIDDEN");
    app.admin().delete(schedule).await.data("");
    reporter.open_schedule("another").await;

    let counted = statistics(&reporter, ACTIONS, Some(1), None).await;
    assert_eq!(
        counted["actions"],
        json!([
            { "action": "CLIENT_CREATE", "success": 1, "error": 0 },
            { "action": "SCHEDULE_CREATE", "success": 2, "error": 0 },
            { "action": "SCHEDULE_DELETE", "success": 1, "error": 1 },
        ])
    );
    let counted = statistics(&reporter, ACTIONS, Some(10), Some(1)).await;
    assert_eq!(
        counted["actions"],
        json!([{ "action": "BACKUP", "success": 0, "error": 1 }])
    );
}

/// What was done day by day, whatever it was; also over more days than one statement counts.
async fn activity(database: Database) {
    let app = TestApp::start(database).await;
    let midnight = days_ago(3).date_naive().and_time(NaiveTime::MIN).and_utc();
    for (time, action, status) in [
        (midnight - TimeDelta::days(100), "BACKUP", "SUCCESS"),
        (midnight - TimeDelta::milliseconds(1), "BACKUP", "ERROR"),
        (midnight, "BACKUP", "SUCCESS"),
        (midnight + TimeDelta::hours(23), "TASK_UPDATE", "ERROR"),
        (midnight + TimeDelta::hours(23), "TASK_UPDATE", "SUCCESS"),
    ] {
        note(app.database(), time, action, status).await;
    }
    let day = |days: i64, success: i64, error: i64| {
        let date = (midnight - TimeDelta::days(days)).date_naive().to_string();
        json!({ "date": date, "success": success, "error": error })
    };

    let counted = async |from, to| {
        let counted = between(&app.admin(), "activity { date success error }", from, to).await;
        counted["activity"].clone()
    };

    assert_eq!(
        counted(None, Some(days_ago(1))).await,
        json!([day(100, 1, 0), day(1, 0, 1), day(0, 2, 1)])
    );
    let noon = midnight + TimeDelta::hours(12);
    assert_eq!(
        counted(Some(noon), Some(days_ago(1))).await,
        json!([day(0, 1, 1)]),
        "of a day that the period cuts, only what lies in it"
    );
    assert_eq!(
        counted(Some(days_ago(2)), Some(days_ago(1))).await,
        json!([])
    );
}

/// The days of UTC on which schedules were opened, and how the latest attempts of these ended.
async fn days(database: Database) {
    use ResultStatus::{Block, Error, Fail, Pass, Running, Skip};
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let midnight = days_ago(3).date_naive().and_time(NaiveTime::MIN).and_utc();
    let late = open(&admin, midnight - TimeDelta::milliseconds(1), 0).await;
    admin.reported(late, Report::fail("login")).await;
    admin.reported(late, Report::pass("login")).await;
    admin.close(late).await.data("");
    let early = open(&admin, midnight, 0).await;
    for status in [Pass, Fail, Block, Error, Skip, Running] {
        let report = Report::new(format!("{status:?}"), status);
        admin.reported(early, report).await;
    }
    let later = open(&admin, midnight + TimeDelta::hours(5), 0).await;
    admin.reported(later, Report::fail("login")).await;
    open(&admin, midnight, 0).await;
    let silent = open(&admin, midnight, 1).await;
    admin.reported(silent, Report::pass("login")).await;
    eventually("a schedule is abandoned", PATIENCE, || async {
        let status = admin.schedule(silent).await.status;
        (status == ScheduleStatus::Abandoned).then_some(())
    })
    .await;

    let day = |days: i64| (midnight - TimeDelta::days(days)).date_naive().to_string();
    let before = json!({
        "date": day(1), "schedules": 1, "pass": 1, "fail": 0, "block": 0, "error": 0, "skip": 0,
    });
    let after = json!({
        "date": day(0), "schedules": 2, "pass": 1, "fail": 2, "block": 1, "error": 1, "skip": 1,
    });
    let counted = statistics(&admin, DAYS, None, None).await;
    assert_eq!(counted["days"], json!([before, after]));
    let counted = between(&admin, DAYS, Some(midnight), None).await;
    assert_eq!(counted["days"], json!([after]));
    let counted = between(&admin, DAYS, None, Some(midnight)).await;
    assert_eq!(counted["days"], json!([before]));
    let counted = statistics(&admin, DAYS, Some(1), None).await;
    assert_eq!(
        counted["days"],
        json!([]),
        "days without a schedule are left out"
    );
}

/// A period is shown as it was asked for, and does not end before it begins.
async fn periods(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let shown = statistics(&admin, "from to", Some(2), None).await;
    let from: DateTime<Utc> = serde_json::from_value(shown["from"].clone()).expect("a time");
    assert_eq!((from, &shown["to"]), (days_ago(2), &Value::Null));

    let variables = json!({ "from": days_ago(1), "to": days_ago(2) });
    let refused = admin.query(&document("from"), variables).await;
    assert_eq!(
        (refused.code(), refused.field()),
        ("VALIDATION".into(), "to".into())
    );
}

/// Figures have their price: nobody has the whole log counted over and over with one request.
async fn priced(database: Database) {
    let app = TestApp::start(database).await;
    let often = |times: usize| {
        let fields: Vec<_> = (0..times)
            .map(|n| format!("s{n}: statistics {{ actions {{ action }} }}"))
            .collect();
        format!("{{ {} }}", fields.join(" "))
    };
    app.admin().query(&often(5), json!({})).await.data("");
    let refused = app.admin().query(&often(50), json!({})).await;
    assert_eq!(refused.code(), "VALIDATION");
}

on_both_databases!(backups, actions, activity, days, periods, priced);

const ACTIONS: &str = "actions { action success error }";
const DAYS: &str = "days { date schedules pass fail block error skip }";

fn document(fields: &str) -> String {
    format!(
        "query ($from: DateTime, $to: DateTime) {{ statistics(from: $from, to: $to) {{ {fields} }} }}"
    )
}

/// These fields, from some days ago until some days ago.
async fn statistics(api: &Api, fields: &str, from: Option<i64>, to: Option<i64>) -> Value {
    between(api, fields, from.map(days_ago), to.map(days_ago)).await
}

async fn between(
    api: &Api,
    fields: &str,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
) -> Value {
    let variables = json!({ "from": from, "to": to });
    api.query(&document(fields), variables)
        .await
        .data("/statistics")
}

/// Adds an entry to the log, as something that is done one day may leave it.
async fn note(database: &Database, date: DateTime<Utc>, action: &str, status: &str) {
    let date = date.format("%F %T%.3f");
    let insert =
        format!("INSERT INTO log (date, action, status) VALUES ('{date}', '{action}', '{status}')");
    let connection = database.connect().await;
    connection.execute_unprepared(&insert).await.expect("a row");
    connection.close().await.expect("the connection closes");
}

/// Opens a schedule that was opened then, elsewhere.
async fn open(admin: &Api, created: DateTime<Utc>, lease_seconds: i32) -> Uuid {
    let input = json!({ "createdTime": created, "leaseSeconds": lease_seconds });
    let answer = admin.open_schedule_with(input).await;
    answer.parse("/createSchedule/schedule/name")
}
