//! The server: built, started, asked for its schema.

use std::{ffi::OsString, fs, os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{cargo, dashboard, demonstration, step::step};

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
        Ok(
            cargo::as_typed(cmd!(shell, "cargo build --package {PACKAGE} {args...}"))
                .quiet()
                .run()?,
        )
    })
}

/// Builds the server, and becomes it: the terminal, its output and its Ctrl-C are the server's from
/// then on.
pub(crate) fn run(
    shell: &Shell,
    profile: Profile,
    with_demonstration: bool,
    serve_args: &[OsString],
) -> Result<()> {
    build(shell, profile)?;
    let mut server = program(profile);
    server.arg("serve").args(serve_args);
    if with_demonstration {
        server.stdout(demonstration::companion(profile, serve_args)?);
    }
    Err(server.exec()).context("could not start the server")
}

/// The server's program, which was built before. Cargo knows where it put it, and gives its own
/// place to it as well.
pub(crate) fn program(profile: Profile) -> Command {
    let mut program = cargo::program();
    program
        .args(["run", "--quiet", "--package", PACKAGE])
        .args(profile.cargo_args())
        .arg("--");
    program
}

/// Writes the schema as the server prints it.
pub(crate) fn write_schema(shell: &Shell) -> Result<()> {
    step("write server/schema.graphql", || {
        let schema =
            cargo::as_typed(cmd!(shell, "cargo run --package {PACKAGE} -- print-schema")).read()?;
        Ok(fs::write(SCHEMA, schema + "\n")?)
    })
}
