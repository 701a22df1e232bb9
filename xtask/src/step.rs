//! What a developer sees of a command: one line when a step starts, one when it is done, on stderr,
//! so that stdout belongs to what is started.

use std::{fmt, time::Instant};

use anyhow::{Context, Result, anyhow};

/// Does `work`, and says what it is and how long it took. Its error is told as that of this step.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("xtask: {what} …");
    let started = Instant::now();
    let done = work().with_context(|| format!("this step failed: {what}"))?;
    eprintln!("xtask: {what}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(done)
}

/// The end of the road: what is wrong, and the command that the developer has to type.
pub(crate) fn stop(what: impl fmt::Display, command: impl fmt::Display) -> anyhow::Error {
    anyhow!("{what}. Type this, then try again:\n\n    {command}\n")
}
