//! What happened on which night: the runs of the past, and how one of today would go.
//!
//! Pure: the same seed and the same day make the same story. Plots count the nights back from the last one; the rest is
//! chance, and goes by a night's date. So a story that is told again on a later day has more nights, of other names.

mod fate;
mod night;
mod roster;

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use rand::RngExt;
use uuid::Uuid;

pub(super) use self::roster::Script;
use self::{night::Night, roster::Roster};
use super::{
    api::{Label, Report, Status},
    catalog::{PRODUCTS, Plot, Product},
    seed::Seed,
};

/// How long after midnight (UTC) all runs of a night are over.
const NIGHT_IS_OVER: TimeDelta = TimeDelta::hours(4);

/// One run of a product's scripts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) name: Uuid,
    pub(super) title: &'static str,
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) begins: DateTime<Utc>,
    /// The scripts that should report.
    pub(super) expected: Vec<String>,
    /// What was reported, in that order.
    pub(super) attempts: Vec<Attempt>,
    pub(super) correction: Option<Correction>,
    /// How long after its beginning it was closed, if anybody closed it.
    pub(super) closes: Option<Duration>,
}

impl Run {
    /// Its labels, as the API takes them.
    pub(super) fn labels(&self) -> Vec<Label<'_>> {
        let labels = self.labels.iter();
        labels.map(|(key, value)| Label { key, value }).collect()
    }

    /// How many scripts have this status at the end.
    pub(super) fn count(&self, status: Status) -> usize {
        let latest = self.latest();
        latest
            .values()
            .filter(|attempt| attempt.status == status)
            .count()
    }

    /// How many scripts are final at the end.
    pub(super) fn finals(&self) -> usize {
        self.latest().len() - self.count(Status::Running)
    }

    /// The latest attempt of each script.
    fn latest(&self) -> HashMap<&str, &Attempt> {
        let attempts = self.attempts.iter();
        attempts
            .map(|attempt| (attempt.script.as_str(), attempt))
            .collect()
    }
}

/// One attempt of one script. Its times count from the beginning of its run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    pub(super) key: Uuid,
    pub(super) script: String,
    /// RUNNING where it never ended.
    pub(super) status: Status,
    pub(super) message: Option<String>,
    pub(super) output: Option<String>,
    /// When it began; nothing where it did not even begin.
    pub(super) begins: Option<Duration>,
    /// When it was last reported.
    pub(super) reported: Duration,
}

impl Attempt {
    /// How long it took, if it began and ended.
    fn took(&self) -> Option<Duration> {
        let begins = self.begins.filter(|_| self.status != Status::Running)?;
        self.reported.checked_sub(begins)
    }

    /// The report of its end, without the times at which it took place.
    pub(super) fn report(&self) -> Report<'_> {
        let milliseconds = self.took().map(|took| took.as_millis());
        Report {
            key: self.key,
            script: &self.script,
            status: self.status,
            message: self.message.as_deref(),
            output: self.output.as_deref(),
            duration_ms: milliseconds.and_then(|milliseconds| milliseconds.try_into().ok()),
            started_time: None,
            submitted_time: None,
        }
    }
}

/// What somebody corrected in the morning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Correction {
    pub(super) script: &'static str,
    pub(super) to: Status,
    pub(super) reason: &'static str,
}

/// All that happens, by its seed and its last night.
pub(super) struct Story {
    seed: Seed,
    last_night: NaiveDate,
    rosters: Vec<(&'static Product, Roster)>,
}

/// A night of one product, which can be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chapter {
    pub(super) product: &'static Product,
    pub(super) date: NaiveDate,
    /// What its run is called.
    pub(super) name: Uuid,
}

impl Story {
    /// The story whose last night is the last one that is over.
    pub(super) fn new(seed: Seed, now: DateTime<Utc>) -> Self {
        let roster = |product: &&'static Product| (*product, Roster::new(seed, product));
        Self {
            seed,
            last_night: (now - NIGHT_IS_OVER).date_naive(),
            rosters: PRODUCTS.iter().map(roster).collect(),
        }
    }

    /// The last so many nights of every product, the oldest first.
    pub(super) fn chapters(&self, nights: u16) -> Vec<Chapter> {
        let dates = (0..nights)
            .rev()
            .map(|ago| self.last_night - Days::new(ago.into()));
        let of = |date: NaiveDate| {
            PRODUCTS.iter().map(move |product| Chapter {
                product,
                date,
                name: self.seed.uuid(&[&"run", product, &date]),
            })
        };
        dates.flat_map(of).collect()
    }

    /// What happened on a night.
    pub(super) fn tell(&self, chapter: Chapter) -> Run {
        let Chapter {
            product,
            date,
            name,
        } = chapter;
        let mut dice = self.seed.dice(&[&"beginning", &name]);
        let minutes = TimeDelta::minutes(i64::from(product.hour) * 60 + dice.random_range(2..8));
        let begins = (date.and_time(NaiveTime::MIN) + minutes).and_utc()
            + TimeDelta::milliseconds(dice.random_range(0..60_000));
        let night = Night {
            seed: self.seed,
            product,
            roster: self.roster(product),
            date,
            ago: (self.last_night - date).num_days(),
            occasion: date.signed_duration_since(NaiveDate::default()).num_days(),
            name,
        };
        night.run(begins, "nightly")
    }

    /// How a run goes that somebody starts now, after the last night.
    pub(super) fn improvise(&self, product: &'static Product, now: DateTime<Utc>) -> Run {
        let night = Night {
            seed: self.seed,
            product,
            roster: self.roster(product),
            date: now.date_naive(),
            ago: -1,
            occasion: now.timestamp(),
            name: self.seed.uuid(&[&"live", product, &now.timestamp_micros()]),
        };
        night.run(now, "manual")
    }

    fn roster(&self, product: &Product) -> &Roster {
        let found = self
            .rosters
            .iter()
            .find(|(other, _)| other.title == product.title);
        &found.expect("there is one for every product").1
    }
}

#[cfg(test)]
mod tests;
