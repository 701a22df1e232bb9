//! The calendar of a task: when it falls due.
//!
//! Slots are counted, not walked: the n-th is the anchor's wall-clock time n days, weeks or months later, so the one after
//! any moment is found at once, however far away the anchor is. Pure: nothing here knows the time or the database.

use chrono::{
    DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, SubsecRound,
    TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use entity::{
    Timestamp,
    task::{MonthEndPolicy, Recurrence},
};

/// How many counts in a row may have no slot, and then some: 29 February is left out for seven years around 2100.
const LOOK_AHEAD: u32 = 12;

/// The last year of which both kinds of database can keep a time.
const LAST_YEAR: i32 = 9999;

/// When a task falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    anchor: DateTime<Utc>,
    recurrence: Recurrence,
    zone: Tz,
    month_end: MonthEndPolicy,
}

/// What is special about a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The clocks skip its time, and it has moved to the first instant after the gap.
    Gap,
    /// The clocks show its time twice, and it is the first.
    Fold,
    /// Its month has no such day, and it has moved to the last one.
    MonthEnd,
}

/// How far one slot lies from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Days(u32),
    Months(u32),
}

impl Calendar {
    /// The calendar of a task whose first slot is `anchor`. It has that one alone where it does not recur.
    pub fn new(
        anchor: Timestamp,
        recurrence: Option<Recurrence>,
        zone: Tz,
        month_end: MonthEndPolicy,
    ) -> Self {
        Self {
            anchor: anchor.into(),
            recurrence: recurrence.unwrap_or(Recurrence::Once),
            zone,
            month_end,
        }
    }

    /// The first slot after a moment.
    pub fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let moment = moment.into();
        if moment < self.anchor {
            return Some(self.anchor.into());
        }
        let first = self.count_before(moment)?;
        (first..first.saturating_add(LOOK_AHEAD))
            .filter_map(|count| self.slot(count))
            .find(|slot| *slot > moment)
            .map(Timestamp::from)
    }

    /// All slots after a moment, in their order.
    pub fn slots_after(&self, moment: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next_after(moment), |slot| self.next_after(*slot))
    }

    /// What the clocks of the zone show at an instant.
    pub fn local(&self, instant: Timestamp) -> NaiveDateTime {
        DateTime::<Utc>::from(instant)
            .with_timezone(&self.zone)
            .naive_local()
    }

    /// What is special about one of its slots.
    pub fn remarks(&self, slot: Timestamp) -> Vec<Remark> {
        let (anchor, local) = (self.local_anchor(), self.local(slot));
        let is_moved = local.time() != anchor.time();
        let is_first_of_two = match self.zone.from_local_datetime(&local) {
            LocalResult::Ambiguous(first, _) => first.to_utc() == DateTime::<Utc>::from(slot),
            LocalResult::Single(_) | LocalResult::None => false,
        };
        // A gap at midnight moves a slot to the day after its own.
        let is_shortened = matches!(self.step(), Some(Step::Months(_)))
            && !is_moved
            && local.day() != anchor.day();
        [
            (is_moved, Remark::Gap),
            (is_first_of_two && !is_moved, Remark::Fold),
            (is_shortened, Remark::MonthEnd),
        ]
        .into_iter()
        .filter_map(|(holds, remark)| holds.then_some(remark))
        .collect()
    }

    /// A count whose slot does not lie after a moment, and is near it; none where the task does not recur.
    fn count_before(&self, moment: DateTime<Utc>) -> Option<u32> {
        let from = self.local_anchor().date();
        let to = moment.with_timezone(&self.zone).date_naive();
        let count = match self.step()? {
            Step::Days(days) => (to - from).num_days() / i64::from(days),
            Step::Months(months) => {
                let years = i64::from(to.year()) - i64::from(from.year());
                (years * 12 + i64::from(to.month()) - i64::from(from.month())) / i64::from(months)
            }
        };
        // One less, for a slot that fell into a gap may lie on the day after its own.
        u32::try_from((count - 1).max(0)).ok()
    }

    /// The slot of a count; none where there is no such day, or the calendar has ended.
    fn slot(&self, count: u32) -> Option<DateTime<Utc>> {
        if count == 0 {
            return Some(self.anchor);
        }
        let anchor = self.local_anchor();
        let date = self.date(anchor.date(), count)?;
        if date.year() > LAST_YEAR {
            return None;
        }
        instant(self.zone, date.and_time(anchor.time())).filter(|slot| slot.year() <= LAST_YEAR)
    }

    fn date(&self, anchor: NaiveDate, count: u32) -> Option<NaiveDate> {
        match self.step()? {
            Step::Days(days) => {
                anchor.checked_add_days(Days::new(u64::from(days) * u64::from(count)))
            }
            Step::Months(months) => {
                let date = anchor.checked_add_months(Months::new(months.checked_mul(count)?))?;
                let is_kept = date.day() == anchor.day();
                (is_kept || self.month_end == MonthEndPolicy::Clamp).then_some(date)
            }
        }
    }

    fn step(&self) -> Option<Step> {
        match self.recurrence {
            Recurrence::Once => None,
            Recurrence::Daily => Some(Step::Days(1)),
            Recurrence::Weekly => Some(Step::Days(7)),
            Recurrence::Biweekly => Some(Step::Days(14)),
            Recurrence::Monthly => Some(Step::Months(1)),
            Recurrence::Quarterly => Some(Step::Months(3)),
            Recurrence::Yearly => Some(Step::Months(12)),
        }
    }

    fn local_anchor(&self) -> NaiveDateTime {
        self.anchor.with_timezone(&self.zone).naive_local()
    }
}

/// The instant at which a zone's clocks show a time: the first where they show it twice, and the first after the gap where
/// they skip it. None where they skip the whole day, as some did when they crossed the date line.
pub fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.to_utc()),
        LocalResult::None => {
            let after = end_of_gap(zone, local);
            let is_skipped_day = after.with_timezone(&zone).date_naive() > local.date()
                && zone
                    .from_local_datetime(&local.date().into())
                    .earliest()
                    .is_none();
            (!is_skipped_day).then_some(after)
        }
    }
}

/// The first instant at which a zone's clocks show more than a time that they skip, by bisection.
fn end_of_gap(zone: Tz, skipped: NaiveDateTime) -> DateTime<Utc> {
    // No zone is a day away from UTC, so the gap lies within a day of where it would in UTC.
    let (mut before, mut after) = (-86_400_i64, 86_400_i64);
    let second = skipped.trunc_subsecs(0);
    let at = |seconds| (second + TimeDelta::seconds(seconds)).and_utc();
    while after - before > 1 {
        let middle = i64::midpoint(before, after);
        if at(middle).with_timezone(&zone).naive_local() > skipped {
            after = middle;
        } else {
            before = middle;
        }
    }
    at(after)
}

#[cfg(test)]
mod tests;
