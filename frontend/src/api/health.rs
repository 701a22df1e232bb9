//! How the server's database is: what explains why nothing happens.

use cynic::SubscriptionBuilder;
use leptos::prelude::*;

use super::{
    Api,
    scalars::DateTime,
    schema,
    socket::{Event, Subscription},
};

/// What the database does for the server.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, PartialEq)]
enum DatabaseStatus {
    /// It answers, and takes what is written.
    Available,
    /// It can be read, and takes nothing.
    ReadOnly,
    /// It can't be reached.
    Unavailable,
}

#[derive(cynic::QueryFragment)]
struct Health {
    database: DatabaseStatus,
    since: DateTime,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription")]
struct HealthChangedSubscription {
    health_changed: Health,
}

/// What is the matter with the server's database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// Whether it can be read all the same.
    pub reads: bool,
    /// Since when, in milliseconds since 1970.
    pub since: f64,
}

impl Outage {
    fn of(health: &Health) -> Option<Self> {
        let reads = match health.database {
            DatabaseStatus::Available => return None,
            DatabaseStatus::ReadOnly => true,
            DatabaseStatus::Unavailable => false,
        };
        Some(Self {
            reads,
            since: health.since.millis(),
        })
    }

    /// Notes that the database can't be reached, unless something is the matter with it already.
    pub(super) fn begin(outage: RwSignal<Option<Self>>) {
        outage.maybe_update(|outage| {
            let is_news = outage.is_none();
            outage.get_or_insert_with(|| Self {
                reads: false,
                since: js_sys::Date::now(),
            });
            is_news
        });
    }

    /// Notes that nothing is known to be the matter any more.
    pub(super) fn end(outage: RwSignal<Option<Self>>) {
        outage.maybe_update(|outage| outage.take().is_some());
    }
}

impl Api {
    /// What is the matter with the server's database, as far as it is known.
    pub fn outage(self) -> ReadSignal<Option<Outage>> {
        self.outage.read_only()
    }

    /// Follows how the database is, for as long as what is returned is kept.
    pub fn watch_health(self) -> Subscription {
        self.socket.subscribe(
            || HealthChangedSubscription::build(()),
            move |event| {
                // A server that does not tell has nothing to say of it.
                if let Event::Next(HealthChangedSubscription { health_changed }) = event {
                    self.outage.set(Outage::of(&health_changed));
                }
            },
        )
    }
}
