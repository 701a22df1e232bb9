//! Comparisons: one schedule against an earlier one, and when to compare again.

use cynic::{QueryBuilder, SubscriptionBuilder};

use super::{
    Api,
    error::Error,
    scalars::Uuid,
    schedules::{Schedule, ScheduleName},
    schema,
    socket::{Event, Subscription},
};

/// A script that takes longer than it did.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Slowdown {
    /// The script.
    pub script: String,
    /// How long it took in the earlier schedule, in milliseconds.
    pub before_ms: i32,
    /// How long it takes now, in milliseconds.
    pub after_ms: i32,
}

/// How a schedule differs from an earlier one, by the latest attempt of each script.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Comparison")]
pub struct Differences {
    /// The earlier schedule.
    pub base: Schedule,
    /// Scripts that fail, and did not fail before.
    pub newly_failing: Vec<String>,
    /// Scripts that pass, and failed before.
    pub fixed: Vec<String>,
    /// Scripts that fail, and failed before.
    pub still_failing: Vec<String>,
    /// Scripts that were not there before.
    pub added: Vec<String>,
    /// Scripts that are not there any more.
    pub removed: Vec<String>,
    /// Scripts that take much longer, the greatest difference first.
    pub slower: Vec<Slowdown>,
}

#[derive(cynic::QueryVariables)]
struct ComparisonVariables {
    name: Uuid,
    base: Uuid,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ComparisonVariables")]
struct ComparisonQuery {
    #[arguments(name: $name)]
    #[cynic(rename = "schedule", alias)]
    other: Option<Schedule>,
    #[arguments(name: $name)]
    #[cynic(rename = "schedule", alias)]
    compared: Option<Compared>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Schedule", variables = "ComparisonVariables")]
struct Compared {
    previous: Option<ScheduleName>,
    #[arguments(with: $base)]
    comparison: Differences,
}

/// Two schedules, and how the other one differs from the base.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The schedule that is compared.
    pub other: Schedule,
    /// The last closed schedule of its title before it.
    pub previous: Option<Uuid>,
    /// How it differs, and from what.
    pub differences: Differences,
}

#[derive(cynic::QueryVariables)]
struct RevisionVariables {
    name: Uuid,
    after: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "ScheduleChange")]
struct Revision {
    revision: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "RevisionVariables")]
struct RevisionSubscription {
    #[arguments(name: $name, after: $after)]
    schedule_changes: Revision,
}

impl Api {
    /// Compares a schedule with an earlier one; `None` where there is no such schedule. Where there is
    /// no such base, the server says so.
    pub async fn comparison(self, base: &str, other: &str) -> Result<Option<Comparison>, Error> {
        let variables = ComparisonVariables {
            name: Uuid(other.to_owned()),
            base: Uuid(base.to_owned()),
        };
        let ComparisonQuery { other, compared } =
            self.query(ComparisonQuery::build(variables)).await?;
        Ok(other.zip(compared).map(|(other, compared)| Comparison {
            other,
            previous: compared.previous.map(|previous| previous.name),
            differences: compared.comparison,
        }))
    }

    /// The revision of a schedule whenever it is another one than the last seen.
    pub fn watch_revision(
        self,
        name: &str,
        last_seen: impl Fn() -> i32 + 'static,
        mut on_event: impl FnMut(Event<i32>) + 'static,
    ) -> Subscription {
        let name = Uuid(name.to_owned());
        self.socket.subscribe(
            move || {
                RevisionSubscription::build(RevisionVariables {
                    name: name.clone(),
                    after: last_seen(),
                })
            },
            move |event| {
                on_event(event.map(|data: RevisionSubscription| data.schedule_changes.revision));
            },
        )
    }
}
