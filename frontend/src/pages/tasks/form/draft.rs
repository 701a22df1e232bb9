//! What stands in the form.

use leptos::prelude::*;

use super::planned::Planned;
use crate::{
    api::{
        scalars::DateTime,
        tasks::{
            BackupAction, BackupActionInput, CatchUpPolicy, CommandAction, CommandActionInput,
            MonthEndPolicy, OverlapPolicy, Recurrence, Reminder, ReminderInput, Task, TaskAction,
            TaskActionInput, TaskForm, Times,
        },
    },
    browser,
    pages::tasks::sentence,
};

/// What kind of thing a task does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::pages::tasks) enum Kind {
    /// Nothing but to be remembered.
    Reminder,
    /// Runs a command.
    Command,
    /// Makes an archive of a folder.
    Backup,
    /// Opens a schedule from a plan.
    Schedule,
}

impl Kind {
    /// Each, as the form has it.
    pub(super) const CHOICES: [(Self, &'static str); 4] = [
        (Self::Reminder, "reminds"),
        (Self::Command, "runs a command"),
        (Self::Backup, "backs up a folder"),
        (Self::Schedule, "opens a schedule"),
    ];
}

/// The form; free to copy, and gone with the dialog.
#[derive(Clone, Copy)]
pub(in crate::pages::tasks) struct Draft {
    pub(super) name: RwSignal<String>,
    pub(super) kind: RwSignal<Kind>,
    pub(super) note: RwSignal<String>,
    pub(super) command: RwSignal<String>,
    /// One a line.
    pub(super) arguments: RwSignal<String>,
    pub(super) source: RwSignal<String>,
    pub(super) planned: Planned,
    /// As a field of type `datetime-local` has it.
    pub(super) local_time: RwSignal<String>,
    pub(super) time_zone: RwSignal<String>,
    pub(super) recurrence: RwSignal<Recurrence>,
    pub(super) month_end: RwSignal<MonthEndPolicy>,
    pub(super) overlap: RwSignal<OverlapPolicy>,
    pub(super) catch_up: RwSignal<CatchUpPolicy>,
    pub(super) timeout: RwSignal<String>,
    pub(super) attempts: RwSignal<String>,
    /// Anchor, local time and zone of the task that is changed.
    before: StoredValue<Option<(DateTime, String, String)>>,
    /// What the form says at first that the task does that is changed. The form may not show all of it.
    known_action: StoredValue<Option<TaskActionInput>>,
}

impl Draft {
    /// The form of a task as it is, or of a new one.
    pub(super) fn of(task: Option<&Task>) -> Self {
        let mut kind = Kind::Reminder;
        let [mut note, mut command, mut arguments, mut source] = [const { String::new() }; 4];
        match task.map(|task| task.action.clone()) {
            Some(TaskAction::Reminder(Reminder { note: known })) => {
                note = known.unwrap_or_default();
            }
            Some(TaskAction::CommandAction(CommandAction {
                command: known,
                arguments: list,
            })) => {
                (kind, command, arguments) = (Kind::Command, known, list.join("\n"));
            }
            Some(TaskAction::BackupAction(BackupAction { source: known })) => {
                (kind, source) = (Kind::Backup, known);
            }
            Some(TaskAction::ScheduleAction(_)) => kind = Kind::Schedule,
            Some(TaskAction::Other) | None => {}
        }
        let of = |known: fn(&Task) -> String, new: String| task.map_or(new, known);
        let draft = Self {
            name: RwSignal::new(of(|task| task.name.clone(), String::new())),
            kind: RwSignal::new(kind),
            note: RwSignal::new(note),
            command: RwSignal::new(command),
            arguments: RwSignal::new(arguments),
            source: RwSignal::new(source),
            planned: Planned::of(task.map(|task| &task.action)),
            local_time: RwSignal::new(of(
                |task| without_seconds(&task.local_time),
                browser::next_hour(),
            )),
            time_zone: RwSignal::new(of(|task| task.time_zone.clone(), browser::time_zone())),
            recurrence: RwSignal::new(task.map_or(Recurrence::Daily, Task::recurs)),
            month_end: RwSignal::new(
                task.map_or(MonthEndPolicy::Clamp, |task| task.month_end_policy),
            ),
            overlap: RwSignal::new(task.map_or(OverlapPolicy::Skip, |task| task.overlap_policy)),
            catch_up: RwSignal::new(
                task.map_or(CatchUpPolicy::Latest, |task| task.catch_up_policy),
            ),
            timeout: RwSignal::new(of(|task| task.timeout_seconds.to_string(), "3600".into())),
            attempts: RwSignal::new(of(|task| task.max_attempts.to_string(), "1".into())),
            before: StoredValue::new(task.map(|task| {
                (
                    task.scheduled_time.clone(),
                    without_seconds(&task.local_time),
                    task.time_zone.clone(),
                )
            })),
            known_action: StoredValue::new(None),
        };
        if task.is_some() {
            draft.known_action.set_value(Some(draft.action()));
        }
        draft
    }

