//! How long the script took, schedule by schedule, as a line over the columns of the strip.

use leptos::prelude::*;

use super::{columns::Columns, history::History, outcome::Outcome, scale::Scale};
use crate::{
    erased::{dynamic, memo},
    {api::results::ResultStatus, components::status::Look, format},
};

/// The height of the plot, and the room above and below it for half a point, in pixels.
const PLOT: i32 = 128;
const EDGE: i32 = 8;
const HEIGHT: i32 = PLOT + 2 * EDGE;

/// How far a point reaches from its middle, in pixels.
const POINT: i32 = 3;

/// The durations as they are drawn.
#[derive(Clone, Debug, PartialEq)]
struct Drawing {
    scale: Scale,
    columns: Columns,
    /// The newest first.
    points: Vec<Point>,
}

/// One schedule's duration.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    millis: f64,
    status: ResultStatus,
    x: usize,
    y: i32,
}

impl Drawing {
    /// None where no duration was told.
    fn of(outcomes: &[Outcome]) -> Option<Self> {
        let longest = outcomes
            .iter()
            .filter_map(Outcome::duration)
            .reduce(f64::max)?;
        let (scale, columns) = (Scale::up_to(longest), Columns::of(outcomes.len()));
        let point = |(place, outcome): (usize, &Outcome)| {
            let millis = outcome.duration()?;
            Some(Point {
                millis,
                status: outcome.latest().status,
                x: columns.middle(place),
                y: height_at(millis, scale),
            })
        };
        Some(Self {
            scale,
            columns,
            points: outcomes.iter().enumerate().filter_map(point).collect(),
        })
    }

    /// The line from point to point.
    fn line(&self) -> String {
        let corners = self
            .points
            .iter()
            .map(|Point { x, y, .. }| format!("{x} {y}"));
        format!("M{}", corners.collect::<Vec<_>>().join("L"))
    }

    /// The lines across at round durations.
    fn grid(&self) -> String {
        let lines = self.scale.lines();
        lines.map(|millis| self.across(millis)).collect()
    }

    /// A line across at a duration.
    fn across(&self, millis: f64) -> String {
        format!(
            "M0 {}H{}",
            height_at(millis, self.scale),
            self.columns.total()
        )
    }

    /// The chart in words.
    fn summary(&self, median: Option<i32>) -> String {
        let durations = self.points.iter().map(|point| point.millis);
        let shortest = durations.clone().fold(f64::INFINITY, f64::min);
        let longest = durations.clone().fold(0.0, f64::max);
        let newest = durations.clone().next().unwrap_or_default();
        let summary = format!(
            "Durations in {} schedules: {} to {}, the newest {}",
            self.points.len(),
            format::duration(shortest),
            format::duration(longest),
            format::duration(newest)
        );
        match median {
            Some(median) => format!("{summary}, the median {}", format::duration(median.into())),
            None => summary,
        }
    }
}

/// How far below the picture's upper edge a duration is drawn, in pixels.
fn height_at(millis: f64, scale: Scale) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share of the plot's height is small"
    )]
    let height = (f64::from(PLOT) * scale.share(millis)).round() as i32;
    EDGE + PLOT - height
}

impl Point {
    /// Its outline: a diamond for a failure, and a dot for everything else.
    fn outline(&self) -> String {
        let Self { x, y, status, .. } = self;
        if matches!(status, ResultStatus::Fail | ResultStatus::Error) {
            let reach = POINT + 1;
            format!("M{x} {y}m-{reach} 0l{reach}-{reach}l{reach} {reach}l-{reach} {reach}z")
        } else {
            let across = 2 * POINT;
            format!(
                "M{x} {y}m-{POINT} 0a{POINT} {POINT} 0 1 0 {across} 0a{POINT} {POINT} 0 1 0-{across} 0"
            )
        }
    }

    fn draw(&self) -> AnyView {
        let Look { word, keyword, .. } = self.status.into();
        view! {
            <path class=format!("chart__point chart__point--{keyword}") d=self.outline()>
                <title>{format!("{} · {word}", format::duration(self.millis))}</title>
            </path>
        }
        .into_any()
    }
}

