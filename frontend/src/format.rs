//! Numbers and times as people read them. Pure, but for the function that asks the browser for the
//! viewer's own format.

use js_sys::{Array, Function, Intl, JsString, Object, Reflect};
use wasm_bindgen::JsValue;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A number as JavaScript has it, without its fraction; nothing below zero, as of two clocks one is
/// always a little behind.
fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, which is what is meant"
    )]
    let whole = number as u64;
    whole
}

/// How long something took, in milliseconds, with two units at most: `840 ms`, `8.4 s`,
/// `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
pub fn duration(millis: f64) -> String {
    let millis = whole(millis);
    if millis < SECOND {
        format!("{millis} ms")
    } else if millis < MINUTE {
        format!("{}.{} s", millis / SECOND, millis % SECOND / 100)
    } else {
        long_duration(millis)
    }
}

/// A running clock, in milliseconds: as [`duration`], but in whole seconds, as tenths only flicker.
pub fn elapsed(millis: f64) -> String {
    let millis = whole(millis);
    if millis < MINUTE {
        format!("{} s", millis / SECOND)
    } else {
        long_duration(millis)
    }
}

fn long_duration(millis: u64) -> String {
    if millis < HOUR {
        units(millis / SECOND, 60, "min", "s")
    } else if millis < DAY {
        units(millis / MINUTE, 60, "h", "min")
    } else {
        units(millis / HOUR, 24, "d", "h")
    }
}

/// A number of small units as large and small ones; no small ones where there are none left.
fn units(total: u64, per_large: u64, large: &str, small: &str) -> String {
    match (total / per_large, total % per_large) {
        (whole, 0) => format!("{whole} {large}"),
        (whole, rest) => format!("{whole} {large} {rest} {small}"),
    }
}

/// How long ago something was, in milliseconds.
pub fn ago(millis: f64) -> String {
    let millis = whole(millis);
    if millis < 5 * SECOND {
        "just now".to_owned()
    } else if millis < MINUTE {
        format!("{} s ago", millis / SECOND)
    } else if millis < HOUR {
        format!("{} min ago", millis / MINUTE)
    } else if millis < DAY {
        format!("{} h ago", millis / HOUR)
    } else {
        format!("{} d ago", millis / DAY)
    }
}

/// How long it still is to something, in milliseconds.
pub fn until(millis: f64) -> String {
    const YEAR: f64 = 31_556_952_000.0;
    if millis <= 0.0 {
        "due".to_owned()
    } else if millis >= 2.0 * YEAR {
        format!("in {} years", whole(millis / YEAR))
    } else {
        format!("in {}", elapsed(millis))
    }
}

