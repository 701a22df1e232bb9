//! What lies ahead of a task, or would if there were one.

use chrono::{NaiveDateTime, Timelike};
use entity::{
    Timestamp,
    task::{Model, MonthEndPolicy, Recurrence},
};

use super::{calendar, zone};
use crate::{
    domain::{
        actor::Viewer,
        recurrence::{self, Calendar, Remark},
    },
    error::{Error, Result},
    state::State,
};

/// The most slots that are told in advance.
pub const MOST_SLOTS: i32 = 100;

/// A due time, and how it looks where the task is at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it is.
    pub time: Timestamp,
    /// What the clocks of the task's zone show then.
    pub local: NaiveDateTime,
    /// What is special about it.
    pub remarks: Vec<Remark>,
}

impl Slot {
    fn of(calendar: &Calendar, time: Timestamp) -> Self {
        Self {
            time,
            local: calendar.local(time),
            remarks: calendar.remarks(time),
        }
    }
}

/// The times of a task that nobody has made yet, as a person says them.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What the clocks of the zone show at the anchor.
    pub local_time: NaiveDateTime,
    /// The IANA name of the zone.
    pub time_zone: String,
    /// How often it is to fall due; once where that is left out.
    pub recurrence: Option<Recurrence>,
    /// What becomes of the 31st in a month of 30 days.
    pub month_end_policy: MonthEndPolicy,
}

/// When a draft would fall due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The anchor as an instant; it may have passed.
    pub anchor: Timestamp,
    /// The slots that lie ahead.
    pub slots: Vec<Slot>,
}

/// What the clocks of a task's zone show at its anchor.
pub fn local_time(task: &Model) -> Result<NaiveDateTime> {
    Ok(calendar(task)?.local(task.scheduled_time))
}

/// The next slots of a task; none while it is disabled.
pub fn upcoming(task: &Model, first: i32) -> Result<Vec<Slot>> {
    let count = count(first)?;
    let Some(next) = task.next_time else {
        return Ok(Vec::new());
    };
    let calendar = calendar(task)?;
    Ok(std::iter::once(next)
        .chain(calendar.slots_after(next))
        .take(count)
        .map(|time| Slot::of(&calendar, time))
        .collect())
}

/// When a draft would fall due from now on.
pub fn preview(state: &State, _: &Viewer, draft: &Draft, first: i32) -> Result<Preview> {
    let (count, zone) = (count(first)?, zone(&draft.time_zone)?);
    let asked = draft.local_time;
    let anchor = recurrence::instant(zone, asked).ok_or_else(|| {
        let message = format!("there is no such day in {}", zone.name());
        Error::validation("localTime", message)
    })?;
    let anchor = Timestamp::from(anchor);
    let calendar = Calendar::new(anchor, draft.recurrence, zone, draft.month_end_policy);
    let mut slots: Vec<_> = calendar
        .slots_after(state.clock.now())
        .take(count)
        .map(|time| Slot::of(&calendar, time))
        .collect();
    // The anchor itself is where its calendar has it; that it was asked for elsewhere, only the draft knows.
    let is_moved = calendar.local(anchor) != asked.with_nanosecond(0).unwrap_or(asked);
    if let Some(slot) = slots.first_mut().filter(|slot| slot.time == anchor)
        && is_moved
    {
        slot.remarks = vec![Remark::Gap];
    }
    Ok(Preview { anchor, slots })
}

fn count(first: i32) -> Result<usize> {
    if !(1..=MOST_SLOTS).contains(&first) {
        let message = format!("must be between 1 and {MOST_SLOTS}, and is {first}");
        return Err(Error::validation("first", message));
    }
    Ok(usize::try_from(first).expect("it is between 1 and 100"))
}
