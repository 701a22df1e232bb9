//! A list of any length that draws only the rows one can see. It scrolls with the window, and its
//! rows are all of one height, which the style sheet decides (`--row-height`) and a ruler measures.

use std::ops::Range;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::rows::Rows;
use crate::erased::{computed, effect, memo};

/// How many rows are drawn beyond either edge of the window, so that a quick scroll shows no gap.
const OVERSCAN: usize = 8;

/// How much of the window's upper edge other things cover: the page's header and the list's own.
const HIDDEN: f64 = 80.0;

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

    /// How far to scroll so that a row stands in the middle of the window; nothing where it can be
    /// seen.
    fn way_to(self, row: usize) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "no list has as many rows as a float has digits"
        )]
        let top = row as f64 * self.row_height - self.above;
        let seen = top >= HIDDEN && top + self.row_height <= self.window;
        (!seen).then_some(top - (self.window - self.row_height) / 2.0)
    }

    fn scroll_to(self, row: usize) {
        if let Some(way) = self.way_to(row) {
            window().scroll_by_with_x_and_y(0.0, way);
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
    /// The key of the row to look at: when it becomes another one that is out of sight, the window
    /// scrolls to it.
    reveal: Signal<Option<usize>>,
    /// Set to whether the list's first row is scrolled away over the window's edge.
    away: RwSignal<bool>,
) -> impl IntoView {
    let ruler = NodeRef::<html::Div>::new();
    let geometry = RwSignal::new(Geometry::INITIAL);
    let measure = move || {
        if let Some(ruler) = ruler.get_untracked() {
            let measured = Geometry::measure(ruler.unchecked_ref());
            if geometry.get_untracked() != measured {
                geometry.set(measured);
            }
            let is_away = measured.above > measured.row_height;
            if away.get_untracked() != is_away {
                away.set(is_away);
            }
        }
    };
    let scrolled = window_event_listener(ev::scroll, move |_| measure());
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    effect(move || {
        // Once it is in the page, and again when its length changes, which may have moved it.
        if ruler.get().is_some() {
            keys.track();
            request_animation_frame(measure);
        }
    });

    Effect::new(move |revealed: Option<Option<usize>>| {
        let revealed = revealed.flatten();
        let key = reveal.get()?;
        if revealed == Some(key) || ruler.get().is_none() {
            return revealed;
        }
        let place = keys.with(|keys| keys.iter().position(|other| *other == key))?;
        request_animation_frame(move || {
            if let Some(ruler) = ruler.try_get_untracked().flatten() {
                Geometry::measure(ruler.unchecked_ref()).scroll_to(place);
            }
        });
        Some(key)
    });

    let range = memo(move || {
        let Geometry {
            row_height,
            above,
            window,
        } = geometry.get();
        visible(keys.with(Vec::len), row_height, above, window)
    });
    // A row keeps its view when it moves, so its position is looked up, not handed over.
    let shown = memo(move || {
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
            style=("--rows", computed(move || keys.with(Vec::len).to_string()))
            style=("--first", computed(move || range.get().start.to_string()))
        >
            <div class="virtual__ruler" aria-hidden="true" node_ref=ruler></div>
            <div class="virtual__window">
                <Rows each=move || shown.get() key=|key| key.to_string() let:key>
                    {row(key, position(key))}
                </Rows>
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
    fn only_what_is_out_of_sight_is_scrolled_to() {
        let geometry = Geometry {
            row_height: 40.0,
            above: 4_000.0,
            window: 800.0,
        };
        assert_eq!(geometry.way_to(110), None);
        assert_eq!(geometry.way_to(100), Some(-380.0));
        assert_eq!(geometry.way_to(1_100), Some(39_620.0));
    }

    #[test]
    fn a_list_out_of_sight_draws_next_to_nothing() {
        assert_eq!(visible(100, 40.0, -5_000.0, 800.0), 0..9);
        assert_eq!(visible(100, 40.0, 50_000.0, 800.0), 100..100);
    }
}
