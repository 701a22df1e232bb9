//! The two products of the demonstration: their machines, their scripts, and what befalls them.
//!
//! Tables only. What comes of them on a night is decided in `story`, and put into words in `telling`.

mod storefront;
mod telescope;

use std::fmt;

use super::api::Status;

/// All products, in the order in which their runs begin.
pub(super) const PRODUCTS: &[&Product] = &[&storefront::PRODUCT, &telescope::PRODUCT];

/// A product that is tested every night.
#[derive(Debug)]
pub(super) struct Product {
    /// The title of its runs.
    pub(super) title: &'static str,
    /// The client that reports the live ones.
    pub(super) client: &'static str,
    /// The hour (UTC) at which its nightly run begins.
    pub(super) hour: u32,
    /// What its scripts run on, one at a time on each.
    pub(super) machines: &'static [&'static str],
    /// Whether a script that did not pass gets a second chance in the same run.
    pub(super) retries: bool,
    /// The machine that starts its runs.
    pub(super) starter: &'static str,
    /// Its scripts, in the order in which they run.
    pub(super) suites: &'static [Suite],
    /// What befalls them.
    pub(super) plots: &'static [Plot],
}

/// Scripts that are much alike.
#[derive(Debug)]
pub(super) struct Suite {
    /// What their names begin with.
    pub(super) prefix: &'static str,
    /// The rest of their names, between spaces.
    pub(super) scripts: &'static str,
    /// How the end of a failure looks.
    pub(super) dialect: Dialect,
    /// About how long they take, from and to, in seconds.
    pub(super) seconds: (f64, f64),
    /// Whether they run at weekends too.
    pub(super) at_weekends: bool,
    /// What they do, and print while they do it.
    pub(super) steps: &'static [&'static str],
    /// What they may find wrong; `{n}` stands for a number.
    pub(super) symptoms: &'static [&'static str],
}

/// The language of a stack trace.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    /// A test in a browser, written in TypeScript.
    TypeScript,
    /// A test of a service or of firmware, written in Rust.
    Rust,
    /// A test on a bench, written in Python.
    Python,
}

/// Something that befalls a product. Nights count backwards: the last one is 0.
#[derive(Debug)]
pub(super) enum Plot {
    /// The script fails once in so many runs, for no visible reason.
    Flaky { script: &'static str, once_in: i64 },
    /// The script fails on all of these nights, and in the same way.
    Broken {
        script: &'static str,
        nights: Nights,
        symptom: &'static str,
    },
    /// The script has taken so many times as long since.
    Slower {
        script: &'static str,
        since: i64,
        times: f64,
    },
    /// The script takes so many times as long as the night before, every night.
    Creeping { script: &'static str, times: f64 },
    /// The script is left out.
    Skipped {
        script: &'static str,
        reason: &'static str,
    },
    /// A failure that somebody looked at in the morning, and that was not the product's fault.
    Corrected {
        script: &'static str,
        night: i64,
        symptom: &'static str,
        to: Status,
        reason: &'static str,
    },
    /// Whatever begins with the prefix ran on these nights only: it was written then, or deleted.
    Only {
        prefix: &'static str,
        nights: Nights,
    },
    /// Most of what begins with one of the prefixes goes wrong in the same way.
    Incident {
        nights: Nights,
        prefixes: &'static [&'static str],
        share: f64,
        status: Status,
        symptom: &'static str,
    },
    /// A machine is away, with all that runs on it.
    Down {
        night: i64,
        machine: &'static str,
        reason: &'static str,
    },
    /// What runs on a machine falls silent on the way, and the run is closed without it.
    Incomplete { night: i64, machine: &'static str },
    /// Everything falls silent on the way, and nobody closes the run.
    Abandoned { night: i64 },
}

/// Some nights in a row. Runs of today are night -1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nights {
    first: i64,
    last: i64,
}

impl Nights {
    /// All up to one.
    pub(super) const fn until(last: i64) -> Self {
        Self::between(i64::MAX, last)
    }

    /// All from one on.
    pub(super) const fn since(first: i64) -> Self {
        Self::between(first, i64::MIN)
    }

    /// From one to another, both included.
    pub(super) const fn between(first: i64, last: i64) -> Self {
        Self { first, last }
    }

    /// Whether a night is one of them.
    pub(super) fn contain(self, night: i64) -> bool {
        (self.last..=self.first).contains(&night)
    }
}

impl Plot {
    /// The script that it is about, where it is about one.
    pub(super) fn script(&self) -> Option<&'static str> {
        match self {
            Self::Flaky { script, .. }
            | Self::Broken { script, .. }
            | Self::Slower { script, .. }
            | Self::Creeping { script, .. }
            | Self::Skipped { script, .. }
            | Self::Corrected { script, .. } => Some(script),
            Self::Only { .. }
            | Self::Incident { .. }
            | Self::Down { .. }
            | Self::Incomplete { .. }
            | Self::Abandoned { .. } => None,
        }
    }
}

/// A product is told apart by its title.
impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn names(product: &Product) -> Vec<String> {
        let of = |suite: &'static Suite| {
            let scripts = suite.scripts.split_whitespace();
            scripts.map(|script| format!("{}{script}", suite.prefix))
        };
        product.suites.iter().flat_map(of).collect()
    }

    #[test]
    fn a_product_has_60_to_180_scripts_of_different_names() {
        for product in PRODUCTS {
            let names = names(product);
            assert!(
                (60..=180).contains(&names.len()),
                "{product}: {}",
                names.len()
            );
            let different: HashSet<_> = names.iter().collect();
            assert_eq!(different.len(), names.len(), "{product}");
        }
    }

    #[test]
    fn plots_are_about_what_there_is() {
        for product in PRODUCTS {
            let names = names(product);
            for plot in product.plots {
                if let Some(script) = plot.script() {
                    assert!(names.iter().any(|name| name == script), "no {script}");
                }
                match plot {
                    Plot::Down { machine, .. } | Plot::Incomplete { machine, .. } => {
                        assert!(product.machines.contains(machine), "no {machine}");
                    }
                    Plot::Only { prefix, .. } => {
                        assert!(
                            names.iter().any(|name| name.starts_with(prefix)),
                            "no {prefix}"
                        );
                    }
                    Plot::Incident { prefixes, .. } => {
                        for prefix in *prefixes {
                            assert!(names.iter().any(|name| name.starts_with(prefix)));
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
