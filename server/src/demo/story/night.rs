//! One run: how the machines go through its scripts, and what they report.

use std::{collections::BTreeMap, fmt::Display, time::Duration};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use rand::{RngExt, rngs::StdRng};
use uuid::Uuid;

use super::{
    Attempt, Correction, Plot, Run,
    fate::Fate,
    roster::{Roster, Script},
};
use crate::demo::{
    api::Status,
    catalog::Product,
    seed::Seed,
    telling::{self, Fault},
};

/// How many nights ago the scripts began to creep.
const CREEPING_NIGHTS: i64 = 21;

/// A night of one product.
pub(super) struct Night<'a> {
    pub(super) seed: Seed,
    pub(super) product: &'static Product,
    pub(super) roster: &'a Roster,
    pub(super) date: NaiveDate,
    /// How many nights before the last one.
    pub(super) ago: i64,
    /// Counts the runs, for the scripts that fail once in so many.
    pub(super) occasion: i64,
    /// What the run is called.
    pub(super) name: Uuid,
}

/// What a machine did.
struct Work {
    machine: &'static str,
    attempt: Attempt,
}

impl Night<'_> {
    /// The run of this night.
    pub(super) fn run(&self, begins: DateTime<Utc>, trigger: &str) -> Run {
        let scripts = self.roster.scripts.iter();
        let scripts: Vec<_> = scripts.filter(|script| self.is_on(script)).collect();
        let mut work = self.perform(&scripts);
        self.fall_silent(&mut work);
        work.sort_by_key(|work| work.attempt.reported);
        let end = work
            .last()
            .map_or(Duration::ZERO, |last| last.attempt.reported);
        let pause = self.dice(&[&"closing"]).random_range(1_500..6_000);
        let is_left_open =
            |plot: &Plot| matches!(plot, Plot::Abandoned { night } if *night == self.ago);
        let is_closed = !self.product.plots.iter().any(is_left_open);
        Run {
            name: self.name,
            title: self.product.title,
            labels: self.labels(trigger),
            begins,
            expected: scripts.iter().map(|script| script.name.clone()).collect(),
            attempts: work.into_iter().map(|work| work.attempt).collect(),
            correction: self.correction(),
            closes: is_closed.then(|| end + Duration::from_millis(pause)),
        }
    }

    /// The plots that are about a script.
    pub(super) fn plots_of<'a>(
        &self,
        script: &'a Script,
    ) -> impl Iterator<Item = &'static Plot> + use<'a> {
        let plots = self.product.plots.iter();
        plots.filter(|plot| plot.script() == Some(script.name.as_str()))
    }

    /// The dice for a question about this run.
    pub(super) fn dice(&self, question: &[&dyn Display]) -> StdRng {
        let mut about: Vec<&dyn Display> = vec![&self.name];
        about.extend(question);
        self.seed.dice(&about)
    }

    /// Whether a script runs on this night.
    fn is_on(&self, script: &Script) -> bool {
        let is_out = |plot: &Plot| match plot {
            Plot::Only { prefix, nights } => {
                script.name.starts_with(prefix) && !nights.contain(self.ago)
            }
            _ => false,
        };
        (script.suite.at_weekends || !is_weekend(self.date))
            && !self.product.plots.iter().any(is_out)
    }

    fn labels(&self, trigger: &str) -> Vec<(&'static str, String)> {
        // Nobody commits at weekends.
        let mut workday = self.date;
        while is_weekend(workday) {
            workday = workday - Days::new(1);
        }
        let commit = self.seed.commit(&[&"commit", self.product, &workday]);
        vec![
            ("branch", "main".to_owned()),
            ("commit", commit),
            ("machine", self.product.starter.to_owned()),
            ("trigger", trigger.to_owned()),
        ]
    }

    fn correction(&self) -> Option<Correction> {
        let mut plots = self.product.plots.iter();
        plots.find_map(|plot| match plot {
            Plot::Corrected {
                script,
                night,
                to,
                reason,
                ..
            } if *night == self.ago => Some(Correction {
                script,
                to: *to,
                reason,
            }),
            _ => None,
        })
    }

    /// Each machine goes through its scripts, one after the other.
    fn perform(&self, scripts: &[&Script]) -> Vec<Work> {
        let mut clocks: BTreeMap<&str, Duration> = BTreeMap::new();
        let mut work = Vec::new();
        for script in scripts {
            let mut dice = self.dice(&[&script.name]);
            let clock = clocks
                .entry(script.machine)
                .or_insert_with(|| Duration::from_millis(dice.random_range(1_000..9_000)));
            let fate = self.fate(script);
            for fault in self.tries(&fate, &mut dice) {
                *clock += Duration::from_millis(dice.random_range(200..900));
                let attempt = match fate {
                    Fate::Never(status, reason) => self.left_out(script, status, reason, *clock),
                    _ => self.attempt(script, fault, *clock, &mut dice),
                };
                *clock = attempt.reported;
                work.push(Work {
                    machine: script.machine,
                    attempt,
                });
            }
        }
        work
    }

    /// What is wrong in each try of a script.
    fn tries<'f>(&self, fate: &'f Fate, dice: &mut StdRng) -> Vec<Option<&'f Fault>> {
        match fate {
            Fate::Passes | Fate::Never(..) => vec![None],
            Fate::Fails(fault) if self.product.retries => vec![Some(fault), Some(fault)],
            Fate::HasBadLuck(fault) if self.product.retries => {
                vec![Some(fault), dice.random_ratio(1, 6).then_some(fault)]
            }
            Fate::Fails(fault) | Fate::HasBadLuck(fault) => vec![Some(fault)],
        }
    }

    fn left_out(
        &self,
        script: &Script,
        status: Status,
        reason: &str,
        reported: Duration,
    ) -> Attempt {
        Attempt {
            key: self.key(script, reported),
            script: script.name.clone(),
            status,
            message: Some(reason.to_owned()),
            output: None,
            begins: None,
            reported,
        }
    }

    fn attempt(
        &self,
        script: &Script,
        fault: Option<&Fault>,
        begins: Duration,
        dice: &mut StdRng,
    ) -> Attempt {
        let took = self.duration(script, fault.is_some(), dice);
        Attempt {
            key: self.key(script, begins),
            script: script.name.clone(),
            status: fault.map_or(Status::Pass, |fault| fault.status),
            message: fault.map(|fault| fault.message.clone()),
            output: Some(telling::output(self.seed, script, took, fault)),
            begins: Some(begins),
            reported: begins + took,
        }
    }

    fn key(&self, script: &Script, moment: Duration) -> Uuid {
        let milliseconds = moment.as_millis();
        self.seed.uuid(&[&self.name, &script.name, &milliseconds])
    }

    /// How long a script takes tonight. The nights differ a little, and so do the machines.
    fn duration(&self, script: &Script, fails: bool, dice: &mut StdRng) -> Duration {
        let load = self.dice(&[&script.machine]).random_range(0.97..1.03);
        let chance = dice.random_range(0.94..1.06);
        let end = if fails { 0.95 } else { 1.0 };
        let plots = self.plots_of(script).map(|plot| match plot {
            Plot::Slower { since, times, .. } if self.ago <= *since => *times,
            Plot::Creeping { times, .. } => {
                let nights = self.ago.clamp(-1, CREEPING_NIGHTS);
                times.powi(-i32::try_from(nights).expect("they are a few"))
            }
            _ => 1.0,
        });
        let factor: f64 = load * chance * end * plots.product::<f64>();
        script.usual.mul_f64(factor)
    }

    /// On some nights, all or some of it falls silent on the way. What runs at that moment never ends.
    fn fall_silent(&self, work: &mut Vec<Work>) {
        for plot in self.product.plots {
            let only = match plot {
                Plot::Abandoned { night } if *night == self.ago => None,
                Plot::Incomplete { night, machine } if *night == self.ago => Some(*machine),
                _ => continue,
            };
            let is_hit = |work: &Work| only.is_none_or(|machine| work.machine == machine);
            let hit = work.iter().filter(|work| is_hit(work));
            let end = hit.clone().map(|work| work.attempt.reported).max();
            let late = end.unwrap_or_default().mul_f64(0.7);
            // When something has just begun.
            let begun = hit.filter_map(|work| work.attempt.begins);
            let silence = begun.filter(|begins| *begins <= late).max().unwrap_or(late);
            work.retain_mut(|work| !is_hit(work) || work.attempt.cut_off(silence));
        }
    }
}

impl Attempt {
    /// Takes away what came after all fell silent. Tells whether anything was heard of it before.
    fn cut_off(&mut self, silence: Duration) -> bool {
        if self.reported <= silence {
            return true;
        }
        let Some(begins) = self.begins.filter(|begins| *begins <= silence) else {
            return false;
        };
        self.status = Status::Running;
        self.message = None;
        self.output = None;
        self.reported = begins;
        true
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}
