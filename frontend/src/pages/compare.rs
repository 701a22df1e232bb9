//! Two schedules side by side: what broke from one to the other, what was mended, what takes longer.

mod feed;
mod heads;
mod picker;
mod sections;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{
    feed::{Feed, Pair, Phase, Side},
    heads::Heads,
    picker::Picker,
    sections::Sections,
};
use crate::{
    api::comparisons::Comparison,
    browser,
    components::notice::{Failure, Loading, Notice},
    erased::{dynamic, effect, handler, memo},
};

/// The page. Another pair in the address is another page, with a comparison of its own.
#[component]
pub fn ComparePage() -> impl IntoView {
    let params = use_params_map();
    let pair = memo(move || {
        params.with(|params| Pair {
            base: params.get("base").unwrap_or_default(),
            other: params.get("other").unwrap_or_default(),
        })
    });
    dynamic(move || view! { <OnePair pair=pair.get()/> })
}

/// The page of two schedules.
#[component]
fn OnePair(
    /// Their names.
    pair: Pair,
) -> impl IntoView {
    browser::set_title("Comparison");
    let feed = Feed::start(pair.clone());
    let picking = RwSignal::new(None::<Side>);
    let on_pick = Callback::new(move |side| picking.set(Some(side)));
    let on_close = Callback::new(move |()| picking.set(None));
    let picker = {
        let pair = pair.clone();
        move || {
            let side = picking.get()?;
            Some(view! { <Picker pair=pair.clone() side on_close/> })
        }
    };
    let content = move || match feed.phase() {
        Phase::Loading => view! { <Loading what="the comparison"/> }.into_any(),
        Phase::There(comparison) => {
            view! { <Content pair=pair.clone() comparison on_pick/> }.into_any()
        }
        Phase::Missing(side) => missing(&pair, side, on_pick),
        Phase::Failed(error) => view! {
            <Failure
                title="The schedules could not be compared"
                reason=error.to_string()
                alone=true
                on_retry=Callback::new(move |()| feed.refresh())
            />
        }
        .into_any(),
    };
    view! {
        {dynamic(content)}
        {picker}
    }
}

/// What stands in place of a comparison with a schedule that is not there.
fn missing(pair: &Pair, side: Side, on_pick: Callback<Side>) -> AnyView {
    let name = pair.name(side).to_owned();
    view! {
        <Notice title="There is no such schedule" test_id="compare-not-found" alone=true>
            <p>
                <code>{name}</code>
                " is not here: it may have been deleted, or its name is mistyped."
            </p>
            <button
                type="button"
                class="button button--primary"
                on:click=handler(move |_| on_pick.run(side))
            >
                "Choose another"
            </button>
        </Notice>
    }
    .into_any()
}

/// A comparison that is there.
#[component]
fn Content(
    /// The two schedules' names.
    pair: Pair,
    /// What came of it, as it changes.
    #[prop(into)]
    comparison: Signal<Comparison>,
    /// Asks for another schedule on a side.
    on_pick: Callback<Side>,
) -> impl IntoView {
    effect(move || {
        comparison.with(|comparison| {
            let title = comparison.other.display_name();
            browser::set_title(&format!("{title} compared"));
        });
    });
    view! {
        <div class="page__head">
            <h1>"Comparison"</h1>
        </div>
        <Heads pair=pair.clone() comparison on_pick/>
        <Sections pair comparison/>
    }
}
