//! How a status looks: always an icon and a word, never a colour alone.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{
    api::{log::LogStatus, results::ResultStatus, runs::RunStatus, schedules::ScheduleStatus},
    erased::dynamic,
};

/// Word, style-sheet keyword and icon of a status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Look {
    /// What it is called.
    pub word: &'static str,
    /// What the style sheet knows it by; also the last part of a counter's test id.
    pub keyword: &'static str,
    /// Its icon.
    pub glyph: Glyph,
}

const fn look(word: &'static str, keyword: &'static str, glyph: Glyph) -> Look {
    Look {
        word,
        keyword,
        glyph,
    }
}

impl From<ScheduleStatus> for Look {
    fn from(status: ScheduleStatus) -> Self {
        match status {
            ScheduleStatus::Created => look("Created", "created", Glyph::Dashed),
            ScheduleStatus::Running => look("Running", "running", Glyph::Arc),
            ScheduleStatus::Closed => look("Closed", "closed", Glyph::Tick),
            ScheduleStatus::Abandoned => look("Abandoned", "abandoned", Glyph::Clock),
        }
    }
}

impl From<ResultStatus> for Look {
    fn from(status: ResultStatus) -> Self {
        match status {
            ResultStatus::Running => look("Running", "running", Glyph::Arc),
            ResultStatus::Pass => look("Pass", "pass", Glyph::Tick),
            ResultStatus::Fail => look("Fail", "fail", Glyph::Cross),
            ResultStatus::Block => look("Block", "block", Glyph::Barred),
            ResultStatus::Error => look("Error", "error", Glyph::Exclamation),
            ResultStatus::Skip => look("Skip", "skip", Glyph::Skip),
        }
    }
}

impl From<RunStatus> for Look {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Queued => look("Queued", "created", Glyph::Dashed),
            RunStatus::Running => look("Running", "running", Glyph::Arc),
            RunStatus::Succeeded => look("Succeeded", "pass", Glyph::Tick),
            RunStatus::Failed => look("Failed", "fail", Glyph::Cross),
            RunStatus::TimedOut => look("Timed out", "error", Glyph::Clock),
            RunStatus::Cancelled => look("Cancelled", "skip", Glyph::Barred),
            RunStatus::Skipped => look("Skipped", "skip", Glyph::Skip),
            RunStatus::Missed => look("Missed", "error", Glyph::Exclamation),
        }
    }
}

impl From<LogStatus> for Look {
    fn from(status: LogStatus) -> Self {
        match status {
            LogStatus::Success => look("Success", "pass", Glyph::Tick),
            LogStatus::Error => look("Error", "fail", Glyph::Cross),
        }
    }
}

/// What a script that is still running looks like once its schedule is closed.
pub const NEVER_FINISHED: Look = look("Never finished", "skip", Glyph::Dashed);

/// A status as icon and word.
#[component]
pub fn StatusBadge(
    /// How it looks.
    #[prop(into)]
    look: Signal<Look>,
    /// The name that browser tests find it by.
    #[prop(optional)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    dynamic(move || {
        let Look {
            word,
            keyword,
            glyph,
        } = look.get();
        view! {
            <span class=format!("status status--{keyword}") data-testid=test_id>
                <Icon glyph/>
                <span class="status__word">{word}</span>
            </span>
        }
    })
}
