//! History: an administrator brings over what ran elsewhere, with the times at which it ran there.

use daybook_tests::{
    Answer, Api, Database, Report, ResultStatus, ScheduleStatus, TestApp, minutes_ago,
    on_both_databases,
};
use serde_json::json;
use uuid::Uuid;

/// A run of the day before yesterday keeps its times. That it came here now is seen, too, and its lease counts from now.
async fn brought_over(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let input = json!({ "title": "nightly", "createdTime": minutes_ago(2_880) });
    let schedule = admin
        .open_schedule_with(input)
        .await
        .parse("/createSchedule/schedule/name");
    let login = Report::running("login").submitted(minutes_ago(2_870));
    admin.reported(schedule, login).await;
    let batch = [
        Report::pass("login").submitted(minutes_ago(2_860)),
        Report::fail("search")
            .started(minutes_ago(2_855))
            .submitted(minutes_ago(2_850)),
    ];
    admin.report_batch(schedule, &batch).await.data("");

    let lease_begins: i64 = app
        .database()
        .value("SELECT COUNT(*) FROM schedule WHERE lease_expires > last_modify_time")
        .await;
    assert_eq!(lease_begins, 1, "with its last report here");
    let closed =
        json!({ "name": schedule, "expectedResults": 2, "closedTime": minutes_ago(2_840) });
    admin.close_with(closed.clone()).await.data("");

    let facts = admin.schedule(schedule).await;
    assert_eq!(facts.status, ScheduleStatus::Closed);
    assert_eq!(facts.created_time, minutes_ago(2_880));
    assert_eq!(facts.closed_time, Some(minutes_ago(2_840)));
    assert!(facts.last_modify_time > minutes_ago(1), "it came here now");
    let rows = admin.all_results(schedule).await;
    let [login, search] = rows.as_slice() else {
        panic!("one attempt of each: {rows:?}")
    };
    assert_eq!(
        login.started_time,
        Some(minutes_ago(2_870)),
        "when RUNNING was submitted"
    );
    assert_eq!(login.submitted_time, minutes_ago(2_860));
    assert_eq!(login.duration_ms, Some(600_000), "measured between the two");
    assert_eq!(search.started_time, Some(minutes_ago(2_855)));
    assert_eq!(search.submitted_time, minutes_ago(2_850));

    let again = admin.close_with(closed).await;
    assert_eq!(
        again.data("/closeSchedule/schedule/revision"),
        facts.revision
    );
}

/// What can't be true is refused, by the name of what can't be, and changes nothing.
async fn contradictions(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let tomorrow = minutes_ago(-1_440);
    let opened = admin
        .open_schedule_with(json!({ "createdTime": tomorrow }))
        .await;
    assert_eq!(
        refusal(&opened),
        ("VALIDATION".into(), "createdTime".into())
    );

    let schedule = open(&admin, 100).await;
    admin
        .reported(schedule, Report::fail("login").submitted(minutes_ago(50)))
        .await;
    for report in [
        Report::pass("search").submitted(tomorrow),
        Report::pass("search").submitted(minutes_ago(101)),
        Report::pass("search")
            .started(minutes_ago(60))
            .submitted(minutes_ago(70)),
        Report::pass("login").submitted(minutes_ago(51)),
    ] {
        let answer = admin.report(schedule, report.clone()).await;
        assert_eq!(
            refusal(&answer),
            ("VALIDATION".into(), "submittedTime".into()),
            "{report:?}"
        );
        let fine = Report::pass("fine").submitted(minutes_ago(10));
        let batch = admin.report_batch(schedule, &[fine, report]).await;
        assert_eq!(batch.field(), "results.1.submittedTime");
    }
    for closed in [tomorrow, minutes_ago(101), minutes_ago(51)] {
        let input = json!({ "name": schedule, "closedTime": closed });
        let answer = admin.close_with(input).await;
        assert_eq!(refusal(&answer), ("VALIDATION".into(), "closedTime".into()));
    }
    assert_eq!(admin.schedule(schedule).await.revision, 1);
}

