//! Progress as a segmented bar and as counts. Both are drawn from one [`Progress`], so they cannot
//! disagree.

use leptos::prelude::*;

use super::{icon::Icon, status::Look};
use crate::{
    api::{results::ResultStatus, schedules::Progress},
    erased::{computed, dynamic},
    format,
};

impl Progress {
    /// How many scripts' latest attempts have this status.
    pub fn count(&self, status: ResultStatus) -> i32 {
        match status {
            ResultStatus::Running => self.running,
            ResultStatus::Pass => self.pass,
            ResultStatus::Fail => self.fail,
            ResultStatus::Block => self.block,
            ResultStatus::Error => self.error,
            ResultStatus::Skip => self.skip,
        }
    }

    /// Scripts that have been heard of.
    pub fn seen(&self) -> i32 {
        self.reported + self.running
    }

    /// Expected scripts that have not been heard of. Where more came than were expected, that is
    /// none.
    pub fn rest(&self) -> i32 {
        self.expected
            .map_or(0, |expected| (expected - self.seen()).max(0))
    }

    /// Expected scripts without a final status.
    pub fn missing(&self) -> i32 {
        let (Some(expected), Some(percent)) = (self.expected, self.percent) else {
            return 0;
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a share of an i32 is none that is larger"
        )]
        let missing = (f64::from(expected) * (100.0 - percent) / 100.0).round() as i32;
        missing
    }

    /// The bar in words.
    fn summary(&self) -> String {
        let counts = ResultStatus::ALL
            .into_iter()
            .filter(|status| self.count(*status) > 0)
            .map(|status| {
                let word = Look::from(status).word.to_ascii_lowercase();
                format!("{} {word}", format::count(self.count(status)))
            });
        let rest = (self.rest() > 0).then(|| format!("{} to come", format::count(self.rest())));
        let parts: Vec<_> = counts.chain(rest).collect();
        if parts.is_empty() {
            "nothing reported".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

/// The segmented bar: one segment a status, as wide as its share, and the rest empty.
#[component]
pub fn ProgressBar(
    /// The counts.
    #[prop(into)]
    progress: Signal<Progress>,
) -> impl IntoView {
    let segments = ResultStatus::ALL.map(|status| {
        let count = move || progress.with(|progress| progress.count(status));
        view! {
            <span
                class=format!("bar__segment bar__segment--{}", Look::from(status).keyword)
                style:flex-grow=computed(move || count().to_string())
                hidden=computed(move || count() == 0)
            ></span>
        }
    });
    let summary = move || progress.with(Progress::summary);
    let rest = move || progress.with(Progress::rest).to_string();
    view! {
        <span class="bar" role="img" aria-label=computed(summary) title=computed(summary)>
            {segments}
            <span class="bar__rest" style:flex-grow=computed(rest)></span>
        </span>
    }
}

/// The counts that are not zero, small, as a list's row shows them.
#[component]
pub fn Counts(
    /// The counts.
    #[prop(into)]
    progress: Signal<Progress>,
) -> impl IntoView {
    let counts = ResultStatus::ALL.map(|status| {
        let Look {
            word,
            keyword,
            glyph,
        } = status.into();
        let count = move || progress.with(|progress| progress.count(status));
        view! {
            <span class=format!("count count--{keyword}") title=word hidden=computed(move || count() == 0)>
                <Icon glyph=glyph/>
                <span data-testid=format!("count-{keyword}")>{dynamic(move || format::count(count()))}</span>
                <span class="visually-hidden">" " {word}</span>
            </span>
        }
    });
    view! { <span class="counts">{counts}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_what_was_expected_and_not_seen() {
        let progress = Progress {
            expected: Some(10),
            reported: 4,
            running: 2,
            pass: 4,
            ..Progress::default()
        };
        assert_eq!(progress.rest(), 4);
        assert_eq!(progress.summary(), "4 pass, 2 running, 4 to come");
    }

    #[test]
    fn what_is_missing_is_what_was_expected_and_is_not_final() {
        let progress = Progress {
            expected: Some(180),
            percent: Some(100.0 * 61.0 / 180.0),
            ..Progress::default()
        };
        assert_eq!(progress.missing(), 119);
        assert_eq!(Progress::default().missing(), 0);
    }

    #[test]
    fn there_is_no_rest_without_an_expectation_or_beyond_it() {
        let unexpected = Progress {
            reported: 4,
            pass: 4,
            ..Progress::default()
        };
        assert_eq!(unexpected.rest(), 0);
        assert_eq!(
            Progress {
                expected: Some(3),
                ..unexpected
            }
            .rest(),
            0
        );
        assert_eq!(Progress::default().summary(), "nothing reported");
    }
}
