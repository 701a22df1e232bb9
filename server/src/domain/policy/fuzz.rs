//! Whatever a plan asks to change of a policy's configuration: it is taken or its key is named, what is taken once is
//! taken again with the defaults written out, and a configuration that was found good makes a plan.

use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use super::basic::master_schedule;
use super::{Dropped, Outcome, Plan, Policy, Setting, Window, config, policies};
use crate::fuzzing;

/// How long the planned window is: long enough for some steps, and planned in a moment.
const WINDOW: TimeDelta = TimeDelta::hours(4);

/// Reads the configuration of a plan, and makes the plan.
pub fn plan_config(bytes: &[u8]) {
    let Ok(given) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let t0 = DateTime::from_timestamp(1_774_000_000, 0).expect("in the spring of 2026");
    let window = Window::new(t0, t0 + WINDOW).expect("a good window");
    for policy in policies() {
        plan(policy, window, &given);
    }
}

fn plan(policy: &dyn Policy, window: Window, given: &Value) {
    let setting = Setting {
        now: window.t0,
        folder: None,
        abandoned: CancellationToken::new(),
        stopping: CancellationToken::new(),
    };
    if let Err(error) = policy.check(window, given, &setting) {
        return fuzzing::check_refusal(&error);
    }
    let written_out = with_defaults(policy, given);
    let taken = policy.check(window, &written_out, &setting);
    taken.expect("it is the same with its defaults written out");

    let outcome = policy.plan(window, given, &setting);
    let outcome = outcome.expect("what was found good makes a plan");
    check_outcome(&outcome, window);
    let plan = Plan {
        policy: policy.name().to_owned(),
        t0: window.t0,
        t1: window.t1,
        outcome,
    };
    let kept = serde_json::to_string(&plan).expect("a schedule can keep it");
    assert_eq!(
        serde_json::from_str::<Plan>(&kept).expect("it is a plan"),
        plan
    );
}

fn with_defaults(policy: &dyn Policy, given: &Value) -> Value {
    let mut written_out = policy.default_config();
    if given.is_object() {
        config::merge(&mut written_out, given);
    }
    written_out
}

/// Steps come one after another and lie in the window; what was left out says by which rule.
fn check_outcome(outcome: &Outcome, window: Window) {
    let mut last = window.t0;
    for step in &outcome.steps {
        let in_order = last <= step.start && step.start <= step.end && step.end <= window.t1;
        assert!(in_order, "{step:?} after {last}");
        assert!(!step.commands.is_empty(), "{step:?}");
        last = step.end;
    }
    let is_explained = |dropped: &Dropped| !dropped.rule.is_empty() && dropped.start <= dropped.end;
    assert!(outcome.dropped.iter().all(is_explained));
}
