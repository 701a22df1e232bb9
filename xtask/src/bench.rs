//! The benchmark, with all that it needs: release builds, a MariaDB of its own, Chromium, and the peers with what their
//! users install. A peer that can't be installed is left out, and the report says so.

use std::{env, ffi::OsString, fs, path::Path};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::{
    cargo,
    mariadb::MariaDb,
    npm,
    server::{self, Profile},
    step::step,
    test::BROWSER,
    tools::{self, DebianPackage},
};

/// The load generator and the floor.
const PACKAGE: &str = "daybook-bench";

/// Where the peers lie.
const PEERS: &str = "tests/bench/peers";

/// Where the packages of those in Python are installed, with all that they need and nothing else.
const ENVIRONMENT: &str = "target/bench/python";

/// The oldest Node.js that the peer's database driver can be compiled for.
const NODE: u32 = 20;

/// What compiles that driver.
const COMPILER: [DebianPackage; 2] = [
    DebianPackage {
        name: "build-essential",
        programs: &["g++", "make"],
    },
    DebianPackage {
        name: "nodejs",
        programs: &["node"],
    },
];

/// What the report is a part of, between these lines.
const DOCUMENT: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- What follows is written by `cargo xtask bench`. -->\n";
const END: &str = "<!-- So far. -->\n";

/// Runs the benchmark. The document keeps what all of it found; a part of it is only shown.
pub(crate) fn run(shell: &Shell, quick: bool, only: &[String]) -> Result<()> {
    build(shell)?;
    tools::debian(shell, BROWSER)?;
    let database = MariaDb::start(shell)?;
    let programs = programs()?;
    let report = Path::new("target/bench/report.md");
    fs::create_dir_all("target/bench")?;
    let mut arguments: Vec<OsString> = vec![
        "--daybook".into(),
        programs.join("daybook").into(),
        "--floor".into(),
        programs.join("daybook-floor").into(),
        "--peers".into(),
        PEERS.into(),
        "--mariadb".into(),
        database.url().into(),
        "--output".into(),
        report.into(),
    ];
    for (flag, peers, installed) in [
        ("--python", "FastAPI and Strawberry", python(shell)),
        ("--node", "Mercurius", node(shell)),
    ] {
        match installed {
            Ok(program) => arguments.extend([flag.into(), program]),
            Err(error) => {
                let left_out = format!("{peers}, for {error:#}");
                arguments.extend(["--left-out".into(), left_out.into()]);
            }
        }
    }
    if quick {
        arguments.push("--quick".into());
    }
    if !only.is_empty() {
        arguments.extend(["--only".into(), only.join(",").into()]);
    }
    let generator = programs.join("daybook-bench");
    step("measure", || {
        Ok(cmd!(shell, "{generator} {arguments...}").quiet().run()?)
    })?;
    let report = fs::read_to_string(report)?;
    println!("{report}");
    if !quick && only.is_empty() {
        keep(&report)?;
    }
    Ok(())
}

/// Keeps a server busy for so many minutes, and says whether it grew.
pub(crate) fn endure(shell: &Shell, minutes: u32) -> Result<()> {
    build(shell)?;
    let programs = programs()?;
    let generator = programs.join("daybook-bench");
    let daybook = programs.join("daybook");
    let floor = programs.join("daybook-floor");
    let minutes = minutes.to_string();
    step(&format!("keep a server busy for {minutes} minutes"), || {
        Ok(cmd!(
            shell,
            "{generator} --daybook {daybook} --floor {floor} --peers {PEERS} --endure {minutes}"
        )
        .quiet()
        .run()?)
    })
}

/// Builds the server, the load generator and the floor.
fn build(shell: &Shell) -> Result<()> {
    server::build(shell, Profile::Release)?;
    step("compile the load generator and the floor", || {
        Ok(
            cargo::as_typed(cmd!(shell, "cargo build --release --package {PACKAGE}"))
                .quiet()
                .run()?,
        )
    })
}

/// Where cargo puts the programs of release builds.
fn programs() -> Result<std::path::PathBuf> {
    // This one is a debug build, beside which the folder of the others lies.
    let own = env::current_exe()?;
    let target = own.parent().and_then(Path::parent);
    Ok(target.context("cargo built this")?.join("release"))
}

/// Puts the report in its place in the document.
fn keep(report: &str) -> Result<()> {
    let document = fs::read_to_string(DOCUMENT)?;
    let parts = document.split_once(BEGIN);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.with_context(|| format!("{DOCUMENT} has no place for it"))?;
    Ok(fs::write(
        DOCUMENT,
        format!("{before}{BEGIN}\n{report}\n{END}{after}"),
    )?)
}

/// Installs what the peers in Python need. Returns the Python that has it.
fn python(shell: &Shell) -> Result<OsString> {
    let wanted = fs::read(Path::new(PEERS).join("python/requirements.txt"))?;
    // Written last, so that an installation that broke off counts for nothing.
    let note = Path::new(ENVIRONMENT).join("installed");
    let program = Path::new(ENVIRONMENT).join("bin/python");
    if fs::read(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(program.into());
    }
    tools::python_environments(shell)?;
    step("install the benchmark's peers in Python", || {
        let list = Path::new(PEERS).join("python/requirements.txt");
        cmd!(shell, "python3 -m venv --clear {ENVIRONMENT}").run()?;
        cmd!(
            shell,
            "{program} -m pip install --quiet --disable-pip-version-check --requirement {list}"
        )
        .run()?;
        Ok(fs::write(&note, &wanted)?)
    })?;
    Ok(program.into())
}

/// Installs what the peer in JavaScript needs. Returns Node.js.
fn node(shell: &Shell) -> Result<OsString> {
    tools::debian(shell, &COMPILER)?;
    let version = cmd!(shell, "node --version").read()?;
    let major = version.trim_start_matches('v').split('.').next();
    if major
        .and_then(|major| major.parse::<u32>().ok())
        .is_none_or(|major| major < NODE)
    {
        bail!("this machine's Node.js is {version}, and its database driver needs {NODE} or newer");
    }
    let project = format!("{PEERS}/node");
    let modules = npm::installed(shell, &project)?;
    let driver = modules.join("better-sqlite3/build/Release/better_sqlite3.node");
    if !driver.exists() {
        step("compile the peer's database driver", || {
            // With the headers that came with Node.js itself: nothing else is downloaded.
            let folder = "path.resolve(process.execPath, '../..')";
            let headers = cmd!(shell, "node --print {folder}").read()?;
            Ok(cmd!(
                shell,
                "npm rebuild better-sqlite3 --prefix {project} --build-from-source --nodedir={headers} --loglevel=error"
            )
            .run()?)
        })?;
    }
    Ok("node".into())
}
