//! The developer's commands, `cargo xtask <command>`.
//!
//! Only the commands are here; what they do lives in one file a job. The rule of the house: a
//! command brings along what it needs (it installs a missing tool, it builds what is stale), says
//! in one line what it does and how long that took, and where it can't go on it stops with the
//! exact command to type.

mod assets;
mod bench;
mod cargo;
mod compress;
mod dashboard;
mod demonstration;
mod deployment;
mod docs;
mod fuzz;
mod galera;
mod graphiql;
mod lint;
mod mariadb;
mod minify;
mod npm;
mod page;
mod python;
mod schemathesis;
mod server;
mod soak;
mod step;
mod test;
mod tools;
mod wasm;

use std::{env, ffi::OsString, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use xshell::{Shell, cmd};

/// Builds, runs and checks Daybook.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Command {
    /// Build what is missing or stale, then start the server; it prints the link to log in
    Run {
        /// Take the server's debug build: ready sooner, slower to answer
        #[arg(long)]
        debug: bool,
        /// Fill it with three weeks of nightly runs, and keep one going
        #[arg(long)]
        demo: bool,
        /// Arguments for `daybook serve`, after `--`
        #[arg(last = true)]
        serve_args: Vec<OsString>,
    },
    /// Stand beside a server that `run --demo` starts
    #[command(hide = true)]
    Demonstrate {
        #[arg(long)]
        debug: bool,
        #[arg(last = true)]
        serve_args: Vec<OsString>,
    },
    /// Build the dashboard and the server, without starting it
    Build {
        /// Make the server's debug build
        #[arg(long)]
        debug: bool,
    },
    /// Build only the browser's part: the dashboard, GraphiQL and the REST facade's page, in frontend/dist/
    Dashboard,
    /// Run the tests, on SQLite, on a MariaDB of their own and in Chromium
    Test {
        /// Filters and options for `cargo nextest run`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        nextest_args: Vec<OsString>,
    },
    /// Check the formatting, and let Clippy read the server's and the browser's code
    Lint,
    /// Do what continuous integration does: lint, then test
    Ci,
    /// Hold the REST facade against its own description, with Schemathesis
    Schemathesis {
        /// For how long
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
        minutes: u32,
    },
    /// Feed made-up input to what reads it from outside
    Fuzz {
        /// Only this target, a folder of tests/corpus/
        #[arg(long)]
        target: Option<String>,
        /// How long each target runs
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
        minutes: u32,
    },
    /// Measure Daybook against the floor beneath it and against what people would write instead
    Bench {
        /// Everything in less than three minutes, for a first look
        #[arg(long)]
        quick: bool,
        /// Only these workloads: reports, batches, page, nested, followers, history, start, visit
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Run the long stories: outages, crashes and failovers under load, over and over, each with its figures
    Soak {
        /// Only these: crash, galera, outages, stalled, `task_storm`, endurance
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
        /// How long the server is under an even load in `endurance`
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(6..))]
        minutes: u32,
    },
    /// Write server/schema.graphql, the schema that the server's types make
    Schema,
}

fn main() -> ExitCode {
    match execute(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            error
                .chain()
                .skip(1)
                .for_each(|cause| eprintln!("  because: {cause}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask/ lies in the workspace");
    // Every path in here is relative to the root of the workspace.
    env::set_current_dir(root).with_context(|| format!("could not enter {}", root.display()))?;
    let shell = Shell::new()?;
    match command {
        Command::Run {
            debug,
            demo,
            serve_args,
        } => server::run(&shell, profile(debug), demo, &serve_args),
        Command::Demonstrate { debug, serve_args } => {
            demonstration::accompany(profile(debug), &serve_args)
        }
        Command::Build { debug } => server::build(&shell, profile(debug)),
        Command::Dashboard => dashboard::build(&shell),
        Command::Test { nextest_args } => test::run(&shell, &nextest_args),
        Command::Lint => lint::run(&shell),
        Command::Ci => Ok(cmd!(shell, "bash .ci/run").run()?),
        Command::Schemathesis { minutes } => schemathesis::run(&shell, minutes),
        Command::Fuzz { target, minutes } => fuzz::run(&shell, target.as_deref(), minutes),
        Command::Bench { quick, only } => bench::run(&shell, quick, &only),
        Command::Soak { only, minutes } => soak::run(&shell, &only, minutes),
        Command::Schema => server::write_schema(&shell),
    }
}

fn profile(debug: bool) -> server::Profile {
    if debug {
        server::Profile::Debug
    } else {
        server::Profile::Release
    }
}
