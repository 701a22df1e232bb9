//! What becomes of slots that are due: run as scheduled, caught up, or missed. Pure: nothing here knows the database.

use entity::{Timestamp, task::CatchUpPolicy};

/// When there was a scheduler: from, and until.
pub(super) type Life = (Timestamp, Timestamp);

/// What becomes of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There was a scheduler at its time: it is run, however late that scheduler is.
    Run,
    /// There was none, and it is run all the same.
    CatchUp,
    /// There was none, and it is not run.
    Missed(String),
}

/// Judges slots, in their order.
pub(super) fn judge(
    slots: &[Timestamp],
    lives: &[Life],
    policy: CatchUpPolicy,
) -> Vec<(Timestamp, Verdict)> {
    let is_missed = |slot: &Timestamp| !lives.iter().any(|(from, to)| from <= slot && slot <= to);
    let latest = slots.iter().rev().copied().find(is_missed);
    let verdict = |slot: &Timestamp| match (policy, latest) {
        _ if !is_missed(slot) => Verdict::Run,
        (CatchUpPolicy::All, _) => Verdict::CatchUp,
        (CatchUpPolicy::Latest, Some(latest)) if *slot == latest => Verdict::CatchUp,
        (CatchUpPolicy::Latest, Some(latest)) => Verdict::Missed(format!(
            "no server was there at its time, and the slot of {latest} was missed after it"
        )),
        (CatchUpPolicy::None | CatchUpPolicy::Latest, _) => {
            Verdict::Missed("no server was there at its time".to_owned())
        }
    };
    slots.iter().map(|slot| (*slot, verdict(slot))).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(second: i64) -> Timestamp {
        DateTime::from_timestamp(second, 0)
            .expect("in range")
            .into()
    }

    /// The verdicts on slots at 10, 20, 30 and 40, by their first letters.
    fn letters(lives: &[(i64, i64)], policy: CatchUpPolicy) -> String {
        let lives: Vec<_> = lives
            .iter()
            .map(|(from, to)| (at(*from), at(*to)))
            .collect();
        let verdicts = judge(&[at(10), at(20), at(30), at(40)], &lives, policy);
        let letter = |(_, verdict)| match verdict {
            Verdict::Run => 'R',
            Verdict::CatchUp => 'C',
            Verdict::Missed(_) => 'M',
        };
        verdicts.into_iter().map(letter).collect()
    }

    #[test]
    fn a_scheduler_that_is_late_runs_them_all() {
        assert_eq!(letters(&[(0, 50)], CatchUpPolicy::None), "RRRR");
        assert_eq!(letters(&[(0, 20), (30, 50)], CatchUpPolicy::None), "RRRR");
    }

    #[test]
    fn what_nobody_was_there_for_is_as_the_policy_says() {
        let lives = [(0, 15), (35, 50)];
        assert_eq!(letters(&lives, CatchUpPolicy::None), "RMMR");
        assert_eq!(letters(&lives, CatchUpPolicy::Latest), "RMCR");
        assert_eq!(letters(&lives, CatchUpPolicy::All), "RCCR");
        assert_eq!(letters(&[], CatchUpPolicy::Latest), "MMMC");
    }

    #[test]
    fn an_outage_counts_however_short_it_is() {
        assert_eq!(letters(&[(0, 19), (21, 50)], CatchUpPolicy::None), "RMRR");
    }

    #[test]
    fn a_slot_that_was_superseded_says_by_which() {
        let verdicts = judge(&[at(10), at(20)], &[], CatchUpPolicy::Latest);
        let Verdict::Missed(reason) = &verdicts[0].1 else {
            panic!("the first of two is missed: {verdicts:?}");
        };
        assert!(reason.contains("1970-01-01T00:00:20.000Z"), "{reason}");
    }
}
