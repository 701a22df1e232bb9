//! When a task falls due, in plain English. Pure: the words come from what the clocks of its zone show at its anchor.

use crate::api::tasks::{MonthEndPolicy, Recurrence};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// What a wall clock shows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Local {
    year: usize,
    /// 1 to 12.
    month: usize,
    /// 1 to 31.
    day: usize,
    hour: usize,
    minute: usize,
    second: usize,
}

impl Local {
    /// Reads `YYYY-MM-DDTHH:MM`, with seconds or without.
    fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(time, ':').or_else(|| {
            let [hour, minute] = numbers(time, ':')?;
            Some([hour, minute, 0])
        })?;
        let local = Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        };
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(local)
    }

    /// By Sakamoto's method.
    fn weekday(self) -> &'static str {
        const OFFSETS: [usize; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
        let year = self.year - usize::from(self.month < 3);
        let days = year + year / 4 - year / 100 + year / 400;
        WEEKDAYS[(days + OFFSETS[self.month - 1] + self.day) % 7]
    }

    fn month_name(self) -> &'static str {
        MONTHS[self.month - 1]
    }

    /// The time of day, with seconds where it has some.
    fn clock(self) -> String {
        let Self {
            hour,
            minute,
            second,
            ..
        } = self;
        if second == 0 {
            format!("{hour:02}:{minute:02}")
        } else {
            format!("{hour:02}:{minute:02}:{second:02}")
        }
    }
}