/// The chart, where there are durations to be drawn.
#[component]
pub(super) fn Chart(
    /// What became of the script.
    history: History,
    /// The median that is said of it, in milliseconds.
    median: Option<i32>,
) -> impl IntoView {
    dynamic(move || {
        let drawing = history.with(Drawing::of)?;
        let middle = median
            .map(f64::from)
            .filter(|median| *median <= drawing.scale.top())
            .map(|median| drawing.across(median));
        let points: Vec<_> = drawing.points.iter().map(Point::draw).collect();
        Some(view! {
            <svg
                class="chart"
                role="img"
                aria-label=drawing.summary(median)
                data-testid="duration-chart"
                width=drawing.columns.total().to_string()
                height=HEIGHT.to_string()
            >
                <path class="chart__grid" d=drawing.grid()></path>
                <path class="chart__median" d=middle></path>
                <path class="chart__line" d=drawing.line()></path>
                {points}
            </svg>
        })
    })
}

/// A duration at a line: those are round.
fn tick(millis: f64) -> String {
    if millis <= 0.0 {
        "0".to_owned()
    } else if millis % 1_000.0 > 0.0 {
        format::duration(millis)
    } else {
        format::elapsed(millis)
    }
}

/// The durations at the lines of the chart, at its side.
#[component]
pub(super) fn Axis(
    /// What became of the script.
    history: History,
) -> impl IntoView {
    let scale = memo(move || history.with(Drawing::of).map(|drawing| drawing.scale));
    dynamic(move || {
        let scale = scale.get()?;
        let label = |millis: f64| {
            let y = height_at(millis, scale).to_string();
            view! {
                <text class="axis__label" x="100%" y=y text-anchor="end" dominant-baseline="central">
                    {tick(millis)}
                </text>
            }
        };
        let labels: Vec<_> = scale.lines().map(label).collect();
        Some(view! {
            <svg class="axis" aria-hidden="true" height=HEIGHT.to_string()>
                {labels}
            </svg>
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::script::outcome::tests::outcomes;

    /// A history, the newest first, with these durations.
    fn drawing(words: &str, durations: &[Option<i32>]) -> Option<Drawing> {
        let mut outcomes = outcomes(words);
        for (outcome, duration) in outcomes.iter_mut().zip(durations) {
            for attempt in &mut outcome.attempts {
                attempt.duration_ms = *duration;
            }
        }
        Drawing::of(&outcomes)
    }

    #[test]
    fn what_took_longest_is_highest_and_the_newest_is_rightmost() {
        let drawing = drawing("P F", &[Some(1_000), Some(2_000)]).expect("durations");
        assert_eq!(drawing.line(), "M72 72L24 8");
        assert_eq!(drawing.grid(), "M0 136H96M0 104H96M0 72H96M0 40H96M0 8H96");
    }

    #[test]
    fn what_has_no_duration_or_still_runs_is_left_out() {
        let drawing = drawing("R P S", &[Some(9), Some(1_000), None]).expect("a duration");
        assert_eq!(drawing.points.len(), 1);
        assert_eq!(drawing.points[0].x, 72);
    }

    #[test]
    fn there_is_no_chart_of_nothing() {
        assert_eq!(drawing("P P", &[None, None]), None);
    }

    #[test]
    fn the_lines_are_at_round_durations() {
        assert_eq!(tick(0.0), "0");
        assert_eq!(tick(500.0), "500 ms");
        assert_eq!(tick(1_500.0), "1.5 s");
        assert_eq!(tick(30_000.0), "30 s");
    }

    #[test]
    fn the_chart_is_said_in_words() {
        let drawing = drawing("P P", &[Some(1_500), Some(900)]).expect("durations");
        assert_eq!(
            drawing.summary(Some(1_200)),
            "Durations in 2 schedules: 900 ms to 1.5 s, the newest 1.5 s, the median 1.2 s"
        );
    }
}
