//! Schedules: one fragment for the list and for the page of one, pages of the list, and the list's
//! live updates.

mod filter;

use cynic::{QueryBuilder, SubscriptionBuilder};

pub use self::filter::ListFilter;
use self::filter::ScheduleFilter;
use super::{
    Api,
    error::Error,
    keywords::keywords,
    page::{Page, PageInfo},
    scalars::{DateTime, Uuid},
    schema,
    socket::{Event, Subscription},
};

/// How many schedules one page of the list holds.
const PAGE_SIZE: i32 = 50;

/// Where a schedule stands.
#[derive(cynic::Enum, Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ScheduleStatus {
    /// Open, and nothing reported yet.
    Created,
    /// Open, with reports coming in.
    Running,
    /// Closed by its client.
    Closed,
    /// Open, with no report for longer than its lease.
    Abandoned,
}

keywords!(ScheduleStatus {
    Created = "CREATED",
    Running = "RUNNING",
    Closed = "CLOSED",
    Abandoned = "ABANDONED",
});

impl ScheduleStatus {
    /// Whether its clock still runs: it is neither closed nor given up.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Running)
    }
}

/// A key and a value that a client filed a schedule under.
#[derive(cynic::QueryFragment, Clone, Debug, Eq, PartialEq)]
pub struct Label {
    /// Such as `branch`.
    pub key: String,
    /// Such as `main`.
    pub value: String,
}

/// Counts over the latest attempt of each script.
#[derive(cynic::QueryFragment, Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// How many scripts are to report, where that was said.
    pub expected: Option<i32>,
    /// Scripts with a final status.
    pub reported: i32,
    /// Scripts that have started and not finished.
    pub running: i32,
    /// Scripts that passed.
    pub pass: i32,
    /// Scripts that failed.
    pub fail: i32,
    /// Scripts that could not run for a reason outside of them.
    pub block: i32,
    /// Scripts that broke.
    pub error: i32,
    /// Scripts that were left out.
    pub skip: i32,
    /// The share of the expected scripts that are final, 0 to 100.
    pub percent: Option<f64>,
    /// An estimate of what is left, in seconds.
    pub remaining_seconds: Option<i32>,
}

/// The name of an API client.
#[derive(cynic::QueryFragment, Clone, Debug, Eq, PartialEq)]
#[cynic(graphql_type = "Client")]
pub struct ClientName {
    /// Its unique name.
    pub name: String,
}

/// One run of many scripts.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The GUID that clients use.
    pub name: Uuid,
    /// What people call it, where its client said.
    pub title: Option<String>,
    /// Where it stands.
    pub status: ScheduleStatus,
    /// Who opened it.
    pub client: ClientName,
    /// What it is filed under.
    pub labels: Vec<Label>,
    /// When it was opened.
    pub created_time: DateTime,
    /// When it last changed.
    pub last_modify_time: DateTime,
    /// When it was closed.
    pub closed_time: Option<DateTime>,
    /// Its change counter.
    pub revision: i32,
    /// Its counts.
    pub progress: Progress,
}

impl Schedule {
    /// Its title, or its GUID where it has none.
    pub fn display_name(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name.0)
    }
}

#[derive(cynic::QueryVariables)]
struct SchedulesVariables {
    first: i32,
    after: Option<String>,
    filter: ScheduleFilter,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "SchedulesVariables")]
struct SchedulesQuery {
    #[arguments(first: $first, after: $after, filter: $filter)]
    schedules: ScheduleConnection,
}

#[derive(cynic::QueryFragment)]
struct ScheduleConnection {
    nodes: Vec<Schedule>,
    page_info: PageInfo,
}

