//! Stories of what reports do to a schedule.

use std::sync::Arc;

use entity::{ClientId, Guid, client::Role, schedule::OriginalStatus};

use super::*;
use crate::domain::{
    actor::{Actor, Identity},
    report::Report,
};

const ID: ScheduleId = ScheduleId(7);

fn schedule() -> schedule::Model {
    let now = Timestamp::now();
    schedule::Model {
        schedule_id: ID,
        schedule_name: Guid(Uuid::new_v4()),
        schedule_status: OriginalStatus::Open,
        created_time: now,
        last_modify_time: now,
        state: ScheduleState::Created,
        client_id: ClientId(1),
        title: None,
        closed_time: None,
        revision: 0,
        lease_seconds: 60,
        lease_expires: None,
        expected: None,
        expected_final: 0,
        running: 0,
        pass: 0,
        fail: 0,
        block: 0,
        error: 0,
        skip: 0,
    }
}

fn ledger(schedule: schedule::Model) -> Ledger {
    Ledger::new(Timestamp::now(), [(ID, schedule)].into())
}

fn report(script: &str, status: ResultStatus) -> Report {
    Report {
        script: script.into(),
        status,
        message: None,
        output: None,
        duration_ms: None,
        started: None,
        key: None,
        submitted: None,
    }
}

fn submission_of(client: i32, role: Role, reports: Vec<Report>) -> Submission {
    let actor = Actor::Client(Arc::new(Identity {
        client_id: ClientId(client),
        name: "nightly".into(),
        role,
    }));
    let entries = reports
        .into_iter()
        .map(|report| Entry::check(&actor, "", report).unwrap());
    Submission {
        schedule: Guid(Uuid::new_v4()),
        reporter: actor.reporter().unwrap(),
        entries: entries.collect(),
        deed: None,
    }
}

fn submission(reports: Vec<Report>) -> Submission {
    submission_of(1, Role::Reporter, reports)
}

use ResultStatus::{Fail, Pass, Running};

#[test]
fn a_final_status_ends_the_running_attempt() {
    let mut ledger = ledger(schedule());
    let reports = vec![
        Report {
            output: Some("début".into()),
            ..report("smoke", Running)
        },
        Report {
            message: Some("fine".into()),
            ..report("smoke", Pass)
        },
    ];
    let receipt = ledger.take(ID, &submission(reports)).unwrap();
    let row = &receipt.accepted[1].row;
    assert_eq!((row.number, row.revision, row.attempt), (1, 2, 1));
    assert_eq!(
        row.content_bytes,
        6 + 4,
        "the output stays, the message comes"
    );
    assert!(row.duration_ms.is_some(), "it was measured");
    assert_eq!((receipt.schedule.running, receipt.schedule.pass), (0, 1));
    assert_eq!(ledger.written.len(), 1);
    assert_eq!(ledger.written[&(ID, 1)].output.as_deref(), Some("début"));
}

#[test]
fn anything_after_a_final_status_is_a_new_attempt() {
    let mut ledger = ledger(schedule());
    let reports = [Fail, Running, Pass].map(|status| report("smoke", status));
    let receipt = ledger.take(ID, &submission(reports.into())).unwrap();
    let attempts: Vec<_> = receipt
        .accepted
        .iter()
        .map(|each| each.row.attempt)
        .collect();
    assert_eq!(attempts, [1, 2, 2]);
    assert_eq!((receipt.schedule.fail, receipt.schedule.pass), (0, 1));
    assert!(!ledger.written[&(ID, 1)].row.latest);
    assert!(ledger.written[&(ID, 2)].row.latest);
}

#[test]
fn an_attempt_that_is_there_already_is_superseded() {
    let mut ledger = ledger(schedule());
    let first = submission(vec![report("smoke", Fail)]);
    let known = ledger.take(ID, &first).unwrap().accepted[0].row.clone();
    let mut next = self::ledger(ledger.schedules[&ID].clone());
    next.know(known);
    next.take(ID, &submission(vec![report("smoke", Pass)]))
        .unwrap();
    assert_eq!(next.superseded, [(ID, 1)].into());
    assert_eq!(next.written.keys().collect::<Vec<_>>(), [&(ID, 2)]);
}

