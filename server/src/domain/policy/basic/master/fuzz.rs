//! Whatever lies in the operator's folder as a master schedule: only its columns count, and the blocks that come of it
//! are in order, within the window, and never two at one time.

use std::ops::Range;

use chrono::TimeDelta;
use serde_json::Value;

use super::{
    ALTITUDE, AZIMUTH_MAXIMUM, AZIMUTH_MINIMUM, BLOCKS, HEADING_LINES, NAME, START, STOP, blocks,
    column, parse,
};
use crate::{
    domain::policy::{Window, basic::config::Config, interval::Spanning},
    error::Error,
    fuzzing,
};

/// Reads a master schedule.
pub fn master_schedule(bytes: &[u8]) {
    let Some(text) = fuzzing::text(bytes) else {
        return;
    };
    let read = match parse(text) {
        Ok(read) => read,
        Err(error) => return check_error(&error, text),
    };
    assert!(read.len() <= BLOCKS);
    let anew = parse(&laid_out_anew(text)).expect("its columns are as they were");
    assert_eq!(anew, read, "nothing but its columns counts");

    let Some(t0) = read.iter().map(|block| block.span.start()).min() else {
        return;
    };
    let Some(t1) = t0.checked_add_signed(TimeDelta::days(10)) else {
        return;
    };
    let mut config = Config::read(&Value::Null).expect("the default is good");
    config.blocks = read;
    let window = Window {
        t0: t0 + TimeDelta::minutes(10),
        t1,
    };
    match blocks(&config, None, window) {
        Ok(cut) => {
            let spans: Vec<_> = cut.iter().map(Spanning::span).collect();
            assert!(
                spans
                    .iter()
                    .all(|span| window.t0 <= span.start() && span.end() <= window.t1)
            );
            assert!(spans.windows(2).all(|two| two[0].end() <= two[1].start()));
        }
        Err(error) => assert_eq!(error.field(), Some("blocks")),
    }
}

/// The same blocks with nothing between the columns, nor above them and below.
fn laid_out_anew(text: &str) -> String {
    let rows = text.lines().skip(HEADING_LINES);
    let rows = rows.filter(|row| !row.trim().is_empty()).map(|row| {
        let columns = [
            START,
            STOP,
            NAME,
            AZIMUTH_MINIMUM,
            AZIMUTH_MAXIMUM,
            ALTITUDE,
        ];
        columns
            .into_iter()
            .fold(String::new(), |mut line, range: Range<usize>| {
                line.push_str(&" ".repeat(range.start - line.len()));
                let value = column(row, range.clone()).expect("it was read");
                line.push_str(value);
                line.push_str(&" ".repeat(range.len() - value.len()));
                line
            })
    });
    let heading = "\n".repeat(HEADING_LINES);
    rows.fold(heading, |text, row| text + &row + "\n")
}

fn check_error(error: &Error, text: &str) {
    fuzzing::check_refusal(error);
    assert_eq!(error.field(), Some("master_schedule"));
    let told = error.to_string();
    let Some((_, place)) = told.split_once("line ") else {
        assert!(told.contains("blocks"), "{told}");
        return;
    };
    let (number, _) = place.split_once(':').expect("a line's number ends so");
    let number: usize = number.parse().expect("a number");
    let lines = text.lines().count();
    assert!((HEADING_LINES + 1..=lines).contains(&number), "{told}");
}
