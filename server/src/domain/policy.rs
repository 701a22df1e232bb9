//! Plans: what is to be done over a window of time, as a policy decides.
//!
//! Rule of the house: a policy is a function of a window and a configuration. It keeps nothing between two plans, reads
//! nothing but the files that the operator has put there for it, and says what it left out, and why.

mod basic;
mod config;
mod dummy;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod interval;
mod planner;
mod sky;

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use planner::{Planner, plan};
pub(crate) use planner::{check, make};

use crate::{
    error::{Error, Result},
    state::State,
};

/// The longest window that is planned at once.
pub const LONGEST_WINDOW: TimeDelta = TimeDelta::days(400);

/// The policies, in the order in which they are listed.
const POLICIES: [&dyn Policy; 2] = [&dummy::Dummy, &basic::Basic];

/// How plans are made.
pub trait Policy: Sync {
    /// The name by which plans ask for it.
    fn name(&self) -> &'static str;

    /// What it does, in a sentence.
    fn description(&self) -> &'static str;

    /// The configuration that a plan has where it says nothing else.
    fn default_config(&self) -> Value;

    /// Refuses what [`Policy::plan`] would refuse, without making a plan.
    fn check(&self, window: Window, config: &Value, setting: &Setting) -> Result<()>;

    /// Makes a plan for a window, with what a configuration changes of the default one.
    fn plan(&self, window: Window, config: &Value, setting: &Setting) -> Result<Outcome>;
}

/// All policies.
pub fn policies() -> impl Iterator<Item = &'static dyn Policy> {
    POLICIES.into_iter()
}

/// The policy of that name.
fn named(name: &str) -> Result<&'static dyn Policy> {
    policies()
        .find(|policy| policy.name() == name)
        .ok_or_else(|| {
            let known: Vec<_> = policies().map(Policy::name).collect();
            let message = format!("must be one of {}", known.join(", "));
            Error::validation("policy", message)
        })
}

/// A plan that somebody asks for.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// When it begins.
    pub t0: DateTime<Utc>,
    /// When it has ended.
    pub t1: DateTime<Utc>,
    /// The name of the policy that makes it.
    pub policy: String,
    /// What differs from the policy's default configuration; nothing, where it is left out.
    pub config: Option<Value>,
}

/// The time that is planned.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    t0: DateTime<Utc>,
    t1: DateTime<Utc>,
}

impl Window {
    fn new(t0: DateTime<Utc>, t1: DateTime<Utc>) -> Result<Self> {
        if t1 < t0 {
            return Err(Error::validation("t1", "must not lie before t0"));
        }
        if t1 - t0 > LONGEST_WINDOW {
            let message = format!("lies more than {} days after t0", LONGEST_WINDOW.num_days());
            return Err(Error::validation("t1", message));
        }
        Ok(Self { t0, t1 })
    }
}

/// What surrounds the making of a plan.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The present moment.
    now: DateTime<Utc>,
    /// Where the operator keeps files for plans.
    folder: Option<PathBuf>,
    /// Cancelled when nobody waits for the plan any more.
    abandoned: CancellationToken,
    /// Cancelled when the server is to stop.
    stopping: CancellationToken,
}

impl Setting {
    fn new(state: &State, abandoned: CancellationToken) -> Self {
        Self {
            now: Utc::now(),
            folder: state.config.plan_dir.clone(),
            abandoned,
            stopping: state.stopping.clone(),
        }
    }

    /// Gives up where nobody waits for the plan any more.
    fn check(&self) -> Result<()> {
        if self.abandoned.is_cancelled() || self.stopping.is_cancelled() {
            return Err(Error::Stopping);
        }
        Ok(())
    }

    /// Waits until [`Setting::check`] gives up.
    async fn given_up(&self) {
        tokio::select! {
            () = self.abandoned.cancelled() => {}
            () = self.stopping.cancelled() => {}
        }
    }
}

