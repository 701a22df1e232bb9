//! What can be done to tasks: made, changed, paused, deleted. All of it needs the role OPERATOR.

#![expect(dead_code, reason = "the answers' fields are there to be selected")]

use cynic::MutationBuilder;

use super::{CatchUpPolicy, MonthEndPolicy, OverlapPolicy, Recurrence};
use crate::api::{
    Api,
    error::Error,
    scalars::{DateTime, Json},
    schema,
};

/// A reminder.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct ReminderInput {
    /// What to remember.
    pub note: Option<String>,
}

/// A command to be run.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct CommandActionInput {
    /// Its name.
    pub command: String,
    /// What it is given.
    pub arguments: Vec<String>,
}

/// A backup to be made.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct BackupActionInput {
    /// The folder.
    pub source: String,
}

/// A schedule to be opened.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct ScheduleActionInput {
    /// The policy that makes the plan.
    pub policy: String,
    /// What differs from the policy's default configuration.
    pub config: Option<Json>,
    /// How long the time is that is planned.
    pub window_seconds: i32,
    /// The schedule's title; the task's name where there is none.
    pub title: Option<String>,
}

/// What a task is to do.
#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub enum TaskActionInput {
    /// Nothing.
    Reminder(ReminderInput),
    /// Run a command.
    Command(CommandActionInput),
    /// Make a backup.
    Backup(BackupActionInput),
    /// Open a schedule.
    Schedule(ScheduleActionInput),
}

/// All that a form says of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskForm {
    /// What it is called.
    pub name: String,
    /// The anchor.
    pub scheduled_time: DateTime,
    /// How often it falls due.
    pub recurrence: Recurrence,
    /// Whose wall clock it keeps to.
    pub time_zone: String,
    /// What it does; of one that is changed, none where that stays.
    pub action: Option<TaskActionInput>,
    /// What becomes of a slot while the last run has not ended.
    pub overlap_policy: OverlapPolicy,
    /// Which missed slots are run late.
    pub catch_up_policy: CatchUpPolicy,
    /// What becomes of the 31st in a month of 30 days.
    pub month_end_policy: MonthEndPolicy,
    /// How long a run may take, in seconds.
    pub timeout_seconds: i32,
    /// How often a slot is tried.
    pub max_attempts: i32,
}

#[derive(cynic::InputObject)]
struct CreateTaskInput {
    name: String,
    scheduled_time: DateTime,
    recurrence: Recurrence,
    time_zone: String,
    action: Option<TaskActionInput>,
    overlap_policy: OverlapPolicy,
    catch_up_policy: CatchUpPolicy,
    month_end_policy: MonthEndPolicy,
    timeout_seconds: i32,
    max_attempts: i32,
}

#[derive(cynic::QueryVariables)]
struct CreateTaskVariables {
    input: CreateTaskInput,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Task")]
struct TaskName {
    name: String,
}

#[derive(cynic::QueryFragment)]
struct CreateTaskPayload {
    task: TaskName,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreateTaskVariables")]
struct CreateTaskMutation {
    #[arguments(input: $input)]
    create_task: CreateTaskPayload,
}

/// What is left out stays.
#[derive(cynic::InputObject)]
struct UpdateTaskInput {
    name: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    new_name: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    scheduled_time: Option<DateTime>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    recurrence: Option<Recurrence>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    action: Option<TaskActionInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    overlap_policy: Option<OverlapPolicy>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    catch_up_policy: Option<CatchUpPolicy>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    month_end_policy: Option<MonthEndPolicy>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<i32>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<i32>,
}

impl UpdateTaskInput {
    fn nothing(name: String) -> Self {
        Self {
            name,
            new_name: None,
            scheduled_time: None,
            recurrence: None,
            time_zone: None,
            enabled: None,
            action: None,
            overlap_policy: None,
            catch_up_policy: None,
            month_end_policy: None,
            timeout_seconds: None,
            max_attempts: None,
        }
    }
}

#[derive(cynic::QueryVariables)]
struct UpdateTaskVariables {
    input: UpdateTaskInput,
}

#[derive(cynic::QueryFragment)]
struct UpdateTaskPayload {
    task: TaskName,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "UpdateTaskVariables")]
struct UpdateTaskMutation {
    #[arguments(input: $input)]
    update_task: UpdateTaskPayload,
}

#[derive(cynic::QueryVariables)]
struct DeleteTaskVariables {
    name: String,
}

#[derive(cynic::QueryFragment)]
struct DeleteTaskPayload {
    name: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "DeleteTaskVariables")]
struct DeleteTaskMutation {
    #[arguments(name: $name)]
    delete_task: DeleteTaskPayload,
}

impl Api {
    /// Makes a task. Answers with its name, as the server keeps it.
    pub async fn create_task(self, form: TaskForm) -> Result<String, Error> {
        let input = CreateTaskInput {
            name: form.name,
            scheduled_time: form.scheduled_time,
            recurrence: form.recurrence,
            time_zone: form.time_zone,
            action: form.action,
            overlap_policy: form.overlap_policy,
            catch_up_policy: form.catch_up_policy,
            month_end_policy: form.month_end_policy,
            timeout_seconds: form.timeout_seconds,
            max_attempts: form.max_attempts,
        };
        let operation = CreateTaskMutation::build(CreateTaskVariables { input });
        Ok(self.query(operation).await?.create_task.task.name)
    }

    /// Changes a task to what a form says. Answers with its name, as the server keeps it.
    pub async fn update_task(self, name: String, form: TaskForm) -> Result<String, Error> {
        let input = UpdateTaskInput {
            new_name: Some(form.name),
            scheduled_time: Some(form.scheduled_time),
            recurrence: Some(form.recurrence),
            time_zone: Some(form.time_zone),
            action: form.action,
            overlap_policy: Some(form.overlap_policy),
            catch_up_policy: Some(form.catch_up_policy),
            month_end_policy: Some(form.month_end_policy),
            timeout_seconds: Some(form.timeout_seconds),
            max_attempts: Some(form.max_attempts),
            ..UpdateTaskInput::nothing(name)
        };
        let operation = UpdateTaskMutation::build(UpdateTaskVariables { input });
        Ok(self.query(operation).await?.update_task.task.name)
    }

    /// Lets a task fall due, or not any more.
    pub async fn enable_task(self, name: String, enabled: bool) -> Result<(), Error> {
        let input = UpdateTaskInput {
            enabled: Some(enabled),
            ..UpdateTaskInput::nothing(name)
        };
        self.change(&UpdateTaskMutation::build(UpdateTaskVariables { input }))
            .await
    }

    /// Deletes a task. Its runs stay.
    pub async fn delete_task(self, name: String) -> Result<(), Error> {
        self.change(&DeleteTaskMutation::build(DeleteTaskVariables { name }))
            .await
    }
}
