//! A field for JSON on several lines, with what is wrong with it right below.

use leptos::{ev, prelude::*};

use crate::erased::computed;

/// The field.
#[component]
pub fn JsonField(
    /// What it is.
    label: &'static str,
    /// What stands in it.
    value: RwSignal<String>,
    /// How many lines it shows at first.
    rows: u32,
    /// The name that browser tests find it by; what is wrong with it is `<test_id>-problem`.
    test_id: &'static str,
    /// What is wrong with it, if anything is.
    #[prop(into)]
    problem: Signal<Option<String>>,
) -> impl IntoView {
    let problem_id = format!("{test_id}-problem");
    let is_wrong = move || problem.with(Option::is_some).to_string();
    let typed = move |event: ev::Event| value.set(event_target_value(&event));
    view! {
        <div class="field">
            <label class="field">
                <span class="field__label">{label}</span>
                <textarea
                    class="input input--mono input--lines"
                    rows=rows
                    spellcheck="false"
                    placeholder="{}"
                    data-testid=test_id
                    aria-invalid=computed(is_wrong)
                    aria-describedby=problem_id.clone()
                    prop:value=value
                    on:input=typed
                ></textarea>
            </label>
            <p id=problem_id.clone() class="problem" role="alert" data-testid=problem_id>
                {problem}
            </p>
        </div>
    }
}
