//! What is to be planned: window, policy and configuration.

use leptos::{ev, prelude::*};
use serde_json::{Map, Value};

use super::{
    asked::{self, Asked},
    config::{self, Group, Leaf},
};
use crate::{
    api::{error::Error, plans::Policy},
    components::{json_field::JsonField, text_field::TextField},
    erased::{computed, dynamic, handler, memo},
    format, json,
};

/// Windows that are asked for often, in hours.
const WINDOWS: [(&str, f64); 4] = [
    ("6 hours", 6.0),
    ("1 day", 24.0),
    ("7 days", 168.0),
    ("30 days", 720.0),
];

/// What stands in the form; free to copy, and gone with the page.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    from: RwSignal<String>,
    to: RwSignal<String>,
    policy: RwSignal<String>,
    /// What differs from the defaults, as JSON.
    config: RwSignal<String>,
}

impl Draft {
    pub(super) fn of(asked: &Asked) -> Self {
        Self {
            from: RwSignal::new(asked.from.clone()),
            to: RwSignal::new(asked.to.clone()),
            policy: RwSignal::new(asked.policy.clone()),
            config: RwSignal::new(readable(&asked.config)),
        }
    }

    /// Shows what was asked elsewhere: by a link, or by going back.
    pub(super) fn follow(self, asked: &Asked) {
        if self.asked() != *asked {
            self.from.set(asked.from.clone());
            self.to.set(asked.to.clone());
            self.policy.set(asked.policy.clone());
            self.config.set(readable(&asked.config));
        }
    }

    /// What the form asks for.
    pub(super) fn asked(self) -> Asked {
        let config = self.config.get_untracked();
        let config = match json::parse(&config) {
            Ok(config) if config.is_empty() => String::new(),
            Ok(config) => Value::Object(config).to_string(),
            // It is said to be none where it stands.
            Err(_) => config,
        };
        Asked {
            from: self.from.get_untracked(),
            to: self.to.get_untracked(),
            policy: self.policy.get_untracked(),
            config,
        }
    }
}

/// A configuration on several lines, or as it is where it is none.
fn readable(config: &str) -> String {
    json::parse(config).map_or_else(|_| config.to_owned(), |config| json::print(&config))
}

/// The form.
#[component]
pub(super) fn Form(
    /// What stands in it.
    draft: Draft,
    /// The policies that there are.
    policies: Vec<Policy>,
    /// Why the last plan was refused.
    error: Signal<Option<Error>>,
    /// Asks for a plan.
    on_submit: Callback<()>,
) -> impl IntoView {
    let policies = StoredValue::new(policies);
    let chosen = memo(move || {
        let name = draft.policy.get();
        policies.with_value(|all| all.iter().find(|policy| policy.name == name).cloned())
    });
    let chip = move |Policy { name, .. }: Policy| {
        let (own, test_id) = (name.clone(), format!("policy-{name}"));
        let pressed = {
            let name = name.clone();
            move || (draft.policy.get() == name).to_string()
        };
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=computed(pressed)
                data-testid=test_id
                on:click=handler(move |_| {
                    if draft.policy.get_untracked() != own {
                        draft.policy.set(own.clone());
                        // What differs from other defaults is of no use here.
                        draft.config.set(String::new());
                    }
                })
            >
                {name}
            </button>
        }
    };
    let chips = policies.get_value().into_iter().map(chip).collect_view();
    let description = move || chosen.get().map(|policy| policy.description);
    let about = move |field: &'static str| -> Signal<Option<String>> {
        memo(move || error.with(|error| error.as_ref()?.about(field).map(format::sentence))).into()
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        on_submit.run(());
    };
    view! {
        <form class="plan-form" novalidate on:submit=submit data-testid="plan-form">
            <div class="plan-form__window">
                <TextField
                    label="From, t0 (UTC)"
                    kind="datetime-local"
                    value=draft.from
                    test_id="plan-from"
                    problem=about("t0")
                />
                <TextField
                    label="To, t1 (UTC)"
                    kind="datetime-local"
                    value=draft.to
                    test_id="plan-to"
                    problem=about("t1")
                />
                <Windows draft/>
            </div>
            <fieldset class="choices">
                <legend class="field__label">"Policy"</legend>
                <div class="chips">{chips}</div>
                <p class="muted">{dynamic(description)}</p>
                <p class="problem" role="alert">{about("policy")}</p>
            </fieldset>
            {dynamic(move || chosen.get().map(|policy| {
                view! { <Configuration draft defaults=policy.default_config.0 error/> }
            }))}
            <div class="plan-form__deeds">
                <button type="submit" class="button button--primary" data-testid="plan-submit">
                    "Plan"
                </button>
            </div>
        </form>
    }
}

/// Windows that are asked for often, from where the form's begins.
#[component]
fn Windows(
    /// What stands in the form.
    draft: Draft,
) -> impl IntoView {
    let chip = |(words, hours): (&'static str, f64)| {
        let press = move |_: ev::MouseEvent| {
            let from = draft.from.get_untracked();
            draft.to.set(asked::hours_after(&from, hours));
        };
        view! {
            <button type="button" class="chip" on:click=handler(press)>
                {words}
            </button>
        }
    };
    let now = move |_: ev::MouseEvent| {
        let next = asked::next_hour();
        let (from, to) = (draft.from.get_untracked(), draft.to.get_untracked());
        draft.to.set(asked::end_after(&next, &from, &to));
        draft.from.set(next);
    };
    view! {
        <div class="chips" role="group" aria-label="Windows">
            <button type="button" class="chip" on:click=handler(now)>
                "From the next hour"
            </button>
            {WINDOWS.map(chip)}
        </div>
    }
}

