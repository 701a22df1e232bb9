//! The icons: one path each on a grid of 16, drawn in the colour of the text around them. They are
//! decoration; the word for what they mean stands beside them or in a label.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Glyph {
    /// A tick: passed, closed, copied.
    Tick,
    /// A cross: failed, dismissed.
    Cross,
    /// An exclamation mark: an error.
    Exclamation,
    /// A circle with a bar: blocked.
    Barred,
    /// Two chevrons: skipped.
    Skip,
    /// An arc, which the style sheet turns: running.
    Arc,
    /// A dashed circle: nothing yet.
    Dashed,
    /// A clock: time ran out.
    Clock,
    /// Two sheets: copy.
    Copy,
    /// A door with an arrow out: log out.
    Leave,
    /// A sun: light.
    Sun,
    /// A moon: dark.
    Moon,
    /// A screen: as the system has it.
    Screen,
    /// A magnifying glass: search.
    Search,
    /// A keyboard: the keys.
    Keys,
    /// An arrow up: back to the top.
    Up,
    /// A bin: delete.
    Bin,
    /// A zigzag: flaky.
    Zigzag,
    /// Two arrows, one each way: compare, change places.
    Swap,
    /// A key: a token.
    Key,
    /// A plus: one more.
    Plus,
    /// A minus: one less.
    Minus,
    /// Rising bars: a history.
    Bars,
    /// A triangle: run it.
    Play,
    /// Two bars: pause it.
    Pause,
    /// A pencil: change it.
    Pencil,
    /// An arrow down to a line: download.
    Download,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Tick => "M3.5 8.5 6.5 11.5 12.5 4.5",
            Self::Cross => "M4 4 12 12M12 4 4 12",
            Self::Exclamation => "M8 3V9M8 12.4V12.6",
            Self::Barred => "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M4.2 4.2 11.8 11.8",
            Self::Skip => "M3.5 4 7.5 8 3.5 12M8.5 4 12.5 8 8.5 12",
            Self::Arc => "M8 2.5A5.5 5.5 0 1 1 2.5 8",
            Self::Dashed => "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11",
            Self::Clock => "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 5V8L10 9.5",
            Self::Copy => "M6 6H13V13H6ZM10 6V3H3V10H6",
            Self::Leave => "M6.5 3H3V13H6.5M6 8H13M10.5 5.5 13 8 10.5 10.5",
            Self::Sun => {
                "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6\
                 M8 1.5V2.5M8 13.5V14.5M1.5 8H2.5M13.5 8H14.5\
                 M3.4 3.4 4.1 4.1M11.9 11.9 12.6 12.6M12.6 3.4 11.9 4.1M4.1 11.9 3.4 12.6"
            }
            Self::Moon => "M13 9.5A5.5 5.5 0 0 1 6.5 3A5.5 5.5 0 1 0 13 9.5Z",
            Self::Screen => "M2.5 3.5H13.5V10.5H2.5ZM6 13.5H10M8 10.5V13.5",
            Self::Keys => "M1.5 4.5H14.5V11.5H1.5ZM4 7H4.1M6.7 7H6.8M9.3 7H9.4M11.9 7H12M5 9.3H11",
            Self::Up => "M8 13V3.5M4 7.5 8 3.5 12 7.5",
            Self::Bin => "M3 4.5H13M6.5 4.5V2.5H9.5V4.5M4.5 4.5 5 13.5H11L11.5 4.5M8 7V11",
            Self::Search => "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.3 10.3 13.5 13.5",
            Self::Zigzag => "M1.5 10.5 5 4.5 8 11.5 11 4.5 14.5 10.5",
            Self::Swap => "M2.5 5.5H13M10 2.5 13 5.5 10 8.5M13.5 10.5H3M6 7.5 3 10.5 6 13.5",
            Self::Key => "M5 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8 8H14.5M11.5 8V10.5M14.5 8V11",
            Self::Plus => "M8 3V13M3 8H13",
            Self::Minus => "M3 8H13",
            Self::Bars => "M3.5 13V9M8 13V5M12.5 13V2.5",
            Self::Play => "M5 3 12.5 8 5 13Z",
            Self::Pause => "M5.5 3.5V12.5M10.5 3.5V12.5",
            Self::Pencil => "M3 13 3.5 10.5 11 3 13 5 5.5 12.5Z",
            Self::Download => "M8 2.5V10M4.5 6.8 8 10.2 11.5 6.8M3 13.5H13",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Arc => "icon icon--turning",
            Self::Dashed => "icon icon--dashed",
            _ => "icon",
        }
    }
}

/// An icon at the size of the text.
#[component]
pub fn Icon(
    /// What it shows.
    glyph: Glyph,
    /// Whether it keeps still where its glyph turns: it stands for a deed, not for something that goes
    /// on.
    #[prop(optional)]
    still: bool,
) -> impl IntoView {
    let class = if still { "icon" } else { glyph.class() };
    view! {
        <svg class=class viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=glyph.path()></path>
        </svg>
    }
}
