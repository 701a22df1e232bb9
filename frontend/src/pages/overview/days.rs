//! The last 30 days as a strip: what became of each day's results, one column a day, each of which
//! leads to the day's schedules.

use leptos::prelude::*;

use crate::{
    api::{Api, results::ResultStatus, scalars::DateTime, statistics::Day},
    clock::Clock,
    components::{
        notice::{Failure, Loading},
        status::Look,
    },
    erased::{dynamic, memo},
    fetched::Fetched,
    format,
    told::Told,
};

const DAY: f64 = 86_400_000.0;

/// How many days there are.
const DAYS: i32 = 30;

impl Day {
    /// The share of passes among its passes, failures, errors and blocks, in percent; `None` where
    /// there are none of all these.
    fn pass_rate(&self) -> Option<f64> {
        let judged = self.pass + self.fail + self.error + self.block;
        (judged > 0).then(|| 100.0 * f64::from(self.pass) / f64::from(judged))
    }

    /// The day in words.
    fn summary(&self) -> String {
        if self.schedules == 0 {
            return "no schedules".to_owned();
        }
        let schedules = format::counted(self.schedules, "schedule", "schedules");
        let rate = self.pass_rate().map(format::percent);
        let rate = rate.map(|rate| format!("{rate} passed"));
        let counts = ResultStatus::ALL
            .into_iter()
            .filter(|status| self.count(*status) > 0)
            .map(|status| {
                let word = Look::from(status).word.to_ascii_lowercase();
                format!("{} {word}", format::count(self.count(status)))
            });
        let parts: Vec<_> = [schedules].into_iter().chain(rate).chain(counts).collect();
        parts.join(", ")
    }
}

/// The days, counted again at the turn of each and whenever `changed` is notified.
pub(super) fn fetch(changed: Told) -> Fetched<Vec<Day>> {
    let api = Api::expect();
    let now = Clock::expect().live();
    let first = memo(move || first_day(now.get()));
    Fetched::start(move || {
        changed.track();
        api.days_since(DateTime::from_millis(first.get()))
    })
}

/// When the first of the days began, in milliseconds since 1970.
fn first_day(now: f64) -> f64 {
    ((now / DAY).floor() - f64::from(DAYS - 1)) * DAY
}

/// The strip.
#[component]
pub(super) fn Days(
    /// The days in which there were schedules.
    days: Fetched<Vec<Day>>,
) -> impl IntoView {
    let now = Clock::expect().live();
    let columns = move |known: &[Day]| {
        let first = first_day(now.get_untracked());
        let day = |offset: i32| {
            let millis = first + f64::from(offset) * DAY;
            let DateTime(time) = DateTime::from_millis(millis);
            let date = time.split('T').next().unwrap_or_default();
            let day = known.iter().find(|day| day.date == date);
            let day = day.cloned().unwrap_or_else(|| Day {
                date: date.to_owned(),
                ..Day::default()
            });
            view! { <Column day millis/> }
        };
        (0..DAYS).map(day).collect_view()
    };
    view! {
        <section class="part" aria-labelledby="days">
            <div class="part__head">
                <h2 id="days">"Last 30 days"</h2>
                <span class="muted">"what became of each day's scripts; days of UTC"</span>
            </div>
            {dynamic(move || match days.get() {
                None => view! { <Loading what="the days"/> }.into_any(),
                Some(Ok(known)) => {
                    view! {
                        <ol class="month" data-testid="days">
                            {columns(&known)}
                        </ol>
                    }
                        .into_any()
                }
                Some(Err(error)) => {
                    view! {
                        <Failure
                            title="The days could not be loaded"
                            reason=error.to_string()
                            on_retry=Callback::new(move |()| days.retry())
                        />
                    }
                        .into_any()
                }
            })}
        </section>
    }
}

/// One day: its results as shares of a column, and its share of passes in numbers.
#[component]
fn Column(
    /// The day.
    day: Day,
    /// When it began, in milliseconds since 1970.
    millis: f64,
) -> impl IntoView {
    let segments = ResultStatus::ALL.map(|status| {
        let count = day.count(status);
        (count > 0).then(|| {
            let keyword = Look::from(status).keyword;
            view! {
                <span
                    class=format!("bar__segment bar__segment--{keyword}")
                    style:flex-grow=count.to_string()
                ></span>
            }
        })
    });
    let rate = day.pass_rate().map(format::percent);
    let name = format::utc_day(millis);
    let words = format!("{name}: {}", day.summary());
    let tooltip = words.clone();
    let href = format!("/schedules?from={0}&to={0}", day.date);
    let number = day.date.rsplit('-').next().unwrap_or_default().to_owned();
    view! {
        <li class="month__day">
            <a href=href class="month__link" title=tooltip data-day=day.date.clone()>
                <span class="visually-hidden">{words}</span>
                <span class="month__rate" aria-hidden="true">
                    {rate}
                </span>
                <span class="month__column">{segments}</span>
                <span class="month__number" aria-hidden="true">
                    {number}
                </span>
            </a>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_told_in_words() {
        let day = Day {
            date: "2026-11-20".into(),
            schedules: 2,
            pass: 97,
            fail: 1,
            error: 2,
            skip: 4,
            block: 0,
        };
        assert_eq!(
            day.summary(),
            "2 schedules, 97 % passed, 97 pass, 1 fail, 2 error, 4 skip"
        );
        assert_eq!(Day::default().summary(), "no schedules");
    }

    #[test]
    fn what_was_skipped_is_no_part_of_the_pass_rate() {
        let skipped = Day {
            schedules: 1,
            skip: 3,
            ..Day::default()
        };
        assert_eq!(skipped.pass_rate(), None);
        assert_eq!(skipped.summary(), "1 schedule, 3 skip");
    }
}
