//! Which open schedules need somebody, and why. Pure, so that it can be tested without a browser.

use crate::{
    api::schedules::{Schedule, ScheduleStatus},
    format,
};

/// How long an open schedule may be silent before it is worth a look, in milliseconds.
const SILENCE: f64 = 10.0 * 60_000.0;

/// Why this schedule needs somebody; `now` and `since`, when it last changed, are in milliseconds
/// since 1970. `None` where it doesn't.
pub(super) fn reason(schedule: &Schedule, since: f64, now: f64) -> Option<String> {
    let silence = now - since;
    let told = format::elapsed(silence);
    match schedule.status {
        ScheduleStatus::Abandoned => Some(format!("Abandoned: no report for {told}")),
        ScheduleStatus::Created if silence >= SILENCE => {
            Some(format!("Open for {told}, and no report yet"))
        }
        ScheduleStatus::Running if silence >= SILENCE => {
            Some(format!("Stuck? No report for {told}"))
        }
        ScheduleStatus::Created | ScheduleStatus::Running | ScheduleStatus::Closed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::schedules::tests::schedule;

    fn after(status: ScheduleStatus, minutes: f64) -> Option<String> {
        let schedule = Schedule {
            status,
            ..schedule("a", 0)
        };
        reason(&schedule, 0.0, minutes * 60_000.0)
    }

    #[test]
    fn silence_needs_somebody_after_ten_minutes() {
        assert_eq!(after(ScheduleStatus::Running, 9.9), None);
        assert_eq!(
            after(ScheduleStatus::Running, 10.0).as_deref(),
            Some("Stuck? No report for 10 min")
        );
        assert_eq!(
            after(ScheduleStatus::Created, 61.0).as_deref(),
            Some("Open for 1 h 1 min, and no report yet")
        );
    }

    #[test]
    fn an_abandoned_schedule_always_does_and_a_closed_one_never() {
        assert!(after(ScheduleStatus::Abandoned, 0.1).is_some());
        assert_eq!(after(ScheduleStatus::Closed, 9_000.0), None);
    }
}
