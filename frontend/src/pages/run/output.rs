//! What a run wrote: thousands of lines without a stutter, searched, followed and taken along.

use leptos::{ev, prelude::*};

use super::feed::Feed;
use crate::{
    api::runs::{OutputLine, OutputStream, Run},
    browser,
    components::{
        icon::{Glyph, Icon},
        virtual_list::VirtualList,
    },
    erased::{computed, dynamic, handler, memo},
    format,
    part::part,
};

/// The output.
#[component]
pub(super) fn Output(
    /// The run's data.
    feed: Feed,
    /// The run.
    run: Signal<Run>,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let places = memo(move || text.with(|text| feed.holding(text.trim())));
    let is_over = part(run, |run| run.status.is_final());
    // Whoever comes to a run that goes on wants to see it go on.
    let follows = RwSignal::new(!is_over.get_untracked());
    let last = Signal::derive(move || {
        let last = places.with(|places| places.last().copied());
        last.filter(|_| follows.get())
    });
    let away = RwSignal::new(false);
    let is_empty = memo(move || feed.count() == 0);
    let began = part(run, |run| {
        let began = run.started_time.as_ref().unwrap_or(&run.slot_time);
        began.millis()
    });
    let row = move |place: usize, _: Signal<usize>| {
        view! { <Line feed place text=text.into() began=began.into()/> }
    };
    let nothing = move || {
        is_empty.get().then(|| {
            let words = if is_over.get() {
                "It wrote nothing."
            } else {
                "It has not written anything yet."
            };
            view! { <p class="muted" data-testid="no-output">{words}</p> }
        })
    };
    view! {
        <section class="part" aria-labelledby="output">
            <div class="part__head">
                <h2 id="output">"Output"</h2>
                <Count feed places=places.into() text=text.into()/>
            </div>
            <Bar feed run text follows is_over=is_over.into() is_empty=is_empty.into()/>
            {dynamic(nothing)}
            <div class="output" role="table" aria-label="Output" data-testid="output" hidden=is_empty>
                <VirtualList keys=places.into() row reveal=last away/>
            </div>
        </section>
    }
}

/// How many lines there are, or hold what is searched for.
#[component]
fn Count(
    /// The run's data.
    feed: Feed,
    /// The lines that are shown.
    places: Signal<Vec<usize>>,
    /// What is searched for.
    text: Signal<String>,
) -> impl IntoView {
    let words = memo(move || {
        let all = int(feed.count());
        if text.with(|text| text.trim().is_empty()) {
            format::counted(all, "line", "lines")
        } else {
            let found = format::count(int(places.with(Vec::len)));
            format!("{found} of {}", format::counted(all, "line", "lines"))
        }
    });
    // Told to whoever searches, and not with every line that comes.
    let role = move || {
        text.with(|text| !text.trim().is_empty())
            .then_some("status")
    };
    view! {
        <span class="muted tabular" role=computed(role) data-testid="line-count">
            {words}
        </span>
    }
}

fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Search, follow, download.
#[component]
fn Bar(
    /// The run's data.
    feed: Feed,
    /// The run.
    run: Signal<Run>,
    /// What is searched for.
    text: RwSignal<String>,
    /// Whether the newest line stays in sight.
    follows: RwSignal<bool>,
    /// Whether the run has ended.
    is_over: Signal<bool>,
    /// Whether there are no lines.
    is_empty: Signal<bool>,
) -> impl IntoView {
    let typed = move |event: ev::Event| text.set(event_target_value(&event));
    let problem = RwSignal::new(None);
    let download = move |_| {
        let name = run.with_untracked(file_name);
        let refused = browser::download(&name, &feed.text()).is_err();
        problem.set(refused.then_some("The browser did not take the file."));
    };
    view! {
        <div class="filters" hidden=is_empty>
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Lines that hold"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Lines that hold…"
                    data-search=""
                    data-testid="search-output"
                    prop:value=text
                    on:input=typed
                />
            </label>
            <div class="chips">
                <button
                    type="button"
                    class="chip"
                    data-testid="follow-output"
                    aria-pressed=computed(move || follows.get().to_string())
                    hidden=is_over
                    on:click=handler(move |_| follows.update(|follows| *follows = !*follows))
                >
                    "Follow"
                </button>
                <button
                    type="button"
                    class="button button--small"
                    data-testid="download-output"
                    on:click=handler(download)
                >
                    <Icon glyph=Glyph::Download/>
                    "Download"
                </button>
            </div>
            <p class="problem" role="alert">
                {problem}
            </p>
        </div>
    }
}

