//! The rule `make-source-plan`: the telescope waits ahead of a source, and lets it drift through the array.
//!
//! A scan is made at one altitude. It starts with the source at the edge of the array, and stops when the source has
//! gone all of its height; in between it reaches the altitude of the array's centre.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    block::{Lane, Observation, Pointing, Source, Starts},
    config::{MakeSourcePlan, Spec},
    grid::{Grid, SOURCE_STEP_SECONDS, runs, seconds_to_delta},
};
use crate::domain::policy::{
    interval::Interval,
    sky::{Body, Drift, Sky},
};

pub(super) const RULE: &str = "make-source-plan";

/// How far around a moment a source's motion is measured.
const MOTION: TimeDelta = TimeDelta::seconds(1);

/// How near to an altitude is near enough, in degrees: it is passed in less than a millisecond.
const PRECISION: f64 = 1e-6;

/// How often a moment between two points of the grid is improved at the most. Mostly, two or three times do.
const IMPROVEMENTS: usize = 30;

/// The array as it is seen by what drifts through it. Lengths are degrees, around the boresight.
#[derive(Debug)]
pub(super) struct Array {
    /// From the lower to the upper edge.
    height: f64,
    /// The middle between these, over the boresight.
    centre: f64,
    ellipses: Vec<Ellipse>,
    longest: f64,
}

/// A part of the array, as it extends in azimuth.
#[derive(Debug)]
struct Ellipse {
    middle_x: f64,
    half_x: f64,
    half_y: f64,
}

impl Ellipse {
    /// Where it begins and ends for what crosses it in a direction: half as wide as √(a²cos²φ + b²sin²φ).
    fn reach(&self, direction_rad: f64) -> (f64, f64) {
        let (sin, cos) = direction_rad.sin_cos();
        let half = (self.half_x * cos).hypot(self.half_y * sin);
        (self.middle_x - half, self.middle_x + half)
    }
}

impl From<&Spec> for Ellipse {
    fn from(spec: &Spec) -> Self {
        let ([left, right], [low, high]) = (spec.bounds_x, spec.bounds_y);
        Self {
            middle_x: f64::midpoint(left, right),
            half_x: (right - left) / 2.0,
            half_y: (high - low) / 2.0,
        }
    }
}

impl Array {
    pub(super) fn new(rule: &MakeSourcePlan) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for spec in &rule.specs {
            low = low.min(spec.bounds_y[0]);
            high = high.max(spec.bounds_y[1]);
        }
        Self {
            height: high - low,
            centre: f64::midpoint(low, high),
            ellipses: rule.specs.iter().map(Ellipse::from).collect(),
            longest: rule.max_obs_length,
        }
    }

    /// The window of starts for a source: the moments of its grid at which a scan may begin. None where there are none, or
    /// where they lie apart.
    pub(super) fn starts(&self, source: &Source, sky: &Sky) -> Option<Starts> {
        let drift = DriftThrough::new(source, sky)?;
        let grid = drift.grid;
        let allowed: Vec<_> = grid
            .points()
            .map(|start| self.is_allowed(&drift, start))
            .collect();
        let runs = runs(&allowed);
        let [run] = runs.as_slice() else {
            return None;
        };
        Some(Starts {
            source: source.clone(),
            first: grid.at(run.start),
            last: grid.at(run.end - 1),
        })
    }

    fn is_allowed(&self, drift: &DriftThrough<'_>, start: DateTime<Utc>) -> bool {
        drift
            .reaches(start, self.height)
            .is_some_and(|stop| start < stop && (stop - start).as_seconds_f64() <= self.longest)
    }

    /// The scan of a source that begins at a moment.
    pub(super) fn scan(
        &self,
        source: &Source,
        sky: &Sky,
        start: DateTime<Utc>,
    ) -> Option<Observation> {
        let drift = DriftThrough::new(source, sky)?;
        let middle = drift.reaches(start, self.height / 2.0)?;
        let span = Interval::new(start, drift.reaches(start, self.height)?)?;
        let altitude = drift.altitude(start) + drift.sign * self.height / 2.0;
        let cos_altitude = altitude.to_radians().cos();
        let direction_rad = drift.direction_rad(middle, cos_altitude);
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for ellipse in &self.ellipses {
            let reach = ellipse.reach(direction_rad);
            left = left.min(reach.0);
            right = right.max(reach.1);
        }
        let azimuth = sky.position(source.body, middle).azimuth;
        Some(Observation {
            lane: Lane::Calibration(source.body),
            name: source.name().to_owned(),
            span,
            azimuth: (azimuth - f64::midpoint(left, right) / cos_altitude).rem_euclid(360.0),
            altitude: altitude - self.centre,
            throw: (right - left) / cos_altitude,
        })
    }
}

