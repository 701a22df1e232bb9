//! What was done over a while, in numbers: results and actions day by day, how often which action was done, how large the
//! backups were.

mod plot;

use leptos::prelude::*;

use self::plot::{Bar, Part, Plot};
use crate::{
    address::{in_place, query_signal},
    api::{
        Api,
        backups::Backup,
        results::ResultStatus,
        scalars::DateTime,
        statistics::{ActionCount, Activity, Counts, Day},
    },
    browser,
    clock::Clock,
    components::{
        notice::{Failure, Loading},
        status::Look,
    },
    erased::{computed, dynamic, handler, memo},
    fetched::Fetched,
    format,
};

const DAY: f64 = 86_400_000.0;

/// Over how many days one can look back.
const PERIODS: [u32; 3] = [7, 30, 90];

/// Over how many one does.
const PERIOD: u32 = 30;

/// The page.
#[component]
pub fn StatisticsPage() -> impl IntoView {
    browser::set_title("Statistics");
    let (asked, set_asked) = query_signal::<u32>("days", in_place());
    let days = memo(move || {
        let asked = asked.get().filter(|days| PERIODS.contains(days));
        asked.unwrap_or(PERIOD)
    });
    let chip = move |period: u32| {
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=computed(move || (days.get() == period).to_string())
                on:click=handler(move |_| set_asked.set(Some(period).filter(|period| *period != PERIOD)))
            >
                {format!("{period} days")}
            </button>
        }
    };
    view! {
        <div class="page__head page__head--apart">
            <h1>"Statistics"</h1>
            <div class="chips" role="group" aria-label="Over the last">
                {PERIODS.map(chip)}
            </div>
        </div>
        {dynamic(move || view! { <Period days=days.get()/> })}
    }
}

/// What is known of a while.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    /// When its first day began, in milliseconds since 1970.
    first: f64,
    counts: Counts,
    backups: Vec<Backup>,
}

/// The numbers of so many days.
#[component]
fn Period(
    /// How many, today included.
    days: u32,
) -> impl IntoView {
    let api = Api::expect();
    let now = Clock::expect().live();
    let first = memo(move || ((now.get() / DAY).floor() - f64::from(days - 1)) * DAY);
    let fetched = Fetched::start(move || {
        let first = first.get();
        async move {
            let from = DateTime::from_millis(first);
            Ok(Known {
                first,
                counts: api.counts_since(from.clone()).await?,
                backups: api.backups_since(from).await?,
            })
        }
    });
    dynamic(move || match fetched.get() {
        None => view! { <Loading what="the statistics"/> }.into_any(),
        Some(Ok(known)) => view! { <Numbers known days/> }.into_any(),
        Some(Err(error)) => view! {
            <Failure
                title="The statistics could not be loaded"
                reason=error.to_string()
                on_retry=Callback::new(move |()| fetched.retry())
            />
        }
        .into_any(),
    })
}

/// The plots, and the table of actions.
#[component]
fn Numbers(
    /// What is known.
    known: Known,
    /// Of how many days.
    days: u32,
) -> impl IntoView {
    let Known {
        first,
        counts,
        backups,
    } = known;
    let dates: Vec<_> = (0..days)
        .map(|offset| first + f64::from(offset) * DAY)
        .collect();
    let Counts {
        successful_backups,
        failed_backups,
        actions,
        activity,
        days: results,
    } = counts;
    let result_bars = bars(&dates, |date| result_bar(&results, date));
    let action_bars = bars(&dates, |date| activity_bar(&activity, date));
    let backup_bars = bars(&dates, |date| backup_bar(&backups, date));
    let tried = format!(
        "{} succeeded, {} failed",
        format::count(successful_backups),
        format::count(failed_backups)
    );
    view! {
        <Plot
            id="results"
            title="Results a day"
            remark="the last attempt of each script, by the day on which its schedule was opened"
            bars=result_bars
            shown=|value| format::large_count(value)
        />
        <Plot
            id="actions"
            title="Actions a day"
            remark="what is on the log"
            bars=action_bars
            shown=|value| format::large_count(value)
        />
        <Plot
            id="backups"
            title="Size of the backups a day"
            remark=tried
            bars=backup_bars
            shown=format::bytes
        />
        <Actions actions/>
    }
}

/// One bar a day, of what is known of its date.
fn bars(dates: &[f64], bar: impl Fn(&str) -> (Vec<Part>, String)) -> Vec<Bar> {
    let of_day = |millis: &f64| {
        let DateTime(time) = DateTime::from_millis(*millis);
        let date = time.split('T').next().unwrap_or_default();
        let (parts, words) = bar(date);
        Bar {
            millis: *millis,
            parts,
            words,
        }
    };
    dates.iter().map(of_day).collect()
}

