//! Blocks of time as bars, lane by lane. Each lane is one path, however many blocks it has.

use std::fmt::Write;

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use super::scale::{Scale, WIDTH, hit};
use crate::{
    api::scalars::DateTime,
    erased::{computed, dynamic, handler},
    format,
};

/// How high a lane is in its own units.
const HEIGHT: f64 = 10.0;

/// What is left free between two blocks of which one follows the other.
const GAP: f64 = 1.0;

/// What kind of thing a block is, as the style sheet knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Paint {
    /// What was to be done anyway.
    Master,
    /// What takes its time from that.
    Source,
    /// What was left out.
    Dropped,
}

impl Paint {
    /// Each, in the order in which they are drawn.
    const ALL: [Self; 3] = [Self::Master, Self::Source, Self::Dropped];

    fn keyword(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Source => "source",
            Self::Dropped => "dropped",
        }
    }
}

/// A block.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) paint: Paint,
    pub(super) start: DateTime,
    pub(super) end: DateTime,
    /// What else there is to say of it.
    pub(super) remark: Option<String>,
}

impl Bar {
    fn words(&self) -> String {
        let (start, end) = (self.start.millis(), self.end.millis());
        let mut words = format!(
            "{}: {} to {} UTC, {}",
            self.name,
            clock(&self.start),
            clock(&self.end),
            format::duration(end - start)
        );
        if let Some(remark) = &self.remark {
            write!(words, "; {remark}").expect("a String takes whatever is written");
        }
        words
    }
}

/// A time with its date, without the fraction of its second.
pub(super) fn clock(time: &DateTime) -> String {
    time.0.get(..19).unwrap_or(&time.0).replace('T', " ")
}

/// Blocks that are shown in one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lane {
    pub(super) name: String,
    /// In the order of their beginnings.
    pub(super) bars: Vec<Bar>,
}

/// Lanes under one heading.
#[component]
pub(super) fn Timeline(
    /// Names it for the page.
    id: &'static str,
    /// What is shown.
    title: &'static str,
    /// What there is to say about that.
    remark: &'static str,
    /// The lanes.
    lanes: Vec<Lane>,
    /// The window.
    scale: Scale,
    /// What the pointer is at.
    shown: RwSignal<Option<String>>,
) -> impl IntoView {
    let none = lanes.is_empty();
    let lanes = lanes
        .into_iter()
        .map(|lane| view! { <OneLane lane scale shown/> })
        .collect_view();
    view! {
        <section class="track" aria-labelledby=id data-testid=format!("track-{id}")>
            <h3 id=id class="track__title">
                {title}
            </h3>
            <span class="muted">{remark}</span>
            {if none {
                view! { <p class="track__none muted">"Nothing."</p> }.into_any()
            } else {
                view! { <div class="track__lanes">{lanes}</div> }.into_any()
            }}
        </section>
    }
}

/// The path of all bars of a kind.
fn path(bars: &[Bar], extents: &[(f64, f64)], paint: Paint) -> String {
    let mut path = String::new();
    let of_kind = bars
        .iter()
        .zip(extents)
        .filter(|(bar, _)| bar.paint == paint);
    for (_, (from, width)) in of_kind {
        // Those that follow one another are seen as several.
        let width = width - GAP.min(width / 4.0);
        write!(path, "M{from:.2} 0h{width:.2}v{HEIGHT}h-{width:.2}z")
            .expect("a String takes whatever is written");
    }
    path
}

