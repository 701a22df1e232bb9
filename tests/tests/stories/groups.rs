//! Group commit: reports that are written together are answered each for itself.

use daybook_tests::{Answer, Api, Database, Progress, Report, TestApp, on_both_databases};
use futures_util::future::join_all;
use uuid::Uuid;

/// How many reports are sent at once: a full group.
const GROUP: usize = 64;

/// Among 64 reports sent at once, some can't be accepted: each of those is told why, and all others are kept.
async fn one_failure_fails_no_neighbour(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let schedule = reporter.open_schedule("open").await;
    let closed = reporter.open_schedule("closed").await;
    reporter.close(closed).await.data("");
    let key = Uuid::new_v4();
    reporter
        .reported(schedule, Report::pass("taken").key(key))
        .await;

    // Several rounds, since how the reports fall into groups is a matter of chance.
    for round in 0..5 {
        let bad = [
            (closed, Report::pass("late"), "SCHEDULE_CLOSED"),
            (schedule, Report::fail("taken").key(key), "CONFLICT"),
            (Uuid::new_v4(), Report::pass("nowhere"), "NOT_FOUND"),
        ];
        let good = (bad.len()..GROUP)
            .map(|number| (schedule, Report::pass(format!("{round}.{number}")), ""));
        let mut group: Vec<_> = good.collect();
        for (place, report) in bad.into_iter().enumerate() {
            group.insert(place * GROUP / 3, report);
        }

        for (outcome, expected) in send_at_once(&reporter, group).await {
            assert_eq!(
                outcome.refusal().unwrap_or_default(),
                expected,
                "{outcome:?}"
            );
        }
    }

    let rows = reporter.all_results(schedule).await;
    let revisions: Vec<i64> = rows.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, (1..=5 * (64 - 3) + 1).collect::<Vec<_>>());
    assert_eq!(
        reporter.schedule(schedule).await.progress,
        Progress::recount(None, &rows)
    );
    assert_eq!(reporter.all_results(closed).await, []);
}

/// Reports to many schedules at once share groups, and still each schedule has its own gapless revisions.
async fn many_schedules_at_once(database: Database) {
    let (_app, reporter) = TestApp::start(database)
        .await
        .with_reporter("nightly")
        .await;
    let mut schedules = Vec::new();
    for _ in 0..8 {
        schedules.push(reporter.open_schedule("one of eight").await);
    }
    let reports = (0..320)
        .map(|number| (schedules[number % 8], Report::pass(number), ""))
        .collect();

    for (answer, _) in send_at_once(&reporter, reports).await {
        answer.data("/reportResult/result/id");
    }

    for schedule in schedules {
        let mut revisions: Vec<i64> = reporter
            .all_results(schedule)
            .await
            .iter()
            .map(|row| row.revision)
            .collect();
        revisions.sort_unstable();
        assert_eq!(revisions, (1..=40).collect::<Vec<_>>());
    }
}

on_both_databases!(one_failure_fails_no_neighbour, many_schedules_at_once);

/// Sends all reports at the same time; returns each answer beside what is expected of it.
async fn send_at_once(
    reporter: &Api,
    reports: Vec<(Uuid, Report, &'static str)>,
) -> Vec<(Answer, &'static str)> {
    join_all(
        reports
            .into_iter()
            .map(|(schedule, report, expected)| async move {
                (reporter.report(schedule, report).await, expected)
            }),
    )
    .await
}