#[test]
fn every_report_takes_one_revision() {
    let mut ledger = ledger(schedule());
    let reports = (0..100)
        .map(|n| report(&format!("script {n}"), Pass))
        .collect();
    let receipt = ledger.take(ID, &submission(reports)).unwrap();
    let revisions: Vec<_> = receipt
        .accepted
        .iter()
        .map(|each| each.row.revision)
        .collect();
    assert_eq!(revisions, (1..=100).collect::<Vec<_>>());
    assert_eq!(receipt.schedule.revision, 100);
    assert_eq!(receipt.schedule.state, ScheduleState::Running);
}

#[test]
fn of_two_equal_keys_the_second_is_the_duplicate() {
    let mut ledger = ledger(schedule());
    let keyed = Report {
        key: Some(Uuid::new_v4()),
        ..report("smoke", Pass)
    };
    let receipt = ledger
        .take(ID, &submission(vec![keyed.clone(), keyed.clone()]))
        .unwrap();
    assert!(!receipt.accepted[0].duplicate && receipt.accepted[1].duplicate);
    assert_eq!(receipt.accepted[0].row, receipt.accepted[1].row);
    let again = ledger.take(ID, &submission(vec![keyed])).unwrap();
    assert!(again.accepted[0].duplicate);
    assert_eq!(again.schedule.revision, 1);
}

#[test]
fn other_content_under_a_key_changes_nothing_at_all() {
    let mut ledger = ledger(schedule());
    let key = Some(Uuid::new_v4());
    let one = Report {
        key,
        ..report("smoke", Pass)
    };
    let other = Report {
        key,
        ..report("smoke", Fail)
    };
    let before = report("before", Pass);
    let error = ledger
        .take(ID, &submission(vec![before, one, other]))
        .unwrap_err();
    assert_eq!(error.code(), "CONFLICT");
    assert!(ledger.written.is_empty() && ledger.changed.is_empty());
    assert_eq!(ledger.schedules[&ID].revision, 0);
}

#[test]
fn a_closed_schedule_answers_recorded_keys_and_nothing_else() {
    let mut ledger = ledger(schedule());
    let keyed = Report {
        key: Some(Uuid::new_v4()),
        ..report("smoke", Pass)
    };
    ledger.take(ID, &submission(vec![keyed.clone()])).unwrap();
    enter(
        ledger.schedules.get_mut(&ID).unwrap(),
        ScheduleState::Closed,
    );
    let again = ledger.take(ID, &submission(vec![keyed.clone()])).unwrap();
    assert!(again.accepted[0].duplicate);
    let new = submission(vec![keyed, report("late", Pass)]);
    assert_eq!(ledger.take(ID, &new).unwrap_err().code(), "SCHEDULE_CLOSED");
}

#[test]
fn another_clients_schedule_is_forbidden() {
    let mut ledger = ledger(schedule());
    let theirs = submission_of(2, Role::Reporter, vec![report("smoke", Pass)]);
    assert_eq!(ledger.take(ID, &theirs).unwrap_err().code(), "FORBIDDEN");
}

#[test]
fn expected_scripts_are_counted_when_they_are_final() {
    let mut ledger = ledger(schedule::Model {
        expected: Some(2),
        ..schedule()
    });
    ledger.expected = [(ID, "smoke".to_owned())].into();
    let reports = vec![report("smoke", Pass), report("unexpected", Pass)];
    let receipt = ledger.take(ID, &submission(reports)).unwrap();
    assert_eq!(receipt.schedule.expected_final, 1);
    let rerun = ledger
        .take(ID, &submission(vec![report("smoke", Running)]))
        .unwrap();
    assert_eq!(
        rerun.schedule.expected_final, 0,
        "its latest attempt is under way"
    );
}

