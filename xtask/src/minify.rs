//! Modules and style sheets without what only their readers need: comments, white space, long
//! names. By esbuild.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::npm;

/// A JavaScript module in fewer characters.
pub(crate) fn module(shell: &Shell, source: &[u8]) -> Result<Vec<u8>> {
    esbuild(shell, "js", source)
}

/// A style sheet in fewer characters.
pub(crate) fn style_sheet(shell: &Shell, source: &[u8]) -> Result<Vec<u8>> {
    esbuild(shell, "css", source)
}

fn esbuild(shell: &Shell, language: &str, source: &[u8]) -> Result<Vec<u8>> {
    let esbuild = npm::installed(shell, npm::TOOLS)?.join(".bin/esbuild");
    let output = cmd!(shell, "{esbuild} --minify --format=esm --loader={language}")
        .quiet()
        .stdin(source)
        .output()?;
    Ok(output.stdout)
}