    /// Whether the first time lies on a day that not all months have in which it falls due.
    pub(super) fn lacks_day(self) -> bool {
        let recurrence = self.recurrence.get();
        self.local_time
            .with(|time| sentence::lacks_day(time, recurrence))
    }

    /// Why what it does can't be sent, if it can't.
    pub(super) fn problem(self) -> Option<String> {
        let is_planned = self.kind.get() == Kind::Schedule;
        is_planned.then(|| self.planned.problem()).flatten()
    }

    /// When it is to fall due, or why that is not known.
    pub(super) fn times(self) -> Result<Times, &'static str> {
        if self.local_time.with(String::is_empty) {
            return Err("The first time is not complete.");
        }
        Ok(Times {
            local_time: self.local_time.get(),
            time_zone: self.time_zone.get(),
            recurrence: self.recurrence.get(),
            month_end_policy: self.month_end.get(),
        })
    }

    /// The anchor that the task has already, if the form says no other: it may have passed, and may have more digits than
    /// the form shows.
    pub(in crate::pages::tasks) fn unchanged_anchor(self, times: &Times) -> Option<DateTime> {
        let (anchor, local_time, time_zone) = self.before.get_value()?;
        let is_unchanged = local_time == times.local_time && time_zone == times.time_zone;
        is_unchanged.then_some(anchor)
    }

    /// All that the form says. A number that is none goes out as 0, which the server refuses by the field's name.
    /// The anchor is for the server to say; what the task does is left out where it stays.
    pub(in crate::pages::tasks) fn form(self, times: Times) -> TaskForm {
        let number = |text: RwSignal<String>| text.get_untracked().trim().parse().unwrap_or(0);
        TaskForm {
            name: self.name.get_untracked(),
            scheduled_time: DateTime(String::new()),
            recurrence: times.recurrence,
            time_zone: times.time_zone,
            action: Some(self.action()).filter(|action| {
                self.known_action
                    .with_value(|known| known.as_ref() != Some(action))
            }),
            overlap_policy: self.overlap.get_untracked(),
            catch_up_policy: self.catch_up.get_untracked(),
            month_end_policy: times.month_end_policy,
            timeout_seconds: number(self.timeout),
            max_attempts: number(self.attempts),
        }
    }

    fn action(self) -> TaskActionInput {
        match self.kind.get_untracked() {
            Kind::Reminder => {
                let note = self.note.get_untracked();
                TaskActionInput::Reminder(ReminderInput {
                    note: (!note.is_empty()).then_some(note),
                })
            }
            Kind::Backup => TaskActionInput::Backup(BackupActionInput {
                source: self.source.get_untracked(),
            }),
            Kind::Schedule => TaskActionInput::Schedule(self.planned.action()),
            Kind::Command => TaskActionInput::Command(CommandActionInput {
                command: self.command.get_untracked(),
                arguments: self.arguments.with_untracked(|text| lines(text)),
            }),
        }
    }
}

/// As a field of type `datetime-local` shows it, where there are none.
fn without_seconds(local_time: &str) -> String {
    local_time
        .strip_suffix(":00")
        .unwrap_or(local_time)
        .to_owned()
}

/// The arguments, one a line; an empty line at the end is none.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_kept_where_there_are_some() {
        assert_eq!(without_seconds("2026-11-27T02:30:00"), "2026-11-27T02:30");
        assert_eq!(
            without_seconds("2026-11-27T02:30:15"),
            "2026-11-27T02:30:15"
        );
    }

    #[test]
    fn an_argument_is_a_line() {
        assert_eq!(lines("--fast\n a b \n"), ["--fast", " a b "]);
        assert_eq!(lines("a\n\nb"), ["a", "", "b"]);
        assert!(lines("").is_empty());
    }
}
