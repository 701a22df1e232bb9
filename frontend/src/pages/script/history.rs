//! The data of one script's page: its outcomes, schedule by schedule, read back from the newest, and
//! what is said of it as a whole, which comes along.

use futures::FutureExt;
use leptos::prelude::*;

use super::outcome::Outcome;
use crate::{
    api::{Api, page::Page, scripts::ScriptFacts},
    paged::Paged,
};

/// What became of a script; free to copy, and gone with the page that shows it.
#[derive(Clone, Copy)]
pub(super) struct History {
    /// Its outcomes, the newest first.
    pub(super) outcomes: Paged<Outcome>,
    facts: RwSignal<Known>,
}

/// What is known of a script as a whole.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    /// Nothing has come yet.
    NotYet,
    /// Nothing was ever reported under the name.
    Missing,
    /// What is said of it.
    Facts(ScriptFacts),
}

impl History {
    /// Reads the newest stretch.
    pub(super) fn start(name: String) -> Self {
        let api = Api::expect();
        let facts = RwSignal::new(Known::NotYet);
        let outcomes = Paged::start(move |after| {
            let name = name.clone();
            async move {
                let is_newest = after.is_none();
                let Some(stretch) = api.script(&name, after).await? else {
                    facts.set(Known::Missing);
                    return Ok(Page {
                        items: Vec::new(),
                        next: None,
                    });
                };
                if is_newest {
                    facts.set(Known::Facts(stretch.facts));
                }
                Ok(Page {
                    items: stretch
                        .schedules
                        .into_iter()
                        .filter_map(Outcome::of)
                        .collect(),
                    next: stretch.next,
                })
            }
            .boxed_local()
        });
        Self { outcomes, facts }
    }

    /// What is said of the script as a whole.
    pub(super) fn known(self) -> Known {
        self.facts.get()
    }

    /// Looks at the outcomes, the newest first.
    pub(super) fn with<T>(self, look: impl FnOnce(&[Outcome]) -> T) -> T {
        self.outcomes.items().with(|outcomes| look(outcomes))
    }
}
