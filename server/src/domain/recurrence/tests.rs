//! The calendar held against values written by hand, and against what must be true of every calendar.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::{Africa, America, Asia, Australia, Europe, Pacific, Tz};
use entity::{
    Timestamp,
    task::{MonthEndPolicy, Recurrence},
};
use proptest::{
    prelude::{Just, Strategy, prop_oneof},
    prop_assert, prop_assert_eq, prop_assume, proptest,
};

use super::{Calendar, Remark};

fn time(text: &str) -> Timestamp {
    let time: DateTime<Utc> = text.parse().expect("an RFC 3339 time");
    time.into()
}

fn shown(slot: Timestamp) -> String {
    DateTime::<Utc>::from(slot).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The first slots of a calendar.
fn slots(
    anchor: &str,
    recurrence: Recurrence,
    zone: Tz,
    month_end: MonthEndPolicy,
    count: usize,
) -> Vec<String> {
    let calendar = Calendar::new(time(anchor), Some(recurrence), zone, month_end);
    let before = time("1900-01-01T00:00:00Z");
    calendar
        .slots_after(before)
        .take(count)
        .map(shown)
        .collect()
}

/// The slots of a daily task at 02:30 of a zone's clock, from an anchor on.
fn daily(anchor: &str, zone: Tz) -> Vec<String> {
    slots(anchor, Recurrence::Daily, zone, MonthEndPolicy::Clamp, 4)
}

/// What is special about the first slots of a calendar.
fn remarks(
    anchor: &str,
    recurrence: Recurrence,
    zone: Tz,
    month_end: MonthEndPolicy,
    count: usize,
) -> Vec<Vec<Remark>> {
    let calendar = Calendar::new(time(anchor), Some(recurrence), zone, month_end);
    calendar
        .slots_after(time("1900-01-01T00:00:00Z"))
        .take(count)
        .map(|slot| calendar.remarks(slot))
        .collect()
}

#[test]
fn what_is_special_about_a_slot_is_told() {
    use Recurrence::{Daily, Monthly};
    let berlin =
        |anchor, recurrence, month_end| remarks(anchor, recurrence, Europe::Berlin, month_end, 3);
    let clamp = MonthEndPolicy::Clamp;
    assert_eq!(
        berlin("2026-03-28T01:30:00Z", Daily, clamp),
        [vec![], vec![Remark::Gap], vec![]]
    );
    assert_eq!(
        berlin("2026-10-24T00:30:00Z", Daily, clamp),
        [vec![], vec![Remark::Fold], vec![]]
    );
    assert_eq!(
        berlin("2027-01-31T08:00:00Z", Monthly, clamp),
        [vec![], vec![Remark::MonthEnd], vec![]]
    );
    assert_eq!(
        berlin("2027-01-31T08:00:00Z", Monthly, MonthEndPolicy::Skip),
        [vec![], vec![], vec![]]
    );
    // Santiago's clocks skip midnight.
    assert_eq!(
        remarks("2027-09-04T04:00:00Z", Daily, America::Santiago, clamp, 3),
        [vec![], vec![Remark::Gap], vec![]]
    );
}

#[test]
fn berlin_in_spring_moves_to_the_end_of_the_gap() {
    assert_eq!(
        daily("2026-03-27T01:30:00Z", Europe::Berlin),
        [
            "2026-03-27T01:30:00Z",
            "2026-03-28T01:30:00Z",
            "2026-03-29T01:00:00Z",
            "2026-03-30T00:30:00Z",
        ]
    );
    assert_eq!(
        daily("2027-03-26T01:30:00Z", Europe::Berlin),
        [
            "2027-03-26T01:30:00Z",
            "2027-03-27T01:30:00Z",
            "2027-03-28T01:00:00Z",
            "2027-03-29T00:30:00Z",
        ]
    );
}

#[test]
fn berlin_in_autumn_fires_once_at_the_first() {
    assert_eq!(
        daily("2026-10-24T00:30:00Z", Europe::Berlin),
        [
            "2026-10-24T00:30:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-26T01:30:00Z",
            "2026-10-27T01:30:00Z",
        ]
    );
    assert_eq!(
        daily("2027-10-30T00:30:00Z", Europe::Berlin),
        [
            "2027-10-30T00:30:00Z",
            "2027-10-31T00:30:00Z",
            "2027-11-01T01:30:00Z",
            "2027-11-02T01:30:00Z",
        ]
    );
}

#[test]
fn new_york_in_spring_moves_to_the_end_of_the_gap() {
    assert_eq!(
        daily("2026-03-07T07:30:00Z", America::New_York),
        [
            "2026-03-07T07:30:00Z",
            "2026-03-08T07:00:00Z",
            "2026-03-09T06:30:00Z",
            "2026-03-10T06:30:00Z",
        ]
    );
    assert_eq!(
        daily("2027-03-13T07:30:00Z", America::New_York),
        [
            "2027-03-13T07:30:00Z",
            "2027-03-14T07:00:00Z",
            "2027-03-15T06:30:00Z",
            "2027-03-16T06:30:00Z",
        ]
    );
}

#[test]
fn new_york_in_autumn_keeps_the_wall_clock() {
    // 02:30 is there once on these days: the clocks go back from 02:00 to 01:00.
    assert_eq!(
        daily("2026-10-31T06:30:00Z", America::New_York),
        [
            "2026-10-31T06:30:00Z",
            "2026-11-01T07:30:00Z",
            "2026-11-02T07:30:00Z",
            "2026-11-03T07:30:00Z",
        ]
    );
    assert_eq!(
        daily("2027-11-06T06:30:00Z", America::New_York),
        [
            "2027-11-06T06:30:00Z",
            "2027-11-07T07:30:00Z",
            "2027-11-08T07:30:00Z",
            "2027-11-09T07:30:00Z",
        ]
    );
    // 01:30 is there twice.
    assert_eq!(
        daily("2026-10-31T05:30:00Z", America::New_York)[..3],
        [
            "2026-10-31T05:30:00Z",
            "2026-11-01T05:30:00Z",
            "2026-11-02T06:30:00Z",
        ]
    );
}

#[test]
fn an_anchor_in_the_second_half_of_a_fold_stays_where_it_is() {
    assert_eq!(
        daily("2026-10-25T01:30:00Z", Europe::Berlin)[..2],
        ["2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]
    );
}

#[test]
fn a_gap_at_the_end_of_a_day_moves_the_slot_into_the_next() {
    // Nuuk's clocks go from 23:00 on a Saturday to 00:00 on Sunday.
    let nuuk = daily("2027-03-27T01:30:00Z", America::Nuuk);
    assert_eq!(
        nuuk,
        [
            "2027-03-27T01:30:00Z",
            "2027-03-28T01:00:00Z",
            "2027-03-29T00:30:00Z",
            "2027-03-30T00:30:00Z",
        ]
    );
}

#[test]
fn a_day_that_a_zone_left_out_has_no_slot() {
    // Samoa crossed the date line: 30 December 2011 was never there.
    assert_eq!(
        daily("2011-12-29T10:00:00Z", Pacific::Apia)[..3],
        [
            "2011-12-29T10:00:00Z",
            "2011-12-30T10:00:00Z",
            "2011-12-31T10:00:00Z",
        ]
    );
    assert_eq!(
        daily("2011-12-29T22:00:00Z", Pacific::Apia)[..3],
        [
            "2011-12-29T22:00:00Z",
            "2011-12-30T22:00:00Z",
            "2011-12-31T22:00:00Z",
        ]
    );
}

#[test]
fn from_the_31st_by_month() {
    let monthly = |month_end| {
        let anchor = "2027-01-31T08:00:00Z";
        slots(anchor, Recurrence::Monthly, Tz::UTC, month_end, 5)
    };
    assert_eq!(
        monthly(MonthEndPolicy::Clamp),
        [
            "2027-01-31T08:00:00Z",
            "2027-02-28T08:00:00Z",
            "2027-03-31T08:00:00Z",
            "2027-04-30T08:00:00Z",
            "2027-05-31T08:00:00Z",
        ]
    );
    assert_eq!(
        monthly(MonthEndPolicy::Skip),
        [
            "2027-01-31T08:00:00Z",
            "2027-03-31T08:00:00Z",
            "2027-05-31T08:00:00Z",
            "2027-07-31T08:00:00Z",
            "2027-08-31T08:00:00Z",
        ]
    );
}

#[test]
fn the_day_of_the_month_is_the_zones() {
    // 31 January, 00:30 in Berlin, is still the 30th in UTC.
    let anchor = "2027-01-30T23:30:00Z";
    assert_eq!(
        slots(
            anchor,
            Recurrence::Monthly,
            Europe::Berlin,
            MonthEndPolicy::Clamp,
            4
        ),
        [
            "2027-01-30T23:30:00Z",
            "2027-02-27T23:30:00Z",
            "2027-03-30T22:30:00Z",
            "2027-04-29T22:30:00Z",
        ]
    );
}

#[test]
fn quarterly_from_the_30th_of_november() {
    let quarterly = |month_end| {
        let anchor = "2026-11-30T12:00:00Z";
        slots(anchor, Recurrence::Quarterly, Tz::UTC, month_end, 3)
    };
    assert_eq!(
        quarterly(MonthEndPolicy::Clamp),
        [
            "2026-11-30T12:00:00Z",
            "2027-02-28T12:00:00Z",
            "2027-05-30T12:00:00Z"
        ]
    );
    assert_eq!(
        quarterly(MonthEndPolicy::Skip),
        [
            "2026-11-30T12:00:00Z",
            "2027-05-30T12:00:00Z",
            "2027-08-30T12:00:00Z"
        ]
    );
}

#[test]
fn yearly_from_the_29th_of_february() {
    let yearly = |month_end, count| {
        let anchor = "2028-02-29T06:00:00Z";
        slots(anchor, Recurrence::Yearly, Tz::UTC, month_end, count)
    };
    assert_eq!(
        yearly(MonthEndPolicy::Clamp, 5),
        [
            "2028-02-29T06:00:00Z",
            "2029-02-28T06:00:00Z",
            "2030-02-28T06:00:00Z",
            "2031-02-28T06:00:00Z",
            "2032-02-29T06:00:00Z",
        ]
    );
    assert_eq!(
        yearly(MonthEndPolicy::Skip, 3),
        [
            "2028-02-29T06:00:00Z",
            "2032-02-29T06:00:00Z",
            "2036-02-29T06:00:00Z"
        ]
    );
    // 2100 is no leap year.
    let calendar = Calendar::new(
        time("2028-02-29T06:00:00Z"),
        Some(Recurrence::Yearly),
        Tz::UTC,
        MonthEndPolicy::Skip,
    );
    let next = calendar.next_after(time("2096-02-29T06:00:00Z")).map(shown);
    assert_eq!(next.as_deref(), Some("2104-02-29T06:00:00Z"));
}

#[test]
fn weekly_and_biweekly_across_a_years_end() {
    let after = |recurrence| {
        let anchor = "2026-12-21T09:00:00Z";
        slots(anchor, recurrence, Europe::London, MonthEndPolicy::Clamp, 3)
    };
    assert_eq!(
        after(Recurrence::Weekly),
        [
            "2026-12-21T09:00:00Z",
            "2026-12-28T09:00:00Z",
            "2027-01-04T09:00:00Z"
        ]
    );
    assert_eq!(
        after(Recurrence::Biweekly),
        [
            "2026-12-21T09:00:00Z",
            "2027-01-04T09:00:00Z",
            "2027-01-18T09:00:00Z"
        ]
    );
}

#[test]
fn once_is_once() {
    for recurrence in [None, Some(Recurrence::Once)] {
        let anchor = time("2026-12-24T18:00:00Z");
        let calendar = Calendar::new(anchor, recurrence, Europe::Berlin, MonthEndPolicy::Clamp);
        let before = time("2026-12-24T17:59:59.999Z");
        assert_eq!(calendar.slots_after(before).collect::<Vec<_>>(), [anchor]);
        assert_eq!(calendar.next_after(anchor), None);
    }
}

#[test]
fn centuries_later_the_next_slot_is_found_at_once() {
    let calendar = Calendar::new(
        time("2026-01-31T23:59:59.999Z"),
        Some(Recurrence::Daily),
        Tz::UTC,
        MonthEndPolicy::Clamp,
    );
    let next = calendar.next_after(time("9999-12-30T00:00:00Z")).map(shown);
    assert_eq!(next.as_deref(), Some("9999-12-30T23:59:59.999Z"));
    assert_eq!(calendar.next_after(time("9999-12-31T23:59:59.999Z")), None);
}

/// Zones with gaps and folds of all kinds: by an hour, by half of one, at midnight, in the southern hemisphere, by a day.
fn zones() -> impl Strategy<Value = Tz> {
    prop_oneof![
        Just(Tz::UTC),
        Just(Europe::Berlin),
        Just(America::New_York),
        Just(America::St_Johns),
        Just(America::Nuuk),
        Just(America::Santiago),
        Just(Africa::Cairo),
        Just(Asia::Beirut),
        Just(Australia::Lord_Howe),
        Just(Pacific::Apia),
    ]
}

fn recurrences() -> impl Strategy<Value = Recurrence> {
    prop_oneof![
        Just(Recurrence::Daily),
        Just(Recurrence::Weekly),
        Just(Recurrence::Biweekly),
        Just(Recurrence::Monthly),
        Just(Recurrence::Quarterly),
        Just(Recurrence::Yearly),
    ]
}

fn month_ends() -> impl Strategy<Value = MonthEndPolicy> {
    prop_oneof![Just(MonthEndPolicy::Clamp), Just(MonthEndPolicy::Skip)]
}

/// Instants between 2005 and 2095, to the second.
fn instants() -> impl Strategy<Value = Timestamp> {
    (1_104_537_600_i64..3_944_678_400).prop_map(|seconds| {
        let time = DateTime::from_timestamp(seconds, 0).expect("it is in range");
        time.into()
    })
}

fn local(slot: Timestamp, zone: Tz) -> chrono::NaiveDateTime {
    DateTime::<Utc>::from(slot)
        .with_timezone(&zone)
        .naive_local()
}

/// Whether the clocks of a zone skip a time of a day.
fn is_skipped(zone: Tz, date: NaiveDate, time: NaiveTime) -> bool {
    zone.from_local_datetime(&date.and_time(time))
        .earliest()
        .is_none()
}

proptest! {
    #[test]
    fn slots_strictly_increase(
        anchor in instants(), recurrence in recurrences(), zone in zones(), month_end in month_ends(),
    ) {
        let calendar = Calendar::new(anchor, Some(recurrence), zone, month_end);
        let slots: Vec<_> = calendar.slots_after(anchor).take(500).collect();
        prop_assert_eq!(slots.len(), 500);
        prop_assert!(slots[0] > anchor);
        prop_assert!(slots.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn next_is_the_first_of_the_sequence_after_a_moment(
        anchor in instants(), recurrence in recurrences(), zone in zones(), month_end in month_ends(),
        index in 0_usize..300, back_seconds in 0_i64..200_000,
    ) {
        let calendar = Calendar::new(anchor, Some(recurrence), zone, month_end);
        let before = Timestamp::from(DateTime::<Utc>::from(anchor) - TimeDelta::days(1));
        let all: Vec<_> = calendar.slots_after(before).take(302).collect();
        let moment = DateTime::<Utc>::from(all[index]) - TimeDelta::seconds(back_seconds);
        let first = all.iter().find(|slot| **slot > Timestamp::from(moment)).copied();
        prop_assert_eq!(calendar.next_after(moment.into()), first);
    }

    #[test]
    fn the_wall_clock_is_kept_outside_of_gaps(
        anchor in instants(), recurrence in recurrences(), zone in zones(), month_end in month_ends(),
    ) {
        let calendar = Calendar::new(anchor, Some(recurrence), zone, month_end);
        let wished = local(anchor, zone).time();
        for slot in calendar.slots_after(anchor).take(400) {
            let shown = local(slot, zone);
            let day_before = shown.date().pred_opt().expect("it is in range");
            let was_moved = is_skipped(zone, shown.date(), wished)
                || (shown.time().num_seconds_from_midnight() == 0 && is_skipped(zone, day_before, wished));
            prop_assert!(shown.time() == wished || was_moved, "{shown}, not {wished}");
        }
    }

    #[test]
    fn a_daily_task_has_one_slot_on_each_day(anchor in instants(), zone in zones()) {
        // In Nuuk a gap at the end of a day moves its slot into the next one, which then has two.
        prop_assume!(zone != America::Nuuk);
        let calendar = Calendar::new(anchor, Some(Recurrence::Daily), zone, MonthEndPolicy::Clamp);
        let days: Vec<_> = calendar.slots_after(anchor).take(800).map(|slot| local(slot, zone).date()).collect();
        for pair in days.windows(2) {
            let next = pair[0].succ_opt().expect("it is in range");
            let was_left_out = is_skipped(zone, next, NaiveTime::MIN) && next.succ_opt() == Some(pair[1]);
            prop_assert!(pair[1] == next || was_left_out, "{} after {}", pair[1], pair[0]);
        }
    }
}
