//! The policy `dummy`: between 1 and 10 sleeps that fill the window. What it is good for is trying out an executor.

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Outcome, Policy, Setting, Step, Window, config};
use crate::error::Result;

/// The most sleeps of a plan.
const MOST_SLEEPS: u32 = 10;

#[derive(Debug)]
pub(super) struct Dummy;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The same seed and window give the same sleeps.
    seed: Option<i64>,
}

impl Policy for Dummy {
    fn name(&self) -> &'static str {
        "dummy"
    }

    fn description(&self) -> &'static str {
        "Fills the window with 1 to 10 sleeps of random length; with the same `seed`, with the same ones."
    }

    fn default_config(&self) -> Value {
        defaults()
    }

    fn check(&self, _: Window, config: &Value, _: &Setting) -> Result<()> {
        read(config)?;
        Ok(())
    }

    fn plan(&self, window: Window, config: &Value, setting: &Setting) -> Result<Outcome> {
        let config = read(config)?;
        let mut random = match config.seed {
            Some(seed) => StdRng::seed_from_u64(seed.cast_unsigned()),
            None => rand::make_rng(),
        };
        let cuts = cuts(window, &mut random);
        let sleeps = cuts.windows(2).zip(1..);
        Ok(Outcome {
            preamble: format!("import time\n# {}", setting.now.format("%F %T")),
            steps: sleeps
                .map(|(ends, number)| sleep(number, ends[0], ends[1]))
                .collect(),
            ..Outcome::default()
        })
    }
}

fn defaults() -> Value {
    json!({ "seed": null })
}

fn read(config: &Value) -> Result<Config> {
    config::read(&defaults(), config)
}

/// Where the sleeps of a plan begin and end, the ends of the window included. They are cut at whole hundredths of a second, so that
/// what is printed sums up to the window.
fn cuts(window: Window, random: &mut StdRng) -> Vec<DateTime<Utc>> {
    let sleeps = random.random_range(1..=MOST_SLEEPS);
    let hundredths = (window.t1 - window.t0).num_milliseconds() / 10;
    let mut cut = || window.t0 + TimeDelta::milliseconds(10 * random.random_range(0..=hundredths));
    let mut cuts: Vec<_> = (1..sleeps).map(|_| cut()).collect();
    cuts.extend([window.t0, window.t1]);
    cuts.sort();
    cuts
}

fn sleep(number: i32, start: DateTime<Utc>, end: DateTime<Utc>) -> Step {
    Step {
        name: format!("sleep-{number}"),
        start,
        end,
        commands: format!("time.sleep({:.2})", (end - start).as_seconds_f64()),
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::domain::policy::Plan;

    fn plan(seconds: i64, config: &Value) -> Plan {
        let t0: DateTime<Utc> = "2022-01-01T12:00:00Z".parse().expect("a time");
        let t1 = t0 + TimeDelta::seconds(seconds);
        let setting = Setting {
            now: "2026-11-24T21:40:33.7Z".parse().expect("a time"),
            folder: None,
            abandoned: CancellationToken::new(),
            stopping: CancellationToken::new(),
        };
        let window = Window::new(t0, t1).expect("a window");
        Plan {
            policy: "dummy".into(),
            t0,
            t1,
            outcome: Dummy.plan(window, config, &setting).expect("a plan"),
        }
    }

    #[test]
    fn sleeps_lie_end_to_end_and_fill_the_window() {
        for seed in 0..200 {
            let plan = plan(7_200, &json!({ "seed": seed }));
            let steps = &plan.outcome.steps;
            assert!((1..=10).contains(&steps.len()));
            assert_eq!(
                (steps[0].start, steps[steps.len() - 1].end),
                (plan.t0, plan.t1)
            );
            assert!(steps.windows(2).all(|two| two[0].end == two[1].start));
            let names: Vec<_> = (1..=steps.len())
                .map(|number| format!("sleep-{number}"))
                .collect();
            assert!(steps.iter().map(|step| &step.name).eq(&names));
        }
    }

    #[test]
    fn the_text_sleeps_as_long_as_the_window_lasts() {
        for seed in 0..200 {
            let text = plan(7_201, &json!({ "seed": seed })).commands();
            let mut lines = text.split('\n');
            assert_eq!(lines.next(), Some("import time"));
            assert_eq!(lines.next(), Some("# 2026-11-24 21:40:33"));
            let sleep = |line: &str| -> i64 {
                let seconds = line
                    .strip_prefix("time.sleep(")
                    .and_then(|line| line.strip_suffix(')'));
                let (whole, hundredths) =
                    seconds.expect("a sleep").split_once('.').expect("a point");
                assert_eq!(hundredths.len(), 2);
                format!("{whole}{hundredths}").parse().expect("a number")
            };
            assert_eq!(lines.map(sleep).sum::<i64>(), 720_100);
        }
    }

    #[test]
    fn a_seed_makes_the_same_plan_again() {
        let seeded = |seed: i64| plan(7_200, &json!({ "seed": seed })).outcome;
        assert_eq!(seeded(7), seeded(7));
        assert_eq!(seeded(-1), seeded(-1));
        assert_ne!(seeded(7), seeded(8));
        let numbers: std::collections::HashSet<_> =
            (0..200).map(|seed| seeded(seed).steps.len()).collect();
        assert_eq!(numbers.len(), 10, "each number of sleeps comes up");
    }

    #[test]
    fn without_a_seed_each_plan_is_another() {
        let one = plan(1_000_000, &Value::Null);
        assert!((0..20).any(|_| plan(1_000_000, &Value::Null) != one));
    }

    #[test]
    fn a_window_without_duration_has_sleeps_without_duration() {
        let steps = plan(0, &json!({ "seed": 1 })).outcome.steps;
        assert!(steps.iter().all(|step| step.commands == "time.sleep(0.00)"));
    }
}
