//! One script across schedules: how it ended in each, how long it took, and why it counts as flaky
//! or not.

mod attempts;
mod chart;
mod columns;
mod history;
mod outcome;
mod scale;
mod strip;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{
    attempts::Attempts,
    chart::{Axis, Chart},
    columns::Columns,
    history::{History, Known},
    outcome::verdict,
    strip::{Days, Strip},
};
use crate::{
    api::scripts::ScriptFacts,
    browser,
    components::{
        icon::{Glyph, Icon},
        list_end::ListEnd,
        notice::{Failure, Loading, Notice},
        pass_rate::PassRate,
    },
    erased::{computed, dynamic, memo},
    format,
};

/// The page. Another name in the address is another page, with a history of its own.
#[component]
pub fn ScriptPage() -> impl IntoView {
    let params = use_params_map();
    let name = memo(move || params.with(|params| params.get("name").unwrap_or_default()));
    dynamic(move || view! { <OneScript name=name.get()/> })
}

/// The page of the script of this name.
#[component]
fn OneScript(
    /// Its name.
    name: String,
) -> impl IntoView {
    browser::set_title(&name);
    let history = History::start(name.clone());
    dynamic(move || match history.known() {
        Known::Facts(facts) => {
            let name = name.clone();
            view! { <Content name history facts/> }.into_any()
        }
        Known::Missing => {
            let name = name.clone();
            view! {
                <Notice title="There is no such script" test_id="script-not-found" alone=true>
                    <p>"Nothing was ever reported under the name " <code>{name}</code> "."</p>
                    <a href="/scripts" class="button">
                        "All scripts"
                    </a>
                </Notice>
            }
            .into_any()
        }
        Known::NotYet => view! { <NotYet history/> }.into_any(),
    })
}

/// What stands in place of a script that nothing is known of yet.
#[component]
fn NotYet(
    /// What is being read.
    history: History,
) -> impl IntoView {
    let on_retry = Callback::new(move |()| history.outcomes.retry());
    dynamic(move || match history.outcomes.problem().get() {
        Some(error) => view! {
            <Failure
                title="The script could not be loaded"
                reason=error.to_string()
                alone=true
                on_retry
            />
        }
        .into_any(),
        None => view! { <Loading what="the script"/> }.into_any(),
    })
}

/// A script that is there.
#[component]
fn Content(
    /// Its name.
    name: String,
    /// What became of it.
    history: History,
    /// What is said of it as a whole.
    facts: ScriptFacts,
) -> impl IntoView {
    let older = history.outcomes;
    let flaky = facts.flaky;
    let median = facts.median_duration_ms;
    let reason = move || history.with(|outcomes| verdict(flaky, outcomes));
    let verdict_class = if flaky {
        "verdict verdict--flaky"
    } else {
        "verdict"
    };
    view! {
        <div class="page__head">
            <h1 class="mono">{name.clone()}</h1>
        </div>
        <Facts facts/>
        <p class=verdict_class data-testid="verdict">
            {flaky.then(|| view! { <Icon glyph=Glyph::Zigzag/> })}
            {dynamic(reason)}
        </p>
        <Past name=name.clone() history median/>
        <Attempts history script=name/>
        <ListEnd
            label="Load older"
            test_id="load-older"
            failed="Older schedules could not be loaded"
            problem=older.problem()
            more=older.more()
            loading=older.loading()
            on_read=Callback::new(move |()| older.read_on())
            on_retry=Callback::new(move |()| older.retry())
        />
    }
}

/// Strip and chart over the same columns. Where they don't fit, the newest ones are in sight.
#[component]
fn Past(
    /// The script's name.
    name: String,
    /// What became of it.
    history: History,
    /// The median of its durations, in milliseconds.
    median: Option<i32>,
) -> impl IntoView {
    let column = move || {
        let columns = history.with(|outcomes| Columns::of(outcomes.len()));
        format!("{}px", columns.width())
    };
    let median_words = median.map(|millis| {
        let median = format::duration(millis.into());
        view! {
            <li class="legend__item legend__item--median">{format!("Median {median}")}</li>
        }
    });
    view! {
        <section class="past" aria-label="Across schedules" style=("--column", computed(column))>
            <div class="past__axis">
                <Axis history/>
            </div>
            <div class="past__window">
                <div class="past__columns">
                    <Strip history script=name/>
                    <Chart history median/>
                    <Days history/>
                </div>
            </div>
            <ul class="legend" aria-hidden="true">
                <li class="legend__item legend__item--flip">"Flip"</li>
                <li class="legend__item legend__item--judged">"Judged for flakiness"</li>
                {median_words}
            </ul>
        </section>
    }
}

/// The numbers.
#[component]
fn Facts(
    /// What is said of the script as a whole.
    facts: ScriptFacts,
) -> impl IntoView {
    let ScriptFacts {
        runs,
        pass_rate,
        flips,
        median_duration_ms,
        ..
    } = facts;
    let median = median_duration_ms.map_or_else(
        || "not told".to_owned(),
        |millis| format::duration(millis.into()),
    );
    view! {
        <dl class="facts">
            <div class="fact">
                <dt>"Pass rate"</dt>
                <dd data-testid="pass-rate">
                    <PassRate share=Some(pass_rate)/>
                </dd>
            </div>
            <div class="fact">
                <dt>"Schedules"</dt>
                <dd class="tabular" title="Of the last 50 that hold it">
                    {format::count(runs)}
                </dd>
            </div>
            <div class="fact">
                <dt>"Flips"</dt>
                <dd class="tabular" data-testid="flips">
                    {format::count(flips)}
                </dd>
            </div>
            <div class="fact">
                <dt>"Median duration"</dt>
                <dd class="tabular">{median}</dd>
            </div>
        </dl>
    }
}
