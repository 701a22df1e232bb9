//! What the clients of the remote backup read: the log of its actions and their figures. Each reading is an action itself,
//! and leaves an entry.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use entity::{Timestamp, action::Action, log::Model};
use futures_util::{Stream, TryStreamExt, stream};

use crate::{
    domain::{
        actor::{Actor, Viewer},
        log::{self, Deed, Filter, Position},
        page::Slice,
        statistics::{self, Outcomes, Period},
    },
    error::{Error, Result},
    state::State,
};

const GET_LOGS: &str = "GET LOGS";
const GET_STATS: &str = "GET STATS";

/// How many entries are read at once.
const ROWS_AT_ONCE: usize = 1_000;

/// The entries of the remote backup's own actions, the oldest first, from one day in UTC to another, both included; each
/// is written `YYYY-MM-DD`. The reading is noted first, and is not among them; they are read as somebody asks for them.
pub async fn log(
    state: &State,
    actor: &Actor,
    first: Option<&str>,
    last: Option<&str>,
) -> Result<impl Stream<Item = Result<Vec<Model>>> + Send + use<>> {
    let deed = Deed::new(actor, GET_LOGS, &parameter(first, last));
    let outcome = actor
        .viewer()
        .and_then(|viewer| Ok((viewer, filter(first, last)?)));
    let (viewer, filter) = deed.noting_failure(state, outcome).await?;
    let own = deed.read(state).await?;
    let entries = entries(state.clone(), viewer, filter);
    Ok(entries.map_ok(move |mut page| {
        page.retain(|entry| Some(entry.id) != own);
        page
    }))
}

/// How often a backup was tried, and how that ended.
pub async fn figures(state: &State, actor: &Actor) -> Result<Outcomes> {
    let deed = Deed::new(actor, GET_STATS, "");
    let outcome = async {
        let viewer = actor.viewer()?;
        let outcomes = statistics::backups(state, &viewer, Period::default()).await?;
        deed.read(state).await?;
        Ok(outcomes)
    };
    deed.noting_failure(state, outcome.await).await
}

fn entries(
    state: State,
    viewer: Viewer,
    filter: Filter,
) -> impl Stream<Item = Result<Vec<Model>>> + Send + use<> {
    let beginning = Slice {
        from_end: true,
        ..Slice::first(ROWS_AT_ONCE)
    };
    let shared = (state, viewer, filter);
    stream::try_unfold((shared, Some(beginning)), async |(shared, slice)| {
        let Some(slice) = slice else { return Ok(None) };
        let (state, viewer, filter) = &shared;
        let page = log::list(state, viewer, filter, &slice).await?;
        let next = page.items.first().filter(|_| page.has_previous);
        let next = next.map(|newest| Slice {
            before: Some(Position::of(newest)),
            ..slice
        });
        let entries = page.items.into_iter().rev().collect();
        Ok(Some((entries, (shared, next))))
    })
}

fn filter(first: Option<&str>, last: Option<&str>) -> Result<Filter> {
    let first = first.map(|text| day("start", text)).transpose()?;
    let last = last.map(|text| day("end", text)).transpose()?;
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        return Err(Error::validation("end", "must not lie before start"));
    }
    // No database knows a day after the last one.
    let end = last.and_then(|last| last.checked_add_days(Days::new(1)));
    let is_known = |day: &NaiveDate| day.year() <= 9999;
    let actions = [Action::BACKUP, GET_LOGS, GET_STATS];
    Ok(Filter {
        action: Some(actions.map(str::to_owned).into()),
        from: first.map(start_of),
        to: end.filter(is_known).map(start_of),
        ..Filter::default()
    })
}

/// A day that is written as it would be shown, with four digits for its year.
fn day(field: &str, text: &str) -> Result<NaiveDate> {
    let day = text.parse().ok();
    let is_written_so =
        |day: &NaiveDate| (0..=9999).contains(&day.year()) && day.to_string() == text;
    day.filter(is_written_so)
        .ok_or_else(|| Error::validation(field, "must be a date as YYYY-MM-DD"))
}

fn start_of(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc().into()
}

/// How the log names the days that were asked for.
fn parameter(first: Option<&str>, last: Option<&str>) -> String {
    let first = first.map(|day| format!("Start={day}"));
    let last = last.map(|day| format!("End={day}"));
    let parts: Vec<_> = first.into_iter().chain(last).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(first: Option<&str>, last: Option<&str>) -> (Option<String>, Option<String>) {
        let filter = filter(first, last).expect("good days");
        let shown = |time: Option<Timestamp>| time.map(|time| time.to_string());
        (shown(filter.from), shown(filter.to))
    }

    #[test]
    fn both_days_are_included() {
        assert_eq!(
            bounds(Some("2024-02-28"), Some("2024-02-28")),
            (
                Some("2024-02-28T00:00:00.000Z".into()),
                Some("2024-02-29T00:00:00.000Z".into())
            )
        );
        assert_eq!(bounds(None, None), (None, None));
        assert_eq!(bounds(None, Some("9999-12-31")), (None, None));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "x",
            "2024-2-28",
            "2023-02-29",
            "20240228",
            "+12024-01-01",
            " 2024-01-01",
        ] {
            assert_eq!(
                filter(Some(text), None).unwrap_err().field(),
                Some("start"),
                "{text}"
            );
            assert_eq!(
                filter(None, Some(text)).unwrap_err().field(),
                Some("end"),
                "{text}"
            );
        }
        let reversed = filter(Some("2024-03-01"), Some("2024-02-29"));
        assert_eq!(reversed.unwrap_err().field(), Some("end"));
    }
}
