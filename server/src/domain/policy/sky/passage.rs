//! How bodies pass over the sky: up on one side of the meridian, down on the other.
//!
//! Between its lower and its upper culmination a body climbs, then it sinks: so there is at most one rise before and one
//! set after each transit, and halving finds them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Body, Moment, Sky};

/// How far the stars turn in a day, in degrees. The moon is slower; that is made up for by trying again.
const DEGREES_PER_DAY: f64 = 360.985_647;

/// How often a guess is improved: the moon's own motion makes each thirty times as good as the one before.
const IMPROVEMENTS: usize = 8;

/// How often half of the time is thrown away that a rise or set may lie in: from half a day to a microsecond.
const HALVINGS: usize = 36;

/// On which side of the meridian a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::domain::policy) enum Drift {
    /// East of it: it climbs.
    Rising,
    /// West of it: it sinks.
    Setting,
}

/// The time from rise to transit, or from transit to set.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain::policy) struct Passage {
    /// Which of the two.
    pub(in crate::domain::policy) drift: Drift,
    /// When it begins.
    pub(in crate::domain::policy) start: DateTime<Utc>,
    /// When it has ended.
    pub(in crate::domain::policy) end: DateTime<Utc>,
}

impl Sky {
    /// The passages of a body of which something may lie between `start` and `end`, in the order of time.
    ///
    /// Rise and set are those of the upper limb. What doesn't set passes from one lower culmination to the next.
    pub(in crate::domain::policy) fn passages(
        &self,
        body: Body,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Vec<Passage> {
        let (start, end) = (Moment::from(start), Moment::from(end));
        let mut passages = Vec::new();
        let mut low = self.meridian(body, start.plus_days(-1.5), LOWER);
        while low < end {
            let high = self.meridian(body, low.plus_days(0.5), UPPER);
            let next_low = self.meridian(body, high.plus_days(0.5), LOWER);
            if let Some(rise) = self.limb_at_horizon(body, low, high) {
                passages.push(passage(Drift::Rising, rise, high));
            }
            if let Some(set) = self.limb_at_horizon(body, next_low, high) {
                passages.push(passage(Drift::Setting, high, set));
            }
            low = next_low;
        }
        passages
    }

    /// When a body crosses the meridian next to a moment: at its upper or at its lower culmination.
    fn meridian(&self, body: Body, near: Moment, hour_angle: f64) -> Moment {
        let mut moment = near;
        for _ in 0..IMPROVEMENTS {
            let ahead = hour_angle - self.local(body, moment).hour_angle();
            let ahead = (ahead + 180.0).rem_euclid(360.0) - 180.0;
            moment = moment.plus_days(ahead / DEGREES_PER_DAY);
        }
        moment
    }

    /// When the upper limb of a body is at the horizon, between a lower and an upper culmination, whichever of them is
    /// earlier. The lower one, where it is up all the time; nothing, where it never is.
    fn limb_at_horizon(&self, body: Body, low: Moment, high: Moment) -> Option<Moment> {
        if self.is_up(body, low) {
            return Some(low);
        }
        if !self.is_up(body, high) {
            return None;
        }
        let (mut down, mut up) = (low, high);
        for _ in 0..HALVINGS {
            let middle = Moment(f64::midpoint(down.0, up.0));
            if self.is_up(body, middle) {
                up = middle;
            } else {
                down = middle;
            }
        }
        Some(up)
    }

    /// Whether anything of a body is seen over the horizon.
    fn is_up(&self, body: Body, moment: Moment) -> bool {
        let local = self.local(body, moment);
        local.apparent_altitude() + local.semidiameter(body.radius_km()) > 0.0
    }
}

/// The hour angles at which bodies culminate, in degrees.
const UPPER: f64 = 0.0;
const LOWER: f64 = 180.0;

fn passage(drift: Drift, start: Moment, end: Moment) -> Passage {
    Passage {
        drift,
        start: start.into(),
        end: end.into(),
    }
}
