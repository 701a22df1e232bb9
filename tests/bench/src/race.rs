//! The same load on several contenders in turn, several times over, so that whatever else the machine does falls on all of
//! them. What one of them left behind for the disk is written before the next one has its turn.

use std::{collections::BTreeMap, ops::AsyncFn};

use anyhow::Result;

use crate::{
    contender::{Contender, Kind},
    load::Outcome,
    table::{Table, number},
};

/// What came of a race.
pub(crate) struct Race {
    pub(crate) title: String,
    /// What is counted.
    unit: &'static str,
    /// How much of it a single answer stands for.
    each: f64,
    outcomes: BTreeMap<Kind, Vec<Outcome>>,
}

impl Race {
    /// Runs `rounds` rounds, in each of which every contender has its turn.
    pub(crate) async fn run(
        title: String,
        (unit, each): (&'static str, u16),
        contenders: &[Contender],
        rounds: usize,
        turn: impl AsyncFn(&Contender) -> Result<Outcome>,
    ) -> Result<Self> {
        let mut outcomes: BTreeMap<Kind, Vec<Outcome>> = BTreeMap::new();
        for round in 1..=rounds {
            for contender in contenders {
                contender.engine().come_to_rest().await?;
                let outcome = turn(contender).await?;
                eprintln!(
                    "bench: {title}, round {round}, {}: {} {unit}/s",
                    contender.kind,
                    number(outcome.rate * f64::from(each))
                );
                outcomes.entry(contender.kind).or_default().push(outcome);
            }
        }
        Ok(Self {
            title,
            unit,
            each: each.into(),
            outcomes,
        })
    }

    /// How many times as fast Daybook was, in the median of the rounds; nothing where one of both had no turn.
    pub(crate) fn ratio_to(&self, other: Kind) -> Option<f64> {
        let daybook = self.outcomes.get(&Kind::Daybook)?;
        let other = self.outcomes.get(&other)?;
        let ratios = daybook.iter().zip(other);
        Some(median(
            ratios.map(|(daybook, other)| daybook.rate / other.rate),
        ))
    }

    /// How many times its median the slow end of Daybook's latency was, in the median of the rounds.
    pub(crate) fn spread(&self) -> Option<f64> {
        let daybook = self.outcomes.get(&Kind::Daybook)?;
        Some(median(daybook.iter().map(|outcome| {
            outcome.milliseconds(0.99) / outcome.milliseconds(0.5)
        })))
    }

    /// The most of a core that the generator ever had.
    pub(crate) fn generator_cores(&self) -> f64 {
        let outcomes = self.outcomes.values().flatten();
        outcomes
            .map(|outcome| outcome.generator_cores)
            .fold(0.0, f64::max)
    }

    /// All figures.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new(&[
            "",
            &format!("{}/s", self.unit),
            "Daybook is … times as fast",
            "p50 ms",
            "p99 ms",
            "cores",
            "generator's cores",
        ]);
        for (kind, outcomes) in &self.outcomes {
            let of = |figure: fn(&Outcome) -> f64| median(outcomes.iter().map(figure));
            let ratio = self.ratio_to(*kind).filter(|_| *kind != Kind::Daybook);
            table.row([
                kind.to_string(),
                number(of(|outcome| outcome.rate) * self.each),
                ratio.map(number).unwrap_or_default(),
                number(of(|outcome| outcome.milliseconds(0.5))),
                number(of(|outcome| outcome.milliseconds(0.99))),
                number(of(|outcome| outcome.contender_cores)),
                number(of(|outcome| outcome.generator_cores)),
            ]);
        }
        table
    }
}

/// The middle one of some figures.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
