//! What can be set of the policy `basic`. The defaults, with their meaning as numbers, are in `defaults.json`.
//!
//! Angles are degrees and times are seconds. What is read here is checked here: the rules rely on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::LazyLock,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::block::Observation;
use crate::{
    domain::policy::{
        config,
        interval::Interval,
        sky::{Body, Drift, Site},
    },
    error::{Error, Result},
};

/// The configuration of a plan that says nothing else.
pub(super) static DEFAULTS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("defaults.json")).expect("the file is part of the program")
});

/// The most blocks that a configuration or a file may have.
pub(super) const BLOCKS: usize = 10_000;

/// The most parts that an array may have.
const SPECS: usize = 1_000;

/// The most seconds that a length may be set to: that of the longest window.
const MOST_SECONDS: f64 = 400.0 * 86_400.0;

/// The configuration of a plan.
#[derive(Debug)]
pub(super) struct Config {
    /// Where the observer is.
    pub(super) site: Site,
    /// The name of the file with the master schedule.
    pub(super) master_schedule: Option<String>,
    /// Further blocks of the master schedule.
    pub(super) blocks: Vec<Observation>,
    /// What scans are made for, in alphabetical order.
    pub(super) targets: Vec<Body>,
    /// What is done with blocks, sources and scans.
    pub(super) rules: Rules,
}

/// The rules of a plan; one that is `None` is switched off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Rules {
    pub(super) sun_avoidance: Option<SunAvoidance>,
    pub(super) day_mod: Option<DayMod>,
    pub(super) drift_mode: Option<DriftMode>,
    pub(super) min_duration: Option<MinDuration>,
    pub(super) calibration_min_duration: Option<MinDuration>,
    pub(super) make_source_plan: MakeSourcePlan,
    pub(super) alt_range: Option<AltRange>,
    pub(super) make_source_scan: MakeSourceScan,
}

/// How far to stay away from the sun.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SunAvoidance {
    /// Further away than this in azimuth is safe.
    pub(super) min_angle_az: f64,
    /// Further away than this in altitude is safe.
    pub(super) min_angle_alt: f64,
    /// How often it is looked.
    pub(super) time_step: f64,
    /// By how many steps what is unsafe grows on both sides.
    pub(super) n_buffer: usize,
}

/// On which days of a cycle sources are observed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "these are the names of the configuration"
)]
pub(super) struct DayMod {
    /// The day of the cycle.
    pub(super) day: i64,
    /// How many sidereal days a cycle has.
    pub(super) day_mod: i64,
    /// When a first one began.
    pub(super) day_ref: DateTime<Utc>,
}

/// On which side of the meridian sources are observed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DriftMode {
    pub(super) mode: Drift,
}

/// How long something must at least last.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MinDuration {
    min_duration: f64,
}

impl MinDuration {
    /// Whether something that lasts so long lasts long enough.
    pub(super) fn admits(&self, length: TimeDelta) -> bool {
        length.as_seconds_f64() >= self.min_duration
    }
}

/// How a source drifts through the array.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeSourcePlan {
    /// The parts of the array, around where the boresight points.
    pub(super) specs: Vec<Spec>,
    /// The shape of each part.
    #[expect(
        dead_code,
        reason = "there is one shape; reading it makes sure that it is that one"
    )]
    spec_shape: SpecShape,
    /// The longest that a source may take to drift through.
    pub(super) max_obs_length: f64,
}

/// A part of the array: where it ends, in degrees from the boresight.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    pub(super) bounds_x: [f64; 2],
    pub(super) bounds_y: [f64; 2],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SpecShape {
    Ellipse,
}

/// How high a source must stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AltRange {
    pub(super) alt_range: [f64; 2],
}

/// When in a window of starts a scan begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeSourceScan {
    /// What stays of a window after the start, where it is that long.
    pub(super) preferred_length: f64,
    /// Where in the rest the scans of a target begin, 0..1; by the day where nothing is said.
    pub(super) phase: BTreeMap<String, f64>,
}