/// A size with three digits at most: `840 B`, `8.4 kB`, `120 MB`; a kB is 1,000 bytes.
pub fn bytes(size: f64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (size.max(0.0), 0);
    while size >= 999.5 && unit + 1 < UNITS.len() {
        (size, unit) = (size / 1_000.0, unit + 1);
    }
    if unit == 0 || size >= 9.95 {
        format!("{} {}", whole(size.round()), UNITS[unit])
    } else {
        let tenths = whole((10.0 * size).round());
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// A count with its thousands set apart: `20 000`, with a narrow space that no line breaks at.
pub fn count(number: i32) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A count on a scale: `800`, `1.5 k`, `2 M`.
pub fn large_count(number: f64) -> String {
    const UNITS: [&str; 4] = ["", " k", " M", " G"];
    let (mut number, mut unit) = (number.max(0.0), 0);
    while number >= 1_000.0 && unit + 1 < UNITS.len() {
        (number, unit) = (number / 1_000.0, unit + 1);
    }
    let tenths = whole((10.0 * number).round());
    match tenths % 10 {
        0 => format!("{}{}", tenths / 10, UNITS[unit]),
        rest => format!("{}.{rest}{}", tenths / 10, UNITS[unit]),
    }
}

/// So many changes.
pub fn changes(number: i32) -> String {
    counted(number, "change", "changes")
}

/// So many of something.
pub fn counted(number: i32, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// How many times as much something is: `1.8 ×`, `24 ×`.
pub fn factor(times: f64) -> String {
    match whole((10.0 * times).round()) {
        tenths @ 0..100 => format!("{}.{} ×", tenths / 10, tenths % 10),
        tenths => format!("{} ×", tenths / 10),
    }
}

/// A share in percent, from 0. What is not quite all is never shown as all, nor what is something
/// as nothing.
pub fn percent(share: f64) -> String {
    match whole(share.round()) {
        100.. if share < 100.0 => "99 %".to_owned(),
        0 if share > 0.0 => "1 %".to_owned(),
        rounded => format!("{rounded} %"),
    }
}

/// Words of ours, which are English, with a capital letter at their beginning.
pub fn sentence(words: &str) -> String {
    let mut sentence = words.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

/// A text in lower case, as searches compare it. What is beyond ASCII is left to the browser, which
/// has the tables of all alphabets: here they would be a twentieth of the module. Outside of a
/// browser, where tests run, they cost nothing.
pub fn lower_case(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else if cfg!(target_arch = "wasm32") {
        JsString::from(text).to_lower_case().into()
    } else {
        text.to_lowercase()
    }
}

/// A share, 0 to 1, in thousandths.
pub fn thousandths(share: f64) -> u64 {
    whole((1_000.0 * share).round()).min(1_000)
}

/// The first line that says something, at most `limit` characters of it.
pub fn first_line(text: &str, limit: usize) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(match line.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    })
}

thread_local! {
    // The viewer's own ways to write an instant. Made once: that takes the browser far longer than
    // using them.
    static EXACT: Function = viewers_format(&[("dateStyle", "medium"), ("timeStyle", "long")]);
    static DAY_OF_YEAR: Function = viewers_format(&[("day", "numeric"), ("month", "short")]);
    static MOMENT: Function = viewers_format(&MOMENT_PARTS);
    static UTC_MOMENT: Function =
        viewers_format(&[MOMENT_PARTS.as_slice(), &[("timeZone", "UTC")]].concat());
    static UTC_DATE: Function =
        viewers_format(&[("day", "numeric"), ("month", "short"), ("timeZone", "UTC")]);
    static UTC_DAY: Function = viewers_format(&[
        ("weekday", "short"),
        ("day", "numeric"),
        ("month", "short"),
        ("timeZone", "UTC"),
    ]);
}

const MOMENT_PARTS: [(&str, &str); 6] = [
    ("weekday", "short"),
    ("day", "numeric"),
    ("month", "short"),
    ("year", "numeric"),
    ("hour", "2-digit"),
    ("minute", "2-digit"),
];

fn viewers_format(parts: &[(&str, &str)]) -> Function {
    let options = Object::new();
    for (part, style) in parts {
        // Setting a property of a plain object of our own cannot fail.
        let _ = Reflect::set(&options, &(*part).into(), &(*style).into());
    }
    // No language named means the viewer's.
    Intl::DateTimeFormat::new(&Array::new(), &options).format()
}

fn write(format: &Function, millis: f64) -> String {
    let text = format.call1(&JsValue::UNDEFINED, &millis.into());
    text.ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// An instant in the viewer's own zone, language and order, to the second and with the zone's name.
/// Empty for what is no time.
pub fn exact(millis: f64) -> String {
    EXACT.with(|format| write(format, millis))
}

/// A day in the viewer's own zone and language, without its year: `21 Nov`. Empty for what is no
/// time.
pub fn day(millis: f64) -> String {
    DAY_OF_YEAR.with(|format| write(format, millis))
}

/// A day of UTC without its year, in the viewer's own language: `21 Nov`. Empty for what is no time.
pub fn utc_date(millis: f64) -> String {
    UTC_DATE.with(|format| write(format, millis))
}

/// A day of UTC with its weekday, in the viewer's own language: `Fri, 21 Nov`. Empty for what is no
/// time.
pub fn utc_day(millis: f64) -> String {
    UTC_DAY.with(|format| write(format, millis))
}

/// An instant in the viewer's own zone and language, to the minute: `Fri, 27 Nov 2026, 02:30`. Empty for what is no time.
pub fn moment(millis: f64) -> String {
    MOMENT.with(|format| write(format, millis))
}

/// What a wall clock somewhere shows, `YYYY-MM-DDTHH:MM:SS`, in the viewer's own language, as [`moment`] has it.
pub fn local_moment(local: &str) -> String {
    // Read and written as if it were UTC, it comes out as it went in.
    let millis = js_sys::Date::parse(&format!("{local}Z"));
    UTC_MOMENT.with(|format| write(format, millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [
            (0.0, "0 ms"),
            (840.0, "840 ms"),
            (1_000.0, "1.0 s"),
            (8_449.0, "8.4 s"),
            (59_940.0, "59.9 s"),
            (59_999.0, "59.9 s"),
            (60_000.0, "1 min"),
            (185_999.0, "3 min 5 s"),
            (3_599_999.0, "59 min 59 s"),
            (3_600_000.0, "1 h"),
            (7_800_000.0, "2 h 10 min"),
            (273_600_000.0, "3 d 4 h"),
        ];
        for (millis, text) in cases {
            assert_eq!(duration(millis), text, "{millis}");
        }
    }

    #[test]
    fn a_clock_that_is_behind_shows_no_negative_time() {
        assert_eq!(duration(-3.0), "0 ms");
        assert_eq!(elapsed(-3.0), "0 s");
        assert_eq!(ago(-3_000.0), "just now");
    }

    #[test]
    fn a_running_clock_has_no_tenths() {
        assert_eq!(elapsed(8_449.0), "8 s");
        assert_eq!(elapsed(65_999.0), "1 min 5 s");
    }

    #[test]
    fn ages_have_one_unit() {
        let cases = [
            (4_000.0, "just now"),
            (59_999.0, "59 s ago"),
            (60_000.0, "1 min ago"),
            (7_199_000.0, "1 h ago"),
            (172_800_000.0, "2 d ago"),
        ];
        for (millis, text) in cases {
            assert_eq!(ago(millis), text, "{millis}");
        }
    }

    #[test]
    fn what_lies_ahead_is_counted_down() {
        assert_eq!(until(45_000.0), "in 45 s");
        assert_eq!(until(11_520_000.0), "in 3 h 12 min");
        assert_eq!(until(86_400_000.0 * 365.2425 * 972.5), "in 972 years");
        assert_eq!(until(0.0), "due");
        assert_eq!(until(-1.0), "due");
    }

    #[test]
    fn sizes_have_three_digits_at_most() {
        let cases = [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (999.9, "1.0 kB"),
            (8_449.0, "8.4 kB"),
            (9_949.0, "9.9 kB"),
            (9_950.0, "10 kB"),
            (120_400_000.0, "120 MB"),
            (2.5e15, "2500 TB"),
        ];
        for (size, text) in cases {
            assert_eq!(bytes(size), text, "{size}");
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(20_000), "20\u{202f}000");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(-1_000), "-1\u{202f}000");
    }

    #[test]
    fn counts_on_a_scale_are_short() {
        let cases = [
            (0.0, "0"),
            (2.5, "2.5"),
            (800.0, "800"),
            (1_500.0, "1.5 k"),
            (2e6, "2 M"),
        ];
        for (number, text) in cases {
            assert_eq!(large_count(number), text, "{number}");
        }
    }

    #[test]
    fn a_factor_has_a_fraction_while_that_tells_something() {
        assert_eq!(factor(1.84), "1.8 ×");
        assert_eq!(factor(24.4), "24 ×");
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!(percent(100.0), "100 %");
        assert_eq!(percent(99.97), "99 %");
        assert_eq!(percent(0.02), "1 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(41.5), "42 %");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_letter() {
        assert_eq!(sentence("all of it"), "All of it");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn the_first_line_skips_blank_ones_and_cuts_between_characters() {
        assert_eq!(
            first_line("\n  \n  assertion failed\n  left: 1", 80).as_deref(),
            Some("assertion failed")
        );
        assert_eq!(first_line("größer", 3).as_deref(), Some("grö…"));
        assert_eq!(first_line(" \n", 80), None);
    }
}
