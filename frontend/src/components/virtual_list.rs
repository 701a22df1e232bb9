//! A list of any length that draws only the rows one can see. It scrolls with the window, and its
//! rows are all of one height, which the style sheet decides (`--row-height`) and a ruler measures.

use std::ops::Range;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

/// How many rows are drawn beyond either edge of the window, so that a quick scroll shows no gap.
const OVERSCAN: usize = 8;

/// The rows to draw, of `count` rows of `height` pixels, when the list begins `above` pixels over
/// the window's top edge (negative: under it) and the window is `window` pixels high.
fn visible(count: usize, height: f64, above: f64, window: f64) -> Range<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, which is what is meant"
    )]
    let row_at = |offset: f64| (offset / height).floor() as usize;
    let first = row_at(above).saturating_sub(OVERSCAN).min(count);
    let end = (row_at(above + window) + 1 + OVERSCAN).min(count);
    first..end.max(first)
}

/// Where the list stands in the window, and how high a row is; all in pixels.
#[derive(Clone, Copy, PartialEq)]
struct Geometry {
    row_height: f64,
    above: f64,
    window: f64,
}

impl Geometry {
    /// A guess until the list is there to be measured.
    const INITIAL: Self = Self {
        row_height: 40.0,
        above: 0.0,
        window: 1_000.0,
    };

    fn measure(ruler: &web_sys::HtmlElement) -> Self {
        let place = ruler.get_bounding_client_rect();
        let window = window()
            .inner_height()
            .ok()
            .and_then(|height| height.as_f64());
        Self {
            row_height: if place.height() > 0.0 {
                place.height()
            } else {
                Self::INITIAL.row_height
            },
            above: -place.top(),
            window: window.unwrap_or(Self::INITIAL.window),
        }
    }
}

/// The visible rows of a list of `keys`, each drawn by `row` and kept as long as its key stays in
/// sight.
#[component]
pub fn VirtualList<V: IntoView + 'static>(
    /// The keys of all rows, in order.
    keys: Signal<Vec<usize>>,
    /// Draws the row of a key, given its position from 0.
    row: impl Fn(usize, Signal<usize>) -> V + Clone + Send + 'static,
) -> impl IntoView {
    let ruler = NodeRef::<html::Div>::new();
    let geometry = RwSignal::new(Geometry::INITIAL);
    let measure = move || {
        if let Some(ruler) = ruler.get_untracked() {
            let measured = Geometry::measure(ruler.unchecked_ref());
            if geometry.get_untracked() != measured {
                geometry.set(measured);
            }
        }
    };
    let scrolled = window_event_listener(ev::scroll, move |_| measure());
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    Effect::new(move |_| {
        // Once it is in the page, and again when its length changes, which may have moved it.
        if ruler.get().is_some() {
            keys.track();
            request_animation_frame(measure);
        }
    });

    let range = Memo::new(move |_| {
        let Geometry {
            row_height,
            above,
            window,
        } = geometry.get();
        visible(keys.with(Vec::len), row_height, above, window)
    });
    // A row keeps its view when it moves, so its position is looked up, not handed over.
    let shown = Memo::new(move |_| {
        let range = range.get();
        keys.with(|keys| keys.get(range.clone()).unwrap_or_default().to_vec())
    });
    let position = move |key: usize| {
        Signal::derive(move || {
            let offset = shown.with(|shown| shown.iter().position(|other| *other == key));
            range.get().start + offset.unwrap_or_default()
        })
    };
    view! {
        <div
            class="virtual"
            role="rowgroup"
            style=("--rows", move || keys.with(Vec::len).to_string())
            style=("--first", move || range.get().start.to_string())
        >
            <div class="virtual__ruler" aria-hidden="true" node_ref=ruler></div>
            <div class="virtual__window">
                <For each=move || shown.get() key=|key| *key let:key>
                    {row(key, position(key))}
                </For>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_is_in_the_window_and_a_little_more() {
        assert_eq!(visible(20_000, 40.0, 4_000.0, 800.0), 92..129);
    }

    #[test]
    fn the_ends_of_the_list_are_its_ends() {
        assert_eq!(visible(20_000, 40.0, -300.0, 800.0), 0..21);
        assert_eq!(visible(100, 40.0, 3_600.0, 800.0), 82..100);
        assert_eq!(visible(5, 40.0, 0.0, 800.0), 0..5);
        assert_eq!(visible(0, 40.0, 0.0, 800.0), 0..0);
    }

    #[test]
    fn a_list_out_of_sight_draws_next_to_nothing() {
        assert_eq!(visible(100, 40.0, -5_000.0, 800.0), 0..9);
        assert_eq!(visible(100, 40.0, 50_000.0, 800.0), 100..100);
    }
}
