//! A field for one part of a filter that stands in the address.

use leptos::{ev, prelude::*};

use crate::{
    erased::{computed, memo},
    filter::{Day, Part},
};

/// A field for one part of the filter. What can't be read is marked, and filters by nothing.
#[component]
pub fn FilterField(
    /// The part, as the address has it.
    part: Part,
    /// The field's type.
    kind: &'static str,
    /// What stands in the empty field.
    placeholder: &'static str,
    /// The name that browser tests find it by.
    test_id: &'static str,
    /// Whether a text can be read.
    #[prop(default = |_| true)]
    is_readable: fn(&str) -> bool,
    /// Whether this is the page's search field.
    #[prop(optional)]
    main: bool,
) -> impl IntoView {
    let (value, set_value) = part;
    let text = memo(move || value.get().unwrap_or_default());
    let unreadable = move || {
        text.with(|text| !text.is_empty() && !is_readable(text))
            .to_string()
    };
    let change = move |event: ev::Event| {
        let text = event_target_value(&event).trim().to_owned();
        set_value.set((!text.is_empty()).then_some(text));
    };
    view! {
        <input
            class="input"
            type=kind
            placeholder=placeholder
            data-testid=test_id
            data-search=main.then_some("")
            aria-invalid=computed(unreadable)
            prop:value=text
            on:change=change
        />
    }
}

/// A field for the first or the last day of what is shown.
#[component]
pub fn DayField(
    /// The part, as the address has it.
    part: Part,
    /// What it is.
    label: &'static str,
    /// The name that browser tests find it by.
    test_id: &'static str,
) -> impl IntoView {
    let is_day = |text: &str| text.parse::<Day>().is_ok();
    view! {
        <label class="fields__field" title="The days are those of UTC">
            <span>{label}</span>
            <FilterField part kind="date" placeholder="" test_id is_readable=is_day/>
        </label>
    }
}
