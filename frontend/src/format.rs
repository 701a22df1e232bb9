//! Numbers and times as people read them. Pure, but for the function that asks the browser for the viewer's own format.

use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsValue;

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// How long something took or takes, in milliseconds, with two units at most: `840 ms`, `8.4 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
pub fn duration(millis: f64) -> String {
    let millis = millis.max(0.0);
    // Decided on the rounded value, so that 59.96 s is a minute and not "60.0 s".
    let tenths = (millis / 100.0).round() / 10.0;
    if millis < SECOND {
        format!("{millis:.0} ms")
    } else if tenths < 60.0 {
        format!("{tenths:.1} s")
    } else if millis.round() < HOUR {
        units((millis / SECOND).round().max(60.0), 60.0, "min", "s")
    } else if millis < DAY {
        units((millis / MINUTE).floor(), 60.0, "h", "min")
    } else {
        units((millis / HOUR).floor(), 24.0, "d", "h")
    }
}

/// A running clock, in milliseconds: as [`duration`], but in whole seconds, as tenths only flicker.
pub fn elapsed(millis: f64) -> String {
    let seconds = (millis.max(0.0) / SECOND).floor();
    if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else {
        duration(seconds * SECOND)
    }
}

/// A number of small units as large and small ones; no small ones where there are none left.
fn units(total: f64, per_large: f64, large: &str, small: &str) -> String {
    let whole = (total / per_large).floor();
    let rest = total % per_large;
    if rest < 1.0 {
        format!("{whole:.0} {large}")
    } else {
        format!("{whole:.0} {large} {rest:.0} {small}")
    }
}

/// How long ago something was, in milliseconds; clocks that differ a little never make it the future.
pub fn ago(millis: f64) -> String {
    if millis < 5.0 * SECOND {
        "just now".to_owned()
    } else if millis < MINUTE {
        format!("{:.0} s ago", (millis / SECOND).floor())
    } else if millis < HOUR {
        format!("{:.0} min ago", (millis / MINUTE).floor())
    } else if millis < DAY {
        format!("{:.0} h ago", (millis / HOUR).floor())
    } else {
        format!("{:.0} d ago", (millis / DAY).floor())
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

/// A share in percent. What is not quite all is never shown as all, nor what is something as nothing.
pub fn percent(share: f64) -> String {
    let rounded = share.round();
    if rounded >= 100.0 && share < 100.0 {
        "99 %".to_owned()
    } else if rounded <= 0.0 && share > 0.0 {
        "1 %".to_owned()
    } else {
        format!("{rounded:.0} %")
    }
}

/// The first line that says something, at most `limit` characters of it.
pub fn first_line(text: &str, limit: usize) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(match line.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    })
}

/// An instant in the viewer's own zone, language and order, to the second and with the zone's name.
pub fn exact(millis: f64) -> String {
    let options = Object::new();
    for (key, value) in [
        ("year", "numeric"),
        ("month", "short"),
        ("day", "numeric"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("second", "2-digit"),
        ("timeZoneName", "short"),
    ] {
        // Setting a property of a plain object of our own cannot fail.
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    let date = Date::new(&JsValue::from_f64(millis));
    // No language named means the viewer's.
    let languages = JsValue::UNDEFINED;
    Reflect::get(&date, &"toLocaleString".into())
        .and_then(|function| {
            let function: js_sys::Function = function.into();
            function.call2(&date, &languages, &options)
        })
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
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
            (59_960.0, "1 min"),
            (185_000.0, "3 min 5 s"),
            (3_599_400.0, "59 min 59 s"),
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
    fn thousands_are_set_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(20_000), "20\u{202f}000");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(-1_000), "-1\u{202f}000");
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
    fn the_first_line_skips_blank_ones_and_cuts_between_characters() {
        assert_eq!(
            first_line("\n  \n  assertion failed\n  left: 1", 80).as_deref(),
            Some("assertion failed")
        );
        assert_eq!(first_line("größer", 3).as_deref(), Some("grö…"));
        assert_eq!(first_line(" \n", 80), None);
    }
}
