//! Programs from Python's registry, each set of them in an environment of its own below target/, where nothing else of
//! this machine sees them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{
    step::{step, stop},
    tools,
};

/// Makes sure that an environment has these packages, written as `name==version`, and returns the folder of its programs.
pub(crate) fn installed(shell: &Shell, environment: &str, packages: &[&str]) -> Result<PathBuf> {
    let programs = Path::new(environment).join("bin");
    // Written last, so that an installation that broke off counts for nothing.
    let note = Path::new(environment).join("installed");
    let wanted = packages.join(" ");
    if fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    tools::python_environments(shell)?;
    step(&format!("install {wanted}"), || {
        let pip = programs.join("pip");
        cmd!(shell, "python3 -m venv --clear {environment}").run()?;
        cmd!(
            shell,
            "{pip} install --quiet --disable-pip-version-check {packages...}"
        )
        .run()
        .map_err(|_| {
            stop(
                format!("{wanted} could not be installed"),
                format!("{} install {wanted}", pip.display()),
            )
        })?;
        Ok(fs::write(note, wanted)?)
    })?;
    Ok(programs)
}
