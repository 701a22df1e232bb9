//! The part of the form that says what schedules are opened from.

use leptos::prelude::*;
use serde_json::Value;

use super::fields::{self, Field};
use crate::{
    api::{
        Api,
        error::Error,
        scalars::Json,
        tasks::{ScheduleAction, ScheduleActionInput, TaskAction},
    },
    components::{json_field::JsonField, text_field::TextField},
    erased::{dynamic, memo},
    fetched::Fetched,
    json,
};

const HOUR: f64 = 3_600.0;

/// What stands there; free to copy, and gone with the dialog.
#[derive(Clone, Copy)]
pub(super) struct Planned {
    policy: RwSignal<String>,
    hours: RwSignal<String>,
    title: RwSignal<String>,
    /// What differs from the defaults, as JSON.
    config: RwSignal<String>,
}

impl Planned {
    /// As a task has it, or as it is at first.
    pub(super) fn of(action: Option<&TaskAction>) -> Self {
        let known = match action {
            Some(TaskAction::ScheduleAction(action)) => action.clone(),
            _ => ScheduleAction {
                policy: String::new(),
                config: None,
                window_seconds: 86_400,
                title: None,
            },
        };
        Self {
            policy: RwSignal::new(known.policy),
            hours: RwSignal::new((f64::from(known.window_seconds) / HOUR).to_string()),
            title: RwSignal::new(known.title.unwrap_or_default()),
            config: RwSignal::new(known.config.as_ref().map_or_else(String::new, print)),
        }
    }

    /// Why it can't be sent, if it can't.
    pub(super) fn problem(self) -> Option<String> {
        self.config.with(|text| json::parse(text).err())
    }

    /// The same for the server. What is no number goes out as one that it refuses by the field's name.
    pub(super) fn action(self) -> ScheduleActionInput {
        let title = self.title.get_untracked();
        ScheduleActionInput {
            policy: self.policy.get_untracked().trim().to_owned(),
            config: self.config.with_untracked(|text| read(text)),
            window_seconds: self.hours.with_untracked(|hours| seconds(hours)),
            title: (!title.trim().is_empty()).then_some(title),
        }
    }
}

fn print(config: &Json) -> String {
    config.0.as_object().map(json::print).unwrap_or_default()
}

fn read(text: &str) -> Option<Json> {
    let config = json::parse(text).ok().filter(|config| !config.is_empty())?;
    Some(Json(Value::Object(config)))
}

fn seconds(hours: &str) -> i32 {
    let hours: f64 = hours.trim().parse().unwrap_or_default();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, and the server refuses what is too much"
    )]
    let seconds = (hours * HOUR).round() as i32;
    seconds
}

/// The fields.
#[component]
pub(super) fn PlannedFields(
    /// What stands in them.
    planned: Planned,
    /// Why the form was refused, or would be.
    errors: Memo<Vec<Error>>,
) -> impl IntoView {
    let api = Api::expect();
    let policies = Fetched::start(move || api.policies());
    let names = move || {
        let policies = policies.get().and_then(Result::ok).unwrap_or_default();
        let option = |name: String| view! { <option value=name></option> };
        policies
            .into_iter()
            .map(|policy| option(policy.name))
            .collect_view()
    };
    let refused = fields::problem(Field::Config, errors);
    let problem = memo(move || planned.problem().or_else(|| refused.get()));
    view! {
        <datalist id="task-policies">{dynamic(names)}</datalist>
        <div class="field-pair">
            <TextField
                label="Policy"
                value=planned.policy
                test_id="task-policy"
                list="task-policies"
                problem=fields::problem(Field::Policy, errors)
            />
            <TextField
                label="Over, in hours"
                kind="number"
                value=planned.hours
                test_id="task-hours"
                problem=fields::problem(Field::Window, errors)
            />
        </div>
        <TextField
            label="Title of the schedule"
            value=planned.title
            test_id="task-title"
            placeholder="the name of the task"
            problem=fields::problem(Field::Title, errors)
        />
        <JsonField
            label="Configuration, as JSON"
            value=planned.config
            rows=3
            test_id="task-config"
            problem
        />
        <p class="muted">
            "Each time, the hours that follow are planned. "
            <a href="/plan" target="_blank">"Try a policy and its configuration"</a>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_sent_in_seconds() {
        assert_eq!(seconds("1.5"), 5_400);
        assert_eq!(seconds("soon"), 0);
        assert_eq!(seconds("1e9"), i32::MAX);
    }
}