#[component]
fn OneLane(
    /// The lane.
    lane: Lane,
    /// The window.
    scale: Scale,
    /// What the pointer is at.
    shown: RwSignal<Option<String>>,
) -> impl IntoView {
    let Lane { name, bars } = lane;
    let extents: Vec<_> = bars
        .iter()
        .map(|bar| scale.extent(bar.start.millis(), bar.end.millis()))
        .collect();
    let count = i32::try_from(bars.len()).unwrap_or(i32::MAX);
    let label = format!("{name}: {}", format::counted(count, "block", "blocks"));
    let paths = Paint::ALL.map(|paint| {
        let path = path(&bars, &extents, paint);
        (!path.is_empty()).then(|| {
            let class = format!("lane__bars lane__bars--{}", paint.keyword());
            view! { <path class=class d=path></path> }
        })
    });
    let marked = RwSignal::new(None::<usize>);
    let bars = StoredValue::new(bars);
    let places = extents.clone();
    let mark = move || {
        marked.get().map(|index| {
            let (from, width) = places[index];
            view! { <rect class="lane__mark" x=from y=0.0 width=width height=HEIGHT></rect> }
        })
    };
    let point_at = move |index: Option<usize>| {
        marked.set(index);
        shown.set(index.map(|index| bars.with_value(|bars| bars[index].words())));
    };
    let last = extents.len().saturating_sub(1);
    let drawing = NodeRef::<leptos::svg::Svg>::new();
    let point = move |event: ev::PointerEvent| {
        let Some(drawing) = drawing.get_untracked() else {
            return;
        };
        let drawing: &web_sys::Element = drawing.unchecked_ref();
        let place = drawing.get_bounding_client_rect();
        let at = (f64::from(event.client_x()) - place.left()) / place.width() * WIDTH;
        point_at(hit(&extents, at));
    };
    let press = point.clone();
    let leave = move |event: ev::PointerEvent| {
        // A finger that is lifted leaves, and means what it was at.
        if event.pointer_type() == "mouse" {
            point_at(None);
        }
    };
    let step = move |event: ev::KeyboardEvent| {
        let at = marked.get_untracked();
        let next = match event.key().as_str() {
            "ArrowRight" => at.map_or(0, |at| (at + 1).min(last)),
            "ArrowLeft" => at.map_or(last, |at| at.saturating_sub(1)),
            _ => return,
        };
        event.prevent_default();
        point_at(Some(next));
    };
    view! {
        <div class="lane" data-lane=name.clone()>
            <span class="lane__name" title=name.clone()>
                {name.clone()}
            </span>
            <svg
                class="lane__drawing"
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                preserveAspectRatio="none"
                role="img"
                aria-label=label
                tabindex="0"
                node_ref=drawing
                on:pointermove=handler(point)
                on:pointerdown=handler(press)
                on:pointerleave=handler(leave)
                on:keydown=handler(step)
                on:blur=handler(move |_: ev::FocusEvent| point_at(None))
            >
                {paths.into_iter().flatten().collect_view()}
                {dynamic(mark)}
            </svg>
        </div>
    }
}

/// The times below the lanes.
#[component]
pub(super) fn Axis(
    /// The window.
    scale: Scale,
) -> impl IntoView {
    let tick = |tick: super::scale::Tick| {
        view! {
            <span class="ticks__tick" style:left=format!("{:.3}%", tick.percent)>
                {tick.words}
            </span>
        }
    };
    view! {
        <div class="ticks" aria-hidden="true">
            <div class="ticks__width">{scale.ticks().into_iter().map(tick).collect_view()}</div>
        </div>
    }
}

/// What the pointer is at, in words.
#[component]
pub(super) fn Detail(
    /// That.
    shown: RwSignal<Option<String>>,
) -> impl IntoView {
    let words = move || {
        let hint = "Point at a block to see what it is, or go along a lane with the arrow keys. Times are UTC.";
        shown.get().unwrap_or_else(|| hint.to_owned())
    };
    let muted = computed(move || shown.with(Option::is_none));
    view! {
        <p class="detail" class:muted=muted data-testid="detail" role="status">
            {dynamic(words)}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_one_path_of_each_kind() {
        let bar = |paint| Bar {
            name: "a".into(),
            paint,
            start: DateTime(String::new()),
            end: DateTime(String::new()),
            remark: None,
        };
        let bars = [bar(Paint::Master), bar(Paint::Source), bar(Paint::Master)];
        let extents = [(0.0, 10.0), (10.0, 5.5), (20.0, 1.5)];
        assert_eq!(
            path(&bars, &extents, Paint::Master),
            "M0.00 0h9.00v10h-9.00zM20.00 0h1.12v10h-1.12z"
        );
        assert_eq!(path(&bars, &extents, Paint::Dropped), "");
    }
}