fn numbers<const N: usize>(text: &str, between: char) -> Option<[usize; N]> {
    let numbers: Option<Vec<_>> = text.split(between).map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// The day of a month: `1st`, `22nd`, `31st`.
fn ordinal(day: usize) -> String {
    let ending = match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

/// How often and when, as a sentence without its full stop; `None` where the time is none.
pub(in crate::pages) fn sentence(
    local_time: &str,
    time_zone: &str,
    recurrence: Recurrence,
    month_end: MonthEndPolicy,
) -> Option<String> {
    let local = Local::parse(local_time)?;
    let (clock, day) = (local.clock(), ordinal(local.day));
    let weekday = local.weekday();
    let when = match recurrence {
        Recurrence::Once => {
            let (month, year) = (local.month_name(), local.year);
            format!(
                "Once, on {weekday}, {} {month} {year} at {clock}",
                local.day
            )
        }
        Recurrence::Daily => format!("Every day at {clock}"),
        Recurrence::Weekly => format!("Every {weekday} at {clock}"),
        Recurrence::Biweekly => format!("Every second {weekday} at {clock}"),
        Recurrence::Monthly => {
            let end = month_end_words(local, recurrence, month_end);
            format!("On the {day} of every month{end} at {clock}")
        }
        Recurrence::Quarterly => {
            let months = quarter(local.month);
            let end = month_end_words(local, recurrence, month_end);
            format!("On the {day} of {months}{end} at {clock}")
        }
        Recurrence::Yearly => {
            let end = match (local.month, local.day, month_end) {
                (2, 29, MonthEndPolicy::Clamp) => ", or the 28th in other than leap years,",
                (2, 29, MonthEndPolicy::Skip) => ", in leap years only,",
                _ => "",
            };
            format!(
                "Every year on {} {}{end} at {clock}",
                local.day,
                local.month_name()
            )
        }
    };
    Some(format!("{when}, {time_zone}"))
}

/// Whether some of the months in which a task falls due have no such day as that of its anchor.
pub(in crate::pages) fn lacks_day(local_time: &str, recurrence: Recurrence) -> bool {
    Local::parse(local_time).is_some_and(|local| local.lacks_day(recurrence))
}

impl Local {
    fn lacks_day(self, recurrence: Recurrence) -> bool {
        let shortest = match recurrence {
            Recurrence::Monthly => 28,
            // Every third month comes by February, or else by one of 30 days.
            Recurrence::Quarterly if self.month % 3 == 2 => 28,
            Recurrence::Quarterly => 30,
            Recurrence::Yearly if self.month == 2 => 28,
            _ => 31,
        };
        self.day > shortest
    }
}

/// What becomes of months that have no such day; nothing where all have.
fn month_end_words(
    local: Local,
    recurrence: Recurrence,
    month_end: MonthEndPolicy,
) -> &'static str {
    match month_end {
        _ if !local.lacks_day(recurrence) => "",
        MonthEndPolicy::Clamp => ", or its last day,",
        MonthEndPolicy::Skip => ", where there is one,",
    }
}

/// Four months, three from each to the next, in the order of the calendar.
fn quarter(month: usize) -> String {
    let first = (month - 1) % 3;
    let [a, b, c, d] = [0, 3, 6, 9].map(|later| MONTHS[first + later]);
    format!("{a}, {b}, {c} and {d}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use MonthEndPolicy::{Clamp, Skip};

    fn berlin(local_time: &str, recurrence: Recurrence, month_end: MonthEndPolicy) -> String {
        sentence(local_time, "Europe/Berlin", recurrence, month_end).expect("a time")
    }

    #[test]
    fn what_all_months_have_is_not_asked_for() {
        use Recurrence::{Daily, Monthly, Quarterly, Yearly};
        for (date, recurrence, lacks) in [
            ("2027-01-28", Monthly, false),
            ("2027-01-29", Monthly, true),
            ("2027-03-30", Quarterly, false),
            ("2027-03-31", Quarterly, true),
            ("2027-05-30", Quarterly, true),
            ("2027-01-31", Yearly, false),
            ("2028-02-29", Yearly, true),
            ("2027-01-31", Daily, false),
        ] {
            let time = format!("{date}T02:30");
            assert_eq!(lacks_day(&time, recurrence), lacks, "{date} {recurrence:?}");
        }
    }

    #[test]
    fn every_recurrence_is_a_sentence() {
        use Recurrence::{Biweekly, Daily, Monthly, Once, Quarterly, Weekly, Yearly};
        let cases = [
            (Once, "Once, on Friday, 27 November 2026 at 02:30"),
            (Daily, "Every day at 02:30"),
            (Weekly, "Every Friday at 02:30"),
            (Biweekly, "Every second Friday at 02:30"),
            (Monthly, "On the 27th of every month at 02:30"),
            (
                Quarterly,
                "On the 27th of February, May, August and November at 02:30",
            ),
            (Yearly, "Every year on 27 November at 02:30"),
        ];
        for (recurrence, words) in cases {
            assert_eq!(
                berlin("2026-11-27T02:30", recurrence, Clamp),
                format!("{words}, Europe/Berlin")
            );
        }
    }

    #[test]
    fn the_ends_of_months_are_told() {
        use Recurrence::{Monthly, Yearly};
        assert_eq!(
            berlin("2027-01-31T08:00", Monthly, Clamp),
            "On the 31st of every month, or its last day, at 08:00, Europe/Berlin"
        );
        assert_eq!(
            berlin("2027-01-31T08:00", Monthly, Skip),
            "On the 31st of every month, where there is one, at 08:00, Europe/Berlin"
        );
        assert_eq!(
            berlin("2028-02-29T08:00", Yearly, Skip),
            "Every year on 29 February, in leap years only, at 08:00, Europe/Berlin"
        );
    }

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        for (date, weekday) in [
            ("2000-01-01", "Saturday"),
            ("2026-11-25", "Wednesday"),
            ("2028-02-29", "Tuesday"),
            ("2100-03-01", "Monday"),
        ] {
            let local = Local::parse(&format!("{date}T00:00")).expect("a time");
            assert_eq!(local.weekday(), weekday, "{date}");
        }
    }

    #[test]
    fn seconds_are_shown_where_there_are_some() {
        assert!(berlin("2026-11-27T02:30:15", Recurrence::Daily, Clamp).contains("02:30:15"));
        assert!(berlin("2026-11-27T02:30:00", Recurrence::Daily, Clamp).contains("02:30,"));
    }

    #[test]
    fn what_is_no_time_has_no_words() {
        for text in ["", "2026-11-27", "2026-13-27T02:30", "2026-11-27T02", "x"] {
            assert_eq!(
                sentence(text, "UTC", Recurrence::Daily, Clamp),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn days_have_their_endings() {
        let endings = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].map(ordinal);
        assert_eq!(
            endings,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st"
            ]
        );
    }
}
