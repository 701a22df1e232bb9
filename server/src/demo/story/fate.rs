//! What becomes of a script on a night, by the plots of its product.

use rand::RngExt;

use super::{Plot, night::Night, roster::Script};
use crate::demo::{api::Status, telling::Fault};

/// What becomes of a script.
pub(super) enum Fate {
    /// It passes.
    Passes,
    /// Something is wrong, and a second try won't help.
    Fails(Fault),
    /// Something is wrong, but a second try may help.
    HasBadLuck(Fault),
    /// It does not even begin.
    Never(Status, &'static str),
}

impl Night<'_> {
    /// What becomes of a script tonight. What is left out stays so, whatever happens to the others; for the rest, what
    /// befalls many at once comes first.
    pub(super) fn fate(&self, script: &Script) -> Fate {
        let own = self
            .plots_of(script)
            .find_map(|plot| self.own_fate(script, plot));
        if let Some(fate @ Fate::Never(..)) = own {
            return fate;
        }
        let mut common = self.product.plots.iter();
        common
            .find_map(|plot| self.common_fate(script, plot))
            .or(own)
            .unwrap_or(Fate::Passes)
    }

    /// What comes of a plot that is about this script.
    fn own_fate(&self, script: &Script, plot: &'static Plot) -> Option<Fate> {
        let fails = |symptom: &str| {
            Fate::Fails(Fault {
                status: Status::Fail,
                message: symptom.to_owned(),
            })
        };
        match plot {
            Plot::Skipped { reason, .. } => Some(Fate::Never(Status::Skip, reason)),
            Plot::Broken {
                nights, symptom, ..
            } if nights.contain(self.ago) => Some(fails(symptom)),
            Plot::Corrected { night, symptom, .. } if self.ago == *night => Some(fails(symptom)),
            Plot::Flaky { once_in, .. } if self.has_bad_luck(script, *once_in) => {
                let mut dice = self.dice(&[&"bad luck", &script.name]);
                Some(Fate::HasBadLuck(Fault::by_chance(script.suite, &mut dice)))
            }
            _ => None,
        }
    }

    /// What comes of a plot that is about many scripts.
    fn common_fate(&self, script: &Script, plot: &'static Plot) -> Option<Fate> {
        match plot {
            Plot::Down {
                night,
                machine,
                reason,
            } if self.ago == *night && script.machine == *machine => {
                Some(Fate::Never(Status::Block, reason))
            }
            Plot::Incident {
                nights,
                prefixes,
                share,
                status,
                symptom,
            } if nights.contain(self.ago)
                && prefixes
                    .iter()
                    .any(|prefix| script.name.starts_with(prefix)) =>
            {
                // The same scripts on each of the nights.
                let mut dice = self.seed.dice(&[&"incident", symptom, &script.name]);
                dice.random_bool(*share).then(|| match status {
                    Status::Block => Fate::Never(Status::Block, symptom),
                    status => Fate::Fails(Fault {
                        status: *status,
                        message: (*symptom).to_owned(),
                    }),
                })
            }
            _ => None,
        }
    }

    /// Whether it is the turn of a script that fails once in so many runs: of each so many, chance picks one.
    fn has_bad_luck(&self, script: &Script, once_in: i64) -> bool {
        let round = self.occasion.div_euclid(once_in);
        let mut dice = self
            .seed
            .dice(&[&"bad luck", self.product, &script.name, &round]);
        dice.random_range(0..once_in) == self.occasion.rem_euclid(once_in)
    }
}