/// A time belongs to what was sent under a key: the same again is answered, another one is a contradiction.
async fn sent_again(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let schedule = open(&admin, 100).await;
    let keyed = Report::fail("login").key(Uuid::new_v4());
    let first = admin
        .reported(schedule, keyed.clone().submitted(minutes_ago(90)))
        .await;
    admin
        .reported(schedule, Report::pass("login").submitted(minutes_ago(80)))
        .await;

    let again = admin
        .reported(schedule, keyed.clone().submitted(minutes_ago(90)))
        .await;
    assert_eq!(again, first, "though there is a later one of the script");
    for other in [keyed.clone().submitted(minutes_ago(70)), keyed] {
        assert_eq!(admin.report(schedule, other).await.code(), "CONFLICT");
    }
}

/// A run that was brought over half done is estimated by its own clock, and not by that of the server.
async fn the_time_that_remains(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let before = open(&admin, 10_000).await;
    for script in ["one", "two", "three"] {
        let took_a_minute = Report::pass(script)
            .duration_ms(60_000)
            .submitted(minutes_ago(9_990));
        admin.reported(before, took_a_minute).await;
    }
    admin.close(before).await.data("");

    let schedule = open(&admin, 5_000).await;
    let twice_as_slow = Report::pass("one")
        .duration_ms(120_000)
        .submitted(minutes_ago(4_998));
    admin.reported(schedule, twice_as_slow).await;

    let document =
        "query ($name: UUID!) { schedule(name: $name) { progress { remainingSeconds } } }";
    let answer = admin.query(document, json!({ "name": schedule })).await;
    assert_eq!(answer.data("/schedule/progress/remainingSeconds"), 240);
}

/// Nights that are brought over one after the other, the oldest first, are compared like any others.
async fn night_after_night(database: Database) {
    let app = TestApp::start(database).await;
    let admin = app.admin();
    let mut nights = Vec::new();
    for (opened, status) in [(4_320, ResultStatus::Pass), (2_880, ResultStatus::Fail)] {
        let schedule = open(&admin, opened).await;
        let report = Report::new("login", status).submitted(minutes_ago(opened - 10));
        admin.reported(schedule, report).await;
        let closing = json!({ "name": schedule, "closedTime": minutes_ago(opened - 20) });
        admin.close_with(closing).await.data("");
        nights.push(schedule);
    }

    let document = "query ($name: UUID!, $with: UUID!) {
        schedule(name: $name) { previous { name } comparison(with: $with) { newlyFailing } }
    }";
    let variables = json!({ "name": nights[1], "with": nights[0] });
    let answer = admin.query(document, variables).await;
    assert_eq!(answer.data("/schedule/previous/name"), json!(nights[0]));
    assert_eq!(
        answer.data("/schedule/comparison/newlyFailing"),
        json!(["login"])
    );

    let filter = json!({ "createdAfter": minutes_ago(4_320), "createdBefore": minutes_ago(2_880) });
    let document =
        "query ($filter: ScheduleFilter) { schedules(filter: $filter) { nodes { name } } }";
    let listed = admin.query(document, json!({ "filter": filter })).await;
    assert_eq!(
        listed.data("/schedules/nodes"),
        json!([{ "name": nights[0] }])
    );
}

on_both_databases!(
    brought_over,
    contradictions,
    sent_again,
    the_time_that_remains,
    night_after_night
);

/// Opens a schedule that was opened some minutes ago, elsewhere.
async fn open(admin: &Api, minutes: i64) -> Uuid {
    let input = json!({ "title": "nightly", "createdTime": minutes_ago(minutes) });
    let answer = admin.open_schedule_with(input).await;
    answer.parse("/createSchedule/schedule/name")
}

/// Why something was refused, and which input.
fn refusal(answer: &Answer) -> (String, String) {
    (answer.code(), answer.field())
}
