//! What a script's last outcomes say of it. Pure arithmetic over a list, the newest outcome first.

use entity::result::ResultStatus;

/// Over how many schedules a script is judged.
pub const WINDOW: usize = 50;

/// Over how many outcomes it is judged whether a script is flaky.
const FLAKY_WINDOW: usize = 20;

/// How many flips among those make it flaky.
const FLAKY_FLIPS: usize = 2;

/// A script that failed this often in a row is broken, and not flaky.
const BROKEN: usize = 5;

/// How a script ended in one schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) status: ResultStatus,
    pub(super) duration_ms: Option<i32>,
    /// Whether it failed in the same schedule before it passed.
    pub(super) passed_after_failing: bool,
}

/// What can be said of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stability {
    /// In how many of the last 50 closed or running schedules it is, counting only those that hold it.
    pub runs: usize,
    /// The share of passes among its passes, failures, errors and blocks, 0..1; 0 where there are none.
    pub pass_rate: f64,
    /// How often it changed between passing and failing.
    pub flips: usize,
    /// Whether it passes and fails without a visible reason.
    pub flaky: bool,
    /// How long it takes, in milliseconds: the median.
    pub median_duration_ms: Option<i32>,
}

impl Stability {
    /// Judges by outcomes, the newest first.
    pub(super) fn of(outcomes: &[Outcome]) -> Self {
        let telling: Vec<_> = outcomes.iter().copied().filter(is_telling).collect();
        Self {
            runs: outcomes.len(),
            pass_rate: pass_rate(outcomes),
            flips: flips(&telling),
            flaky: is_flaky(&telling),
            median_duration_ms: median(outcomes),
        }
    }
}

/// Whether an outcome says something about passing or failing.
fn is_telling(outcome: &Outcome) -> bool {
    outcome.status == ResultStatus::Pass || outcome.status.is_failure()
}

fn pass_rate(outcomes: &[Outcome]) -> f64 {
    let counted =
        |outcome: &&Outcome| !matches!(outcome.status, ResultStatus::Running | ResultStatus::Skip);
    let all = outcomes.iter().filter(counted).count();
    let passed = outcomes
        .iter()
        .filter(|outcome| outcome.status == ResultStatus::Pass)
        .count();
    if all == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "there are 50 at the most")]
    let share = passed as f64 / all as f64;
    share
}

fn flips(telling: &[Outcome]) -> usize {
    telling
        .windows(2)
        .filter(|pair| pair[0].status.is_failure() != pair[1].status.is_failure())
        .count()
}

fn is_flaky(telling: &[Outcome]) -> bool {
    let window = &telling[..telling.len().min(FLAKY_WINDOW)];
    let is_broken = window.len() >= BROKEN
        && window[..BROKEN]
            .iter()
            .all(|outcome| outcome.status.is_failure());
    let is_unsteady =
        flips(window) >= FLAKY_FLIPS || window.iter().any(|outcome| outcome.passed_after_failing);
    is_unsteady && !is_broken
}

fn median(outcomes: &[Outcome]) -> Option<i32> {
    let mut durations: Vec<i32> = outcomes
        .iter()
        .filter(|outcome| outcome.status.is_final())
        .filter_map(|outcome| outcome.duration_ms)
        .collect();
    durations.sort_unstable();
    let middle = durations.len() / 2;
    let upper = *durations.get(middle)?;
    if durations.len() % 2 == 1 {
        return Some(upper);
    }
    Some(i32::midpoint(durations[middle - 1], upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outcomes as letters, the newest first: P pass, F fail, E error, B block, S skip, R running, r passed on a retry.
    fn outcomes(letters: &str) -> Vec<Outcome> {
        let outcome = |letter| Outcome {
            status: match letter {
                'P' | 'r' => ResultStatus::Pass,
                'F' => ResultStatus::Fail,
                'E' => ResultStatus::Error,
                'B' => ResultStatus::Block,
                'S' => ResultStatus::Skip,
                _ => ResultStatus::Running,
            },
            duration_ms: None,
            passed_after_failing: letter == 'r',
        };
        letters.chars().map(outcome).collect()
    }

    fn stability(letters: &str) -> Stability {
        Stability::of(&outcomes(letters))
    }

    #[test]
    fn flips_are_counted_between_passing_and_failing_only() {
        assert_eq!(stability("PFPEP").flips, 4);
        assert_eq!(stability("PSBRF").flips, 1);
        assert_eq!(stability("FEFE").flips, 0);
        assert_eq!(stability("").flips, 0);
    }

    #[test]
    fn two_flips_or_one_repaired_run_make_it_flaky() {
        assert!(stability("PFP").flaky);
        assert!(!stability("PPF").flaky);
        assert!(stability("rPP").flaky);
        assert!(!stability("PPP").flaky);
    }

    #[test]
    fn what_failed_five_times_in_a_row_is_broken_and_not_flaky() {
        assert!(stability("FFFFPFP").flaky);
        assert!(!stability("FFFFFPFP").flaky);
    }

    #[test]
    fn what_happened_long_ago_does_not_make_it_flaky() {
        let steady = "P".repeat(20);
        assert!(!stability(&format!("{steady}FPFP")).flaky);
        assert_eq!(stability(&format!("{steady}FPFP")).flips, 4);
    }

    #[test]
    fn skipped_runs_do_not_lower_the_pass_rate() {
        assert!((stability("PPSFP").pass_rate - 0.75).abs() < f64::EPSILON);
        assert!(stability("SS").pass_rate.abs() < f64::EPSILON);
        assert_eq!(stability("SS").runs, 2);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let mut list = outcomes("PPPPR");
        for (outcome, duration) in list.iter_mut().zip([40, 10, 30, 20, 999]) {
            outcome.duration_ms = Some(duration);
        }
        assert_eq!(Stability::of(&list).median_duration_ms, Some(25));
        assert_eq!(Stability::of(&list[..3]).median_duration_ms, Some(30));
    }
}
