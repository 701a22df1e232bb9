//! What a command finds in its environment.
//!
//! Rule of the house: of the server's own environment a command gets what every program needs, and nothing else. The
//! database's password and the admin's token are in there.

/// The variables that are passed on.
const PASSED_ON: [&str; 8] = [
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR",
];

/// The part of the server's environment that commands get.
pub(super) fn passed_on() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    PASSED_ON
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
}
