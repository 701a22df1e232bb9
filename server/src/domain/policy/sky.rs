//! Where sun, moon and planets stand over a place on the earth.
//!
//! Rule of the house: what leaves a function is in degrees, azimuths from north over east, altitudes apparent; radians
//! live inside of functions, in names that end in `_rad`. Positions are those of VSOP87 and ELP 2000-82 as the crate
//! `astro-rust` has them (Bretagnon and Francou 1988; Chapront-Touzé and Chapront in Meeus, *Astronomical Algorithms*,
//! chapter 47). They are computed every few hours and interpolated: a series has thousands of terms.

mod body;
mod ephemeris;
mod moment;
mod passage;
mod refraction;
mod site;
mod track;

pub(super) use body::Body;
pub(super) use passage::Drift;
pub(super) use site::{Horizontal, Site};

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use moment::Moment;
use track::Track;

/// The sky over a site for some time.
#[derive(Debug)]
pub(super) struct Sky {
    site: Site,
    tracks: BTreeMap<Body, Track>,
}

impl Sky {
    /// The bodies of these that stand in the sky over `site` from `start` to `end`. Gives up where `is_wanted` says that
    /// nobody waits for it any more.
    pub(super) fn over(
        site: Site,
        bodies: impl IntoIterator<Item = Body>,
        (start, end): (DateTime<Utc>, DateTime<Utc>),
        mut is_wanted: impl FnMut() -> bool,
    ) -> Option<Self> {
        // The passages at the edges of that time begin and end outside of it.
        let margin = TimeDelta::days(3);
        let (start, end) = (Moment::from(start - margin), Moment::from(end + margin));
        let bodies: BTreeSet<Body> = bodies.into_iter().collect();
        let mut track = |body| Some((body, Track::of(body, start, end, &mut is_wanted)?));
        let tracks = bodies.into_iter().map(&mut track).collect::<Option<_>>()?;
        Some(Self { site, tracks })
    }

    /// Where a body stands.
    pub(super) fn position(&self, body: Body, time: DateTime<Utc>) -> Horizontal {
        self.local(body, time.into()).horizontal()
    }

    fn local(&self, body: Body, moment: Moment) -> site::Local {
        self.site.look_at(self.tracks[&body].at(moment), moment)
    }
}

#[cfg(test)]
mod tests;
