//! Schedules against what the original made of the same windows, and against what each rule promises.

use std::{path::PathBuf, thread, time::Instant};

use chrono::TimeDelta;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::policy::Plan;

/// How far a time may be from the original's.
const TIME_TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// How far an angle may be from the original's, in degrees.
const ANGLE_TOLERANCE: f64 = 0.05;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn setting() -> Setting {
    let fixtures = [env!("CARGO_MANIFEST_DIR"), "..", "tests", "fixtures"];
    Setting {
        now: time("2026-11-24T21:40:33Z"),
        folder: Some(fixtures.iter().collect::<PathBuf>()),
        abandoned: CancellationToken::new(),
        stopping: CancellationToken::new(),
    }
}

fn try_plan(t0: &str, t1: &str, config: &Value) -> Result<Plan> {
    let (t0, t1) = (time(t0), time(t1));
    let outcome = Basic.plan(Window::new(t0, t1)?, config, &setting())?;
    Ok(Plan {
        policy: "basic".into(),
        t0,
        t1,
        outcome,
    })
}

/// A plan on the master schedule of the fixtures.
fn plan(t0: &str, t1: &str, mut config: Value) -> Plan {
    config["master_schedule"] = json!("master_schedule.txt");
    try_plan(t0, t1, &config).expect("a plan")
}

fn with_phases() -> Value {
    json!({"rules": {"make-source-scan": {"phase": {"saturn": 0.531_558_1, "uranus": 0.849_38}}}})
}

/// The numbers in the commands of a step: azimuth, altitude, width.
fn pointing(step: &Step) -> [f64; 3] {
    let between = |start: &str, end: &str| -> f64 {
        let (_, rest) = step.commands.split_once(start).expect("it is there");
        let (number, _) = rest.split_once(end).expect("it ends");
        number.parse().expect("a number")
    };
    [
        between("acu.move_to(", ", "),
        between(", ", ")"),
        between("width=", ")"),
    ]
}

/// Asserts that there is a step of that name at that time, which points there.
fn assert_step(plan: &Plan, name: &str, (start, end): (&str, &str), expected: [f64; 3]) {
    let near = |one: DateTime<Utc>, other: &str| (one - time(other)).abs() <= TIME_TOLERANCE;
    let found = plan
        .outcome
        .steps
        .iter()
        .find(|step| step.name == name && near(step.start, start) && near(step.end, end));
    let found = found.unwrap_or_else(|| panic!("no {name} at {start}: {:#?}", plan.outcome.steps));
    let close = pointing(found)
        .iter()
        .zip(expected)
        .all(|(found, expected)| (found - expected).abs() <= ANGLE_TOLERANCE);
    assert!(close, "not {expected:?}: {}", found.commands);
}

#[test]
fn a_night_without_calibration_is_the_master_schedule() {
    let config = json!({"calibration_targets": []});
    let plan = plan("2023-01-01T01:30:00Z", "2023-01-01T03:00:00Z", config);
    let expected = "\
from sorunlib import *
from nextline import disable_trace

with disable_trace():
    initialize(test_mode=True)

smurf.uxm_setup()
smurf.iv_curve()

# DEC-050..-030_RA+000.000..+011.613
acu.move_to(218.72, 50.00)
smurf.bias_dets()
wait_until('2023-01-01T01:30:00+00:00')
smurf.bias_step()
seq.scan(description='DEC-050..-030_RA+000.000..+011.613', stop_time='2023-01-01T01:35:00+00:00', width=31.60)
smurf.bias_step()

# DEC-050..-030_RA+058.065..+069.677
acu.move_to(201.70, 60.00)
smurf.bias_dets()
wait_until('2023-01-01T02:49:00+00:00')
smurf.bias_step()
seq.scan(description='DEC-050..-030_RA+058.065..+069.677', stop_time='2023-01-01T03:00:00+00:00', width=32.67)
smurf.bias_step()
";
    assert_eq!(plan.commands(), expected);
    assert_eq!(plan.outcome.steps.len(), 2);
    assert_eq!(plan.outcome.considered, plan.outcome.kept);
    assert_eq!(plan.outcome.dropped, []);
}

#[test]
fn calibration_takes_its_time_from_the_master_schedule() {
    let plan = plan(
        "2023-01-01T00:00:00Z",
        "2023-01-01T06:00:00Z",
        with_phases(),
    );
    assert_step(
        &plan,
        "saturn",
        ("2023-01-01T00:00:00Z", "2023-01-01T00:04:22Z"),
        [263.60, 25.87, 1.11],
    );
    let (start, end) = ("2023-01-01T03:36:27.300Z", "2023-01-01T03:41:55.600Z");
    assert_step(&plan, "uranus", (start, end), [307.57, 31.40, 1.17]);
    let split = "DEC-050..-030_RA+058.065..+069.677";
    assert_step(
        &plan,
        split,
        ("2023-01-01T02:49:00Z", start),
        [201.70, 60.0, 32.67],
    );
    assert_step(
        &plan,
        split,
        (end, "2023-01-01T03:45:40Z"),
        [201.70, 60.0, 32.67],
    );
    let replaced = plan
        .outcome
        .dropped
        .iter()
        .find(|dropped| dropped.rule == "merge");
    assert_eq!(replaced.expect("some was replaced").name, split);
}