/// The configuration, as fields and as JSON; both are views of the same.
#[component]
fn Configuration(
    /// What stands in the form.
    draft: Draft,
    /// What is so where nothing else is said.
    defaults: Value,
    /// Why the last plan was refused.
    error: Signal<Option<Error>>,
) -> impl IntoView {
    let parsed = memo(move || draft.config.with(|text| json::parse(text)));
    let groups = config::groups(&defaults);
    let names: Vec<_> = groups
        .iter()
        .flat_map(|group| group.leaves.iter().map(Leaf::name))
        .collect();
    let groups = groups
        .into_iter()
        .map(|group| view! { <OneGroup draft parsed group error/> })
        .collect_view();
    // What has no field of its own is said at the JSON.
    let problem = memo(move || {
        let unreadable = parsed.with(|parsed| parsed.as_ref().err().cloned());
        unreadable.or_else(|| {
            let error = error.get()?;
            let field = error.field()?;
            let has_field = names.iter().any(|name| error.about_inside(name).is_some());
            let is_elsewhere = ["t0", "t1", "policy"].contains(&field) || has_field;
            (!is_elsewhere).then(|| error.to_string())
        })
    });
    let differs = move || {
        let is_default = parsed.with(|parsed| parsed.as_ref().is_ok_and(Map::is_empty));
        if is_default {
            "as the policy has it"
        } else {
            "changed"
        }
    };
    view! {
        <details class="more plan-form__config" data-testid="plan-config">
            <summary>
                "Configuration" <span class="muted">" · " {dynamic(differs)}</span>
            </summary>
            <div class="config">{groups}</div>
            <JsonField
                label="What differs from the defaults, as JSON"
                value=draft.config
                rows=6
                test_id="plan-json"
                problem
            />
        </details>
    }
}

/// The fields of one object.
#[component]
fn OneGroup(
    /// What stands in the form.
    draft: Draft,
    /// What differs, where it can be read.
    parsed: Memo<Result<Map<String, Value>, String>>,
    /// The object.
    group: Group,
    /// Why the last plan was refused.
    error: Signal<Option<Error>>,
) -> impl IntoView {
    let title = if group.path.is_empty() {
        "General".to_owned()
    } else {
        group.path.join(".")
    };
    let path = group.path.clone();
    let is_off = memo(move || {
        parsed.with(|parsed| match parsed {
            Ok(config) => config::is_cut_off(config, &path),
            Err(_) => true,
        })
    });
    let fields = group
        .leaves
        .into_iter()
        .map(|leaf| view! { <LeafField draft parsed leaf error/> })
        .collect_view();
    view! {
        <fieldset class="config__group" disabled=computed(move || is_off.get())>
            <legend class="field__label">
                {title}
                <span class="muted" hidden=computed(move || !is_off.get())>
                    " (set in the JSON below)"
                </span>
            </legend>
            {fields}
        </fieldset>
    }
}

/// The field of a value. It is taken over when one leaves it.
#[component]
fn LeafField(
    /// What stands in the form.
    draft: Draft,
    /// What differs, where it can be read.
    parsed: Memo<Result<Map<String, Value>, String>>,
    /// The value.
    leaf: Leaf,
    /// Why the last plan was refused.
    error: Signal<Option<Error>>,
) -> impl IntoView {
    let (name, key) = (leaf.name(), leaf.key());
    let Leaf { path, default } = leaf;
    let placeholder = match &default {
        Value::Null => "none".to_owned(),
        default => config::show(default),
    };
    let shown = {
        let path = path.clone();
        memo(move || {
            parsed.with(|parsed| {
                let value = config::at(parsed.as_ref().ok()?, &path)?;
                Some(config::show(value))
            })
        })
    };
    let problem = {
        let name = name.clone();
        memo(move || {
            let said = |error: &Error| {
                error
                    .about_inside(&name)
                    .map(|words| format::sentence(&words))
            };
            error.with(|error| said(error.as_ref()?))
        })
    };
    let take = move |event: ev::Event| {
        let Ok(mut config) = parsed.get_untracked() else {
            return;
        };
        config::put(
            &mut config,
            &path,
            config::read(&event_target_value(&event), &default),
        );
        draft.config.set(json::print(&config));
    };
    let problem_id = format!("config-{name}-problem");
    view! {
        <div class="field">
            <label class="config__field">
                <span class="mono">{key}</span>
                <input
                    class="input input--mono"
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    data-testid=format!("config-{name}")
                    aria-invalid=computed(move || problem.with(Option::is_some).to_string())
                    aria-describedby=problem_id.clone()
                    prop:value=computed(move || shown.get().unwrap_or_default())
                    on:change=take
                />
            </label>
            <p id=problem_id.clone() class="problem" role="alert" data-testid=problem_id>
                {problem}
            </p>
        </div>
    }
}
