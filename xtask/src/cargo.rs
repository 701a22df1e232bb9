//! Cargo, called as from a terminal.
//!
//! `cargo run` tells the program that it starts about the package that the program is from, in its environment. Some build
//! scripts look at these variables, their own package's: if they went on from here to another cargo, it would compile those
//! libraries, and whatever uses them, once more each time that somebody types `cargo build` between two `cargo xtask`.

use std::{env, ffi::OsString, process::Command};

use xshell::Cmd;

/// The beginnings of the names of what is told about a package.
const ABOUT_A_PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// The command, which knows nothing of the package that this program is from.
pub(crate) fn as_typed(command: Cmd<'_>) -> Cmd<'_> {
    told().fold(command, Cmd::env_remove)
}

/// Cargo itself, for who starts a process and goes on.
pub(crate) fn program() -> Command {
    let mut program = Command::new("cargo");
    told().for_each(|name| {
        program.env_remove(name);
    });
    program
}

/// The names of the variables that are set and tell about a package.
fn told() -> impl Iterator<Item = OsString> {
    let names = env::vars_os().map(|(name, _)| name);
    names.filter(|name| {
        let name = name.to_string_lossy();
        ABOUT_A_PACKAGE
            .iter()
            .any(|prefix| name.starts_with(prefix))
    })
}
