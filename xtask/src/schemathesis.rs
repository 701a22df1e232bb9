//! Schemathesis, which holds a server against its own description: whatever the description allows is
//! sent, and much that it does not; no answer may be a 5xx, nor one that is not described.
//!
//! The server is the debug build, on a SQLite file, with its backups and its roots in one temporary
//! folder.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::{cargo, demonstration::LISTENS, python, step::step};

/// A fixed version, so that a new one can't change a run by itself.
const PACKAGE: &str = "schemathesis==4.32.5";

/// Where it is installed, with all that it needs and nothing else.
const ENVIRONMENT: &str = "target/schemathesis";

/// What it is told of what a description can't say.
const SETTINGS: &str = "tests/tools/schemathesis.toml";

const TOKEN: &str = "the-admin-token-of-schemathesis";

/// Tests the facade for so many minutes.
pub(crate) fn run(shell: &Shell, minutes: u32) -> Result<()> {
    python::installed(shell, ENVIRONMENT, &[PACKAGE])?;
    step("compile the server", || {
        Ok(cargo::as_typed(cmd!(shell, "cargo build --bins"))
            .quiet()
            .run()?)
    })?;
    let server = Server::start()?;
    let description = format!("http://{}/api/openapi.json", server.address);
    let seconds = (minutes * 60).to_string();
    let settings = shell.current_dir().join(SETTINGS);
    // It writes notes into the folder that it is started in.
    let _environment = shell.push_dir(ENVIRONMENT);
    step(&format!("test the REST facade for {minutes} min"), || {
        let authorization = format!("Authorization: Bearer {TOKEN}");
        let ended = cmd!(
            shell,
            "bin/schemathesis --config-file {settings} run {description} --header {authorization} --checks all --max-time {seconds} --continue-on-failure --no-color"
        )
        .quiet()
        .run();
        let log = fs::read_to_string(server.log())?;
        ensure!(!log.contains(" ERROR "), "the server logged errors:\n{log}");
        Ok(ended?)
    })
}

/// A running server. Dropped, it is stopped and its data is gone.
struct Server {
    process: Child,
    address: String,
    folder: TempDir,
    /// Held open, for the server has more to say.
    output: Option<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a server, and returns when it listens.
    fn start() -> Result<Self> {
        let folder = TempDir::with_prefix("daybook-schemathesis-")?;
        // Cargo puts one program of the workspace beside another.
        let program = env::current_exe()?.with_file_name("daybook");
        let log = fs::File::create(folder.path().join("log"))?;
        let database = folder.path().join("daybook.db");
        let mut process = Command::new(program)
            .arg("serve")
            .current_dir(folder.path())
            .env(
                "DATABASE_URL",
                format!("sqlite://{}?mode=rwc", database.display()),
            )
            .env("DAYBOOK_LISTEN", "127.0.0.1:0")
            .env("DAYBOOK_ADMIN_TOKEN", TOKEN)
            .env("BACKUP_FOLDER", folder.path().join("backup"))
            .env("DAYBOOK_BACKUP_ROOTS", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("could not start the server")?;
        let output = process.stdout.take().expect("it was piped a moment ago");
        let mut output = BufReader::new(output);
        let mut server = Server {
            process,
            address: String::new(),
            folder,
            output: None,
        };
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if let Some(address) = line.trim_end().strip_prefix(LISTENS) {
                address.clone_into(&mut server.address);
                server.output = Some(output);
                return Ok(server);
            }
            line.clear();
        }
        let log = fs::read_to_string(server.log())?;
        bail!("the server ended before it listened; its log:\n{log}")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody needs the data again. Both calls fail only if the server has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