#[derive(cynic::QueryVariables)]
struct ScheduleVariables {
    name: Uuid,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ScheduleVariables")]
struct ScheduleQuery {
    #[arguments(name: $name)]
    schedule: Option<Schedule>,
}

/// The name of a schedule.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Schedule")]
pub struct ScheduleName {
    /// Its GUID.
    pub name: Uuid,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ScheduleVariables")]
struct PreviousQuery {
    #[arguments(name: $name)]
    schedule: Option<PreviousOfSchedule>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Schedule")]
struct PreviousOfSchedule {
    previous: Option<ScheduleName>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ScheduleVariables")]
struct MissingQuery {
    #[arguments(name: $name)]
    schedule: Option<MissingOfSchedule>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Schedule")]
struct MissingOfSchedule {
    missing: Vec<String>,
}

#[derive(cynic::QueryVariables)]
struct ScheduleUpdatedVariables {
    filter: ScheduleFilter,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "ScheduleUpdatedVariables")]
struct ScheduleUpdatedSubscription {
    #[arguments(filter: $filter)]
    schedule_updated: Schedule,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "ScheduleUpdatedVariables")]
struct ScheduleTouchedSubscription {
    #[arguments(filter: $filter)]
    #[expect(dead_code, reason = "that one changed is all that matters")]
    schedule_updated: ScheduleName,
}

impl Api {
    /// The page of the list after a cursor, or the newest one.
    pub async fn schedules(
        self,
        filter: &ListFilter,
        after: Option<String>,
    ) -> Result<Page<Schedule>, Error> {
        let variables = SchedulesVariables {
            first: PAGE_SIZE,
            after,
            filter: filter.into(),
        };
        let connection = self
            .query(SchedulesQuery::build(variables))
            .await?
            .schedules;
        Ok(Page {
            items: connection.nodes,
            next: connection.page_info.next(),
        })
    }

    /// The schedule of this name; `None` where there is none.
    pub async fn schedule(self, name: &str) -> Result<Option<Schedule>, Error> {
        let name = Uuid(name.to_owned());
        let operation = ScheduleQuery::build(ScheduleVariables { name });
        Ok(self.query(operation).await?.schedule)
    }

    /// The last closed schedule of the same title before this one, if there is one.
    pub async fn previous_schedule(self, name: &Uuid) -> Result<Option<Uuid>, Error> {
        let name = name.clone();
        let operation = PreviousQuery::build(ScheduleVariables { name });
        let schedule = self.query(operation).await?.schedule;
        let previous = schedule.and_then(|schedule| schedule.previous);
        Ok(previous.map(|previous| previous.name))
    }

    /// The expected scripts of a schedule that have no final result.
    pub async fn missing_scripts(self, name: &Uuid) -> Result<Vec<String>, Error> {
        let name = name.clone();
        let operation = MissingQuery::build(ScheduleVariables { name });
        let schedule = self.query(operation).await?.schedule;
        Ok(schedule
            .map(|schedule| schedule.missing)
            .unwrap_or_default())
    }

    /// Tells of closed schedules: of those that are there, then each time that one is closed or, being
    /// closed, changes.
    pub fn watch_closed_schedules(self, on_change: impl Fn() + 'static) -> Subscription {
        let filter = ListFilter {
            status: vec![ScheduleStatus::Closed],
            ..ListFilter::default()
        };
        let filter = ScheduleFilter::from(&filter);
        self.socket.subscribe(
            move || {
                ScheduleTouchedSubscription::build(ScheduleUpdatedVariables {
                    filter: filter.clone(),
                })
            },
            move |_: Event<ScheduleTouchedSubscription>| on_change(),
        )
    }

    /// The newest schedules that match, then each again as it changes, and once more when it stops
    /// matching; after a lost connection, again from the start.
    pub fn watch_schedules(
        self,
        filter: &ListFilter,
        mut on_event: impl FnMut(Event<Schedule>) + 'static,
    ) -> Subscription {
        let filter = ScheduleFilter::from(filter);
        self.socket.subscribe(
            move || {
                ScheduleUpdatedSubscription::build(ScheduleUpdatedVariables {
                    filter: filter.clone(),
                })
            },
            move |event| {
                on_event(event.map(|data: ScheduleUpdatedSubscription| data.schedule_updated));
            },
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A schedule that was opened `created` minutes after midnight.
    pub(crate) fn schedule(name: &str, created: u32) -> Schedule {
        let time = DateTime(format!(
            "2026-11-21T{:02}:{:02}:00.000Z",
            created / 60,
            created % 60
        ));
        Schedule {
            name: Uuid(name.into()),
            title: Some("nightly".into()),
            status: ScheduleStatus::Running,
            client: ClientName { name: "ci".into() },
            labels: Vec::new(),
            created_time: time.clone(),
            last_modify_time: time,
            closed_time: None,
            revision: 1,
            progress: Progress::default(),
        }
    }

    #[test]
    fn what_is_not_filtered_by_is_absent() {
        let variables = ScheduleUpdatedVariables {
            filter: (&ListFilter::default()).into(),
        };
        let operation = ScheduleUpdatedSubscription::build(variables);
        let json = serde_json::to_value(&operation).expect("plain data");
        assert_eq!(json["variables"], serde_json::json!({"filter": {}}));
    }
}
