//! What differs, a section a kind.

use leptos::prelude::*;

use super::feed::{Pair, Side};
use crate::{
    address,
    api::comparisons::{Comparison, Differences, Slowdown},
    components::icon::{Glyph, Icon},
    erased::{computed, dynamic, handler, memo},
    format,
};

/// How many scripts a section shows before one asks for all.
const AT_FIRST: usize = 100;

/// A kind of difference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    NewlyFailing,
    Fixed,
    StillFailing,
    Added,
    Removed,
    Slower,
}

impl Kind {
    /// In the order in which they are shown.
    const ALL: [Self; 6] = [
        Self::NewlyFailing,
        Self::Fixed,
        Self::StillFailing,
        Self::Added,
        Self::Removed,
        Self::Slower,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::NewlyFailing => "Newly failing",
            Self::Fixed => "Fixed",
            Self::StillFailing => "Still failing",
            Self::Added => "Added",
            Self::Removed => "Removed",
            Self::Slower => "Slower",
        }
    }

    fn explanation(self) -> &'static str {
        match self {
            Self::NewlyFailing => "Fail or break after, and did not before",
            Self::Fixed => "Pass after, and failed or broke before",
            Self::StillFailing => "Fail or break in both",
            Self::Added => "Only after",
            Self::Removed => "Only before",
            Self::Slower => "At least half as long again, and a second more",
        }
    }

    /// What the style sheet knows it by; also the last part of its test id.
    fn keyword(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly-failing",
            Self::Fixed => "fixed",
            Self::StillFailing => "still-failing",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Slower => "slower",
        }
    }

    fn glyph(self) -> Glyph {
        match self {
            Self::NewlyFailing | Self::StillFailing => Glyph::Cross,
            Self::Fixed => Glyph::Tick,
            Self::Added => Glyph::Plus,
            Self::Removed => Glyph::Minus,
            Self::Slower => Glyph::Clock,
        }
    }

    /// Where a script of this kind has the row that one wants to see.
    fn side(self) -> Side {
        match self {
            Self::Removed => Side::Base,
            _ => Side::Other,
        }
    }

    fn entries(self, differences: &Differences) -> Vec<Entry> {
        let names = match self {
            Self::NewlyFailing => &differences.newly_failing,
            Self::Fixed => &differences.fixed,
            Self::StillFailing => &differences.still_failing,
            Self::Added => &differences.added,
            Self::Removed => &differences.removed,
            Self::Slower => {
                let slower = differences.slower.iter();
                return slower
                    .map(|slowdown| Entry {
                        script: slowdown.script.clone(),
                        slowdown: Some(slowdown.clone()),
                    })
                    .collect();
            }
        };
        let entry = |script: &String| Entry {
            script: script.clone(),
            slowdown: None,
        };
        names.iter().map(entry).collect()
    }
}

/// One script in a section.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    script: String,
    /// How much slower it is.
    slowdown: Option<Slowdown>,
}

/// All sections.
#[component]
pub(super) fn Sections(
    /// The two schedules' names.
    pair: Pair,
    /// What came of comparing them, as it changes.
    comparison: Signal<Comparison>,
) -> impl IntoView {
    let pair = StoredValue::new(pair);
    Kind::ALL
        .into_iter()
        .map(|kind| {
            let entries =
                memo(move || comparison.with(|comparison| kind.entries(&comparison.differences)));
            view! { <Section kind entries pair/> }
        })
        .collect_view()
}

/// The scripts of one kind. Where there are none, a line says so.
#[component]
fn Section(
    /// The kind.
    kind: Kind,
    /// The scripts, as they change.
    entries: Memo<Vec<Entry>>,
    /// The two schedules' names.
    pair: StoredValue<Pair>,
) -> impl IntoView {
    let count = memo(move || entries.with(Vec::len));
    let all = RwSignal::new(false);
    let limit = move || if all.get() { usize::MAX } else { AT_FIRST };
    let rows = move || {
        let entries = entries.get().into_iter().take(limit());
        entries.map(|entry| row(kind, entry, pair)).collect_view()
    };
    let more = move || {
        (count.get() > limit()).then(|| {
            view! {
                <button
                    type="button"
                    class="button button--small difference__more"
                    on:click=handler(move |_| all.set(true))
                >
                    {dynamic(move || format!("Show all {}", count_text(count.get())))}
                </button>
            }
        })
    };
    let test_id = format!("difference-{}", kind.keyword());
    view! {
        <section
            class=format!("difference difference--{}", kind.keyword())
            class:difference--none=computed(move || count.get() == 0)
            aria-label=kind.title()
            data-testid=test_id
        >
            <h2 class="difference__title" title=kind.explanation()>
                <Icon glyph=kind.glyph()/>
                {kind.title()}
                <span class="difference__count" data-testid=format!("count-{}", kind.keyword())>
                    {dynamic(move || count_text(count.get()))}
                </span>
            </h2>
            <ul class="difference__scripts" hidden=computed(move || count.get() == 0)>
                {dynamic(rows)}
            </ul>
            {dynamic(more)}
        </section>
    }
}

fn count_text(count: usize) -> String {
    format::count(i32::try_from(count).unwrap_or(i32::MAX))
}

/// One script, with its ways to its row and to its history.
fn row(kind: Kind, entry: Entry, pair: StoredValue<Pair>) -> AnyView {
    let Entry { script, slowdown } = entry;
    let row = pair.with_value(|pair| address::result(pair.name(kind.side()), &script));
    view! {
        <li class="difference-row">
            <a class="difference-row__script" href=row title=script.clone() data-row="">
                <bdi>{script.clone()}</bdi>
            </a>
            {slowdown.as_ref().map(detail)}
            <a
                class="button button--icon difference-row__history"
                href=address::script(&script)
                aria-label=format!("History of {script}")
                title="History across schedules"
            >
                <Icon glyph=Glyph::Bars/>
            </a>
        </li>
    }
    .into_any()
}

/// Before, after, and how many times as long.
fn detail(slowdown: &Slowdown) -> AnyView {
    let (before, after) = (f64::from(slowdown.before_ms), f64::from(slowdown.after_ms));
    let times = (before > 0.0).then(|| format::factor(after / before));
    view! {
        <span class="difference-row__detail">
            <span>{format::duration(before)}</span>
            <span class="difference-row__arrow">"→"</span>
            <span>{format::duration(after)}</span>
            <span class="difference-row__factor">{times}</span>
        </span>
    }
    .into_any()
}
