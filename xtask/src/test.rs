//! The tests, with all that they need: Chromium, a NATS server, the dashboard's bundle, the server's
//! program and a MariaDB.

use std::{env, ffi::OsString};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{
    cargo, dashboard, deployment,
    mariadb::MariaDb,
    npm,
    step::step,
    tools::{self, DebianPackage},
};

/// Names the MariaDB or MySQL server on which tests may make databases; whoever sets it brings
/// their own.
pub(crate) const DATABASE_URL: &str = "TEST_MYSQL_URL";

/// The browser of the end-to-end tests, and what drives it.
pub(crate) const BROWSER: &[DebianPackage] = &[
    DebianPackage {
        name: "chromium",
        programs: &["chromium"],
    },
    DebianPackage {
        name: "chromium-driver",
        programs: &["chromedriver"],
    },
];

/// The bus between servers, and what makes the keys for its encrypted connections. Only the programs are needed: where
/// Debian starts a service of the first, it is on another port than the stories' own.
pub(crate) const BUS: &[DebianPackage] = &[
    DebianPackage {
        name: "nats-server",
        programs: &["nats-server"],
    },
    DebianPackage {
        name: "openssl",
        programs: &["openssl"],
    },
];

/// Where the lock file lies for what the browser's tests load into a page.
const BROWSER_TOOLS: &str = "tests/tools";

/// Runs the tests that match, or all of them: the server's, the stories and, compiled for this
/// machine, the dashboard's own.
pub(crate) fn run(shell: &Shell, nextest_args: &[OsString]) -> Result<()> {
    // Ctrl-C ends nextest, which the terminal tells too. This process stays, to stop the database.
    ctrlc::set_handler(|| eprintln!("xtask: interrupted"))
        .context("could not listen for Ctrl-C")?;

    tools::nextest(shell)?;
    tools::debian(shell, BROWSER)?;
    tools::debian(shell, BUS)?;
    npm::installed(shell, BROWSER_TOOLS)?;
    deployment::tools(shell)?;
    dashboard::build(shell)?;
    compile(shell)?;

    let own_database = if env::var_os(DATABASE_URL).is_none() {
        Some(MariaDb::start(shell)?)
    } else {
        None
    };
    if let Some(database) = &own_database {
        shell.set_var(DATABASE_URL, database.url());
    }
    step("run the tests", || {
        Ok(cargo::as_typed(cmd!(
            shell,
            "cargo nextest run --workspace {nextest_args...}"
        ))
        .quiet()
        .run()?)
    })
}

/// Compiles the server's program, which some tests start, and the tests: together, for if it were built for a package alone,
/// cargo would compile many of the libraries once more.
pub(crate) fn compile(shell: &Shell) -> Result<()> {
    step("compile the server and the tests", || {
        Ok(
            cargo::as_typed(cmd!(shell, "cargo build --workspace --bins --tests"))
                .quiet()
                .run()?,
        )
    })
}
