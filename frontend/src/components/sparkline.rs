//! The last outcomes of a script as little bars, the newest at the right. Their height tells a
//! failure from a pass like their colour does.

use std::fmt::Write;

use leptos::prelude::*;

use super::status::Look;
use crate::{api::results::ResultStatus, format};

/// How many bars there is room for.
const BARS: usize = 20;

/// The height of the drawing, and how far a bar is from the next; the rest is the gap.
const HEIGHT: u32 = 16;
const PITCH: usize = 5;
const WIDTH: u32 = 4;

/// How high the bar of a status is.
fn height(status: ResultStatus) -> u32 {
    match status {
        ResultStatus::Fail | ResultStatus::Error => HEIGHT,
        ResultStatus::Block => 12,
        ResultStatus::Pass => 8,
        ResultStatus::Running => 5,
        ResultStatus::Skip => 3,
    }
}

/// The bars of one status as one path.
fn path(outcomes: &[ResultStatus], wanted: ResultStatus) -> String {
    let (height, mut path) = (height(wanted), String::new());
    let newest_first = outcomes.iter().take(BARS).enumerate();
    for (place, _) in newest_first.filter(|(_, status)| **status == wanted) {
        let (x, y) = ((BARS - 1 - place) * PITCH, HEIGHT - height);
        write!(path, "M{x} {y}h{WIDTH}v{height}h-{WIDTH}z").expect("a string takes all text");
    }
    path
}

/// The bars in words.
fn summary(outcomes: &[ResultStatus]) -> String {
    let counts = ResultStatus::ALL.into_iter().filter_map(|status| {
        let count = outcomes.iter().filter(|other| **other == status).count();
        let word = Look::from(status).word.to_ascii_lowercase();
        (count > 0).then(|| format!("{count} {word}"))
    });
    let counts: Vec<_> = counts.collect();
    match outcomes {
        [] => "no outcome yet".to_owned(),
        [newest, ..] => format!(
            "the last {}: {}; the newest: {}",
            outcomes.len(),
            counts.join(", "),
            Look::from(*newest).word.to_ascii_lowercase()
        ),
    }
}

/// The bars.
#[component]
pub fn Sparkline(
    /// The outcomes, the newest first; 20 are shown.
    outcomes: Vec<ResultStatus>,
) -> impl IntoView {
    let summary = format::sentence(&summary(&outcomes));
    let bars = ResultStatus::ALL.map(move |status| {
        let path = path(&outcomes, status);
        let class = format!("spark__bars spark__bars--{}", Look::from(status).keyword);
        (!path.is_empty()).then(|| view! { <path class=class d=path></path> })
    });
    view! {
        <span class="spark" role="img" aria-label=summary.clone() title=summary>
            <svg class="spark__picture" viewBox="0 0 99 16" aria-hidden="true" focusable="false">
                {bars}
            </svg>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResultStatus::{Fail, Pass, Skip};

    #[test]
    fn the_newest_bar_is_the_rightmost() {
        assert_eq!(path(&[Pass], Pass), "M95 8h4v8h-4z");
        assert_eq!(
            path(&[Fail, Pass, Fail], Fail),
            "M95 0h4v16h-4zM85 0h4v16h-4z"
        );
        assert_eq!(path(&[Fail], Pass), "");
    }

    #[test]
    fn there_is_room_for_twenty() {
        let many = [Pass; 30];
        assert_eq!(path(&many, Pass).matches('M').count(), 20);
    }

    #[test]
    fn the_bars_are_said_in_words() {
        assert_eq!(
            summary(&[Fail, Pass, Pass, Skip]),
            "the last 4: 2 pass, 1 fail, 1 skip; the newest: fail"
        );
        assert_eq!(summary(&[]), "no outcome yet");
    }
}
