//! Modules and style sheets without what only their readers need: comments, white space, long
//! names. By esbuild.

use std::path::{Path, PathBuf};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::npm;

/// A JavaScript module and those that it imports, as one in fewer characters.
pub(crate) fn modules(shell: &Shell, entrance: &Path) -> Result<Vec<u8>> {
    let esbuild = esbuild(shell)?;
    let output = cmd!(shell, "{esbuild} --minify --format=esm --bundle {entrance}")
        .quiet()
        .output()?;
    Ok(output.stdout)
}

/// A style sheet in fewer characters.
pub(crate) fn style_sheet(shell: &Shell, source: &[u8]) -> Result<Vec<u8>> {
    let esbuild = esbuild(shell)?;
    let output = cmd!(shell, "{esbuild} --minify --loader=css")
        .quiet()
        .stdin(source)
        .output()?;
    Ok(output.stdout)
}

fn esbuild(shell: &Shell) -> Result<PathBuf> {
    Ok(npm::installed(shell, npm::TOOLS)?.join(".bin/esbuild"))
}
