//! The list of scripts, by name: how often each passes, how long it takes, and whether it can be
//! trusted; searched by what stands in the address.

use std::{cell::Cell, time::Duration};

use futures::FutureExt;
use gloo_timers::future::sleep;
use leptos::prelude::*;

use crate::{
    address,
    api::{
        Api,
        results::ResultStatus,
        scripts::{RecentOutcome, ScriptFilter, ScriptSummary},
    },
    browser,
    components::{
        curl::Curl,
        icon::{Glyph, Icon},
        list_end::ListEnd,
        notice::{Loading, Notice},
        pass_rate::PassRate,
        rows::Rows,
        sparkline::Sparkline,
    },
    erased::{computed, dynamic, handler, memo},
    format,
    paged::Paged,
};

/// How long somebody who types may pause within a word.
const PAUSE: Duration = Duration::from_millis(150);

/// The page.
#[component]
pub fn ScriptsPage() -> impl IntoView {
    browser::set_title("Scripts");
    let (text, set_text) = address::query_signal::<String>("q", address::in_place());
    let (flaky, set_flaky) = address::query_signal::<bool>("flaky", address::in_place());
    let filter = memo(move || ScriptFilter {
        contains: text.get().unwrap_or_default().trim().to_owned(),
        flaky_only: flaky.get().unwrap_or_default(),
    });
    let on_text = Callback::new(move |text: String| {
        set_text.set((!text.is_empty()).then_some(text));
    });
    let on_flaky = Callback::new(move |only: bool| {
        set_flaky.set(only.then_some(true));
    });
    let on_clear = Callback::new(move |()| {
        set_text.set(None);
        set_flaky.set(None);
    });
    let scripts = read(filter);
    let first = move || scripts.has_none() && scripts.loading().get();
    view! {
        <div class="page__head">
            <h1>"Scripts"</h1>
            <p class="muted">"Each over its last 50 schedules"</p>
        </div>
        <FilterBar text filter on_text on_flaky/>
        <Table scripts/>
        {dynamic(move || scripts.is_empty().then(|| view! { <NoScripts filter on_clear/> }))}
        {dynamic(move || first().then(|| view! { <Loading what="scripts"/> }))}
        <ListEnd
            label="Load more"
            test_id="load-more"
            failed="The scripts could not be loaded"
            problem=scripts.problem()
            more=scripts.more()
            loading=scripts.loading()
            on_read=Callback::new(move |()| scripts.read_on())
            on_retry=Callback::new(move |()| scripts.retry())
        />
    }
}

/// Reads the scripts that the filter leaves, again when it changes: with each letter that is typed,
/// so only the last of several questions is asked.
fn read(filter: Memo<ScriptFilter>) -> Paged<ScriptSummary> {
    let api = Api::expect();
    let asked_before = Cell::new(false);
    let scripts = Paged::start(move |after| {
        let filter = filter.get_untracked();
        let is_typed = asked_before.replace(true) && after.is_none();
        async move {
            if is_typed {
                sleep(PAUSE).await;
            }
            api.scripts(&filter, after).await
        }
        .boxed_local()
    });
    Effect::new(move |before: Option<()>| {
        filter.with(|_| ());
        if before.is_some() {
            scripts.restart();
        }
    });
    scripts
}

/// The filters, as the address has them.
#[component]
fn FilterBar(
    /// The text that is searched for, as it was typed.
    text: Memo<Option<String>>,
    /// What is filtered by now.
    filter: Memo<ScriptFilter>,
    /// Searches for another text.
    on_text: Callback<String>,
    /// Shows flaky ones only, or all.
    on_flaky: Callback<bool>,
) -> impl IntoView {
    let chip = move |only: bool, word: &'static str| {
        let chosen = move || filter.with(|filter| filter.flaky_only == only).to_string();
        view! {
            <button
                type="button"
                class="chip"
                data-testid=if only { "only-flaky" } else { "all-scripts" }
                aria-pressed=computed(chosen)
                on:click=handler(move |_| on_flaky.run(only))
            >
                {only.then(|| view! { <Icon glyph=Glyph::Zigzag/> })}
                {word}
            </button>
        }
    };
    view! {
        <div class="filters">
            <div class="chips" role="group" aria-label="Filter by flakiness">
                {chip(false, "All")}
                {chip(true, "Flaky only")}
            </div>
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Search scripts"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Search scripts"
                    data-testid="script-search"
                    data-search=""
                    prop:value=computed(move || text.get().unwrap_or_default())
                    on:input=move |event| on_text.run(event_target_value(&event))
                />
            </label>
        </div>
    }
}

