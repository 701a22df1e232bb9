//! A field for a line of text, a time or a number, with what is wrong with it right below.

use leptos::{ev, prelude::*};

use crate::erased::computed;

/// The field.
#[component]
pub fn TextField(
    /// What it is.
    #[prop(into)]
    label: String,
    /// Its type.
    #[prop(default = "text")]
    kind: &'static str,
    /// What stands in it.
    value: RwSignal<String>,
    /// The name that browser tests find it by; what is wrong with it is `<test_id>-problem`.
    #[prop(into)]
    test_id: String,
    /// What stands in it while it is empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// The id of a list of suggestions.
    #[prop(optional)]
    list: Option<&'static str>,
    /// Whether it takes the focus.
    #[prop(optional)]
    first: bool,
    /// Whether what stands in it is for machines, too.
    #[prop(optional)]
    mono: bool,
    /// What is wrong with it, if anything is.
    #[prop(into)]
    problem: Signal<Option<String>>,
) -> impl IntoView {
    let problem_id = format!("{test_id}-problem");
    let is_wrong = move || problem.with(Option::is_some).to_string();
    let typed = move |event: ev::Event| value.set(event_target_value(&event));
    let class = if mono { "input input--mono" } else { "input" };
    view! {
        <div class="field">
            <label class="field">
                <span class="field__label">{label}</span>
                <input
                    class=class
                    type=kind
                    autocomplete="off"
                    spellcheck="false"
                    autofocus=first
                    placeholder=placeholder
                    list=list
                    data-testid=test_id
                    aria-invalid=computed(is_wrong)
                    aria-describedby=problem_id.clone()
                    prop:value=value
                    on:input=typed
                />
            </label>
            <p id=problem_id.clone() class="problem" role="alert" data-testid=problem_id>
                {problem}
            </p>
        </div>
    }
}
