//! How a script ended in each schedule, and what that says of it. Pure, so that it can be tested
//! without a browser. Whether a script is flaky is the server's word; here it is explained.

use crate::{
    api::{
        results::ResultStatus,
        scalars::DateTime,
        schedules::ScheduleStatus,
        scripts::{ScriptAttempt, ScriptSchedule},
    },
    components::status::{Look, NEVER_FINISHED},
};

/// Over how many outcomes the server judges whether a script is flaky.
const JUDGED: usize = 20;

/// How many flips among those make it flaky.
const FLAKY_FLIPS: usize = 2;

/// A script that failed this often in a row is broken, and not flaky.
const BROKEN: usize = 5;

/// What became of a script in one schedule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// The schedule's GUID.
    pub(super) schedule: String,
    /// What the schedule is called.
    pub(super) title: String,
    /// When the schedule was opened.
    pub(super) opened: DateTime,
    /// Where the schedule stands.
    pub(super) status: ScheduleStatus,
    /// Ascending by number, and never empty.
    pub(super) attempts: Vec<ScriptAttempt>,
}

impl Outcome {
    /// None where the script's results have gone meanwhile.
    pub(super) fn of(schedule: ScriptSchedule) -> Option<Self> {
        let attempts = schedule.results.nodes;
        let name = schedule.name.0;
        (!attempts.is_empty()).then(|| Self {
            title: schedule.title.unwrap_or_else(|| name.clone()),
            schedule: name,
            opened: schedule.created_time,
            status: schedule.status,
            attempts,
        })
    }

    /// The attempt that counts.
    pub(super) fn latest(&self) -> &ScriptAttempt {
        self.attempts
            .last()
            .expect("an outcome is made of its attempts and loses none")
    }

    /// How an attempt looks; what still runs in a closed schedule will never finish.
    pub(super) fn look_of(&self, attempt: &ScriptAttempt) -> Look {
        if self.status == ScheduleStatus::Closed && attempt.status == ResultStatus::Running {
            NEVER_FINISHED
        } else {
            attempt.status.into()
        }
    }

    /// How it ended.
    pub(super) fn look(&self) -> Look {
        self.look_of(self.latest())
    }

    /// How long it took, in milliseconds, where it has ended and its script said so.
    pub(super) fn duration(&self) -> Option<f64> {
        let latest = self.latest();
        let ended = latest.status != ResultStatus::Running;
        latest.duration_ms.filter(|_| ended).map(f64::from)
    }

    /// Whether it passed or failed; `None` where it did neither, or where its schedule was given up
    /// and is left out of account.
    fn passed(&self) -> Option<bool> {
        let counts = matches!(
            self.status,
            ScheduleStatus::Closed | ScheduleStatus::Running
        );
        passed(self.latest().status).filter(|_| counts)
    }

    /// The attempt on which it passed after an earlier one had failed.
    fn repaired_on(&self) -> Option<i32> {
        let mut failed = false;
        let mut attempts = self.attempts.iter();
        let repaired = attempts.find(|attempt| match passed(attempt.status) {
            Some(true) => failed,
            Some(false) => {
                failed = true;
                false
            }
            None => false,
        })?;
        Some(repaired.attempt)
    }
}

fn passed(status: ResultStatus) -> Option<bool> {
    match status {
        ResultStatus::Pass => Some(true),
        ResultStatus::Fail | ResultStatus::Error => Some(false),
        ResultStatus::Block | ResultStatus::Skip | ResultStatus::Running => None,
    }
}

/// A change between passing and failing, from one schedule to the next that tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flip {
    /// It passed before.
    Broke,
    /// It failed before.
    Mended,
}

impl Flip {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Broke => "a flip: it passed before",
            Self::Mended => "a flip: it failed before",
        }
    }
}

/// Which outcomes are flips, in the same order, the newest first.
pub(super) fn flips(outcomes: &[Outcome]) -> Vec<Option<Flip>> {
    let mut flips = vec![None; outcomes.len()];
    let mut newer: Option<(usize, bool)> = None;
    for (place, outcome) in outcomes.iter().enumerate() {
        let Some(passed) = outcome.passed() else {
            continue;
        };
        if let Some((place, newer)) = newer
            && newer != passed
        {
            flips[place] = Some(if passed { Flip::Broke } else { Flip::Mended });
        }
        newer = Some((place, passed));
    }
    flips
}

/// How many of the outcomes, the newest first, reach back to the last one by which it is judged
/// whether the script is flaky.
pub(super) fn judged(outcomes: &[Outcome]) -> usize {
    let telling = outcomes.iter().enumerate();
    let mut telling = telling.filter(|(_, outcome)| outcome.passed().is_some());
    telling
        .nth(JUDGED - 1)
        .map_or(outcomes.len(), |(place, _)| place + 1)
}

/// Why a script counts as flaky, or as not, as a sentence.
pub(super) fn verdict(flaky: bool, outcomes: &[Outcome]) -> String {
    let outcomes = &outcomes[..judged(outcomes)];
    let passed: Vec<bool> = outcomes.iter().filter_map(Outcome::passed).collect();
    let flips = flips(outcomes).into_iter().flatten().count();
    if flaky {
        format!("Flaky: {}.", evidence(flips, passed.len(), outcomes))
    } else {
        format!("Not flaky: {}.", exoneration(flips, &passed))
    }
}