#[test]
fn a_whole_day_is_scheduled() {
    let plan = plan(
        "2023-01-01T00:00:00Z",
        "2023-01-02T00:00:00Z",
        with_phases(),
    );
    assert_eq!(plan.outcome.steps.len(), 23);
    for (name, start, end, pointing) in [
        ("saturn", "16:43:02.5", "16:47:23.3", [85.98, 50.93, 1.59]),
        ("saturn", "21:33:27.8", "21:37:50.8", [278.60, 58.75, 1.93]),
        ("uranus", "22:50:17.3", "22:57:48.9", [35.18, 43.61, 1.38]),
    ] {
        let day = |clock| format!("2023-01-01T{clock}Z");
        assert_step(&plan, name, (&day(start), &day(end)), pointing);
    }
}

#[test]
fn without_anything_to_do_there_is_the_preamble() {
    let config = json!({"calibration_targets": []});
    let plan = try_plan("2023-01-01T00:00:00Z", "2023-01-02T00:00:00Z", &config).unwrap();
    assert_eq!(plan.commands(), commands::PREAMBLE);
    assert!(plan.commands().ends_with("\nsmurf.iv_curve()\n"));
    let plan = try_plan("2023-01-01T00:00:00Z", "2023-01-01T00:00:00Z", &Value::Null).unwrap();
    assert_eq!(plan.commands(), commands::PREAMBLE);
}

/// Steps of a plan with everything in it lie apart, in order and within the window; what came in is in the plan or dropped.
#[test]
fn steps_lie_apart_and_within_the_window() {
    let all: Vec<_> = Body::ALL.iter().map(|body| body.name()).collect();
    let config = json!({"calibration_targets": all, "rules": {"calibration-min-duration": null}});
    let plan = plan("2023-01-01T03:00:00Z", "2023-01-02T00:00:00Z", config);
    let steps = &plan.outcome.steps;
    assert!(steps.windows(2).all(|two| two[0].end <= two[1].start));
    assert!(plan.t0 <= steps[0].start && steps[steps.len() - 1].end <= plan.t1);
    for block in &plan.outcome.considered {
        let told =
            |name: &str, start, end| name == block.name && start < block.end && block.start < end;
        let kept = steps
            .iter()
            .any(|step| told(&step.name, step.start, step.end));
        let dropped = &plan.outcome.dropped;
        let dropped = dropped
            .iter()
            .any(|one| told(&one.name, one.start, one.end));
        assert!(kept || dropped, "{block:?} is lost");
    }
    let sun = plan
        .outcome
        .dropped
        .iter()
        .filter(|dropped| dropped.name == "sun");
    assert!(
        sun.map(|dropped| dropped.rule.as_str())
            .all(|rule| rule == "sun-avoidance")
    );
}

/// Each rule, with a configuration that makes it leave something out.
#[test]
fn what_is_left_out_is_told_with_its_rule() {
    let cases = [
        (
            "sun-avoidance",
            json!({"sun-avoidance": {"min_angle_az": 60, "min_angle_alt": 90}}),
        ),
        (
            "make-source-plan",
            json!({"make-source-plan": {"max_obs_length": 10}}),
        ),
        ("day-mod", json!({"day-mod": {"day": 1, "day_mod": 2}})),
        ("drift-mode", json!({"drift-mode": {"mode": "setting"}})),
        (
            "calibration-min-duration",
            json!({"calibration-min-duration": {"min_duration": 30_000}}),
        ),
        ("alt-range", json!({"alt-range": {"alt_range": [89, 90]}})),
        (
            "min-duration",
            json!({"min-duration": {"min_duration": 3_000}}),
        ),
        ("merge", json!({})),
    ];
    for (rule, rules) in cases {
        let plan = plan(
            "2023-01-01T00:00:00Z",
            "2023-01-02T00:00:00Z",
            json!({"rules": rules}),
        );
        let rules: Vec<_> = plan
            .outcome
            .dropped
            .iter()
            .map(|one| one.rule.as_str())
            .collect();
        assert!(rules.contains(&rule), "{rule} is not in {rules:?}");
    }
}