#[test]
fn what_an_earlier_try_of_the_group_recorded_is_no_duplicate() {
    let mut ledger = ledger(schedule());
    let submission = submission(vec![report("smoke", Pass)]);
    let row = ledger.take(ID, &submission).unwrap().accepted[0]
        .row
        .clone();
    let mut retried = self::ledger(ledger.schedules[&ID].clone());
    let entry = &submission.entries[0];
    retried.know(row);
    let recorded = Recorded {
        number: 1,
        content: entry.content.clone(),
        by_this_group: true,
    };
    retried.recorded.insert((ID, entry.key), recorded);
    let receipt = retried.take(ID, &submission).unwrap();
    assert!(!receipt.accepted[0].duplicate);
    assert_eq!(receipt.schedule.revision, 1, "nothing was added again");
}

/// A report of history, submitted some seconds before now.
fn history(script: &str, status: ResultStatus, seconds_ago: i32) -> Report {
    Report {
        submitted: Some(Timestamp::now().plus_seconds(-seconds_ago)),
        ..report(script, status)
    }
}

fn by_admin(reports: Vec<Report>) -> Submission {
    submission_of(9, Role::Admin, reports)
}

/// A schedule that was opened two hours ago, elsewhere.
fn opened_long_ago() -> schedule::Model {
    schedule::Model {
        created_time: Timestamp::now().plus_seconds(-7_200),
        ..schedule()
    }
}

#[test]
fn history_keeps_its_times_and_the_lease_counts_from_now() {
    let mut ledger = ledger(opened_long_ago());
    let reports = vec![
        history("smoke", Running, 3_600),
        history("smoke", Pass, 3_590),
    ];
    let times = [0, 1].map(|at: usize| reports[at].submitted);
    let receipt = ledger.take(ID, &by_admin(reports)).unwrap();
    let row = &receipt.accepted[1].row;
    assert_eq!([row.started_time, Some(row.submitted_time)], times);
    assert!(
        row.duration_ms
            .is_some_and(|measured| (10_000..11_000).contains(&measured))
    );
    assert!(receipt.schedule.lease_expires > Some(Timestamp::now()));
    assert!(receipt.schedule.last_modify_time > row.submitted_time);
}

#[test]
fn history_does_not_contradict_itself() {
    let contradictions = [
        vec![history("smoke", Pass, 7_300)],
        vec![history("smoke", Running, 100), history("smoke", Pass, 200)],
        vec![history("smoke", Fail, 100), history("smoke", Pass, 200)],
        vec![report("smoke", Running), history("smoke", Pass, 200)],
    ];
    for reports in contradictions {
        let mut ledger = ledger(opened_long_ago());
        let error = ledger.take(ID, &by_admin(reports)).unwrap_err();
        assert_eq!(error.field(), Some("submittedTime"));
        assert!(ledger.written.is_empty(), "nothing was changed");
    }
}

#[test]
fn history_does_not_contradict_what_is_there() {
    let mut ledger = ledger(opened_long_ago());
    ledger
        .take(ID, &by_admin(vec![history("smoke", Fail, 100)]))
        .unwrap();
    let earlier = by_admin(vec![history("smoke", Pass, 200)]);
    assert_eq!(ledger.take(ID, &earlier).unwrap_err().code(), "VALIDATION");
    let other = by_admin(vec![history("login", Pass, 200)]);
    assert!(ledger.take(ID, &other).is_ok(), "of another script");
}

#[test]
fn history_that_is_sent_again_is_a_duplicate() {
    let mut ledger = ledger(opened_long_ago());
    let first = Report {
        key: Some(Uuid::new_v4()),
        ..history("smoke", Fail, 200)
    };
    let reports = vec![first.clone(), history("smoke", Pass, 100), first];
    let receipt = ledger.take(ID, &by_admin(reports)).unwrap();
    assert!(receipt.accepted[2].duplicate);
}