/// What the file is called that the output is taken along in: characters that are none for files are replaced.
fn file_name(run: &Run) -> String {
    let name = run.display_name();
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let time = run.slot_time.0.get(..19).unwrap_or_default();
    format!("{name}-{time}.log").chars().map(plain).collect()
}

/// One line: when it came, counted from the start, and what it says.
#[component]
fn Line(
    /// The run's data.
    feed: Feed,
    /// The place of the line.
    place: usize,
    /// What is searched for.
    text: Signal<String>,
    /// When the run began, in milliseconds since 1970.
    began: Signal<f64>,
) -> impl IntoView {
    // A place that is shown is that of a line.
    let Some(line) = feed.line(place) else {
        return ().into_any();
    };
    let OutputLine {
        seq,
        stream,
        text: line,
        time,
    } = line;
    let class = match stream {
        OutputStream::Stdout => "output__line",
        OutputStream::Stderr => "output__line output__line--err",
    };
    let since = move || format!("+{}", format::duration(time.millis() - began.get()));
    let marked = move || {
        let parts = text.with(|text| marked(&line, text.trim()));
        let part = |(text, is_marked): (String, bool)| {
            if is_marked {
                view! { <mark>{text}</mark> }.into_any()
            } else {
                text.into_any()
            }
        };
        parts.into_iter().map(part).collect_view()
    };
    let source = (stream == OutputStream::Stderr)
        .then(|| view! { <span role="cell" class="output__stream" title="Written to the standard error">"err"</span> });
    view! {
        <div class=class role="row" data-testid="output-line" data-seq=seq>
            <span role="cell" class="output__seq">{seq}</span>
            <span role="cell" class="output__time">{dynamic(since)}</span>
            {source}
            <span role="cell" class="output__text">{dynamic(marked)}</span>
        </div>
    }
    .into_any()
}

/// A line in parts, of which those are marked that are searched for, in whatever case.
fn marked(line: &str, wanted: &str) -> Vec<(String, bool)> {
    let (lower, wanted) = (format::lower_case(line), format::lower_case(wanted));
    // Where another case takes more or less room, places in one are none in the other.
    if wanted.is_empty() || lower.len() != line.len() {
        return vec![(line.to_owned(), false)];
    }
    let mut parts = Vec::new();
    let mut rest = 0;
    for (start, found) in lower.match_indices(&wanted) {
        let end = start + found.len();
        let (Some(before), Some(hit)) = (line.get(rest..start), line.get(start..end)) else {
            return vec![(line.to_owned(), false)];
        };
        parts.push((before.to_owned(), false));
        parts.push((hit.to_owned(), true));
        rest = end;
    }
    parts.push((line.get(rest..).unwrap_or_default().to_owned(), false));
    parts.retain(|(text, _)| !text.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_marked_wherever_it_stands() {
        let part = |text: &str, is_marked| (text.to_owned(), is_marked);
        assert_eq!(
            marked("Error: no error", "error"),
            [
                part("Error", true),
                part(": no ", false),
                part("error", true)
            ]
        );
        assert_eq!(marked("fine", "error"), [part("fine", false)]);
        assert_eq!(marked("fine", ""), [part("fine", false)]);
    }

    #[test]
    fn a_line_whose_lower_case_is_longer_is_shown_as_it_is() {
        assert_eq!(marked("İx", "x"), [("İx".to_owned(), false)]);
    }
}
