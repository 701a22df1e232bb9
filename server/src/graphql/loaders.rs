//! What loads rows in batches: however many objects a response has, each kind of row behind them costs one query.

use std::{collections::HashMap, future::Future};

use entity::{
    ClientId, Guid, RunId, ScheduleId, TaskId, backup as backup_row, client as client_row,
    correction, label, run as run_row, run_output, schedule as schedule_row, task as task_row,
};

use super::batch::Load;
use crate::{
    domain::{
        actor::{Actor, Viewer},
        backup, client, comparison,
        page::Page,
        policy,
        result::{self, Key, Range, Row},
        run, schedule, task,
    },
    error::Result,
    state::State,
};

/// Loads for one request, as its actor.
pub(super) struct Batch {
    state: State,
    actor: Actor,
}

impl Batch {
    pub(super) fn new(state: State, actor: Actor) -> Self {
        Self { state, actor }
    }
}

/// The labels of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LabelsOf(pub(super) ScheduleId);

/// The expected scripts of a schedule that have no final result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct MissingOf(pub(super) ScheduleId);

/// The plan of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlanOf(pub(super) ScheduleId);

/// The closed schedule of the same title before a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PreviousOf(pub(super) ScheduleId);

/// How long a schedule will still take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RemainingOf(pub(super) ScheduleId);

/// The output of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OutputOf(pub(super) Key);

/// The corrections of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CorrectionsOf(pub(super) Key);

/// The last run of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LastRunOf(pub(super) TaskId);

/// The archive that a run made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct BackupOf(pub(super) RunId);

/// A schedule against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ComparisonOf(pub(super) ScheduleId, pub(super) ScheduleId);

/// Says how keys of a kind are loaded: by a function of the domain, with what the key holds.
macro_rules! load {
    ($key:ty => $value:ty, $function:path, $inner:expr, $wrap:expr) => {
        impl Load<$key> for Batch {
            type Value = $value;

            fn load(
                &self,
                keys: Vec<$key>,
            ) -> impl Future<Output = Result<HashMap<$key, $value>>> + Send {
                let inner: Vec<_> = keys.iter().map($inner).collect();
                async move {
                    let viewer: Viewer = self.actor.viewer()?;
                    let found = $function(&self.state, &viewer, &inner).await?;
                    Ok(found
                        .into_iter()
                        .map(|(key, value)| ($wrap(key), value))
                        .collect())
                }
            }
        }
    };
}

load!(ClientId => client_row::Model, client::by_ids, |id| *id, |id| id);
load!(ScheduleId => schedule_row::Model, schedule::by_ids, |id| *id, |id| id);
load!(Guid => schedule_row::Model, schedule::by_names, |name| *name, |name| name);
load!(LabelsOf => Vec<label::Model>, schedule::labels, |key| key.0, LabelsOf);
load!(MissingOf => Vec<String>, schedule::missing, |key| key.0, MissingOf);
load!(PlanOf => policy::Plan, schedule::plans, |key| key.0, PlanOf);
load!(PreviousOf => schedule_row::Model, schedule::previous, |key| key.0, PreviousOf);
load!(RemainingOf => i32, schedule::remaining_seconds, |key| key.0, RemainingOf);
load!(OutputOf => String, result::outputs, |key| key.0, OutputOf);
load!(CorrectionsOf => Vec<correction::Model>, result::corrections, |key| key.0, CorrectionsOf);
load!(Range => Page<Row>, result::pages, Clone::clone, |range| range);
load!(TaskId => task_row::Model, task::by_ids, |id| *id, |id| id);
load!(LastRunOf => run_row::Model, run::last_of_tasks, |key| key.0, LastRunOf);
load!(BackupOf => backup_row::Model, backup::of_runs, |key| key.0, BackupOf);
load!(run::Range => Page<run_row::Model>, run::pages, Clone::clone, |range| range);
load!(run::LinesOf => Vec<run_output::Model>, run::lines, |part| *part, |part| part);
load!(
    ComparisonOf => comparison::Comparison,
    comparison::compare,
    |key| (key.0, key.1),
    |(this, base)| ComparisonOf(this, base)
);
