//! The data of one run's page: the run as it changes, and what it wrote, which goes on after each lost connection from the
//! last line that was seen.

use leptos::prelude::*;

use crate::{
    api::{
        Api,
        error::{Code, Error},
        runs::{OutputLine, Run},
        socket::{Event, Subscription},
    },
    erased::effect,
    format,
    task::when_back,
};

/// What there is to show.
#[derive(Clone, PartialEq)]
pub(super) enum Phase {
    /// Nothing has come yet.
    Loading,
    /// The run, as it changes.
    Here(ArcRwSignal<Run>),
    /// There is no run of this id.
    NotFound,
    /// The server refused.
    Failed(Error),
}

/// The data and the subscriptions that bring it; free to copy, and gone with the page.
#[derive(Clone, Copy)]
pub(super) struct Feed {
    api: Api,
    id: StoredValue<cynic::Id>,
    phase: RwSignal<Phase>,
    lines: StoredValue<Vec<OutputLine>>,
    /// How many lines there are.
    count: RwSignal<usize>,
    /// Whether the server said that there is no more, at a moment when the run was not known to have ended.
    ended_early: RwSignal<bool>,
    run: StoredValue<Option<Subscription>, LocalStorage>,
    output: StoredValue<Option<Subscription>, LocalStorage>,
}

impl Feed {
    /// Follows the run of this id.
    pub(super) fn start(id: cynic::Id) -> Self {
        let feed = Self {
            api: Api::expect(),
            id: StoredValue::new(id),
            phase: RwSignal::new(Phase::Loading),
            lines: StoredValue::new(Vec::new()),
            count: RwSignal::new(0),
            ended_early: RwSignal::new(false),
            run: StoredValue::new_local(None),
            output: StoredValue::new_local(None),
        };
        feed.restart();
        // A server that stops ends what it tells, too. The run is then told of by another one, or a later one.
        when_back(move || feed.go_on());
        effect(move || {
            if feed.ended_early.get() && feed.is_over() {
                feed.go_on();
            }
        });
        feed
    }

    /// Begins again, for what the server refused.
    pub(super) fn restart(self) {
        self.phase.set(Phase::Loading);
        let id = self.id.get_value();
        let subscription = self.api.watch_run(&id, move |event| self.receive(event));
        self.run.set_value(Some(subscription));
        self.follow_output();
    }

    /// What there is to show now.
    pub(super) fn phase(self) -> Phase {
        self.phase.get()
    }

    /// How many lines were written by now.
    pub(super) fn count(self) -> usize {
        self.count.get()
    }

    /// The lines that hold a text, in whatever case, by their places.
    pub(super) fn holding(self, text: &str) -> Vec<usize> {
        let count = self.count.get();
        if text.is_empty() {
            return (0..count).collect();
        }
        let text = format::lower_case(text);
        let holds = |line: &OutputLine| format::lower_case(&line.text).contains(&text);
        self.lines.with_value(|lines| {
            let places = lines.iter().enumerate();
            let holding = places.filter(|(_, line)| holds(line));
            holding.map(|(place, _)| place).collect()
        })
    }

    /// One line.
    pub(super) fn line(self, place: usize) -> Option<OutputLine> {
        self.lines.with_value(|lines| lines.get(place).cloned())
    }

    /// All lines as a text.
    pub(super) fn text(self) -> String {
        self.lines.with_value(|lines| {
            let mut text = String::new();
            for line in lines {
                text.push_str(&line.text);
                text.push('\n');
            }
            text
        })
    }

    fn receive(self, event: Event<Run>) {
        match event {
            Event::Next(run) => match self.phase.get_untracked() {
                Phase::Here(known) => known.set(run),
                _ => self.phase.set(Phase::Here(ArcRwSignal::new(run))),
            },
            Event::Rejected(error) if error.is(Code::NotFound) => self.phase.set(Phase::NotFound),
            Event::Rejected(error) => self.phase.set(Phase::Failed(error)),
        }
    }

    fn follow_output(self) {
        let last_seen = move || {
            self.lines
                .with_value(|lines| lines.last().map_or(0, |line| line.seq))
        };
        let receive = move |event| {
            // What is wrong with the run is told by the other subscription.
            if let Event::Next(lines) = event {
                self.append(lines);
            }
        };
        let on_end = move || self.ended_early.set(!self.is_over_untracked());
        let id = self.id.get_value();
        let subscription = self.api.watch_output(&id, last_seen, receive, on_end);
        self.output.set_value(Some(subscription));
    }

    /// Asks for what was written since, where the server ended what it told before the run did.
    fn go_on(self) {
        if self.ended_early.get_untracked() {
            self.ended_early.set(false);
            self.follow_output();
        }
    }

    fn append(self, lines: Vec<OutputLine>) {
        let count = self.lines.try_update_value(|known| {
            known.extend(lines);
            known.len()
        });
        if let Some(count) = count {
            self.count.set(count);
        }
    }

    fn is_over(self) -> bool {
        match self.phase.get() {
            Phase::Here(run) => run.with(|run| run.status.is_final()),
            _ => false,
        }
    }

    fn is_over_untracked(self) -> bool {
        match self.phase.get_untracked() {
            Phase::Here(run) => run.with_untracked(|run| run.status.is_final()),
            _ => false,
        }
    }
}