#[test]
fn a_drift_mode_keeps_one_side_of_the_meridian() {
    let scans = |mode: &str| {
        let rules = json!({"drift-mode": {"mode": mode}, "day-mod": null});
        let plan = plan(
            "2023-01-01T00:00:00Z",
            "2023-01-02T00:00:00Z",
            json!({"rules": rules}),
        );
        let scans = plan
            .outcome
            .steps
            .into_iter()
            .filter(|step| step.name == "saturn");
        scans.map(|step| pointing(&step)[0]).collect::<Vec<_>>()
    };
    assert!(scans("rising").iter().all(|azimuth| *azimuth < 180.0));
    assert!(scans("setting").iter().all(|azimuth| *azimuth > 180.0));
    assert!(!scans("rising").is_empty() && !scans("setting").is_empty());
}

#[test]
fn days_of_a_cycle_alternate() {
    let names = |day: i64| {
        let rules = json!({"day-mod": {"day": day, "day_mod": 2}});
        let config = json!({"rules": rules, "calibration_targets": ["saturn"]});
        let plan = try_plan("2023-01-01T00:00:00Z", "2023-01-05T00:00:00Z", &config).unwrap();
        plan.outcome.steps
    };
    let (even, odd) = (names(0), names(1));
    assert!(!even.is_empty() && !odd.is_empty());
    let all = try_plan(
        "2023-01-01T00:00:00Z",
        "2023-01-05T00:00:00Z",
        &json!({"calibration_targets": ["saturn"]}),
    );
    assert_eq!(all.unwrap().outcome.steps.len(), even.len() + odd.len());
}

/// What is left to chance is settled by the day: Saturn's scan after its rise at 13:00 doesn't depend on when the window
/// begins, and is another on the next day.
#[test]
fn the_same_day_gives_the_same_schedule() {
    let config = json!({"calibration_targets": ["saturn"]});
    let scans = |t0, t1| try_plan(t0, t1, &config).expect("a plan").outcome.steps;
    let (early, late) = (
        scans("2023-01-01T11:00:00Z", "2023-01-02T00:00:00Z"),
        scans("2023-01-01T12:00:00Z", "2023-01-02T00:00:00Z"),
    );
    assert_eq!(early, late);
    let next = scans("2023-01-02T11:00:00Z", "2023-01-03T00:00:00Z");
    let clock = |steps: &[Step]| steps[0].start.time();
    // The stars are four minutes earlier each day.
    assert!((clock(&early) - clock(&next)).abs() > TimeDelta::minutes(5));
}

#[test]
fn what_cannot_be_taken_is_named() {
    let given = |blocks: Value| json!({"blocks": blocks});
    let block = json!({"name": "a", "t0": "2023-01-01T00:00:00Z", "t1": "2023-01-01T01:00:00Z", "az": 180, "alt": 50, "throw": 20});
    let with = |key: &str, value: Value| {
        let mut block = block.clone();
        block[key] = value;
        given(json!([block]))
    };
    let rules = |rules: Value| json!({"rules": rules});
    for (config, field) in [
        (
            json!({"calibration_targets": ["pluto"]}),
            "calibration_targets.0",
        ),
        (
            json!({"calibration_targets": ["mars", "mars"]}),
            "calibration_targets.1",
        ),
        (json!({"site": {"latitude": 91}}), "site.latitude"),
        (json!({"site": {"latitude": "south"}}), "site.latitude"),
        (json!({"site": null}), "site"),
        (json!({"master_schedule": "../secret"}), "master_schedule"),
        (json!({"master_schedule": "none.txt"}), "master_schedule"),
        (json!({"master_schedule": 7}), "master_schedule"),
        (with("t1", json!("2022-12-31T00:00:00Z")), "blocks.0.t1"),
        (with("t1", json!("tomorrow")), "blocks.0.t1"),
        (with("name", json!("it's")), "blocks.0.name"),
        (with("name", json!("a\nimport os")), "blocks.0.name"),
        (with("alt", json!(91)), "blocks.0.alt"),
        (with("throw", json!(-1)), "blocks.0.throw"),
        (with("colour", json!("red")), "blocks.0.colour"),
        (given(json!([block, block])), "blocks"),
        (
            rules(json!({"day-mod": {"day": "one"}})),
            "rules.day-mod.day",
        ),
        (
            rules(json!({"day-mod": {"day_mod": 0}})),
            "rules.day-mod.day_mod",
        ),
        (rules(json!({"day-mod": {"hour": 1}})), "rules.day-mod.hour"),
        (
            rules(json!({"moon-avoidance": null})),
            "rules.moon-avoidance",
        ),
        (
            rules(json!({"drift-mode": {"mode": "falling"}})),
            "rules.drift-mode.mode",
        ),
        (
            rules(json!({"sun-avoidance": {"time_step": 0}})),
            "rules.sun-avoidance.time_step",
        ),
        (
            rules(json!({"sun-avoidance": {"n_buffer": -1}})),
            "rules.sun-avoidance.n_buffer",
        ),
        (
            rules(json!({"alt-range": {"alt_range": [90, 20]}})),
            "rules.alt-range.alt_range",
        ),
        (
            rules(json!({"min-duration": {"min_duration": -1}})),
            "rules.min-duration.min_duration",
        ),
        (
            rules(json!({"make-source-plan": null})),
            "rules.make-source-plan",
        ),
        (
            rules(json!({"make-source-plan": {"specs": []}})),
            "rules.make-source-plan.specs",
        ),
        (
            rules(
                json!({"make-source-plan": {"specs": [{"bounds_x": [1, -1], "bounds_y": [-1, 1]}]}}),
            ),
            "rules.make-source-plan.specs.0.bounds_x",
        ),
        (
            rules(json!({"make-source-plan": {"spec_shape": "square"}})),
            "rules.make-source-plan.spec_shape",
        ),
        (
            rules(json!({"make-source-scan": {"phase": {"saturn": 2}}})),
            "rules.make-source-scan.phase.saturn",
        ),
        (
            rules(json!({"make-source-scan": {"phase": {"pluto": 0.5}}})),
            "rules.make-source-scan.phase.pluto",
        ),
    ] {
        let refused = try_plan("2023-01-01T00:00:00Z", "2023-01-02T00:00:00Z", &config);
        let error = refused.expect_err(field);
        assert_eq!(
            (error.code(), error.field()),
            ("VALIDATION", Some(field)),
            "{error}"
        );
    }
}

