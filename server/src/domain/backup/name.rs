//! What archives are called: `<folder>_<YYYYMMDDHHMMSS>.tar.zst`, and `…_2.tar.zst` for the second of a second.

use std::ffi::OsStr;

use chrono::{DateTime, NaiveDateTime, Utc};

const ENDING: &str = ".tar.zst";
const TIME: &str = "%Y%m%d%H%M%S";
const TIME_CHARACTERS: usize = 14;

/// The most bytes that are kept of the folder's name: file names have at most 255, and those beside an archive are
/// longer than its own.
const FOLDER_BYTES: usize = 180;

/// The name of an archive of a folder. `turn` tells those of one second apart, from 1 on.
///
/// What of the folder's name is no text, or would break the lines of a list, becomes `_`.
pub(super) fn of(folder: &OsStr, time: DateTime<Utc>, turn: u32) -> String {
    let mut name: String = folder
        .to_string_lossy()
        .chars()
        .map(|character| match character {
            '/' | char::REPLACEMENT_CHARACTER => '_',
            character if character.is_control() => '_',
            character => character,
        })
        .collect();
    name.truncate(name.floor_char_boundary(FOLDER_BYTES));
    let time = time.format(TIME);
    match turn {
        1 => format!("{name}_{time}{ENDING}"),
        turn => format!("{name}_{time}_{turn}{ENDING}"),
    }
}

/// When the archive of this name was begun; nothing for a name that no archive has.
pub(super) fn time(name: &str) -> Option<DateTime<Utc>> {
    let stem = name.strip_suffix(ENDING)?;
    let (folder, last) = stem.rsplit_once('_')?;
    let time = if last.len() == TIME_CHARACTERS {
        last
    } else {
        last.parse::<u32>().ok()?;
        folder.rsplit_once('_')?.1
    };
    let is_number = time.len() == TIME_CHARACTERS && time.bytes().all(|byte| byte.is_ascii_digit());
    let time = is_number.then(|| NaiveDateTime::parse_from_str(time, TIME).ok());
    Some(time??.and_utc())
}

/// The name that an archive has until it is complete. No archive's own name begins and ends like that.
pub(super) fn partial(archive: &str) -> String {
    format!(".{archive}.partial")
}

/// The archive that a name like that is of.
pub(super) fn of_partial(name: &str) -> Option<&str> {
    let archive = name.strip_prefix('.')?.strip_suffix(".partial")?;
    time(archive).map(|_| archive)
}

/// The file beside an archive that holds its digest, as `sha256sum` writes and checks it.
pub(super) fn digest(archive: &str) -> String {
    format!("{archive}.sha256")
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use proptest::prelude::*;

    use super::*;

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a good time")
    }

    #[test]
    fn a_name_has_the_folder_and_the_time() {
        let name = |turn| of(OsStr::new("www"), moment(1_795_539_600), turn);
        assert_eq!(name(1), "www_20261124170000.tar.zst");
        assert_eq!(name(2), "www_20261124170000_2.tar.zst");
    }

    #[test]
    fn other_names_are_no_archives() {
        for name in [
            "",
            "www.tar.zst",
            "www_2026.tar.zst",
            "www_20261324170000.tar.zst",
            "www_20261124170000.tar.zst.sha256",
            "www_20261124170000.tar.zst.partial",
            "www_20261124170000_x.tar.zst",
            "www_+2026112417000.tar.zst",
            "20261124170000.tar.zst",
        ] {
            assert_eq!(time(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_folder_has_a_name_that_is_read_back(
            folder in prop::collection::vec(any::<u8>(), 1..300),
            seconds in 0_i64..4_000_000_000,
            turn in 1_u32..100_000,
        ) {
            let name = of(OsStr::from_bytes(&folder), moment(seconds), turn);
            prop_assert_eq!(time(&name), Some(moment(seconds)));
            prop_assert!(!name.contains('/') && !name.chars().any(char::is_control));
            let partial = partial(&name);
            prop_assert!(partial.len() <= 255 && digest(&name).len() <= 255);
            prop_assert_eq!(of_partial(&partial), Some(name.as_str()));
            prop_assert_eq!(time(&partial), None);
        }
    }
}