/// The rows that were read.
#[component]
fn Table(
    /// The scripts.
    scripts: Paged<ScriptSummary>,
) -> impl IntoView {
    let key = move |script: &ScriptSummary| format!("{} {}", scripts.reading(), script.name);
    view! {
        <div
            class="scripts"
            role="table"
            aria-label="Scripts by name"
            aria-busy=computed(move || scripts.is_outdated().to_string())
            hidden=computed(move || scripts.has_none())
        >
            <div class="script-row script-row--head" role="row">
                <span role="columnheader">"Script"</span>
                <span role="columnheader">"Last 20"</span>
                <span role="columnheader">"Pass rate"</span>
                <span role="columnheader" class="script-row__number">
                    "Schedules"
                </span>
                <span role="columnheader" class="script-row__number">
                    "Median"
                </span>
            </div>
            <Rows each=move || scripts.items().get() key=key let:script>
                <ScriptRow script/>
            </Rows>
        </div>
    }
}

/// One script in the list.
#[component]
fn ScriptRow(
    /// The script.
    script: ScriptSummary,
) -> impl IntoView {
    let outcomes = outcomes(&script);
    let rate = pass_rate(&script, &outcomes);
    let median = script
        .median_duration_ms
        .map_or_else(|| "–".to_owned(), |millis| format::duration(millis.into()));
    let flaky = script.flaky.then(|| view! { <FlakyMark/> });
    view! {
        <div
            class="script-row"
            role="row"
            data-testid="script-row"
            data-script=script.name.clone()
        >
            <span role="cell" class="script-row__what">
                <a
                    class="script-row__name"
                    href=address::script(&script.name)
                    title=script.name.clone()
                    data-row=""
                >
                    <bdi>{script.name.clone()}</bdi>
                </a>
                {flaky}
            </span>
            <span role="cell" class="script-row__spark">
                <Sparkline outcomes/>
            </span>
            <span role="cell" class="script-row__rate">
                <PassRate share=rate/>
            </span>
            <span role="cell" class="script-row__number script-row__runs">
                {format::count(script.runs)}
                <span class="script-row__unit">" schedules"</span>
            </span>
            <span role="cell" class="script-row__number">
                {median}
                <span class="script-row__unit">" median"</span>
            </span>
        </div>
    }
    .into_any()
}

/// Says that a script is flaky.
#[component]
fn FlakyMark() -> impl IntoView {
    view! {
        <span class="flaky" data-testid="flaky" title="Passes and fails without a visible reason">
            <Icon glyph=Glyph::Zigzag/>
            "Flaky"
        </span>
    }
}

fn outcomes(script: &ScriptSummary) -> Vec<ResultStatus> {
    let outcome = |outcome: &RecentOutcome| outcome.status;
    script.history.nodes.iter().map(outcome).collect()
}

/// The pass rate, where there is anything that it is the rate of.
fn pass_rate(script: &ScriptSummary, outcomes: &[ResultStatus]) -> Option<f64> {
    let counts =
        |status: &ResultStatus| !matches!(status, ResultStatus::Running | ResultStatus::Skip);
    let known = script.pass_rate > 0.0 || outcomes.iter().any(counts);
    known.then_some(script.pass_rate)
}

/// What stands in place of an empty list.
#[component]
fn NoScripts(
    /// What the list is restricted to.
    filter: Memo<ScriptFilter>,
    /// Shows all.
    on_clear: Callback<()>,
) -> impl IntoView {
    dynamic(move || {
        let filter = filter.get();
        if filter.is_empty() {
            view! {
                <Notice title="No scripts yet" test_id="empty-state">
                    <p>
                        "A script appears here with its first report to a schedule. "
                        "This opens a schedule, and reports to it:"
                    </p>
                    <Curl
                        operation=first_report(&browser::new_guid())
                        label="Command that reports the first result of a script"
                    />
                </Notice>
            }
            .into_any()
        } else {
            let title = match (filter.flaky_only, filter.contains.is_empty()) {
                (true, true) => "No script is flaky",
                (true, false) => "No flaky script matches",
                (false, _) => "No script matches",
            };
            view! {
                <Notice title test_id="no-match">
                    <button type="button" class="button" on:click=handler(move |_| on_clear.run(()))>
                        "Show all scripts"
                    </button>
                </Notice>
            }
            .into_any()
        }
    })
}

/// The operation that opens a schedule of this name, and reports a script to it.
fn first_report(schedule: &str) -> String {
    format!(
        "mutation {{ createSchedule(input: {{name: \"{schedule}\", title: \"nightly\"}}) {{ schedule {{ name }} }} \
         reportResult(input: {{schedule: \"{schedule}\", script: \"login.sh\", status: PASS}}) {{ result {{ id }} }} }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::scripts::RecentHistory;

    fn script(pass_rate: f64) -> ScriptSummary {
        ScriptSummary {
            name: "login.sh".into(),
            runs: 2,
            pass_rate,
            flaky: false,
            median_duration_ms: None,
            history: RecentHistory { nodes: Vec::new() },
        }
    }

    #[test]
    fn a_script_that_was_only_skipped_has_no_pass_rate() {
        use ResultStatus::{Fail, Skip};
        assert_eq!(pass_rate(&script(0.0), &[Skip, Skip]), None);
        assert_eq!(pass_rate(&script(0.0), &[Skip, Fail]), Some(0.0));
        assert_eq!(pass_rate(&script(0.5), &[Skip]), Some(0.5));
    }
}