#[test]
fn a_window_lies_in_years_that_are_known() {
    let refused = |t0: &str, t1: &str| {
        try_plan(t0, t1, &Value::Null)
            .unwrap_err()
            .field()
            .map(str::to_owned)
    };
    assert_eq!(
        refused("1899-12-31T00:00:00Z", "1900-01-01T00:00:00Z").as_deref(),
        Some("t0")
    );
    assert_eq!(
        refused("2100-12-31T00:00:00Z", "2101-01-01T00:00:00Z").as_deref(),
        Some("t1")
    );
}

#[test]
fn a_fine_grid_over_a_long_window_is_refused() {
    let config = json!({"rules": {"sun-avoidance": {"time_step": 1}}});
    let refused = try_plan("2023-01-01T00:00:00Z", "2024-02-05T00:00:00Z", &config);
    assert_eq!(
        refused.unwrap_err().field(),
        Some("rules.sun-avoidance.time_step")
    );
}

#[test]
fn a_plan_that_nobody_waits_for_is_given_up() {
    let (t0, t1) = (time("2023-01-01T00:00:00Z"), time("2024-02-05T00:00:00Z"));
    let setting = setting();
    setting.abandoned.cancel();
    let window = Window::new(t0, t1).expect("a window");
    let given_up = Basic.plan(window, &Value::Null, &setting).unwrap_err();
    assert_eq!(given_up.code(), "UNAVAILABLE");
}

/// Two configurations in turns, on two threads, a thousand times each: no plan changes what another one gets.
#[test]
fn no_plan_changes_what_another_one_gets() {
    let window = ("2023-01-01T01:30:00Z", "2023-01-01T03:00:00Z");
    let masters = json!({"calibration_targets": [], "master_schedule": "master_schedule.txt"});
    let strict = json!({
        "calibration_targets": [], "master_schedule": "master_schedule.txt",
        "rules": {"min-duration": {"min_duration": 600}, "day-mod": null},
    });
    let alone = |config: &Value| try_plan(window.0, window.1, config).expect("a plan");
    let expected = [alone(&masters), alone(&strict)];
    assert_ne!(expected[0], expected[1]);
    let often = |config: &Value, expected: &Plan| {
        for _ in 0..1_000 {
            assert_eq!(&alone(config), expected);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| often(&masters, &expected[0]));
        scope.spawn(|| often(&strict, &expected[1]));
    });
    assert_eq!(Basic.default_config(), *config::DEFAULTS);
}

/// The time grows with the window, not with its square: eight times the days take less than twenty times as long.
#[test]
fn a_longer_window_takes_proportionally_longer() {
    let config =
        json!({"calibration_targets": ["saturn"], "rules": {"sun-avoidance": {"time_step": 60}}});
    let seconds = |t1: &str| {
        let started = Instant::now();
        try_plan("2023-01-01T00:00:00Z", t1, &config).expect("a plan");
        started.elapsed().as_secs_f64()
    };
    let (short, long) = (
        seconds("2023-01-05T00:00:00Z"),
        seconds("2023-02-02T00:00:00Z"),
    );
    assert!(long < 20.0 * short, "{short} s, then {long} s");
}
