//! Which script runs where: a product's scripts with the machine that each runs on, the same every night.

use std::time::Duration;

use rand::RngExt;

use crate::demo::{
    catalog::{Product, Suite},
    seed::Seed,
};

/// A product's scripts, in the order in which they run.
pub(super) struct Roster {
    pub(super) scripts: Vec<Script>,
}

/// A script with its place.
pub(in crate::demo) struct Script {
    pub(in crate::demo) name: String,
    pub(in crate::demo) suite: &'static Suite,
    pub(in crate::demo) machine: &'static str,
    /// How long it usually takes.
    pub(in crate::demo) usual: Duration,
}

impl Roster {
    /// Gives each script to the machine that is free first.
    pub(super) fn new(seed: Seed, product: &Product) -> Self {
        let mut busy = vec![Duration::ZERO; product.machines.len()];
        let mut scripts = Vec::new();
        for suite in product.suites {
            for rest in suite.scripts.split_whitespace() {
                let name = format!("{}{rest}", suite.prefix);
                let usual = usual(seed, product, suite, &name);
                let free = (0..busy.len())
                    .min_by_key(|machine| busy[*machine])
                    .expect("a product has machines");
                busy[free] += usual;
                scripts.push(Script {
                    name,
                    suite,
                    machine: product.machines[free],
                    usual,
                });
            }
        }
        Self { scripts }
    }
}

fn usual(seed: Seed, product: &Product, suite: &Suite, name: &str) -> Duration {
    let (from, to) = suite.seconds;
    // Evenly in proportion: short ones are as frequent as long ones.
    let share = seed
        .dice(&[&"usual duration", product, &name])
        .random_range(0.0..1.0);
    Duration::from_secs_f64(from * (to / from).powf(share))
}
