//! The long stories: what takes minutes to happen, or has to happen many times before anybody can rely on it. They are
//! tests like the others, but ignored where tests are run as usual; each prints what it found. The longest of them,
//! `endurance`, is the load generator's.

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::{
    bench, cargo, deployment, galera,
    mariadb::{self, MariaDb},
    step::step,
    test, tools,
};

/// The stories, by the files that they are in.
const STORIES: [&str; 5] = ["crash", "galera", "outages", "stalled", "task_storm"];

/// The one that is not a test.
const ENDURANCE: &str = "endurance";

/// Runs all of them, or those that are named.
pub(crate) fn run(shell: &Shell, only: &[String], minutes: u32) -> Result<()> {
    let is_known = |name: &String| name == ENDURANCE || STORIES.contains(&name.as_str());
    if let Some(unknown) = only.iter().find(|name| !is_known(name)) {
        let known = STORIES.join(", ");
        bail!("there is no long story {unknown}, only {known}, {ENDURANCE}");
    }
    let is_wanted = |name: &str| only.is_empty() || only.iter().any(|wanted| wanted == name);
    let stories: Vec<_> = STORIES.into_iter().filter(|name| is_wanted(name)).collect();
    if !stories.is_empty() {
        tell(shell, &stories)?;
    }
    if is_wanted(ENDURANCE) {
        bench::endure(shell, minutes)?;
    }
    Ok(())
}

fn tell(shell: &Shell, stories: &[&str]) -> Result<()> {
    tools::nextest(shell)?;
    tools::debian(shell, test::BUS)?;
    tools::debian(shell, &mariadb::PACKAGES)?;
    galera::tools(shell)?;
    deployment::tools(shell)?;
    test::compile(shell)?;
    let database = MariaDb::start(shell)?;
    shell.set_var(test::DATABASE_URL, database.url());
    let places: Vec<_> = stories
        .iter()
        .map(|name| format!("test(/::{name}::/)"))
        .collect();
    let filter = format!("test(soak) & ({})", places.join(" | "));
    step("tell the long stories", || {
        Ok(cargo::as_typed(cmd!(
            shell,
            "cargo nextest run --workspace --profile soak --run-ignored only -E {filter}"
        ))
        .quiet()
        .run()?)
    })
}
