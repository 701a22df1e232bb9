//! The way of a body over the days, as a table that is interpolated.

use super::{
    body::Body,
    ephemeris::{self, Vector},
    moment::Moment,
};

/// How many entries a day the table of a body has, so that a cubic between them is right to 0.0001°.
fn entries_per_day(body: Body) -> f64 {
    match body {
        Body::Moon => 4.0,
        _ => 1.0,
    }
}

/// Where a body is seen from the centre of the earth, at every moment of a time.
#[derive(Debug)]
pub(super) struct Track {
    /// The moment of the first entry.
    start: Moment,
    entries_per_day: f64,
    places: Vec<Vector>,
}

impl Track {
    /// The way of a body from `start` to `end`; nothing, where `is_wanted` ends it.
    pub(super) fn of(
        body: Body,
        start: Moment,
        end: Moment,
        is_wanted: &mut impl FnMut() -> bool,
    ) -> Option<Self> {
        let entries_per_day = entries_per_day(body);
        let step = 1.0 / entries_per_day;
        // A cubic wants an entry before and one after the two that it lies between.
        let start = start.plus_days(-step);
        let mut places = Vec::new();
        let mut moment = start;
        while moment <= end.plus_days(3.0 * step) {
            if !is_wanted() {
                return None;
            }
            places.push(ephemeris::place(body, moment));
            moment = moment.plus_days(step);
        }
        Some(Self {
            start,
            entries_per_day,
            places,
        })
    }

    /// Where it is at a moment of that time: Lagrange's cubic through the four entries around.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to the table before"
    )]
    pub(super) fn at(&self, moment: Moment) -> Vector {
        let position = (moment.0 - self.start.0) * self.entries_per_day;
        let before = (position.floor().max(1.0) as usize).min(self.places.len() - 3);
        let fraction = position - f64::from(u32::try_from(before).expect("tables are small"));
        let [a, b, c, d] = [before - 1, before, before + 1, before + 2].map(|at| self.places[at]);
        let (back, forth, beyond) = (fraction + 1.0, fraction - 1.0, fraction - 2.0);
        a * (-fraction * forth * beyond / 6.0)
            + b * (back * forth * beyond / 2.0)
            + c * (-back * fraction * beyond / 2.0)
            + d * (back * fraction * forth / 6.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_its_entries_the_table_is_as_good_as_the_series() {
        for body in Body::ALL {
            let (start, end) = (Moment(8_401.0), Moment(8_431.0));
            let track = Track::of(body, start, end, &mut || true).expect("it is wanted");
            for hours in 0_u8..=240 {
                let moment = start.plus_days(f64::from(hours) / 8.0);
                let (near, exact) = (track.at(moment), ephemeris::place(body, moment));
                let off = near - exact;
                let off = off.x.hypot(off.y).hypot(off.z) / exact.x.hypot(exact.y).hypot(exact.z);
                assert!(off.to_degrees() < 0.0001, "{body:?} is off by {off}");
            }
        }
    }
}