/// A source that climbs or sinks, with its altitudes on its grid.
struct DriftThrough<'a> {
    sky: &'a Sky,
    body: Body,
    grid: Grid,
    /// +1 where it rises, −1 where it sets: altitudes times this grow.
    sign: f64,
    /// The signed altitudes that grow without interruption: up to where they are greatest, from where they are least. By
    /// the meridian, a source may turn around a moment before or after it crosses.
    growing: Vec<f64>,
    /// The place of the first of them on the grid.
    first: usize,
}

impl<'a> DriftThrough<'a> {
    fn new(source: &Source, sky: &'a Sky) -> Option<Self> {
        let grid = Grid::on(source.span.start(), source.span.end(), SOURCE_STEP_SECONDS);
        if grid.len() < 2 {
            return None;
        }
        let sign = match source.drift {
            Drift::Rising => 1.0,
            Drift::Setting => -1.0,
        };
        let signed = |time| sign * sky.position(source.body, time).altitude;
        let signed: Vec<f64> = grid.points().map(signed).collect();
        let place = |best: Option<(usize, &f64)>| best.map(|(place, _)| place);
        let all = || signed.iter().enumerate();
        let first = place(all().min_by(|one, other| one.1.total_cmp(other.1)))?;
        let last = place(all().max_by(|one, other| one.1.total_cmp(other.1)))?;
        Some(Self {
            sky,
            body: source.body,
            grid,
            sign,
            growing: signed.get(first..=last)?.to_vec(),
            first,
        })
    }

    fn altitude(&self, time: DateTime<Utc>) -> f64 {
        self.sky.position(self.body, time).altitude
    }

    /// When the source has gone so far from where it is at a moment; none, where it doesn't go as far in its block.
    fn reaches(&self, start: DateTime<Utc>, degrees: f64) -> Option<DateTime<Utc>> {
        let wanted = self.sign * self.altitude(start) + degrees;
        let after = self.growing.partition_point(|altitude| *altitude < wanted);
        let above = *self.growing.get(after)?;
        let Some(before) = after.checked_sub(1) else {
            return (above - wanted < PRECISION).then(|| self.grid.at(self.first));
        };
        let point = |place: usize| self.grid.at(self.first + place);
        let below = self.growing[before];
        Some(self.crossing(wanted, (point(before), below), (point(after), above)))
    }

    /// When the signed altitude is `wanted`, between a moment where it is less and one where it is not: by false position,
    /// with the weights of the Illinois method.
    fn crossing(
        &self,
        wanted: f64,
        (start, below): (DateTime<Utc>, f64),
        (end, above): (DateTime<Utc>, f64),
    ) -> DateTime<Utc> {
        let at = |seconds: f64| start + seconds_to_delta(seconds);
        let (mut low, mut high) = (
            (0.0, below - wanted),
            ((end - start).as_seconds_f64(), above - wanted),
        );
        let mut seconds = high.0;
        for _ in 0..IMPROVEMENTS {
            seconds = (low.0 * high.1 - high.0 * low.1) / (high.1 - low.1);
            let off = self.sign * self.altitude(at(seconds)) - wanted;
            if off.abs() < PRECISION {
                break;
            }
            if off < 0.0 {
                low = (seconds, off);
                high.1 /= 2.0;
            } else {
                high = (seconds, off);
                low.1 /= 2.0;
            }
        }
        at(seconds)
    }

    /// In which direction the source crosses the array: φ = atan2(daz/dt · cos alt, dalt/dt).
    fn direction_rad(&self, time: DateTime<Utc>, cos_altitude: f64) -> f64 {
        let before = self.sky.position(self.body, time - MOTION);
        let after = self.sky.position(self.body, time + MOTION);
        let azimuth = before.azimuth_to(after);
        (azimuth * cos_altitude).atan2(after.altitude - before.altitude)
    }
}
