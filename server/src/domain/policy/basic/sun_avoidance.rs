//! The rule `sun-avoidance`: nothing points near the sun.

use chrono::{DateTime, Utc};

use super::{
    block::Pointing,
    config::SunAvoidance,
    grid::{Grid, runs},
};
use crate::{
    domain::policy::{
        Dropped, Setting, Window,
        interval::Interval,
        sky::{Body, Sky},
    },
    error::{Error, Result},
};

pub(super) const RULE: &str = "sun-avoidance";

/// The most often that it is looked for one plan, all blocks together.
const MOST_LOOKS: f64 = 40e6;

impl SunAvoidance {
    /// Refuses to look too often: for the master schedule and for each target over the whole window.
    pub(super) fn check_effort(&self, window: Window, targets: usize) -> Result<()> {
        let lanes = 1.0 + f64::from(u32::try_from(targets).expect("there are nine at the most"));
        let looks = lanes * (window.t1 - window.t0).as_seconds_f64() / self.time_step;
        if looks <= MOST_LOOKS {
            return Ok(());
        }
        let message = format!(
            "is too short for this window: at least {:.0} seconds",
            (self.time_step * looks / MOST_LOOKS).ceil()
        );
        Err(Error::validation("rules.sun-avoidance.time_step", message))
    }

    /// What is safe of some blocks, and notes what is not.
    pub(super) fn apply<B: Pointing>(
        &self,
        blocks: &[B],
        sky: &Sky,
        setting: &Setting,
        dropped: &mut Vec<Dropped>,
    ) -> Result<Vec<B>> {
        let mut safe = Vec::with_capacity(blocks.len());
        for block in blocks {
            setting.check()?;
            self.split(block, sky, &mut safe, dropped);
        }
        Ok(safe)
    }

    /// A block as it is, where all of it is safe; otherwise a block for each safe run of its grid, from the first point of
    /// the run to the last.
    fn split<B: Pointing>(
        &self,
        block: &B,
        sky: &Sky,
        safe: &mut Vec<B>,
        dropped: &mut Vec<Dropped>,
    ) {
        let span = block.span();
        let grid = Grid::on(span.start(), span.end(), self.time_step);
        if grid.len() == 0 {
            dropped.push(block.dropped(RULE));
            return;
        }
        let unsafe_points: Vec<_> = grid
            .points()
            .map(|time| !self.is_safe(block, sky, time))
            .collect();
        let safe_points = without_margin(&unsafe_points, self.n_buffer);
        if safe_points.iter().all(|safe| *safe) {
            safe.push(block.clone());
            return;
        }
        let mut from = span.start();
        for run in runs(&safe_points) {
            let Some(part) = Interval::new(grid.at(run.start), grid.at(run.end - 1)) else {
                continue;
            };
            dropped
                .extend(Interval::new(from, part.start()).map(|gap| block.at(gap).dropped(RULE)));
            from = part.end();
            safe.push(block.at(part));
        }
        dropped.extend(Interval::new(from, span.end()).map(|gap| block.at(gap).dropped(RULE)));
    }

    fn is_safe(&self, block: &impl Pointing, sky: &Sky, time: DateTime<Utc>) -> bool {
        let sun = sky.position(Body::Sun, time);
        let block_points = block.direction(sky, time);
        let azimuth = sun.azimuth_to(block_points);
        let altitude = block_points.altitude - sun.altitude;
        azimuth.abs() - block.throw() > self.min_angle_az || altitude.abs() > self.min_angle_alt
    }
}

/// Which points are safe, when each unsafe one makes so many on both sides of it unsafe too.
fn without_margin(unsafe_points: &[bool], margin: usize) -> Vec<bool> {
    let mut safe = vec![true; unsafe_points.len()];
    for run in runs(unsafe_points) {
        let last = run.end.saturating_add(margin).min(safe.len());
        safe[run.start.saturating_sub(margin)..last].fill(false);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `.` for a safe point, `x` for an unsafe one.
    fn grown(points: &str, margin: usize) -> String {
        let points: Vec<_> = points.chars().map(|point| point == 'x').collect();
        let safe = without_margin(&points, margin);
        safe.iter()
            .map(|safe| if *safe { '.' } else { 'x' })
            .collect()
    }

    #[test]
    fn what_is_unsafe_grows_on_both_sides() {
        assert_eq!(grown(".....x.....", 0), ".....x.....");
        assert_eq!(grown(".....x.....", 2), "...xxxxx...");
        assert_eq!(grown("x...x.....x", 1), "xx.xxx...xx");
        assert_eq!(grown("....", 3), "....");
        assert_eq!(grown(".x..", usize::MAX), "xxxx");
    }
}
