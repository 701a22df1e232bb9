//! A plot of days: one stacked bar each, on a scale from 0 to a round number.

use leptos::prelude::*;

use crate::format;

/// A part of a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// What the style sheet knows it by.
    pub(super) keyword: &'static str,
    /// How much it is.
    pub(super) value: f64,
}

/// A day.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    /// When it began, in milliseconds since 1970.
    pub(super) millis: f64,
    /// What it is made of, from the bottom up.
    pub(super) parts: Vec<Part>,
    /// The day in words.
    pub(super) words: String,
}

impl Bar {
    fn total(&self) -> f64 {
        self.parts.iter().map(|part| part.value).sum()
    }
}

/// The next number of one digit 1, 2 or 5 and zeros that is not below this one.
fn round_up(value: f64) -> f64 {
    let mut unit = 1.0;
    loop {
        for step in [1.0, 2.0, 5.0] {
            if value <= step * unit {
                return step * unit;
            }
        }
        unit *= 10.0;
    }
}

/// How many days lie between two that have their date below them.
fn days_between_dates(days: usize) -> usize {
    days.div_ceil(8).max(1)
}

/// The plot.
#[component]
pub(super) fn Plot(
    /// Names it for the page.
    id: &'static str,
    /// What it shows.
    title: &'static str,
    /// What there is to say about that.
    #[prop(into)]
    remark: String,
    /// The days, in order.
    bars: Vec<Bar>,
    /// A value as people read it.
    shown: fn(f64) -> String,
) -> impl IntoView {
    let top = round_up(bars.iter().map(Bar::total).fold(0.0, f64::max));
    let is_empty = bars.iter().all(|bar| bar.total() <= 0.0);
    let every = days_between_dates(bars.len());
    let last = bars.len().saturating_sub(1);
    let column = move |(place, bar): (usize, Bar)| {
        let rest = top - bar.total();
        let name = format::utc_day(bar.millis);
        let words = format!("{name}: {}", bar.words);
        let (dates, days) = ((last - place) / every, (last - place) % every);
        let date = (days == 0).then(|| format::utc_date(bar.millis));
        // On a narrow screen there is room for every third one.
        let class = if dates.is_multiple_of(3) {
            "plot__date"
        } else {
            "plot__date plot__date--minor"
        };
        let segment = |part: Part| {
            view! {
                <span
                    class=format!("bar__segment bar__segment--{}", part.keyword)
                    style:flex-grow=part.value.to_string()
                    hidden=part.value <= 0.0
                ></span>
            }
        };
        let tooltip = words.clone();
        view! {
            <li class="plot__day" title=tooltip>
                <span class="visually-hidden">{words}</span>
                <span class="plot__bar" aria-hidden="true">
                    {bar.parts.into_iter().map(segment).collect_view()}
                    <span class="bar__rest" style:flex-grow=rest.to_string()></span>
                </span>
                <span class=class aria-hidden="true">
                    {date}
                </span>
            </li>
        }
    };
    let body = if is_empty {
        view! { <p class="muted">"There is nothing to show of these days."</p> }.into_any()
    } else {
        view! {
            <div class="plot" data-testid=format!("plot-{id}")>
                <div class="plot__scale" aria-hidden="true">
                    <span>{shown(top)}</span>
                    <span>{shown(top / 2.0)}</span>
                    <span>"0"</span>
                </div>
                <ol class="plot__days">{bars.into_iter().enumerate().map(column).collect_view()}</ol>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="part" aria-labelledby=id>
            <div class="part__head">
                <h2 id=id>{title}</h2>
                <span class="muted">{remark}</span>
            </div>
            {body}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        for (value, top) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (3.0, 5.0),
            (7.0, 10.0),
            (120.0, 200.0),
            (4_999.0, 5_000.0),
        ] {
            assert!((round_up(value) - top).abs() < f64::EPSILON, "{value}");
        }
    }

    #[test]
    fn few_days_have_all_their_dates() {
        assert_eq!(days_between_dates(7), 1);
        assert_eq!(days_between_dates(30), 4);
        assert_eq!(days_between_dates(90), 12);
    }
}