/// What a policy made of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The command text before that of the first step.
    pub preamble: String,
    /// What is to be done, in the order of time.
    pub steps: Vec<Step>,
    /// What came in, before any rule.
    pub considered: Vec<Block>,
    /// What the rules left, before it was merged into one sequence.
    pub kept: Vec<Block>,
    /// What was considered and left out.
    pub dropped: Vec<Dropped>,
}

/// A plan: what is to be done over a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The policy that made it.
    pub policy: String,
    /// When it begins.
    pub t0: DateTime<Utc>,
    /// When it has ended.
    pub t1: DateTime<Utc>,
    /// What it consists of.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Plan {
    /// The longest time from one step's end to the next one's, which is when an executor reports, beginning at a moment.
    pub fn longest_silence(&self, from: DateTime<Utc>) -> TimeDelta {
        let mut longest = TimeDelta::zero();
        let mut last = from;
        for step in &self.outcome.steps {
            longest = longest.max(step.end - last);
            last = last.max(step.end);
        }
        longest
    }

    /// The text that an executor runs.
    pub fn commands(&self) -> String {
        let steps = self.outcome.steps.iter().map(|step| step.commands.as_str());
        let parts: Vec<_> = [self.outcome.preamble.as_str()]
            .into_iter()
            .chain(steps)
            .collect();
        parts.join("\n")
    }
}

/// Something that is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is called.
    pub name: String,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it has ended.
    pub end: DateTime<Utc>,
    /// The command text that does it.
    pub commands: String,
}

/// Something that may be done at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Where it belongs: a dotted path, as `sources.calibration.uranus`.
    pub lane: String,
    /// What it is called.
    pub name: String,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// When it has ended.
    pub end: DateTime<Utc>,
}

/// Something that was considered and left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// What it is called.
    pub name: String,
    /// When it would have begun.
    pub start: DateTime<Utc>,
    /// When it would have ended.
    pub end: DateTime<Utc>,
    /// The rule that left it out.
    pub rule: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_window_ends_after_its_beginning_and_within_400_days() {
        let t0 = time("2026-01-01T00:00:00Z");
        let refused = |t1| Window::new(t0, t1).unwrap_err().field().map(str::to_owned);
        assert!(Window::new(t0, t0).is_ok());
        assert!(Window::new(t0, t0 + TimeDelta::days(400)).is_ok());
        let over = t0 + TimeDelta::days(400) + TimeDelta::milliseconds(1);
        assert_eq!(refused(over).as_deref(), Some("t1"));
        assert_eq!(
            refused(t0 - TimeDelta::milliseconds(1)).as_deref(),
            Some("t1")
        );
    }

    #[test]
    fn a_plan_is_silent_between_the_ends_of_its_steps() {
        let step = |start, end| Step {
            name: "sleep".into(),
            start: time(start),
            end: time(end),
            commands: String::new(),
        };
        let plan = Plan {
            policy: "dummy".into(),
            t0: time("2026-01-01T00:00:00Z"),
            t1: time("2026-01-01T12:00:00Z"),
            outcome: Outcome {
                steps: vec![
                    step("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
                    step("2026-01-01T04:00:00Z", "2026-01-01T06:00:00Z"),
                ],
                ..Outcome::default()
            },
        };
        for (from, hours) in [
            ("2026-01-01T00:00:00Z", 5),
            ("2025-12-31T00:00:00Z", 25),
            ("2026-01-01T02:00:00Z", 4),
            ("2026-01-02T00:00:00Z", 0),
        ] {
            assert_eq!(
                plan.longest_silence(time(from)),
                TimeDelta::hours(hours),
                "{from}"
            );
        }
    }

    #[test]
    fn an_unknown_policy_is_told_the_known_ones() {
        let Err(error) = named("clever") else {
            panic!("there is no such policy");
        };
        assert_eq!(error.field(), Some("policy"));
        assert!(error.to_string().ends_with("dummy, basic"), "{error}");
    }
}
