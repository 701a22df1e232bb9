//! Packages from npm, in the versions of a committed lock file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{
    step::{step, stop},
    tools::{self, DebianPackage},
};

/// The project of the tools that build the dashboard.
pub(crate) const TOOLS: &str = "xtask/tools";

/// The folder that npm made of `project/package-lock.json`, installed anew if that file has changed
/// since.
pub(crate) fn installed(shell: &Shell, project: &str) -> Result<PathBuf> {
    let modules = Path::new(project).join("node_modules");
    let lock = fs::read(Path::new(project).join("package-lock.json"))?;
    // Written last, so that an installation that broke off counts for nothing.
    let installed_lock = modules.join(".installed-lock.json");
    if fs::read(&installed_lock).is_ok_and(|installed| installed == lock) {
        return Ok(modules);
    }
    tools::debian(
        shell,
        &[DebianPackage {
            name: "npm",
            programs: &["npm"],
        }],
    )?;
    step(
        &format!("install the packages of {project}/package-lock.json"),
        || {
            cmd!(
                shell,
                "npm ci --prefix {project} --ignore-scripts --no-audit --no-fund --loglevel=error"
            )
            .run()
            .map_err(|_| {
                stop(
                    "npm could not install the locked packages",
                    format!("npm ci --prefix {project}"),
                )
            })?;
            Ok(fs::write(installed_lock, lock)?)
        },
    )?;
    Ok(modules)
}
