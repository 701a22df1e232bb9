//! What the policy `basic` moves about: observations, and sources that are up.

use chrono::{DateTime, Utc};

use super::config::within;
use crate::{
    domain::{
        input,
        policy::{
            Block, Dropped,
            interval::{Interval, Spanning},
            sky::{Body, Drift, Horizontal, Sky},
        },
    },
    error::{Error, Result},
};

/// A time that something takes.
pub(super) type Span = Interval<DateTime<Utc>>;

/// A scan to and fro at one altitude.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Observation {
    /// What it belongs to.
    pub(super) lane: Lane,
    /// What it is called.
    pub(super) name: String,
    /// When it is made.
    pub(super) span: Span,
    /// Where the scan begins, in degrees.
    pub(super) azimuth: f64,
    /// How high it is made, in degrees.
    pub(super) altitude: f64,
    /// How far it goes in azimuth, in degrees.
    pub(super) throw: f64,
}

/// What an observation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The master schedule.
    Master,
    /// The calibration by a source.
    Calibration(Body),
}

impl Lane {
    /// Its dotted path.
    fn path(self) -> String {
        match self {
            Self::Master => "master".to_owned(),
            Self::Calibration(body) => format!("sources.calibration.{}", body.name()),
        }
    }
}

impl Observation {
    /// An observation of the master schedule, as somebody wrote it at `path`. Its name becomes part of a program, so it
    /// can't have what would end a text there.
    pub(super) fn master(
        path: &str,
        name: &str,
        span: Span,
        (azimuth, altitude, throw): (f64, f64, f64),
    ) -> Result<Self> {
        let field = |name: &str| format!("{path}.{name}");
        let name = input::name(&field("name"), name)?;
        if name.contains(['\'', '\\']) {
            let message = "must not have an apostrophe or a backslash";
            return Err(Error::validation(field("name"), message));
        }
        within(&field("az"), azimuth, -720.0..=720.0)?;
        within(&field("alt"), altitude, -90.0..=90.0)?;
        within(&field("throw"), throw, 0.0..=720.0)?;
        Ok(Self {
            lane: Lane::Master,
            name,
            span,
            azimuth,
            altitude,
            throw,
        })
    }
}

/// A source, while it is up on one side of the meridian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) body: Body,
    pub(super) drift: Drift,
    pub(super) span: Span,
}

/// When a scan of a source may begin: at both of these moments, and at each between.
#[derive(Clone, Debug)]
pub(super) struct Starts {
    pub(super) source: Source,
    pub(super) first: DateTime<Utc>,
    pub(super) last: DateTime<Utc>,
}

/// What points somewhere for some time.
pub(super) trait Pointing: Spanning<DateTime<Utc>> {
    /// What it is called.
    fn name(&self) -> &str;

    /// What it belongs to.
    fn lane(&self) -> Lane;

    /// Where it points.
    fn direction(&self, sky: &Sky, time: DateTime<Utc>) -> Horizontal;

    /// How far it goes on from there in azimuth, in degrees.
    fn throw(&self) -> f64;

    /// How it is shown.
    fn shown(&self) -> Block {
        Block {
            lane: self.lane().path(),
            name: self.name().to_owned(),
            start: self.span().start(),
            end: self.span().end(),
        }
    }

    /// How it is shown where a rule left it out.
    fn dropped(&self, rule: &str) -> Dropped {
        dropped(self.name(), (self.span().start(), self.span().end()), rule)
    }
}

impl Starts {
    /// How it is shown where a rule left it out.
    pub(super) fn dropped(&self, rule: &str) -> Dropped {
        dropped(self.source.name(), (self.first, self.last), rule)
    }
}

fn dropped(name: &str, (start, end): (DateTime<Utc>, DateTime<Utc>), rule: &str) -> Dropped {
    Dropped {
        name: name.to_owned(),
        start,
        end,
        rule: rule.to_owned(),
    }
}

impl Spanning<DateTime<Utc>> for Observation {
    fn span(&self) -> Span {
        self.span
    }

    fn at(&self, span: Span) -> Self {
        Self {
            span,
            ..self.clone()
        }
    }
}

impl Spanning<DateTime<Utc>> for Source {
    fn span(&self) -> Span {
        self.span
    }

    fn at(&self, span: Span) -> Self {
        Self {
            span,
            ..self.clone()
        }
    }
}

impl Pointing for Observation {
    fn name(&self) -> &str {
        &self.name
    }

    fn lane(&self) -> Lane {
        self.lane
    }

    fn direction(&self, _: &Sky, _: DateTime<Utc>) -> Horizontal {
        Horizontal {
            azimuth: self.azimuth,
            altitude: self.altitude,
        }
    }

    fn throw(&self) -> f64 {
        self.throw
    }
}

impl Pointing for Source {
    fn name(&self) -> &str {
        self.body.name()
    }

    fn lane(&self) -> Lane {
        Lane::Calibration(self.body)
    }

    fn direction(&self, sky: &Sky, time: DateTime<Utc>) -> Horizontal {
        sky.position(self.body, time)
    }

    fn throw(&self) -> f64 {
        0.0
    }
}