/// What makes it flaky.
fn evidence(flips: usize, telling: usize, outcomes: &[Outcome]) -> String {
    let flipped =
        (flips >= FLAKY_FLIPS).then(|| format!("{} in {}", times(flips, "flip"), last(telling)));
    let mut repaired = outcomes
        .iter()
        .filter(|outcome| outcome.passed().is_some())
        .filter_map(Outcome::repaired_on);
    let repaired = repaired.next().map(|attempt| {
        let schedules = 1 + repaired.count();
        let first = format!("passed on attempt {attempt} after failing in the same schedule");
        match schedules {
            1 => first,
            more => format!("{first}, as in {} more", more - 1),
        }
    });
    let reasons: Vec<_> = flipped.into_iter().chain(repaired).collect();
    if reasons.is_empty() {
        // Its last outcomes are others by now than those it was judged by.
        format!("so it was by {}", last(telling))
    } else {
        reasons.join(", and ")
    }
}

/// What keeps it from being flaky.
fn exoneration(flips: usize, passed: &[bool]) -> String {
    let failed_in_a_row = passed.iter().take_while(|passed| !**passed).count();
    let all_alike = flips == 0;
    match passed {
        [] => "it has neither passed nor failed yet".to_owned(),
        _ if failed_in_a_row >= BROKEN => {
            format!("the last {failed_in_a_row} all failed, that is broken")
        }
        [only] => format!("it {} the only time", verb(*only)),
        [newest, ..] if all_alike => format!("{} all {}", last(passed.len()), verb(*newest)),
        _ => format!(
            "{} in {}, and it takes {FLAKY_FLIPS}",
            times(flips, "flip"),
            last(passed.len())
        ),
    }
}

fn verb(passed: bool) -> &'static str {
    if passed { "passed" } else { "failed" }
}

fn last(outcomes: usize) -> String {
    match outcomes {
        1 => "its only outcome".to_owned(),
        more => format!("its last {more} outcomes"),
    }
}

fn times(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::api::{scalars::Uuid, scripts::Attempts};

    fn status(letter: char) -> ResultStatus {
        match letter {
            'P' => ResultStatus::Pass,
            'F' => ResultStatus::Fail,
            'E' => ResultStatus::Error,
            'B' => ResultStatus::Block,
            'S' => ResultStatus::Skip,
            _ => ResultStatus::Running,
        }
    }

    /// A history, the newest schedule first: one word a schedule, one letter an attempt.
    pub(in crate::pages::script) fn outcomes(words: &str) -> Vec<Outcome> {
        let outcome = |word: &str| {
            let attempts = word.chars().zip(1..);
            let attempts = attempts.map(|(letter, attempt)| ScriptAttempt {
                attempt,
                status: status(letter),
                duration_ms: None,
                message: None,
                submitted_time: DateTime("2026-11-21T06:00:00.000Z".into()),
            });
            Outcome::of(ScriptSchedule {
                name: Uuid("a".into()),
                title: Some("nightly".into()),
                status: ScheduleStatus::Closed,
                created_time: DateTime("2026-11-21T06:00:00.000Z".into()),
                results: Attempts {
                    nodes: attempts.collect(),
                },
            })
        };
        words.split(' ').filter_map(outcome).collect()
    }

    #[test]
    fn a_flip_is_told_on_the_later_of_two_outcomes_that_tell() {
        let broke = Some(Flip::Broke);
        let mended = Some(Flip::Mended);
        assert_eq!(flips(&outcomes("P F P")), [mended, broke, None]);
        assert_eq!(flips(&outcomes("F S B P")), [broke, None, None, None]);
        assert_eq!(flips(&outcomes("F E F")), [None; 3]);
        assert_eq!(flips(&[]), []);
    }

    #[test]
    fn a_schedule_that_was_given_up_is_left_out_of_account() {
        let mut history = outcomes("P F P");
        history[1].status = ScheduleStatus::Abandoned;
        assert_eq!(flips(&history), [None; 3]);
    }

    #[test]
    fn what_makes_it_flaky_is_said() {
        let verdict = |words| verdict(true, &outcomes(words));
        assert_eq!(verdict("P F P"), "Flaky: 2 flips in its last 3 outcomes.");
        assert_eq!(
            verdict("P FP P"),
            "Flaky: passed on attempt 2 after failing in the same schedule."
        );
        assert_eq!(
            verdict("P F P FFP EP"),
            "Flaky: 2 flips in its last 5 outcomes, and passed on attempt 3 after failing in the \
             same schedule, as in 1 more."
        );
    }

    #[test]
    fn what_keeps_it_from_being_flaky_is_said() {
        let verdict = |words| verdict(false, &outcomes(words));
        assert_eq!(
            verdict("F F E F F P F P"),
            "Not flaky: the last 5 all failed, that is broken."
        );
        assert_eq!(
            verdict("P P P"),
            "Not flaky: its last 3 outcomes all passed."
        );
        assert_eq!(verdict("F E"), "Not flaky: its last 2 outcomes all failed.");
        assert_eq!(verdict("F"), "Not flaky: it failed the only time.");
        assert_eq!(
            verdict("F P P"),
            "Not flaky: 1 flip in its last 3 outcomes, and it takes 2."
        );
        assert_eq!(
            verdict("R S"),
            "Not flaky: it has neither passed nor failed yet."
        );
    }

    #[test]
    fn only_the_last_twenty_that_tell_are_judged() {
        let steady = ["P"; 20].join(" ");
        let history = outcomes(&format!("S {steady} F P F"));
        assert_eq!(judged(&history), 21);
        assert_eq!(
            verdict(false, &history),
            "Not flaky: its last 20 outcomes all passed."
        );
        assert_eq!(judged(&outcomes("P P")), 2);
    }

    #[test]
    fn what_runs_in_a_closed_schedule_never_finished() {
        let mut history = outcomes("R");
        assert_eq!(history[0].look(), NEVER_FINISHED);
        history[0].status = ScheduleStatus::Running;
        assert_eq!(history[0].look().word, "Running");
    }
}
