//! The master schedule: blocks of the configuration, and of a file that the operator keeps.
//!
//! The file is fixed-width: three lines of heading, then one block a line, in columns of bytes.

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzz;

use std::{fs, ops::Range, path::Path, str::FromStr};

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{
    block::{Observation, Span},
    config::{BLOCKS, Config},
};
use crate::{
    domain::policy::{
        Window,
        interval::{Interval, Spanning},
    },
    error::{Error, Result},
};

/// The setting that the file is named by.
const FIELD: &str = "master_schedule";

/// The longest file that is read, in bytes.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

const HEADING_LINES: usize = 3;
const START: Range<usize> = 0..20;
const STOP: Range<usize> = 20..41;
const NAME: Range<usize> = 81..116;
const AZIMUTH_MINIMUM: Range<usize> = 116..126;
const AZIMUTH_MAXIMUM: Range<usize> = 126..135;
const ALTITUDE: Range<usize> = 135..144;

/// The blocks of the master schedule, cut to a window and in the order of time. Two at the same time are refused.
pub(super) fn blocks(
    config: &Config,
    folder: Option<&Path>,
    window: Window,
) -> Result<Vec<Observation>> {
    let mut blocks = config.blocks.clone();
    if let Some(name) = &config.master_schedule {
        blocks.extend(parse(&read(folder, name)?)?);
    }
    let Some(window) = Interval::new(window.t0, window.t1) else {
        return Ok(Vec::new());
    };
    let cut = |block: &Observation| Some(block.at(block.span.intersection(window)?));
    let mut blocks: Vec<_> = blocks.iter().filter_map(cut).collect();
    blocks.sort_by_key(|block| block.span.start());
    if let Some(two) = blocks
        .windows(2)
        .find(|two| overlap(two[0].span, two[1].span))
    {
        let field = if config.blocks.is_empty() {
            FIELD
        } else {
            "blocks"
        };
        let message = format!(
            "{} and {} are both there at {}",
            two[0].name,
            two[1].name,
            two[1].span.start().format("%F %T")
        );
        return Err(Error::validation(field, message));
    }
    Ok(blocks)
}

fn overlap(one: Span, other: Span) -> bool {
    one.intersection(other).is_some()
}

/// Reads a file of the operator's folder. A name can't lead out of that.
fn read(folder: Option<&Path>, name: &str) -> Result<String> {
    let refused = |message: &str| Error::validation(FIELD, message);
    if matches!(name, "" | "." | "..") || name.contains(['/', '\\', '\0']) {
        return Err(refused("must be the bare name of a file"));
    }
    let folder = folder.ok_or_else(|| refused("this server has no folder for plans"))?;
    let path = folder.join(name);
    let is_missing = || refused(&format!("there is no file {name} in the folder for plans"));
    let found = fs::metadata(&path).map_err(|_| is_missing())?;
    if !found.is_file() {
        return Err(is_missing());
    }
    if found.len() > FILE_BYTES {
        return Err(refused(&format!(
            "{name} is longer than {FILE_BYTES} bytes"
        )));
    }
    fs::read_to_string(&path).map_err(|error| {
        tracing::warn!(%error, path = %path.display(), "a master schedule can't be read");
        refused(&format!("{name} can't be read"))
    })
}

fn parse(text: &str) -> Result<Vec<Observation>> {
    let lines = (1..).zip(text.lines()).skip(HEADING_LINES);
    let lines: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty()).collect();
    if lines.len() > BLOCKS {
        let message = format!("has {} blocks, at most {BLOCKS} are allowed", lines.len());
        return Err(Error::validation(FIELD, message));
    }
    let blocks = lines.into_iter().map(|(number, line)| {
        block(line).map_err(|message| Error::validation(FIELD, format!("line {number}: {message}")))
    });
    let blocks: Vec<_> = blocks.collect::<Result<_>>()?;
    // What has no duration is nothing.
    Ok(blocks.into_iter().flatten().collect())
}

fn block(line: &str) -> Result<Option<Observation>, String> {
    let (start, stop) = (time(line, START)?, time(line, STOP)?);
    if stop < start {
        return Err("it stops before it starts".to_owned());
    }
    let (minimum, maximum) = (
        number(line, AZIMUTH_MINIMUM)?,
        number(line, AZIMUTH_MAXIMUM)?,
    );
    let pointing = (minimum, number(line, ALTITUDE)?, (maximum - minimum).abs());
    let name = column(line, NAME)?;
    let Some(span) = Interval::new(start, stop) else {
        return Ok(None);
    };
    Observation::master("block", name, span, pointing)
        .map(Some)
        .map_err(|error| error.to_string())
}

fn time(line: &str, bytes: Range<usize>) -> Result<DateTime<Utc>, String> {
    let text = column(line, bytes)?;
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .map(|time| time.and_utc())
        .map_err(|_| format!("{text} is no time as 2023-01-01 00:22:00"))
}

fn number(line: &str, bytes: Range<usize>) -> Result<f64, String> {
    let text = column(line, bytes)?;
    f64::from_str(text).map_err(|_| format!("{text} is no number"))
}

fn column(line: &str, bytes: Range<usize>) -> Result<&str, String> {
    let missing = || format!("there are no columns {} to {}", bytes.start, bytes.end);
    line.get(bytes.clone()).map(str::trim).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = include_str!("../../../../../tests/fixtures/master_schedule.txt");

    #[test]
    fn a_row_is_a_block() {
        let blocks = parse(ROWS).expect("a good file");
        let first = &blocks[0];
        assert_eq!(first.name, "DEC-050..-030_RA+000.000..+011.613");
        assert_eq!(first.span.start().to_rfc3339(), "2023-01-01T00:22:00+00:00");
        assert_eq!(first.span.end().to_rfc3339(), "2023-01-01T01:09:30+00:00");
        assert_eq!((first.azimuth, first.altitude), (218.08, 50.0));
        assert!((first.throw - 32.24).abs() < 1e-9);
    }

    #[test]
    fn a_bad_row_is_named() {
        let heading = ROWS.lines().take(3).collect::<Vec<_>>().join("\n");
        let row = ROWS.lines().nth(3).expect("a row");
        let refused = |row: &str| {
            let error = parse(&format!("{heading}\n\n{row}\n")).expect_err("a bad row");
            assert_eq!(error.field(), Some(FIELD));
            error.to_string()
        };
        assert!(refused(&row[..140]).contains("line 5: there are no columns 135 to 144"));
        assert!(refused(&row.replace("218.08", "two18.")).contains("line 5: two18. is no number"));
        assert!(
            refused(&row.replacen("01 00", "32 00", 1)).contains("2023-01-32 00:22:00 is no time")
        );
        assert!(refused(&row.replacen("2023", "2024", 1)).contains("stops before it starts"));
        assert!(refused(&row.replace("DEC", "D'C")).contains("apostrophe"));
        assert!(refused(&format!("é{row}")).contains("line 5"));
    }

    #[test]
    fn a_name_does_not_lead_out_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in [
            "../Cargo.toml",
            "/etc/passwd",
            "..",
            ".",
            "",
            "src",
            "none",
            "a\\b",
            "a\0b",
        ] {
            let error = read(Some(folder), name).expect_err(name);
            assert_eq!(error.field(), Some(FIELD));
        }
        assert!(read(Some(folder), "Cargo.toml").is_ok());
        assert!(read(None, "Cargo.toml").is_err());
    }
}