/// The configuration as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    site: WrittenSite,
    master_schedule: Option<String>,
    blocks: Vec<WrittenBlock>,
    rules: Rules,
    calibration_targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSite {
    latitude: f64,
    longitude: f64,
    elevation: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBlock {
    name: String,
    t0: DateTime<Utc>,
    t1: DateTime<Utc>,
    az: f64,
    alt: f64,
    throw: f64,
}

impl Config {
    /// Reads what a plan changes of the defaults.
    pub(super) fn read(given: &Value) -> Result<Self> {
        let written: Written = config::read(&DEFAULTS, given)?;
        written.rules.check()?;
        if written.blocks.len() > BLOCKS {
            let message = format!(
                "has {} blocks, at most {BLOCKS} are allowed",
                written.blocks.len()
            );
            return Err(Error::validation("blocks", message));
        }
        let blocks = written.blocks.into_iter().enumerate();
        let blocks: Vec<_> = blocks
            .map(|(index, block)| block.check(&format!("blocks.{index}")))
            .collect::<Result<_>>()?;
        Ok(Self {
            site: written.site.check()?,
            master_schedule: written.master_schedule,
            blocks: blocks.into_iter().flatten().collect(),
            targets: targets(&written.calibration_targets)?,
            rules: written.rules,
        })
    }
}

impl WrittenSite {
    fn check(&self) -> Result<Site> {
        within("site.latitude", self.latitude, -90.0..=90.0)?;
        within("site.longitude", self.longitude, -360.0..=360.0)?;
        within("site.elevation", self.elevation, -1_000.0..=100_000.0)?;
        Ok(Site::new(self.latitude, self.longitude, self.elevation))
    }
}

impl WrittenBlock {
    fn check(self, path: &str) -> Result<Option<Observation>> {
        if self.t1 < self.t0 {
            return Err(Error::validation(
                format!("{path}.t1"),
                "must not lie before t0",
            ));
        }
        // What has no duration is nothing.
        let Some(span) = Interval::new(self.t0, self.t1) else {
            return Ok(None);
        };
        let pointing = (self.az, self.alt, self.throw);
        Observation::master(path, &self.name, span, pointing).map(Some)
    }
}

impl Rules {
    fn check(&self) -> Result<()> {
        if let Some(rule) = &self.sun_avoidance {
            within(
                "rules.sun-avoidance.min_angle_az",
                rule.min_angle_az,
                0.0..=180.0,
            )?;
            within(
                "rules.sun-avoidance.min_angle_alt",
                rule.min_angle_alt,
                0.0..=180.0,
            )?;
            within(
                "rules.sun-avoidance.time_step",
                rule.time_step,
                1.0..=86_400.0,
            )?;
        }
        if let Some(rule) = &self.day_mod
            && rule.day_mod < 1
        {
            return Err(Error::validation(
                "rules.day-mod.day_mod",
                "must be 1 or more",
            ));
        }
        if let Some(rule) = &self.min_duration {
            seconds("rules.min-duration.min_duration", rule.min_duration)?;
        }
        if let Some(rule) = &self.calibration_min_duration {
            seconds(
                "rules.calibration-min-duration.min_duration",
                rule.min_duration,
            )?;
        }
        if let Some(rule) = &self.alt_range {
            bounds("rules.alt-range.alt_range", rule.alt_range)?;
        }
        self.make_source_plan.check()?;
        self.make_source_scan.check()
    }
}

impl MakeSourcePlan {
    fn check(&self) -> Result<()> {
        const PATH: &str = "rules.make-source-plan";
        if self.specs.is_empty() || self.specs.len() > SPECS {
            return Err(Error::validation(
                format!("{PATH}.specs"),
                format!("must have 1 to {SPECS} parts"),
            ));
        }
        for (index, spec) in self.specs.iter().enumerate() {
            bounds(&format!("{PATH}.specs.{index}.bounds_x"), spec.bounds_x)?;
            bounds(&format!("{PATH}.specs.{index}.bounds_y"), spec.bounds_y)?;
        }
        seconds(&format!("{PATH}.max_obs_length"), self.max_obs_length)
    }
}

impl MakeSourceScan {
    fn check(&self) -> Result<()> {
        const PATH: &str = "rules.make-source-scan";
        seconds(&format!("{PATH}.preferred_length"), self.preferred_length)?;
        for (target, phase) in &self.phase {
            let field = format!("{PATH}.phase.{target}");
            known_body(&field, target)?;
            within(&field, *phase, 0.0..=1.0)?;
        }
        Ok(())
    }
}

/// The targets, each there once.
fn targets(names: &[String]) -> Result<Vec<Body>> {
    let mut sorted = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let field = format!("calibration_targets.{index}");
        let body = known_body(&field, name)?;
        if !sorted.insert((body.name(), body)) {
            return Err(Error::validation(field, format!("{name} is there twice")));
        }
    }
    Ok(sorted.into_iter().map(|(_, body)| body).collect())
}

fn known_body(field: &str, name: &str) -> Result<Body> {
    Body::named(name).ok_or_else(|| {
        let known = Body::ALL.map(Body::name).join(", ");
        Error::validation(field, format!("must be one of {known}"))
    })
}

fn seconds(field: &str, value: f64) -> Result<()> {
    within(field, value, 0.0..=MOST_SECONDS)
}

/// Two ends, of which the second is the greater one; neither can be more than a right angle.
fn bounds(field: &str, [low, high]: [f64; 2]) -> Result<()> {
    within(field, low, -90.0..=90.0)?;
    within(field, high, -90.0..=90.0)?;
    if low >= high {
        return Err(Error::validation(field, "must begin with the lower bound"));
    }
    Ok(())
}

/// Refuses what lies out of a range.
pub(super) fn within(field: &str, value: f64, range: RangeInclusive<f64>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let message = format!("must lie in {}..{}", range.start(), range.end());
    Err(Error::validation(field, message))
}
