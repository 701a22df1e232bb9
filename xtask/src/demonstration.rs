//! The demonstration beside the server.
//!
//! The server takes xtask's place, with a demonstration as without one. Only its standard output
//! goes through a second xtask, the companion, which prints it, learns from it where the server
//! listens, and ends when it ends.

use std::{
    env,
    ffi::OsString,
    io,
    process::{Child, ChildStdin, Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::server::{self, Profile};

/// How the server's line begins that tells its address.
pub(crate) const LISTENS: &str = "Daybook listens on ";

/// The client that fills in the past, made anew each time.
const CLIENT: &str = "demonstration";

/// Starts the companion of a server that is to be started with `serve_args`. What is returned takes
/// the server's output.
pub(crate) fn companion(profile: Profile, serve_args: &[OsString]) -> Result<ChildStdin> {
    let mut companion = Command::new(env::current_exe()?);
    companion.arg("demonstrate");
    if matches!(profile, Profile::Debug) {
        companion.arg("--debug");
    }
    let mut companion = companion
        .arg("--")
        .args(serve_args)
        .stdin(Stdio::piped())
        .spawn()
        .context("could not start the demonstration's companion")?;
    Ok(companion.stdin.take().expect("it was piped a moment ago"))
}

/// What the companion does, until the server's output ends.
pub(crate) fn accompany(profile: Profile, serve_args: &[OsString]) -> Result<()> {
    let mut demonstration = None;
    for line in io::stdin().lines() {
        let line = line?;
        println!("{line}");
        if let Some(address) = line.strip_prefix(LISTENS) {
            // The server goes on without a demonstration, too.
            match start(profile, serve_args, address) {
                Ok(child) => demonstration = Some(child),
                Err(error) => eprintln!("xtask: {error:#}"),
            }
        }
    }
    if let Some(mut demonstration) = demonstration {
        // Both calls fail only if it has ended already.
        let _ = demonstration.kill();
        let _ = demonstration.wait();
    }
    Ok(())
}

fn start(profile: Profile, serve_args: &[OsString], address: &str) -> Result<Child> {
    let token = server::program(profile)
        .args(["token", "create", CLIENT, "--role", "admin", "--replace"])
        .args(serve_args)
        .stderr(Stdio::inherit())
        .output()
        .context("could not ask for the demonstration's token")?;
    ensure!(
        token.status.success(),
        "there is no demonstration, for want of a token"
    );
    let token = String::from_utf8(token.stdout).context("a token is text")?;
    server::program(profile)
        .args(["demo", "--url", &format!("http://{address}")])
        .env("DAYBOOK_TOKEN", token.trim())
        .stdin(Stdio::null())
        .spawn()
        .context("could not start the demonstration")
}
