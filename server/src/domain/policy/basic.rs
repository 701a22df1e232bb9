//! The policy `basic`: an observing schedule.
//!
//! The master schedule comes from outside; calibration sources are up when they are. Rules leave of both what can be
//! observed, in a fixed order, one file a rule or kind of them; then calibration takes its time from the master schedule.

mod block;
mod commands;
mod config;
mod grid;
mod master;
mod source;
mod source_plan;
mod source_scan;
mod sun_avoidance;
mod windows;

#[cfg(any(test, feature = "fuzzing"))]
pub use self::master::fuzz::master_schedule;

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;

use self::{
    block::{Observation, Pointing, Source},
    config::{Config, Rules},
    source_plan::Array,
    source_scan::Phases,
};
use super::{
    Block, Dropped, Outcome, Policy, Setting, Step, Window,
    interval::{Interval, Sequence, Spanning},
    sky::{Body, Sky},
};
use crate::error::{Error, Result};

/// The years for which the sun, the moon and the planets are known well enough.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

#[derive(Debug)]
pub(super) struct Basic;

impl Policy for Basic {
    fn name(&self) -> &'static str {
        "basic"
    }

    fn description(&self) -> &'static str {
        "An observing schedule: blocks of a master schedule, and scans of calibration sources while they drift through \
         the array, which take their time from these. Stays away from the sun."
    }

    fn default_config(&self) -> Value {
        config::DEFAULTS.clone()
    }

    fn check(&self, window: Window, config: &Value, setting: &Setting) -> Result<()> {
        read(window, config, setting)?;
        Ok(())
    }

    fn plan(&self, window: Window, config: &Value, setting: &Setting) -> Result<Outcome> {
        let (config, masters) = read(window, config, setting)?;
        let Some(span) = Interval::new(window.t0, window.t1) else {
            return Ok(schedule(Vec::new()));
        };
        let bodies = [Body::Sun]
            .into_iter()
            .chain(config.targets.iter().copied());
        let is_wanted = || setting.check().is_ok();
        let sky = Sky::over(config.site, bodies, (window.t0, window.t1), is_wanted)
            .ok_or(Error::Stopping)?;
        let sources = source::blocks(&sky, &config.targets, span);
        Planning {
            config: &config,
            sky: &sky,
            setting,
            dropped: Vec::new(),
        }
        .outcome(masters, sources)
    }
}

/// The configuration of a plan, and the blocks of its master schedule.
fn read(window: Window, config: &Value, setting: &Setting) -> Result<(Config, Vec<Observation>)> {
    let config = Config::read(config)?;
    check_years(window)?;
    if let Some(rule) = &config.rules.sun_avoidance {
        rule.check_effort(window, config.targets.len())?;
    }
    let masters = master::blocks(&config, setting.folder.as_deref(), window)?;
    Ok((config, masters))
}

fn check_years(window: Window) -> Result<()> {
    let check = |field, time: DateTime<Utc>| {
        if YEARS.contains(&time.year()) {
            return Ok(());
        }
        let message = format!("must lie in the years {} to {}", YEARS.start(), YEARS.end());
        Err(Error::validation(field, message))
    };
    check("t0", window.t0)?;
    check("t1", window.t1)
}

/// A plan while it is made.
struct Planning<'a> {
    config: &'a Config,
    sky: &'a Sky,
    setting: &'a Setting,
    /// What was left out up to now.
    dropped: Vec<Dropped>,
}

impl Planning<'_> {
    fn outcome(mut self, masters: Vec<Observation>, sources: Vec<Source>) -> Result<Outcome> {
        let considered = shown(&masters).chain(shown(&sources)).collect();
        let masters = self.away_from_sun(masters)?;
        let sources = self.away_from_sun(sources)?;
        let scans = self.scans(&sources)?;
        let kept = shown(&masters).chain(shown(&scans)).collect();
        let merged = self.merge(masters, scans);
        Ok(Outcome {
            considered,
            kept,
            dropped: self.dropped,
            ..schedule(merged)
        })
    }

    fn rules(&self) -> &Rules {
        &self.config.rules
    }

    fn away_from_sun<B: Pointing>(&mut self, blocks: Vec<B>) -> Result<Vec<B>> {
        match &self.config.rules.sun_avoidance {
            Some(rule) => rule.apply(&blocks, self.sky, self.setting, &mut self.dropped),
            None => Ok(blocks),
        }
    }

    /// The scans of sources, those of one target after those of another, each in the order of time.
    fn scans(&mut self, sources: &[Source]) -> Result<Vec<Observation>> {
        let array = Array::new(&self.rules().make_source_plan);
        let mut windows = Vec::with_capacity(sources.len());
        for source in sources {
            self.setting.check()?;
            let Some(starts) = array.starts(source, self.sky) else {
                self.dropped.push(source.dropped(source_plan::RULE));
                continue;
            };
            let rules = &self.config.rules;
            windows.extend(windows::admitted(
                rules,
                starts,
                self.sky,
                &mut self.dropped,
            ));
        }
        let rule = &self.config.rules.make_source_scan;
        let Some(phases) = Phases::of(rule, &self.config.targets, &windows) else {
            return Ok(Vec::new());
        };
        let mut scans = Vec::with_capacity(windows.len());
        for starts in windows {
            match phases.scan(&array, &starts, self.sky) {
                Some(scan) => scans.push(scan),
                None => self.dropped.push(starts.dropped(source_scan::RULE)),
            }
        }
        Ok(scans)
    }

    /// Puts scans into the master schedule one by one, and then leaves out what has become too short.
    fn merge(&mut self, masters: Vec<Observation>, scans: Vec<Observation>) -> Vec<Observation> {
        let mut sequence = Sequence::new();
        for block in masters.into_iter().chain(scans) {
            let replaced = sequence.replace(block);
            self.dropped
                .extend(replaced.iter().map(|block| block.dropped("merge")));
        }
        let mut merged = sequence.into_blocks();
        if let Some(rule) = &self.config.rules.min_duration {
            merged.retain(|block| {
                let is_long = rule.admits(block.span().end() - block.span().start());
                if !is_long {
                    self.dropped.push(block.dropped("min-duration"));
                }
                is_long
            });
        }
        merged
    }
}

fn shown<B: Pointing>(blocks: &[B]) -> impl Iterator<Item = Block> {
    blocks.iter().map(Pointing::shown)
}

/// The steps that make these observations, and nothing beside them.
fn schedule(observations: Vec<Observation>) -> Outcome {
    let step = |observation: Observation| Step {
        commands: commands::of(&observation),
        start: observation.span.start(),
        end: observation.span.end(),
        name: observation.name,
    };
    Outcome {
        preamble: commands::PREAMBLE.to_owned(),
        steps: observations.into_iter().map(step).collect(),
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests;
