//! The server: built, started, asked for its schema.

use std::{ffi::OsString, fs, os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{dashboard, step::step};

const PACKAGE: &str = "daybook";
const SCHEMA: &str = "server/schema.graphql";

/// How cargo builds the server.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// Ready sooner; reads the bundle from `frontend/dist/` while it runs.
    Debug,
    /// What people are given: one file with the bundle in it.
    Release,
}

impl Profile {
    fn cargo_args(self) -> &'static [&'static str] {
        match self {
            Profile::Debug => &[],
            Profile::Release => &["--release"],
        }
    }
}

/// Builds what is missing or stale: the dashboard, then the server.
pub(crate) fn build(shell: &Shell, profile: Profile) -> Result<()> {
    dashboard::build(shell)?;
    let args = profile.cargo_args();
    step("compile the server", || {
        Ok(cmd!(shell, "cargo build --package {PACKAGE} {args...}")
            .quiet()
            .run()?)
    })
}

/// Builds the server, and becomes it: the terminal, its output and its Ctrl-C are the server's from
/// then on.
pub(crate) fn run(shell: &Shell, profile: Profile, serve_args: &[OsString]) -> Result<()> {
    build(shell, profile)?;
    // Cargo knows where it put the program, and gives its own place to it as well.
    let failure = Command::new("cargo")
        .args(["run", "--quiet", "--package", PACKAGE])
        .args(profile.cargo_args())
        .args(["--", "serve"])
        .args(serve_args)
        .exec();
    Err(failure).context("could not start the server")
}

/// Writes the schema as the server prints it.
pub(crate) fn write_schema(shell: &Shell) -> Result<()> {
    step("write server/schema.graphql", || {
        let schema = cmd!(shell, "cargo run --package {PACKAGE} -- print-schema").read()?;
        Ok(fs::write(SCHEMA, schema + "\n")?)
    })
}
