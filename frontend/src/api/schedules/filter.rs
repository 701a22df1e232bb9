//! Which schedules a list shows: as the server takes it, and as the page decides whether a change
//! still belongs in the list.

use super::{Label, Schedule, ScheduleStatus};
use crate::api::{scalars::DateTime, schema};

/// Which schedules a list shows. What is empty or `None` restricts nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListFilter {
    /// Only those that stand at one of these.
    pub status: Vec<ScheduleStatus>,
    /// Only those of exactly this title.
    pub title: Option<String>,
    /// Only those that the client of this name opened.
    pub client: Option<String>,
    /// Only those filed under this.
    pub label: Option<Label>,
    /// Only those opened at this moment or later.
    pub created_after: Option<DateTime>,
    /// Only those opened before this moment.
    pub created_before: Option<DateTime>,
}

impl ListFilter {
    /// Everything that is not closed, abandoned or not.
    pub fn open() -> Self {
        Self {
            status: vec![
                ScheduleStatus::Created,
                ScheduleStatus::Running,
                ScheduleStatus::Abandoned,
            ],
            ..Self::default()
        }
    }

    /// Whether a schedule belongs in the list.
    pub fn matches(&self, schedule: &Schedule) -> bool {
        let Self {
            status,
            title,
            client,
            label,
            created_after,
            created_before,
        } = self;
        let created = &schedule.created_time;
        (status.is_empty() || status.contains(&schedule.status))
            && (title.is_none() || *title == schedule.title)
            && client
                .as_ref()
                .is_none_or(|client| *client == schedule.client.name)
            && label
                .as_ref()
                .is_none_or(|label| schedule.labels.contains(label))
            && created_after.as_ref().is_none_or(|time| created >= time)
            && created_before.as_ref().is_none_or(|time| created < time)
    }

    /// Whether it restricts anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The filter as the server takes it: a field that is left out restricts nothing, `null` would be
/// something else.
#[derive(cynic::InputObject, Clone)]
pub(super) struct ScheduleFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    status: Option<Vec<ScheduleStatus>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<LabelInput>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    created_after: Option<DateTime>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    created_before: Option<DateTime>,
}

#[derive(cynic::InputObject, Clone)]
struct LabelInput {
    key: String,
    value: String,
}

impl From<&ListFilter> for ScheduleFilter {
    fn from(filter: &ListFilter) -> Self {
        let filter = filter.clone();
        Self {
            status: (!filter.status.is_empty()).then_some(filter.status),
            title: filter.title,
            client: filter.client,
            labels: filter
                .label
                .map(|Label { key, value }| vec![LabelInput { key, value }]),
            created_after: filter.created_after,
            created_before: filter.created_before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::schedules::tests::schedule;

    #[test]
    fn every_part_of_a_filter_counts() {
        let running = Schedule {
            labels: vec![Label {
                key: "branch".into(),
                value: "main".into(),
            }],
            ..schedule("a", 60)
        };
        let everything = ListFilter::default;
        let matching = [
            everything(),
            ListFilter::open(),
            ListFilter {
                status: vec![ScheduleStatus::Closed, ScheduleStatus::Running],
                title: Some("nightly".into()),
                client: Some("ci".into()),
                label: running.labels.first().cloned(),
                created_after: Some(running.created_time.clone()),
                created_before: Some(DateTime("2026-11-21T01:00:00.001Z".into())),
            },
        ];
        for filter in matching {
            assert!(filter.matches(&running), "{filter:?}");
        }
        let other = [
            ListFilter {
                status: vec![ScheduleStatus::Closed],
                ..everything()
            },
            ListFilter {
                title: Some("night".into()),
                ..everything()
            },
            ListFilter {
                client: Some("CI".into()),
                ..everything()
            },
            ListFilter {
                label: Some(Label {
                    key: "branch".into(),
                    value: "master".into(),
                }),
                ..everything()
            },
            ListFilter {
                created_after: Some(DateTime("2026-11-21T01:00:00.001Z".into())),
                ..everything()
            },
            ListFilter {
                created_before: Some(running.created_time.clone()),
                ..everything()
            },
        ];
        for filter in other {
            assert!(!filter.matches(&running), "{filter:?}");
        }
    }
}