fn result_bar(days: &[Day], date: &str) -> (Vec<Part>, String) {
    let Some(day) = days.iter().find(|day| day.date == date) else {
        return (Vec::new(), "no results".to_owned());
    };
    let parts: Vec<_> = ResultStatus::ALL
        .into_iter()
        .map(|status| (Look::from(status), day.count(status)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let words = parts
        .iter()
        .map(|(look, count)| {
            format!(
                "{} {}",
                format::count(*count),
                look.word.to_ascii_lowercase()
            )
        })
        .collect::<Vec<_>>();
    let parts = parts.into_iter().map(|(look, count)| Part {
        keyword: look.keyword,
        value: f64::from(count),
    });
    (parts.collect(), words.join(", "))
}

fn activity_bar(days: &[Activity], date: &str) -> (Vec<Part>, String) {
    let Some(day) = days.iter().find(|day| day.date == date) else {
        return (Vec::new(), "nothing was done".to_owned());
    };
    let part = |keyword, count: i32| Part {
        keyword,
        value: f64::from(count),
    };
    let words = format!(
        "{} succeeded, {} refused or failed",
        format::count(day.success),
        format::count(day.error)
    );
    (
        vec![part("pass", day.success), part("fail", day.error)],
        words,
    )
}

fn backup_bar(backups: &[Backup], date: &str) -> (Vec<Part>, String) {
    let of_day = || {
        backups
            .iter()
            .filter(|backup| backup.created_time.0.starts_with(date))
    };
    let size: f64 = of_day().map(|backup| backup.size_bytes).sum();
    let count = i32::try_from(of_day().count()).unwrap_or(i32::MAX);
    let part = Part {
        keyword: "running",
        value: size,
    };
    let words = format!(
        "{} in {}",
        format::bytes(size),
        format::counted(count, "backup", "backups")
    );
    (vec![part], words)
}

/// How often each action was done, the most frequent first.
#[component]
fn Actions(
    /// The actions.
    mut actions: Vec<ActionCount>,
) -> impl IntoView {
    actions.sort_by_key(|action| std::cmp::Reverse(action.success + action.error));
    let most = actions
        .first()
        .map_or(1, |action| action.success + action.error);
    let none = actions.is_empty();
    let row = move |action: ActionCount| {
        let ActionCount {
            action,
            success,
            error,
        } = action;
        let rest = most - success - error;
        let href = format!("/logs?action={action}");
        let segment = |keyword: &str, count: i32| {
            view! {
                <span
                    class=format!("bar__segment bar__segment--{keyword}")
                    style:flex-grow=count.to_string()
                    hidden=count == 0
                ></span>
            }
        };
        view! {
            <div class="action-row" role="row" data-testid="action-row">
                <span role="cell" class="mono">
                    <a href=href data-row="">{action}</a>
                </span>
                <span role="cell" class="tabular">
                    {format::count(success)}
                </span>
                <span role="cell" class="tabular" class:status--fail={error > 0}>
                    {format::count(error)}
                </span>
                <span role="cell" class="bar" aria-hidden="true">
                    {segment("pass", success)}
                    {segment("fail", error)}
                    <span class="bar__rest" style:flex-grow=rest.to_string()></span>
                </span>
            </div>
        }
    };
    view! {
        <section class="part" aria-labelledby="by-action">
            <div class="part__head">
                <h2 id="by-action">"Actions"</h2>
                <span class="muted">"how often each was done"</span>
            </div>
            {if none {
                view! { <p class="muted">"Nothing was done."</p> }.into_any()
            } else {
                view! {
                    <div class="actions" role="table" aria-labelledby="by-action">
                        <div class="action-row action-row--head" role="row">
                            <span role="columnheader">"Action"</span>
                            <span role="columnheader">"Succeeded"</span>
                            <span role="columnheader">"Failed"</span>
                            <span role="columnheader">
                                <span class="visually-hidden">"Share"</span>
                            </span>
                        </div>
                        {actions.into_iter().map(row).collect_view()}
                    </div>
                }
                    .into_any()
            }}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_results_is_told_in_words_and_parts() {
        let day = Day {
            date: "2026-11-25".into(),
            schedules: 1,
            pass: 8,
            fail: 1,
            ..Day::default()
        };
        let (parts, words) = result_bar(&[day], "2026-11-25");
        assert_eq!(words, "8 pass, 1 fail");
        let parts: Vec<_> = parts
            .iter()
            .map(|part| (part.keyword, part.value))
            .collect();
        assert_eq!(parts, [("pass", 8.0), ("fail", 1.0)]);
        assert_eq!(result_bar(&[], "2026-11-25").1, "no results");
    }

    #[test]
    fn the_backups_of_a_day_are_added_up() {
        let backup = |time: &str, size_bytes| Backup {
            id: time.into(),
            source: "/srv".into(),
            file: "srv.tar.zst".into(),
            size_bytes,
            file_count: 1,
            sha256: String::new(),
            created_time: DateTime(time.into()),
        };
        let backups = [
            backup("2026-11-25T02:00:00.000Z", 700.0),
            backup("2026-11-25T14:00:00.000Z", 800.0),
            backup("2026-11-24T02:00:00.000Z", 5.0),
        ];
        let (parts, words) = backup_bar(&backups, "2026-11-25");
        assert_eq!(words, "1.5 kB in 2 backups");
        assert!((parts[0].value - 1_500.0).abs() < f64::EPSILON);
    }
}
